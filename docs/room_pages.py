"""A page for each room, made of what its source says: the docstring of the room, its public names, its files.

Nothing of it is kept: ``hooks`` makes the pages when the site is built.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SOURCE = Path(__file__).parents[1] / "src" / "hanok"


def rooms(source: Path = SOURCE) -> list[str]:
    return sorted(found.parent.name for found in source.glob("*/__init__.py"))


def page(room: str, source: Path = SOURCE) -> str:
    folder = source / room
    parts = [f"# hanok.{room}", markdown(docstring(folder / "__init__.py"))]
    names = list(public_names(room))
    if names:
        parts += ["## Names", f"`from hanok.{room} import …`", table("name", names)]
    parts += ["## Files", f"In `src/hanok/{room}`:", table("file", list(files(folder)))]
    if (tests := source.parents[1] / "tests" / room).is_dir():
        parts.append(f"Their tests are in `tests/{tests.name}`.")
    return "\n\n".join(part for part in parts if part) + "\n"


def docstring(file: Path) -> str:
    return ast.get_docstring(ast.parse(file.read_text("utf-8"))) or ""


def files(folder: Path) -> Iterator[tuple[str, str]]:
    """Each file with the first sentence of its docstring; those of folders within it, too."""
    for file in sorted(folder.rglob("*.py"), key=lambda file: (len(file.relative_to(folder).parts), file)):
        name = str(file.relative_to(folder))
        if name != "__init__.py":
            yield name, sentence(docstring(file))


def public_names(room: str) -> Iterator[tuple[str, str]]:
    """What ``__all__`` offers, each with what it is."""
    module = importlib.import_module(f"hanok.{room}")
    for name in sorted(getattr(module, "__all__", ()), key=str.lower):
        value = getattr(module, name)
        yield name + ("()" if inspect.isroutine(value) else ""), described(value)


def described(value: Any) -> str:
    """The first sentence of a docstring of its own; not of one that it has inherited, nor that of str or int."""
    has_own = inspect.ismodule(value) or inspect.isroutine(value)
    own = value.__doc__ if has_own else vars(value).get("__doc__") if inspect.isclass(value) else None
    text = inspect.cleandoc(own) if isinstance(own, str) else ""
    made_by_dataclass = inspect.isclass(value) and text.startswith(f"{value.__name__}(")
    return "" if made_by_dataclass else sentence(text)


def sentence(text: str) -> str:
    """The first one, or the first line of what is no sentence."""
    paragraph = " ".join(text.split("\n\n")[0].split())
    found = re.match(r"(.+?[^.A-Z]\.)(?: [A-Z`]|$)", paragraph)
    return markdown(found[1] if found else paragraph)


def markdown(text: str) -> str:
    """Docstrings quote code by two backticks; asterisks mean themselves only in code."""
    return re.sub(r"``(.+?)``", r"`\1`", text)


def table(head: str, rows: list[tuple[str, str]]) -> str:
    lines = [f"| {head} | |", "|---|---|"]
    lines += [f"| `{name}` | {told.replace('|', chr(92) + '|')} |" for name, told in rows]
    return "\n".join(lines)
