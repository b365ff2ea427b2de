"""The compiled core: its declarations agree with the sources, and everybody can tell which form runs."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from hanok.cli.version import describe, form

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "src"
DECLARED = sorted(SOURCES.rglob("*.pxd"))
ATTRIBUTES = re.compile(r" +cdef public (?:\w+ )(.+)")


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(SOURCES).with_suffix("").parts)


def attributes_in(declarations: str) -> dict[str, set[str]]:
    """Class → the attributes that a .pxd declares."""
    found: dict[str, set[str]] = {}
    cls = ""
    for line in declarations.splitlines():
        if begun := re.match(r"cdef class (\w+)", line):
            cls = begun[1]
            found[cls] = set()
        elif named := ATTRIBUTES.fullmatch(line):
            found[cls] |= {name.strip() for name in named[1].split(",")}
    return found


def slots_in(source: str) -> Iterator[tuple[str, set[str]]]:
    """Class → its ``__slots__``, as they are written."""
    for node in ast.parse(source).body:
        for each in node.body if isinstance(node, ast.ClassDef) else ():
            if isinstance(each, ast.Assign) and ast.unparse(each.targets[0]) == "__slots__":
                yield node.name, set(ast.literal_eval(each.value))  # type: ignore[union-attr]


@pytest.mark.parametrize("path", DECLARED, ids=module_of)
def test_what_is_declared_for_the_compiler_are_the_slots_of_the_class(path: Path) -> None:
    slots = dict(slots_in(path.with_suffix(".py").read_text()))
    for cls, attributes in attributes_in(path.read_text()).items():
        assert attributes == slots[cls], cls


def test_the_form_that_runs_is_told() -> None:
    compiled = [not str(import_module(module_of(path)).__file__).endswith(".py") for path in DECLARED]
    assert set(compiled) == {form() == "compiled"}, "all of the core is compiled, or nothing"
    assert re.search(rf"core +{form()}", describe())
    assert form() == os.environ.get("HANOK_EXPECTED_FORM", form())


def test_the_form_that_runs_is_told_by_the_command() -> None:
    said = subprocess.run([sys.executable, "-m", "hanok", "--version"], capture_output=True, text=True, check=True)
    assert form() in said.stdout
