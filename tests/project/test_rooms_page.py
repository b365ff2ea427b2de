"""docs/rooms.md shows the layers that import-linter holds the code to."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path


def test_the_layers_on_the_page_are_those_that_are_checked(root: Path) -> None:
    with (root / "pyproject.toml").open("rb") as file:
        [contract] = tomllib.load(file)["tool"]["importlinter"]["contracts"]
    # In parentheses: layers that may be missing. The page shows what is there.
    checked = []
    for layer in contract["layers"]:
        names = [name.strip(" ()").removeprefix("hanok.") for name in layer.split("|")]
        there = [name for name in names if exists(root / "src" / "hanok" / name)]
        if there:
            checked.append(" | ".join(there))
    page = (root / "docs" / "rooms.md").read_text("utf-8")
    [block] = re.findall(r"^    cli\n(?:    .*\n)*", page, re.MULTILINE)
    assert [line.strip() for line in block.splitlines()] == checked


def exists(module: Path) -> bool:
    return (module / "__init__.py").is_file() or module.with_suffix(".py").is_file()


def test_every_room_has_its_line(root: Path) -> None:
    page = (root / "docs" / "rooms.md").read_text("utf-8")
    rooms = {found.parent.name for found in (root / "src" / "hanok").glob("*/__init__.py")}
    assert {room for room in rooms if f"| [`{room}`](../src/hanok/{room}/__init__.py) |" not in page} == set()
