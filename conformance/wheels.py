"""``python -m conformance.wheels FOLDER``: a wheel of this checkout, and with ``--with`` all that an installation of it needs.

    python -m conformance.wheels build/wheel --compiled
    python -m conformance.wheels build/wheels --wheel build/wheel/hanok-*.whl --with "hanok[testing]" --with sqlalchemy

What is collected once is installed many times without asking the package index again: by the first hour, by the Dockerfiles
that are replayed, and into the empty environment of ``.ci/run``.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("pyproject.toml", "setup.py", "README.md", "LICENSE")
PATIENCE = 900


def build(folder: Path, *, compiled: bool = False) -> Path:
    """A wheel of the checkout in this folder. In pure Python unless asked otherwise, because compiling takes minutes."""
    environment = {**os.environ, ("HANOK_COMPILE" if compiled else "HANOK_PURE"): "1"}
    for old in folder.glob("hanok-*.whl"):
        old.unlink()
    # Of a copy: what an earlier build has left in the checkout would be in the wheel, and others may be building there.
    with tempfile.TemporaryDirectory(prefix="hanok-source-") as place:
        source = Path(place)
        for name in PARTS:
            shutil.copy(ROOT / name, source)
        shutil.copytree(
            ROOT / "src", source / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info", "*.so")
        )
        pip("wheel", "--no-deps", "--wheel-dir", str(folder), place, environment=environment)
    [wheel] = folder.glob("hanok-*.whl")
    return wheel


def collect(folder: Path, wheel: Path, requirements: Sequence[str]) -> None:
    """The wheel, and wheels of the requirements with all that they need, for this Python."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("hanok-*.whl"):
        old.unlink()
    found = Path(shutil.copy(wheel, folder))
    with tempfile.TemporaryDirectory(prefix="hanok-wheels-") as place:
        constraints = Path(place, "constraints")
        constraints.write_text(f"hanok=={version(found)}\n")
        given = ("--find-links", str(folder.resolve()), "--constraint", str(constraints))
        pip("wheel", "--wheel-dir", str(folder), *given, *requirements)


def version(wheel: Path) -> str:
    return wheel.name.split("-")[1]


def pip(*arguments: str, environment: dict[str, str] | None = None) -> None:
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments]
    subprocess.run(command, check=True, env=environment, timeout=PATIENCE)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--compiled", action="store_true", help="build it with its compiled core")
    parser.add_argument("--wheel", type=Path, help="the wheel of Hanok, if it is there already")
    parser.add_argument("--with", dest="requirements", action="append", metavar="REQUIREMENT", help="collect this too")
    given = parser.parse_args()
    wheel = given.wheel or build(given.folder, compiled=given.compiled)
    if given.requirements:
        collect(given.folder, wheel, given.requirements)


if __name__ == "__main__":
    main()
