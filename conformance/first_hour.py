"""``python -m conformance.first_hour``: types everything on docs/first-hour.md, and compares what it sees.

In an empty folder, with a fresh virtual environment and this checkout as the Hanok that pip finds. ``--wheels`` names a folder
with a wheel of Hanok and of all that the page installs, as ``conformance.wheels`` collects them; then the package index is not
asked. How the page is read:

- a block with a title is written to that file; a block of ``sh`` is typed, as it stands, into one shell;
- a block of ``text`` is what the shell said since the block of ``text`` before; ``…`` stands for anything, and where lines
  end does not count, because curl ends none;
- remarks, which readers do not see, say what happens in the other terminal: what a command that goes on in it says at first,
  what it says next, and how it ends.

Ports that are taken on this machine are replaced by others. Nothing outlives the run.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from conformance import wheels
from conformance.ports import free_port
from conformance.wheels import ROOT

PAGE = ROOT / "docs" / "first-hour.md"
END = "## What helps you on"
PATIENCE = 60.0  # seconds for one block; reached only when something is broken
PORTS = ("8000", "8443", "9000")

STEP = re.compile(r'^<!-- (.*?) -->$|^```(\w+)(?: title="(.*?)")?\n(.*?)^```$', re.MULTILINE | re.DOTALL)
STARTS, SAYS = "goes on in a terminal of its own, and says: ", "the terminal says: "
INTERRUPTED, ENDS = "Ctrl-C", "ends the terminal"


class Mismatch(Exception):
    """The page says something else than what is seen."""


@dataclass(frozen=True)
class Step:
    """One block or remark of the page."""

    line: int
    kind: str  # remark, or the language of the block
    title: str
    text: str


def steps(page: str) -> Iterator[Step]:
    page = page.partition(END)[0]
    for found in STEP.finditer(page):
        remark, kind, title, text = found.groups()
        line = page.count("\n", 0, found.start()) + 1
        yield Step(line, "remark", "", remark) if remark else Step(line, kind, title or "", text)


def is_like(said: str, pattern: str) -> bool:
    """Whether the text is the pattern, in which … stands for anything."""
    pieces = (re.escape(piece) for piece in joined(pattern).split("…"))
    return re.fullmatch(".*?".join(pieces), joined(said)) is not None


def tidy(text: str) -> str:
    """Without colours and what is blank at the ends of lines."""
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def joined(text: str) -> str:
    return "".join(line.strip() for line in tidy(text).splitlines())


class Terminal:
    """A command that goes on while others are typed."""

    def __init__(self, command: str, folder: Path, environment: dict[str, str]) -> None:
        self.said = ""
        self._at = 0
        self._news = threading.Condition()
        self.process = subprocess.Popen(
            ["bash", "-c", f"exec {command.strip()}"],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._news:
                self.said += line
                self._news.notify_all()
        with self._news:
            self._news.notify_all()

    def says(self, words: str) -> None:
        """Wait until it says this, after what it was last heard saying."""
        deadline = time.monotonic() + PATIENCE
        with self._news:
            while (at := self.said.find(words, self._at)) < 0:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise Mismatch(f"the terminal does not say {words!r}, but:\n{self.said}")
                self._news.wait(0.2)
            self._at = at + len(words)

    def end(self, number: signal.Signals | None = None) -> int:
        if number is not None:
            self.process.send_signal(number)
        try:
            return self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            raise Mismatch(f"the terminal does not end; it said:\n{self.said}") from None

    def close(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


class Reader:
    """Somebody who does what the page says. ``folder`` and ``environment`` are those of the shell."""

    def __init__(self, home: Path, environment: dict[str, str], ports: dict[str, str], stack: ExitStack) -> None:
        self.home, self.folder, self.environment, self.ports = home, home, environment, ports
        self.stack = stack
        self.said = ""  # by the shell, and not compared yet
        self.begins = ""  # what the next command is awaited to say in a terminal of its own
        self.ends = False  # whether the next command ends it
        self.terminal: Terminal | None = None

    def do(self, step: Step) -> None:
        if step.kind == "remark":
            self.heed(step.text)
        elif step.title:
            path = self.folder / step.title
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(self.at_ports(step.text), "utf-8")
        elif step.kind == "sh" and self.begins:
            self.terminal = Terminal(self.at_ports(step.text), self.folder, self.environment)
            self.stack.callback(self.terminal.close)
            self.terminal.says(self.begins)
            self.begins = ""
        elif step.kind == "sh":
            self.type(self.at_ports(step.text))
        elif step.kind == "text":
            if not is_like(self.said, self.at_ports(step.text)):
                raise Mismatch(f"the page says\n\n{self.at_ports(step.text)}\nand it was\n\n{tidy(self.said)}\n")
            self.said = ""
        else:
            raise Mismatch(f"a block of {step.kind} without a title is nothing that can be done")

    def heed(self, remark: str) -> None:
        if remark.startswith(STARTS):
            self.begins = remark.removeprefix(STARTS)
        elif remark.startswith(SAYS):
            assert self.terminal is not None
            self.terminal.says(remark.removeprefix(SAYS))
        elif remark == INTERRUPTED:
            assert self.terminal is not None
            self.ended(self.terminal.end(signal.SIGINT))
        elif remark == ENDS:
            self.ends = True
        else:
            raise Mismatch(f"a remark that means nothing: {remark}")

    def ended(self, code: int) -> None:
        if code not in (0, 130):
            assert self.terminal is not None
            raise Mismatch(f"the command in the terminal ended with {code}:\n{self.terminal.said}")

    def type(self, commands: str) -> None:
        """Into the shell, which goes on where it was: the same folder, the same variables."""
        kept = self.home / ".shell"
        script = f'set -e\n{commands}\n{{ pwd; env -0; }} >"{kept}"\n'
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE,
        )
        self.said += done.stdout
        if done.returncode != 0:
            raise Mismatch(f"it ended with {done.returncode}:\n{done.stdout}")
        folder, _, variables = kept.read_text("utf-8").partition("\n")
        self.folder = Path(folder)
        self.environment = dict(one.split("=", 1) for one in variables.split("\0") if "=" in one)
        if self.ends:
            assert self.terminal is not None
            self.ended(self.terminal.end())
            self.ends = False

    def at_ports(self, text: str) -> str:
        for port, other in self.ports.items():
            text = re.sub(rf"\b{port}\b", other, text)
        return text


def environment_of(home: Path, wheel: Path, *, complete: bool) -> dict[str, str]:
    """What the shell is begun with: nothing of ours, no proxy, and a pip that takes this wheel for Hanok.

    ``complete``: all else that is installed lies beside the wheel.
    """
    (home / "constraints").write_text(f"hanok=={wheels.version(wheel)}\n")
    ours = ("HANOK_", "PYTHON", "VIRTUAL_ENV", "DATABASE_", "FORWARDED", "WEB_CONC", "COV_", "COVERAGE")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    # python3 is the interpreter that runs this program.
    tools = home / "bin"
    tools.mkdir()
    (tools / "python3").symlink_to(sys.executable)
    return {
        **clean,
        **({"PIP_NO_INDEX": "1"} if complete else {}),
        "PATH": f"{tools}:{clean.get('PATH', '')}",
        "PIP_CONSTRAINT": str(home / "constraints"),
        "PIP_FIND_LINKS": f"{wheel.resolve().parent} {clean.get('PIP_FIND_LINKS', '')}".strip(),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
        "COLUMNS": "120",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
    }


def taken(port: str) -> bool:
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind(("127.0.0.1", int(port)))
        except OSError:
            return True
    return False


def show(step: Step, seconds: float) -> None:
    first = f"<!-- {step.text} -->" if step.kind == "remark" else step.title or step.text.splitlines()[0]
    kind = "file" if step.title else {"sh": "type", "text": "sees", "remark": "note"}.get(step.kind, step.kind)
    print(f"{seconds:7.1f} s  line {step.line:3}  {kind}  {first}", flush=True)
    if step.kind == "sh":
        for line in step.text.splitlines()[1:]:
            print(f"{'':26}{line}", flush=True)


def replay(page: str, home: Path, environment: dict[str, str], ports: dict[str, str]) -> int:
    """Do all of it; how many blocks and remarks there were. Raises Mismatch, with the line of the page."""
    began = time.monotonic()
    count = 0
    with ExitStack() as stack:
        reader = Reader(home, environment, ports, stack)
        for count, step in enumerate(steps(page), 1):  # noqa: B007 - the last one is wanted
            try:
                reader.do(step)
            except (Mismatch, subprocess.TimeoutExpired) as error:
                told = f"\nthe terminal said:\n{reader.terminal.said}" if reader.terminal is not None else ""
                raise Mismatch(f"line {step.line}: {error}{told}") from None
            show(step, time.monotonic() - began)
        if reader.said.strip():
            print(f"          not compared: {tidy(reader.said)!r}")
    return count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wheels", type=Path, help="a folder of wheels; by default one of the checkout is built")
    given = parser.parse_args()
    began = time.monotonic()
    ports = {port: str(free_port()) for port in PORTS if taken(port)}
    for port, other in ports.items():
        print(f"port {port} is taken here: {other} stands for it")
    with tempfile.TemporaryDirectory(prefix="first-hour-") as folder:
        home = Path(folder)
        if given.wheels:
            [wheel] = given.wheels.glob("hanok-*.whl")
        else:  # in pure Python: compiling takes minutes and proves nothing here
            wheel = wheels.build(home / "wheel")
        print(f"{time.monotonic() - began:7.1f} s  {wheel.name}")
        (home / "empty").mkdir()
        environment = environment_of(home, wheel, complete=given.wheels is not None)
        try:
            count = replay(PAGE.read_text("utf-8"), home / "empty", environment, ports)
        except Mismatch as error:
            raise SystemExit(f"{PAGE.relative_to(ROOT)}, {error}") from None
    print(f"{time.monotonic() - began:7.1f} s  all {count} blocks and remarks of the page are as it says")


if __name__ == "__main__":
    main()
