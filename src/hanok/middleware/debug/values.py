"""Values as text: short, and without running any code of the values' own.

A ``__repr__`` may load rows from a database, wait, or fail, and we come here because something has failed already.
"""

from __future__ import annotations

import datetime
import decimal
import pathlib
import sys
import uuid
from enum import Enum
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

from hanok.middleware.debug.masking import HIDDEN, is_secret, without_passwords

MOST_CHARACTERS = 300
MOST_ITEMS = 12
DEEPEST = 3
MOST_BITS = 4096  # of whole numbers that are written out

PLAIN = (
    datetime.date, datetime.datetime, datetime.time, datetime.timedelta, decimal.Decimal, uuid.UUID,
    pathlib.Path, pathlib.PosixPath, pathlib.PurePosixPath, float, complex, bool, type(None), type(...),
)  # fmt: skip
BRACKETS: dict[type, tuple[str, str]] = {list: ("[", "]"), tuple: ("(", ")"), set: ("{", "}"), frozenset: ("{", "}")}
UNTOLD = (ModuleType, FunctionType, BuiltinFunctionType, MethodType, type)  # said by their names already


def shown(value: Any, name: str = "", depth: int = 0) -> str:
    """A value as text. ``name`` is what it is called: what sounds secret is not shown."""
    if value is not None and is_secret(name):
        return HIDDEN
    kind = type(value)
    if kind in PLAIN:
        return repr(value)
    if issubclass(kind, Enum):
        return f"{kind.__qualname__}.{value._name_}"
    if issubclass(kind, str):
        return cut(repr(without_passwords(str.__str__(value)[: MOST_CHARACTERS + 1])))
    if issubclass(kind, int):
        return int.__repr__(value) if int.bit_length(value) <= MOST_BITS else f"<int of {int.bit_length(value)} bits>"
    if kind in (bytes, bytearray):
        return f"{cut(repr(bytes(value[:60])))}{'' if len(value) <= 60 else f' … {len(value)} bytes'}"
    if kind in BRACKETS or kind is dict:
        return container(value, depth)
    if issubclass(kind, BaseException):
        return f"{kind.__qualname__}({listed(BaseException.args.__get__(value), depth)})"  # type: ignore[attr-defined]
    if issubclass(kind, UNTOLD):
        return f"<{kind.__name__} {name_of(value)}>"
    return instance(value, kind, depth)


def cut(text: str) -> str:
    return text if len(text) <= MOST_CHARACTERS else text[:MOST_CHARACTERS] + "…"


def container(value: Any, depth: int) -> str:
    kind = type(value)
    if depth >= DEEPEST:
        return f"<{kind.__name__} of {len(value)}>"
    if kind is dict:
        pairs = [
            f"{shown(key, depth=depth + 1)}: {shown(one, key if isinstance(key, str) else '', depth + 1)}"
            for key, one in taken(value.items())
        ]
        return "{" + ", ".join(with_rest(pairs, len(value))) + "}"
    if not value and kind in (set, frozenset):
        return f"{kind.__name__}()"
    opening, closing = BRACKETS[kind]
    comma = "," if kind is tuple and len(value) == 1 else ""
    return f"{opening}{listed(value, depth)}{comma}{closing}"


def listed(values: Any, depth: int) -> str:
    return ", ".join(with_rest([shown(one, depth=depth + 1) for one in taken(values)], len(values)))


def taken(values: Any) -> list[Any]:
    return [one for one, _ in zip(values, range(MOST_ITEMS), strict=False)]


def with_rest(texts: list[str], total: int) -> list[str]:
    return texts if total <= len(texts) else [*texts, f"… {total - len(texts)} more"]


def instance(value: Any, kind: type, depth: int) -> str:
    """An object of one of the application's own classes by its attributes, of another by its class."""
    if depth < DEEPEST and is_own_class(kind):
        try:
            attributes = object.__getattribute__(value, "__dict__")
        except AttributeError:
            attributes = {}
        public = {name: one for name, one in attributes.items() if isinstance(name, str) and not name.startswith("_")}
        if public:
            parts = [f"{name}={shown(one, name, depth + 1)}" for name, one in taken(public.items())]
            return cut(f"{kind.__qualname__}({', '.join(with_rest(parts, len(public)))})")
    return f"<{kind.__module__}.{kind.__qualname__} object>"


def is_own_class(kind: type) -> bool:
    """Whether a class is written in the application, not in a library."""
    from hanok.middleware.debug.frames import is_library_file

    module = sys.modules.get(kind.__module__)
    file = getattr(module, "__file__", None)
    return isinstance(file, str) and not is_library_file(file)


def name_of(thing: Any) -> str:
    """What a function, class or module is called."""
    name = getattr(thing, "__qualname__", None) or getattr(thing, "__name__", None) or type(thing).__qualname__
    return str(name)


def local_variables(variables: dict[str, Any]) -> list[tuple[str, str]]:
    """(name, value) of what a frame holds; modules, functions and classes are left out."""
    told = [
        (name, value)
        for name, value in variables.items()
        if not name.startswith(("__", "@", ".")) and not issubclass(type(value), UNTOLD)
    ]
    return [(name, shown(value, name)) for name, value in told[:30]]
