"""Replays a Dockerfile without a container engine, and tries what it has made.

    unshare --mount --propagation private python replay.py FOLDER --wheels WHEELS

Needs root on Linux. Each stage is an overlay over this machine's own files, which stand in for the base image: a Debian with
``python`` and ``pip`` on its path. Instructions are carried out in it by chroot, with their own paths and as their own user;
what this program does not know is an error. Packages come from the folder of wheels, not from an index. The command runs as
process 1 of its own PID namespace, with a network of its own. What this is not: the base image named in FROM, and Docker's
builder.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import re
import shlex
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pip

BASE_PATH = "/usr/local/bin:/usr/local/sbin:/usr/bin:/usr/sbin:/bin:/sbin"
PIP = "/usr/local/lib/pip-of-the-replay/pip"
WHEELS = "/wheels-of-the-replay"
PATIENCE = 60.0


def instructions(text: str) -> Iterator[tuple[str, str]]:
    """(``RUN``, its arguments): lines that go on are joined, comments left out, as Docker does."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    for line in re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines():
        word, _, rest = line.strip().partition(" ")
        yield word.upper(), rest.strip()


class Stage:
    """One root of files, and what the instructions so far have said about it."""

    def __init__(self, place: Path, wheels: Path) -> None:
        self.root = place / "root"
        for folder in ("upper", "work", "root"):
            (place / folder).mkdir(parents=True)
        options = f"lowerdir=/,upperdir={place}/upper,workdir={place}/work"
        subprocess.run(["mount", "-t", "overlay", "overlay", "-o", options, str(self.root)], check=True)
        subprocess.run(["mount", "--bind", "/dev", str(self.root / "dev")], check=True)
        self.env = {"PATH": BASE_PATH}
        self.folder = "/"
        self.user = "0:0"
        self.command: list[str] = []
        self.health: list[str] = []
        self.stop_signal = "SIGTERM"
        self._be_an_image(wheels)

    def _be_an_image(self, wheels: Path) -> None:
        python = os.path.realpath(sys.executable)
        for name, text in {
            # Debian's Python comes without pip: it is the one beside this program's Python.
            "usr/local/bin/pip": f'#!/bin/sh\nexec {python} {PIP} "$@"\n',
            "etc/resolv.conf": Path("/etc/resolv.conf").read_text(),  # a mount, often, which the overlay does not see
        }.items():
            path = self.root / name
            path.unlink(missing_ok=True)
            path.write_text(text)
            path.chmod(0o755)
        link = self.root / "usr/local/bin/python"
        link.unlink(missing_ok=True)
        link.symlink_to(python)
        for parent in Path(python).parents:  # an interpreter in somebody's home is not for all to run
            (self.root / str(parent).lstrip("/")).chmod(0o755)
        for folder in ("app", "src", "wheels", "opt/venv"):  # of the stand-in, not of the image
            shutil.rmtree(self.root / folder, ignore_errors=True)
        shutil.copytree(Path(pip.__file__).parent, self.root / PIP.lstrip("/"))
        self._without_people()
        subprocess.run(
            ["mount", "--bind", str(wheels.resolve()), str(made(self.root / WHEELS.lstrip("/")))], check=True
        )

    def _without_people(self) -> None:
        """An image has the system's accounts; those of who works on this machine could have the number that it gives."""
        for files in (("passwd", "shadow"), ("group", "gshadow")):
            accounts = [line.split(":") for line in (self.root / "etc" / files[0]).read_text().splitlines()]
            people = {one[0] for one in accounts if 1000 <= int(one[2]) < 60000}
            for file in files:
                path = self.root / "etc" / file
                if path.exists():
                    kept = [line for line in path.read_text().splitlines() if line.partition(":")[0] not in people]
                    path.write_text("\n".join(kept) + "\n")

    def at(self, path: str) -> Path:
        return self.root / os.path.join(self.folder, path).lstrip("/")

    def chrooted(self, command: list[str], user: str, extra: dict[str, str] | None = None) -> list[str]:
        env = [f"{name}={value}" for name, value in {**self.env, **(extra or {})}.items()]
        return [
            "chroot", f"--userspec={user}", "--groups=", str(self.root),
            "/usr/bin/env", "-i", "-C", self.folder, *env, *command,
        ]  # fmt: skip

    def run(self, shell: str) -> None:
        settings = {
            name: value for name, value in os.environ.items() if name.startswith("PIP_") or "proxy" in name.lower()
        }
        settings |= {"PIP_FIND_LINKS": WHEELS, "PIP_NO_INDEX": "1"}
        subprocess.run(self.chrooted(["/bin/sh", "-c", shell], self.user, settings), check=True)

    def copy(self, arguments: str, context: Path, stages: dict[str, Stage], ignored: re.Pattern[str]) -> None:
        words = shlex.split(arguments)
        source_root, pattern = context, ignored
        if words[0].startswith("--from="):
            source_root, pattern = stages[words.pop(0).removeprefix("--from=")].root, re.compile(r"(?!)")
        *sources, target = words
        for name in sources:
            source = source_root / name.lstrip("/")
            if source.is_dir():
                copy_tree(source, self.at(target), source_root, pattern)
            else:
                self.at(target).mkdir(parents=True, exist_ok=True)
                shutil.copy(source, self.at(target) / source.name)


def made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def copy_tree(source: Path, target: Path, root: Path, ignored: re.Pattern[str]) -> None:
    def skip(folder: str, names: list[str]) -> list[str]:
        return [name for name in names if ignored.fullmatch(str((Path(folder) / name).relative_to(root)))]

    shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True, ignore=skip)
    target.chmod(0o755)  # what a folder holds is copied, not the folder itself


