from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import sysconfig
import threading
import venv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hanok.version import __file__ as VERSION_FILE

THEIRS = ("fastapi", "starlette")
SOURCE = Path(VERSION_FILE).parents[1]
PATIENCE = 50.0  # seconds after which a test gives up; reached only when something is broken


@pytest.fixture(autouse=True)
def dropin() -> Iterator[None]:
    """The drop-in for one test, whatever is installed and whatever was imported before."""
    from hanok.dropin import finder

    before = list(sys.meta_path)
    loaded = {name: sys.modules.pop(name) for name in list(sys.modules) if name.partition(".")[0] in THEIRS}
    finder.install()
    yield
    finder.uninstall()
    sys.meta_path[:] = before
    sys.modules.update(loaded)


@dataclass
class Environment:
    """A virtual environment of one test, with the packages of this one."""

    prefix: Path
    packages: Path

    @property
    def python(self) -> str:
        return str(self.prefix / "bin" / "python")

    def variables(self, **more: str) -> dict[str, str]:
        """Coverage is measured of the checkout only, and a Hanok that was copied into the environment is other files."""
        unwanted = ("HANOK_", "PYTHON") if "PYTHONPATH" in more else ("HANOK_", "PYTHON", "COVERAGE_")
        return {k: v for k, v in os.environ.items() if not k.startswith(unwanted)} | more

    def run(self, *arguments: str, prefix: tuple[str, ...] = (), **more: str) -> subprocess.CompletedProcess[str]:
        """Run this environment's Python; its output and its errors are one text."""
        return subprocess.run(
            [*prefix, self.python, *arguments],
            env=self.variables(**more),
            cwd=self.prefix.parent,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=PATIENCE,
            check=False,
        )


@pytest.fixture
def environment_with(tmp_path: Path) -> Callable[..., Environment]:
    """``environment_with(real=False)`` makes a virtual environment with or without the real fastapi and starlette."""

    def make(*, real: bool) -> Environment:
        prefix = tmp_path / "environment"
        venv.create(prefix, symlinks=True)
        packages = prefix / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
        here = Path(sysconfig.get_path("purelib"))
        if real and not (here / "fastapi").is_dir():
            pytest.skip("fastapi is not installed here")
        for entry in here.iterdir():
            theirs = re.match(r"(fastapi|starlette)\b", entry.name)
            if (real or not theirs) and entry.name not in ("__pycache__", "hanok_dropin.pth"):
                (packages / entry.name).symlink_to(entry)
        return Environment(prefix, packages)

    return make


class Serving:
    """A server in a process of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: list[str] = []
        self._told = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)
            if "http://" in line:
                self._told.set()
        self._told.set()

    @property
    def url(self) -> str:
        assert self._told.wait(PATIENCE), "".join(self.lines)
        found = re.search(r"http://[0-9.]+:[0-9]+", "".join(self.lines))
        assert found, "".join(self.lines)
        return found[0]

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(PATIENCE)
        finally:
            self.process.kill()
            self._reader.join(PATIENCE)
            assert self.process.stdout is not None
            self.process.stdout.close()


def alone(folder: Path) -> Path:
    """A folder with nothing but the package under test: beside an installed one lies all that is installed with it."""
    place = folder / "only-hanok"
    place.mkdir(exist_ok=True)
    link = place / "hanok"
    if not link.exists():
        link.symlink_to(SOURCE / "hanok", target_is_directory=True)
    return place


@pytest.fixture
def serving(tmp_path: Path) -> Callable[..., Any]:
    """``with serving(environment, "run", …) as server`` runs ``hanok`` in the test's directory until the block ends."""

    @contextmanager
    def start(environment: Environment, *arguments: str, **more: str) -> Iterator[Serving]:
        process = subprocess.Popen(
            [environment.python, "-m", "hanok", *arguments, "--port", "0"],
            cwd=tmp_path,
            env=environment.variables(PYTHONPATH=str(alone(tmp_path)), PYTHONDONTWRITEBYTECODE="1", **more),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        server = Serving(process)
        try:
            yield server
        finally:
            server.stop()

    return start
