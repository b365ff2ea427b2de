"""The real command in a process of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import textwrap
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hanok.version import __file__ as VERSION_FILE

PATIENCE = 50.0  # seconds after which a test gives up; reached only when something is broken

ASGI_APP = """
    async def app(scope, receive, send):
        if scope["type"] == "lifespan":
            while True:
                message = await receive()
                await send({"type": message["type"] + ".complete"})
                if message["type"] == "lifespan.shutdown":
                    return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": ANSWER})
"""


class Command:
    """A running ``python -m hanok``; its two outputs as one text that grows."""

    def __init__(self, arguments: tuple[str, ...], directory: Path, env: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "hanok", *arguments],
            cwd=directory,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self.text = ""
        self._seen = 0
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        while piece := os.read(self.process.stdout.fileno(), 65536):
            with self._changed:
                self.text += piece.decode("utf-8", "replace")
                self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()

    def wait_for(self, pattern: str) -> re.Match[str]:
        """The next place in the output that matches; fails when the process ends without it."""
        deadline = time.monotonic() + PATIENCE
        with self._changed:
            while (found := re.compile(pattern).search(self.text, self._seen)) is None:
                left = deadline - time.monotonic()
                assert left > 0, f"{pattern!r} did not come in:\n{self.text}"
                assert self._reader.is_alive(), f"ended without {pattern!r}:\n{self.text}"
                self._changed.wait(min(left, 0.5))
            self._seen = found.end()
            return found

    def url(self) -> str:
        """Where it says that it serves."""
        return self.wait_for(r"http://[0-9.]+:[0-9]+")[0]

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def ends(self) -> int:
        """Wait for the end; the exit code."""
        code = self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        return code

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.ends()
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture
def project(tmp_path: Path) -> Callable[..., Path]:
    """``project(**{"main.py": text})`` writes files and gives their directory."""

    def write(**files: str) -> Path:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text), "utf-8")
        return tmp_path

    return write


@pytest.fixture
def asgi_app() -> Callable[[bytes], str]:
    """The source of a small ASGI application that gives one answer to everything."""
    return lambda answer: textwrap.dedent(ASGI_APP).replace("ANSWER", repr(answer))


@pytest.fixture
def hanok(tmp_path: Path) -> Iterator[Callable[..., Command]]:
    """``hanok("run", "main:app", HANOK_PORT="0")`` starts the command in the project; every process is ended at last."""
    commands: list[Command] = []

    def start(*arguments: str, **environment: str) -> Command:
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("HANOK_", "WEB_CONC", "FORWARDED"))}
        clean["PYTHONPATH"] = str(Path(VERSION_FILE).parents[1])  # installed or not, the package under test
        env = {**clean, "COLUMNS": "100", "TERM": "dumb", "PYTHONDONTWRITEBYTECODE": "1", **environment}
        command = Command(arguments, tmp_path, env)
        commands.append(command)
        return command

    yield start
    for command in commands:
        command.close()


@pytest.fixture
def get() -> Callable[[str], bytes]:
    """The body at a URL."""

    def fetch(url: str, timeout: float = PATIENCE) -> bytes:
        opener: Any = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(url, timeout=timeout) as answer:
            body: bytes = answer.read()
            return body

    return fetch