def ignoring(text: str) -> re.Pattern[str]:
    """The patterns of a .dockerignore: ``**/`` is any folders or none, ``*`` no slash."""
    patterns = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    parts = []
    for pattern in patterns:
        escaped = re.escape(pattern).replace(r"\*\*/", "(?:.*/)?").replace(r"\*", "[^/]*")
        parts.append(escaped.replace(r"\[", "[").replace(r"\]", "]") + "(?:/.*)?")
    return re.compile("|".join(parts) or "(?!)")


def build(context: Path, work: Path, wheels: Path) -> Stage:
    stages: dict[str, Stage] = {}
    stage: Stage | None = None
    ignored = ignoring((context / ".dockerignore").read_text())
    for word, rest in instructions((context / "Dockerfile").read_text()):
        print(f"{word} {rest}"[:120], flush=True)
        if word == "FROM":
            _, _, name = rest.partition(" AS ")
            stages[name] = stage = Stage(work / f"stage-{len(stages)}", wheels)
            continue
        assert stage is not None
        if word == "RUN":
            stage.run(rest)
        elif word == "COPY":
            stage.copy(rest, context, stages, ignored)
        elif word == "WORKDIR":
            stage.folder = rest
            stage.at("").mkdir(parents=True, exist_ok=True)
        elif word == "ENV":
            for pair in shlex.split(rest):
                name, _, value = pair.partition("=")
                stage.env[name] = value.replace("$PATH", stage.env["PATH"])
        elif word == "USER":
            stage.user = rest
        elif word == "STOPSIGNAL":
            stage.stop_signal = rest
        elif word == "HEALTHCHECK":
            stage.health = json.loads(rest[rest.index("[") :])
        elif word == "CMD":
            stage.command = json.loads(rest)
        elif word != "EXPOSE":
            raise SystemExit(f"unknown instruction: {word}")
    assert stage is not None
    return stage


def lo_up() -> None:
    with socket.socket() as sock:
        fcntl.ioctl(sock, 0x8914, struct.pack("16sh14x", b"lo", 0x41))  # SIOCSIFFLAGS: IFF_UP | IFF_RUNNING


OWN_NETWORK = """
import os, sys
sys.path.insert(0, sys.argv[1])
import replay
replay.lo_up()
os.execvp(sys.argv[2], sys.argv[2:])
"""
ASK = """
import urllib.request
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
print(opener.open("http://127.0.0.1:8000/", timeout=9).read())
"""


def try_it(stage: Stage) -> None:
    """The command of the image: who it is, where it listens, what it answers, how it ends."""
    here = str(Path(__file__).parent)
    # Process 1 of a PID namespace, as in a container; it dies with this program.
    pid_namespace = ["unshare", "--pid", "--fork", "--kill-child", f"--mount-proc={stage.root}/proc"]
    command = stage.chrooted(stage.command, stage.user)
    server = subprocess.Popen(["unshare", "--net", sys.executable, "-c", OWN_NETWORK, here, *pid_namespace, *command])
    inside = ["nsenter", f"--net=/proc/{server.pid}/ns/net"]

    def healthy() -> bool:
        assert server.poll() is None, "the server ended"
        check = subprocess.run([*inside, *stage.chrooted(stage.health, stage.user)], capture_output=True, timeout=20)
        return check.returncode == 0

    try:
        deadline = time.monotonic() + PATIENCE
        while not healthy():
            assert time.monotonic() < deadline, "it did not become healthy"
            time.sleep(0.1)
        print("healthy, by its own HEALTHCHECK")
        answer = subprocess.run(
            [*inside, sys.executable, "-c", ASK], capture_output=True, text=True, check=True, timeout=20
        )
        print("answers", answer.stdout.strip())
        first = children(server.pid)[0]
        family = [first, *children(first)]
        users = {
            re.findall(r"^Uid:\s+(.*)$", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)[0] for pid in family
        }
        assert users == {"\t".join([stage.user.partition(":")[0]] * 4)}, users
        print(f"{len(family)} processes, all of user", stage.user)
        listening = [
            line.split()[1] for line in Path(f"/proc/{first}/net/tcp").read_text().splitlines() if " 0A " in line
        ]
        assert sorted(listening) == ["00000000:1F40", "0100007F:2328"], listening
        print("listens on 0.0.0.0:8000, and inside on 127.0.0.1:9000")
        touch = subprocess.run(stage.chrooted(["touch", "/app/main.py"], stage.user), capture_output=True, timeout=20)
        assert touch.returncode != 0, "the code can be changed"
        assert not list((stage.root / "app").rglob("*.pem")), "secrets are in the image"
        os.kill(first, getattr(signal, stage.stop_signal))
        assert server.wait(PATIENCE) == 0, server.returncode
        print("ended by", stage.stop_signal, "with 0")
    finally:
        if server.poll() is None:
            server.kill()
            server.wait()


def children(pid: int) -> list[int]:
    found = []
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            parent = re.findall(r"^PPid:\s+(\d+)$", status.read_text(), re.MULTILINE)
        except OSError:
            continue
        if parent == [str(pid)]:
            found.append(int(status.parent.name))
    return sorted(found)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--wheels", type=Path, required=True, help="wheels of all that is installed")
    given = parser.parse_args()
    work = Path("/mnt")  # of this mount namespace alone
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(work)], check=True)
    try_it(build(given.folder, work, given.wheels))
    print("replayed")


if __name__ == "__main__":
    main()
