"""The reference programs of ``examples/``, each as its user starts it: a command in its folder, and a client on the network.

``conformance.programs`` runs these same tests on the programs in FastAPI's spelling.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from hanok.testing.http_client import httpx
from hanok.version import __file__ as VERSION_FILE

EXAMPLES = Path(__file__).parents[2] / "examples"
SOURCE = Path(VERSION_FILE).parents[1]
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PATIENCE = 40.0  # seconds after which a test gives up; reached only when something is broken


class Process:
    """A command in a process of its own, and what it says."""

    def __init__(self, command: tuple[str, ...], directory: Path, environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            command,
            cwd=directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.text = ""
        self._has_ended = False
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._changed:
                self.text += line
                self._changed.notify_all()
        with self._changed:
            self._has_ended = True
            self._changed.notify_all()

    def wait_for(self, pattern: str) -> re.Match[str]:
        """The first place in its output that matches."""
        found: list[re.Match[str] | None] = [None]

        def is_there() -> bool:
            found[0] = re.search(pattern, self.text)
            return found[0] is not None or self._has_ended

        with self._changed:
            self._changed.wait_for(is_there, PATIENCE)
        assert found[0], f"{pattern!r} did not come in:\n{self.text}"
        return found[0]

    @property
    def url(self) -> str:
        return self.wait_for(r"http://127\.0\.0\.1:\d+")[0]

    def stop(self) -> int:
        """Ask it to end; its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(PATIENCE)
        finally:
            self.process.kill()
            self._reader.join(PATIENCE)
            assert self.process.stdout is not None
            self.process.stdout.close()


Run = Callable[..., AbstractContextManager[Process]]


@pytest.fixture(scope="session")
def program() -> Callable[[str], Path]:
    """The folder of a program."""
    return lambda name: EXAMPLES / name


@pytest.fixture(scope="session")
def variables() -> Callable[..., dict[str, str]]:
    """``variables(NAME="value")``: the environment of a program. Nothing of ours is set in it but what the test says."""

    def make(**given: str) -> dict[str, str]:
        told = {k: v for k, v in os.environ.items() if not k.startswith(("HANOK_", "MUSIC_", "DATABASE_"))}
        path = os.pathsep.join(filter(None, (str(SOURCE), os.environ.get("PYTHONPATH"))))
        return {**told, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1", **given}

    return make


@pytest.fixture(scope="session")
def run(variables: Callable[..., dict[str, str]]) -> Run:
    """``with run(folder, "-m", "module", …) as process`` runs Python so in this folder until the block ends."""

    @contextmanager
    def start(folder: Path, *command: str, **given: str) -> Iterator[Process]:
        process = Process((sys.executable, *command), folder, variables(**given))
        try:
            yield process
        finally:
            code = process.stop()
        assert code in (0, -signal.SIGTERM), process.text
        assert "Traceback" not in process.text

    return start


@pytest.fixture(scope="session")
def serve(run: Run) -> Run:
    """``with serve(folder, …) as server`` runs ``hanok run`` there, on a free port."""

    @contextmanager
    def start(folder: Path, *arguments: str, **given: str) -> Iterator[Process]:
        with run(folder, "-m", "hanok", "run", *arguments, "--port", "0", **given) as server:
            server.url  # noqa: B018 - serves from here on
            yield server

    return start


@pytest.fixture(scope="module")
def client_of() -> Iterator[Callable[[Process], Any]]:
    """``client_of(server)`` is an HTTP client that asks it."""
    made: list[Any] = []

    def make(server: Process) -> Any:
        made.append(httpx.Client(base_url=server.url, timeout=PATIENCE, trust_env=False))
        return made[-1]

    yield make
    for client in made:
        client.close()


@pytest.fixture
def page() -> Iterator[Any]:
    """A page of a headless browser that reaches this machine only."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: group programs")
    browser_path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser_path is None:
        pytest.fail(f"a browser is needed: one of {', '.join(BROWSERS)} (Debian: apt-get install chromium)")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=browser_path,
            args=["--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"],
        )
        page = browser.new_page()
        page.set_default_timeout(PATIENCE * 1000)
        yield page
        browser.close()
