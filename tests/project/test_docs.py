"""What the documentation names exists: the functions in the code, the files and headings behind its links."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

# `hanok.some.module:Name.attr`, optionally called: `hanok.some.module:Name.attr()`.
NAME = re.compile(r"`(hanok(?:\.\w+)*):(\w+(?:\.\w+)*)(?:\(\))?`")
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^()\s]+)\)|!\[[^\]]*\]\(([^()\s]+)\)")
FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)


def pages(root: Path) -> Iterator[Path]:
    yield from sorted(root.glob("*.md"))
    for folder in ("docs", "bench", "examples", "conformance"):
        found = (root / folder).rglob("*.md")
        yield from sorted(page for page in found if not any(part.startswith(".env") for part in page.parts))


def named_in(text: str) -> list[tuple[str, str]]:
    return NAME.findall(text)


def look_up(module: str, path: str) -> Any:
    found = importlib.import_module(module)
    for attribute in path.split("."):
        found = getattr(found, attribute)
    return found


def anchors(page: Path) -> set[str]:
    """The anchors that headings get: lower case, punctuation gone, spaces to hyphens."""
    headings = re.findall(r"^#+\s+(.*)$", FENCE.sub("", page.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def test_every_name_in_how_a_request_flows_exists(root: Path) -> None:
    names = named_in((root / "docs" / "how-a-request-flows.md").read_text())
    assert len(set(names)) >= 10
    for module, path in names:
        look_up(module, path)


def test_every_name_in_the_other_pages_exists(root: Path) -> None:
    for page in pages(root):
        for module, path in named_in(page.read_text()):
            look_up(module, path)


def test_every_relative_link_leads_to_a_file_and_a_heading(root: Path) -> None:
    broken = []
    for page in pages(root):
        for text, image in LINK.findall(FENCE.sub("", page.read_text())):
            target = text or image
            if re.match(r"[a-z]+:", target):
                continue
            path, _, anchor = target.partition("#")
            file = (page.parent / path).resolve() if path else page
            if not file.exists() or (anchor and file.suffix == ".md" and anchor not in anchors(file)):
                broken.append(f"{page.relative_to(root)}: {target}")
    assert broken == []


def test_a_name_that_does_not_exist_is_found_out() -> None:
    [(module, path)] = named_in("see `hanok.exchange:Exchange.teleport()`")
    with pytest.raises(AttributeError):
        look_up(module, path)
