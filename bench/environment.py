"""Makes ``bench/.env``: a virtual environment for the Python peers, npm packages, the compiled Go program."""

from __future__ import annotations

import glob
import hashlib
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from bench.peer import HERE, PYTHON, SCRATCH, VERSION, Peer

Say = Callable[[str], None]
PREFERRED = VERSION or "3.13"
ROOT = HERE.parent


def find_python() -> str:
    """The preferred Python if one answers, on the path or under pyenv, else the one that runs this; but what was asked for by
    BENCH_PYTHON must be there.
    """
    pyenv = os.environ.get("PYENV_ROOT", os.path.expanduser("~/.pyenv"))
    candidates = [
        shutil.which(f"python{PREFERRED}"),
        *glob.glob(f"{pyenv}/versions/{PREFERRED}*/bin/python3"),
    ]
    for candidate in candidates:
        # A pyenv shim may be there and answer nothing.
        if candidate and subprocess.run([candidate, "-c", ""], capture_output=True).returncode == 0:
            return candidate
    if VERSION:
        raise SystemExit(f"BENCH_PYTHON={VERSION}: there is no python{VERSION}")
    return sys.executable


def prepare(peers: Iterable[Peer], say: Say) -> dict[str, str]:
    """Install and build what is missing. Returns the peers that cannot run here, with the reason."""
    missing = {}
    wanted: set[str] = set()
    for peer in peers:
        lacking = [need for need in peer.needs if shutil.which(need) is None and not Path(need).is_dir()]
        if lacking:
            missing[peer.key] = f"{', '.join(lacking)} is not installed"
        wanted.update(peer.packages)
    install(wanted, say)
    for peer in peers:
        if peer.key not in missing and peer.build:
            build(peer, say)
    return missing


def install(packages: set[str], say: Say) -> None:
    """The Python peers' packages; Hanok from this checkout, so that what is measured is what is here."""
    if not PYTHON.exists():
        python = find_python()
        say(f"making an environment with {python}")
        SCRATCH.mkdir(exist_ok=True)
        run([python, "-m", "venv", PYTHON.parents[1]])
    project = hashlib.sha256((ROOT / "pyproject.toml").read_bytes()).hexdigest()
    stamp = PYTHON.parents[1] / "installed"
    done = set(stamp.read_text().split()) if stamp.exists() else set()
    wanted = {package for package in packages if package != "hanok"} | {f"hanok-{project}"}
    if wanted <= done:
        return
    say(f"installing {', '.join(sorted(packages))}")
    names = sorted(packages - {"hanok"})
    run([PYTHON, "-m", "pip", "install", "--quiet", "--upgrade", "--editable", ROOT, *names])
    stamp.write_text("\n".join(sorted(wanted | done)))


def build(peer: Peer, say: Say) -> None:
    """Run the peer's build unless its sources are those of the last build."""
    peer.scratch.mkdir(parents=True, exist_ok=True)
    sources = b"".join(file.read_bytes() for file in sorted(peer.folder.iterdir()) if file.is_file())
    digest = hashlib.sha256(sources).hexdigest()
    stamp = peer.scratch / "built"
    if stamp.exists() and stamp.read_text() == digest:
        return
    say(f"building {peer.name}")
    for name in peer.copy:
        shutil.copy(peer.folder / name, peer.scratch / name)
    run(peer.fill(peer.build), cwd=peer.folder, env=os.environ | peer.variables(""))
    stamp.write_text(digest)


def versions(peers: Iterable[Peer]) -> dict[str, str]:
    """What was measured, as each peer names itself."""
    code = "import sys, importlib.metadata as m; [print(n, m.version(n)) for n in sys.argv[1:]]"
    found = {}
    for peer in peers:
        if peer.version:
            command = peer.fill(peer.version)
        else:
            command = [str(PYTHON), "-c", code, *peer.packages]
        done = subprocess.run(command, capture_output=True, text=True, env=os.environ | peer.variables(""), timeout=30)
        found[peer.key] = ", ".join((done.stdout or done.stderr).split("\n")).strip(", ")
    return found


def machine() -> dict[str, str | int]:
    """Where it was measured."""
    model = "unknown"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    python = subprocess.run([PYTHON, "-VV"], capture_output=True, text=True, timeout=30).stdout.strip()
    return {
        "processor": model,
        "cores": os.cpu_count() or 0,
        "kernel": platform.release(),
        "python": python,
    }


def run(command: list[str | Path], cwd: Path = ROOT, env: dict[str, str] | None = None) -> None:
    """Run a step of the installation; its output is shown only when it fails."""
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=600)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))} failed:\n{done.stdout}{done.stderr}")
