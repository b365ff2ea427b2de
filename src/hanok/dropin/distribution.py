"""The metadata of a package that the drop-in stands in for."""

from __future__ import annotations

from importlib.metadata import Distribution
from pathlib import Path
from typing import Any


class ClaimedDistribution(Distribution):
    """Answers ``importlib.metadata.version(name)`` and nothing about files: there are none."""

    def __init__(self, name: str, version: str) -> None:
        self._text = (
            "Metadata-Version: 2.1\n"
            f"Name: {name}\n"
            f"Version: {version}\n"
            f"Summary: Hanok, in the place of {name}\n"
            "Requires-Dist: hanok\n"
        )

    def read_text(self, filename: str) -> str | None:
        return self._text if filename == "METADATA" else None

    def locate_file(self, path: Any) -> Path:
        return Path(__file__).parent / str(path)
