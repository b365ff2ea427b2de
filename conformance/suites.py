"""The suites: which distribution, what its tests need, and which of its tests are not run."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent


@dataclass(frozen=True)
class Exclusion:
    """Tests that are not run: a file, a folder, a test, or any of these with ``*``; and the reason."""

    test: str
    reason: str


@dataclass(frozen=True)
class Suite:
    """The tests in a source distribution."""

    name: str
    version: str

    @property
    def requirement(self) -> str:
        return f"{self.name}=={self.version}"

    @property
    def results(self) -> Path:
        return HERE / "results" / f"{self.name}.json"

    @cached_property
    def exclusions(self) -> list[Exclusion]:
        return [Exclusion(**each) for each in _read("exclusions.toml").get(self.name, [])]

    @cached_property
    def causes(self) -> list[Exclusion]:
        """Why tests fail: the first entry that matches a test tells."""
        return [Exclusion(each["test"], each["cause"]) for each in _read("causes.toml").get(self.name, [])]

    @property
    def plan(self) -> dict[str, Any]:
        """What the plugin is told."""
        return {
            "exclude": [each.test for each in self.exclusions],
            "placeholders": _read("placeholders.toml").get(self.name, {}),
        }


def _read(file: str) -> dict[str, Any]:
    path = HERE / file
    return tomllib.loads(path.read_text("utf-8")) if path.exists() else {}


SUITES = {each.name: each for each in (Suite("fastapi", "0.165.0"), Suite("starlette", "1.10.0"))}

# What the tests of both import, by the names that their own pyproject.toml gives.
REQUIREMENTS = (
    "a2wsgi",
    "anyio[trio]",
    "blockbuster",
    "coverage",
    "dirty-equals",
    "email-validator",
    "flask",
    "httpx",
    "httpx2[zstd]",
    "inline-snapshot",
    "itsdangerous",
    "jinja2",
    "orjson",
    "pwdlib[argon2]",
    "pydantic-extra-types",
    "pydantic-settings",
    "pyjwt",
    "pytest<9.2",
    "pytest-timeout",
    "pytest-xdist[psutil]",
    "python-slugify",
    "pyyaml",
    "ruff",
    "sqlmodel",
    "strawberry-graphql",
    "trio",
    "typer",
    "ujson",
    "uvicorn",
    "zstandard",
)
