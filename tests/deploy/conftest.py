"""A project, what is exported of it, and the real command in processes of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hanok.cli.group import run_group
from hanok.version import __file__ as VERSION_FILE

PATIENCE = 50.0  # seconds after which a test gives up; reached only when something is broken
SOURCE = Path(VERSION_FILE).parents[1]  # installed or not, the package under test
PYPROJECT = """
    [project]
    name = "My Shop"
    version = "1.2.0"
    dependencies = ["hanok"]

    [tool.hanok]
    app = "main:app"
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """``project('workers = 2')`` makes the current folder one of a project with these options."""

    def make(options: str = "", **files: str) -> Path:
        text = textwrap.dedent(PYPROJECT) + textwrap.dedent(options) + "\n"
        for name, content in {"pyproject.toml": text, "main.py": "", **files}.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(content), "utf-8")
        monkeypatch.chdir(tmp_path)
        return tmp_path

    return make


@pytest.fixture
def exported(tmp_path: Path) -> Callable[..., dict[str, str]]:
    """``exported("docker")`` is what the command writes for the project, by file name."""

    def export(*arguments: str) -> dict[str, str]:
        folder = tmp_path / "exported"
        assert run_group(["export", *arguments, "--output", str(folder), "--force"]) == 0
        return {path.name: path.read_text("utf-8") for path in folder.iterdir()}

    return export


def clean_environment() -> dict[str, str]:
    """This one's, without what would change the options of a server."""
    ours = ("HANOK_", "WEB_CONC", "FORWARDED", "NOTIFY_", "LISTEN_")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {**clean, "PYTHONPATH": str(SOURCE), "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "100", "TERM": "dumb"}


@pytest.fixture(scope="session")
def clean() -> Callable[[], dict[str, str]]:
    return clean_environment


def accepts(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


class Process:
    """A server in a process of its own, on a port that was chosen for it."""

    def __init__(self, command: list[str], port: int, folder: Path, **environment: str) -> None:
        self.command, self.port, self.folder, self.environment = command, port, folder, environment
        self.log = folder / f"{port}.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=self.folder,
                env={**clean_environment(), **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self.wait(lambda: accepts(self.port))

    def wait(self, until: Callable[[], Any]) -> Any:
        assert self.process is not None
        deadline = time.monotonic() + PATIENCE
        while not (found := until()):
            assert self.process.poll() is None, f"it ended:\n{self.log.read_text()}"
            assert time.monotonic() < deadline, f"it did not come:\n{self.log.read_text()}"
            time.sleep(0.02)
        return found

    def stop(self) -> int:
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise


@pytest.fixture(scope="module")
def start() -> Iterator[Callable[..., Process]]:
    """``start(command, port, folder)`` runs it until it accepts; all are stopped when the module is through."""
    running: list[Process] = []

    def run(command: list[str], port: int, folder: Path, **environment: str) -> Process:
        one = Process(command, port, folder, **environment)
        running.append(one)
        one.start()
        return one

    yield run
    for one in reversed(running):
        one.stop()
