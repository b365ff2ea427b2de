"""The suites: which distribution, what its tests need, and which of its tests are not run."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

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
        return [Exclusion(**each) for each in _listed("exclusions.toml", self.name)]

    @cached_property
    def causes(self) -> list[Exclusion]:
        """Why tests fail: the first entry that matches a test tells."""
        return [Exclusion(each["test"], each["cause"]) for each in _listed("causes.toml", self.name)]


def _listed(file: str, suite: str) -> list[dict[str, str]]:
    path = HERE / file
    if not path.exists():
        return []
    found: list[dict[str, str]] = tomllib.loads(path.read_text("utf-8")).get(suite, [])
    return found


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
    "httpx2",
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
)
