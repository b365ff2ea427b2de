"""A supervised server in processes of its own, and what it says."""

from __future__ import annotations

import http.client
import os
import re
import signal
import subprocess
import sys
import textwrap
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from hanok.version import __file__ as VERSION_FILE

SOURCE = str(Path(VERSION_FILE).parents[1])
PATIENCE = 40.0  # seconds after which a test gives up; reached only when something is broken

APP = """
    import asyncio, ctypes, os, signal, time

    STATE = os.environ.get("STATE", "")


    async def app(scope, receive, send):
        if scope["type"] == "lifespan":
            await receive()
            if os.path.exists("broken"):
                await send({"type": "lifespan.startup.failed", "message": "no database"})
                return
            if os.path.exists("endless"):
                await asyncio.Event().wait()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        path = scope["path"]
        if path == "/block":
            time.sleep(1000)
        elif path == "/hold":
            ctypes.PyDLL(None).sleep(1000)  # keeps the interpreter lock
        elif path == "/freeze":
            os.kill(os.getpid(), signal.SIGSTOP)
        elif path == "/wait":
            open("waiting", "w").close()
            while not os.path.exists("go"):
                await asyncio.sleep(0.01)
        elif path == "/crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        elif path == "/grow":
            app.kept = b"x" * (200 * 2**20)
        body = str(os.getpid() if path != "/who" else (os.getuid(), os.getgid(), os.umask(0o77))).encode()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
        await send({"type": "http.response.body", "body": body})
"""


class Running:
    """``python -m hanok run``; standard error as a text that grows."""

    def __init__(self, directory, arguments, environ, prefix, pass_fds):
        self.directory = directory
        self.process = subprocess.Popen(
            [*prefix, sys.executable, "-m", "hanok", "run", *arguments],
            cwd=directory,
            env={**os.environ, "PYTHONPATH": SOURCE, **environ},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
            pass_fds=pass_fds,
        )
        self.text = ""
        self._seen = 0
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        while piece := os.read(self.process.stderr.fileno(), 65536):
            with self._changed:
                self.text += piece.decode()
                self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()

    def says(self, pattern):
        """Wait for the next place in the output that matches."""
        deadline = time.monotonic() + PATIENCE
        with self._changed:
            while (found := re.compile(pattern).search(self.text, self._seen)) is None:
                assert time.monotonic() < deadline, f"{pattern!r} did not come in:\n{self.text}"
                assert self._reader.is_alive(), f"ended without {pattern!r}:\n{self.text}"
                self._changed.wait(0.5)
            self._seen = found.end()
            return found

    @property
    def pid(self):
        return self.process.pid

    def port(self, workers=1):
        """Wait until so many workers serve."""
        found = int(self.says(r"http://127\.0\.0\.1:(\d+)")[1])
        for _ in range(workers - 1):
            self.says(r"worker \d+ \(process \d+\) serves")
        return found

    def signal(self, number):
        self.process.send_signal(number)

    def ends(self, number=None):
        """The exit code, when no process holds the output any more."""
        if number is not None:
            self.signal(number)
        self._reader.join(PATIENCE)
        assert not self._reader.is_alive(), f"a process is left:\n{self.text}"
        return self.process.wait(PATIENCE)

    def workers(self):
        with open(f"/proc/{self.pid}/task/{self.pid}/children") as file:
            return [int(one) for one in file.read().split()]

    def close(self):
        if self._reader.is_alive():
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)  # the session is this test's own
        self.ends()
        self.process.stderr.close()


class Connection:
    """One keep-alive connection."""

    def __init__(self, port):
        self.http = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)

    def send(self, path="/"):
        self.http.request("GET", path)

    def answer(self):
        """The body; ``closing`` says whether the server announced that it closes."""
        response = self.http.getresponse()
        self.closing = response.getheader("connection") == "close"
        return response.read().decode()

    def ask(self, path="/"):
        self.send(path)
        return self.answer()

    def is_told_to_close(self, by):
        """Ask until it is: the process ``by`` has to answer every time."""
        self.closing = False
        deadline = time.monotonic() + PATIENCE
        while not self.closing and time.monotonic() < deadline:
            assert self.ask() == by
        return self.closing

    def close(self):
        self.http.close()


@pytest.fixture
def directory(tmp_path):
    (tmp_path / "main.py").write_text(textwrap.dedent(APP))
    return tmp_path


@pytest.fixture
def hanok_run(directory):
    """``hanok_run("--workers", "2")`` starts a server of main:app on a free port."""
    started = []

    def start(*arguments, prefix=(), pass_fds=(), target="main:app", address=("--port", "0"), **environ):
        known = [target, *address, "--timeout-graceful-shutdown", "20", "--log-level", "debug"]
        started.append(Running(directory, [*known, *arguments], environ, prefix, pass_fds))
        return started[-1]

    yield start
    for one in started:
        one.close()


@pytest.fixture
def connect():
    made = []

    def make(port):
        made.append(Connection(port))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def until():
    """Wait for what nobody announces."""

    def wait(condition):
        deadline = time.monotonic() + PATIENCE
        while not (found := condition()):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        return found

    return wait
