"""Project: what an exporter knows of the application that it writes files for."""

from __future__ import annotations

import re
import sys
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hanok.exceptions import ConfigError
from hanok.server.config import Config
from hanok.server.config_files import BY_NAME, PYPROJECT
from hanok.server.config_layers import Effective
from hanok.server.options import SECRET
from hanok.version import VERSION

LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")  # RFC 1123 §2.1, in the lower case that Kubernetes asks for
REQUIREMENTS = "requirements.txt"
OLDEST = (3, 11)


@dataclass(frozen=True, slots=True)
class Project:
    """A folder with an application in it, and the options with which it is served."""

    folder: Path
    name: str  # a DNS label: files, units, images and Kubernetes objects are called after it
    target: str
    found: Effective
    version: str = "latest"
    python: str = "3.13"
    # How the packages that it needs are told: by requirements.txt, by pyproject.toml, or not at all.
    requirements: str | None = None
    # Its modules come with the wheel that it builds (src layout); else they are files of the folder.
    is_package: bool = False
    names_hanok: bool = False
    remarks: list[str] = field(default_factory=list)

    @property
    def config(self) -> Config:
        return self.found.config

    def why(self, *names: str) -> str:
        """Options as a comment tells them: ``max_body_size = 1024 (pyproject.toml, line 7)``."""
        return "; ".join(self._why(name) for name in names)

    def _why(self, name: str) -> str:
        setting = self.found.settings[name]
        value = "•••" if BY_NAME[name].kind in SECRET and setting.value else shown(setting.value)
        place = re.sub(r" \([\w-]+\)$", "", setting.place)
        return f"{name} = {value} ({'the default' if place == 'default' else place})"

    @classmethod
    def read(cls, folder: Path, target: str, found: Effective, name: str | None = None) -> Project:
        """What stands in the folder. Raises ConfigError for a name that could not be one everywhere."""
        pyproject = _pyproject(folder)
        told: dict[str, Any] = pyproject.get("project", {})
        if name is None:
            name = label(str(told.get("name") or folder.resolve().name))
        elif not LABEL.fullmatch(name):
            raise ConfigError(f"--name: {name!r} is not accepted; give lower-case letters, digits and hyphens.")
        named = folder / REQUIREMENTS
        dependencies: list[str] = told.get("dependencies", [])
        if named.is_file():
            requirements: str | None = REQUIREMENTS
            dependencies = named.read_text("utf-8", "replace").splitlines()
        else:
            requirements = PYPROJECT if dependencies else None
        remarks = []
        if requirements != REQUIREMENTS:
            for lock, command in LOCKS.items():
                if (folder / lock).is_file():
                    remarks.append(f"{lock} is not read; to install what it has locked: {command}")
        return cls(
            folder=folder,
            name=name,
            target=target,
            found=found,
            version=str(told.get("version") or "latest"),
            python=python_of(folder),
            requirements=requirements,
            is_package="build-system" in pyproject and not _is_file_of(folder / found.config.app_dir, target),
            names_hanok=any(re.match(r"\s*hanok\b(?!-)", line, re.IGNORECASE) for line in dependencies),
            remarks=remarks,
        )


LOCKS = {
    "uv.lock": "uv export --no-dev --no-emit-project -o requirements.txt",
    "poetry.lock": "poetry export -o requirements.txt",
    "pdm.lock": "pdm export --prod -o requirements.txt",
}
OWN_REQUIREMENT = f"hanok=={VERSION}"


def shown(value: Any) -> str:
    if value is None or value in ("", ()):
        return "none"
    if isinstance(value, bool):
        return "on" if value else "off"
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def label(text: str) -> str:
    """The nearest DNS label."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:63].strip("-") or "app"


def python_of(folder: Path) -> str:
    """The version of Python that the project names for itself, else the one that runs now: it works there."""
    named = folder / ".python-version"
    if named.is_file() and (match := re.match(r"\s*(3)\.(\d+)", named.read_text("utf-8", "replace"))):
        version = (int(match[1]), int(match[2]))
    else:
        version = sys.version_info[:2]
    return "{}.{}".format(*max(version, OLDEST))


def _pyproject(folder: Path) -> dict[str, Any]:
    """The file from which the options have been read before, so what is wrong in it has been said."""
    path = folder / PYPROJECT
    return tomllib.loads(path.read_text("utf-8")) if path.is_file() else {}


def _is_file_of(folder: Path, target: str) -> bool:
    top = re.split(r"[.:]", target, maxsplit=1)[0]
    return (folder / f"{top}.py").is_file() or (folder / top).is_dir()
