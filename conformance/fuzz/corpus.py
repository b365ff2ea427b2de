"""The streams that were written by hand, and what must be seen in them: ``corpus/*.toml``."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from conformance.differential.parsers import Reading

FOLDER = Path(__file__).with_name("corpus")


@dataclass(frozen=True, slots=True)
class Case:
    """One stream. ``sees``: method, target and body of each request; ``end`` and ``error`` as in ``Reading``."""

    file: str
    name: str
    data: bytes
    sees: tuple[str, ...]
    end: str
    error: str


@cache
def corpus() -> tuple[Case, ...]:
    found = []
    for file in sorted(FOLDER.glob("*.toml")):
        for one in tomllib.loads(file.read_text())["case"]:
            data = one["data"].encode("latin-1")
            found.append(Case(file.stem, one["name"], data, tuple(one["sees"]), one["end"], one.get("error", "")))
    return tuple(found)


def seen(reading: Reading) -> tuple[str, ...]:
    """A reading in the words of the corpus."""
    parts = [(message.method, message.target, message.body) for message in reading.messages]
    return tuple(b" ".join(filter(None, one)).decode("latin-1") for one in parts)
