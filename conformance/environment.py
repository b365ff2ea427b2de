"""The environment of the suites, below ``conformance/.env``: a virtual environment with Hanok and what the tests import,
without fastapi and starlette, and the unpacked distributions without their packages.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Sequence
from pathlib import Path

from conformance.suites import HERE, REPOSITORY, REQUIREMENTS, SUITES, Suite

PLACE = HERE / ".env"
VENV = PLACE / "venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = PLACE / "ready"


def prepare() -> None:
    """Make the environment, unless it is there and made of the same parts."""
    wanted = fingerprint()
    if not (STAMP.exists() and STAMP.read_text("utf-8") == wanted and PYTHON.exists()):
        shutil.rmtree(PLACE, ignore_errors=True)
        say(f"making a virtual environment of Python {sys.version.split()[0]}")
        run([sys.executable, "-m", "venv", str(VENV)])
        say(f"installing Hanok and the {len(REQUIREMENTS)} packages that the tests import")
        pip("install", "--editable", f"{REPOSITORY}[sessions,templates,testing]", *REQUIREMENTS)
        pip("uninstall", "--yes", *SUITES)
        for suite in SUITES.values():
            say(f"downloading {suite.requirement}")
            unpack(suite)
        STAMP.write_text(wanted, "utf-8")
    run([str(PYTHON), "-c", ENABLE])


# Enables the drop-in of the working copy, unless it is enabled as it is now.
ENABLE = """
from hanok.dropin import environment
status = environment.status()
if not status.enabled:
    if status.written is not None:
        environment.disable()
    environment.enable()
"""


def fingerprint() -> str:
    """What the environment is made of."""
    parts = [sys.version, *REQUIREMENTS, *(suite.requirement for suite in SUITES.values())]
    parts.append((REPOSITORY / "pyproject.toml").read_text("utf-8").partition("[tool.")[0])
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def directory(suite: Suite) -> Path:
    """Where the distribution is unpacked."""
    return PLACE / f"{suite.name}-{suite.version}"


def unpack(suite: Suite) -> None:
    """Download the source distribution, unpack it, and remove the package that Hanok stands in for."""
    downloads = PLACE / "downloads"
    pip("download", "--no-deps", "--no-binary", suite.name, "--dest", str(downloads), suite.requirement)
    (archive,) = downloads.glob(f"{suite.name}-{suite.version}.tar.gz")
    with tarfile.open(archive) as tar:
        tar.extractall(PLACE, filter="data")
    shutil.rmtree(directory(suite) / suite.name)


def pip(*arguments: str) -> None:
    run([str(PYTHON), "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments])


def run(command: Sequence[str]) -> None:
    subprocess.run(command, check=True, cwd=PLACE if PLACE.exists() else HERE)


def say(text: str) -> None:
    print(f"conformance: {text}", flush=True)
