"""Convertors: how a parameter in a path is recognised, read and written."""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

if TYPE_CHECKING:
    from uuid import UUID

T = TypeVar("T")


class Convertor(Generic[T]):
    """One kind of path parameter. Subclass it and register an instance with ``register_url_convertor``.

    ``regex`` recognises the text (without groups that have a name), ``convert`` reads it, ``to_string``
    writes it back for ``url_path_for``, raising AssertionError for a value that ``regex`` would not
    recognise.
    """

    regex: ClassVar[str] = ""

    def convert(self, value: str) -> T:
        raise NotImplementedError

    def to_string(self, value: T) -> str:
        raise NotImplementedError


class StringConvertor(Convertor[str]):
    """``{name}``: one whole segment or a part of it, never empty."""

    regex = "[^/]+"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        text = str(value)
        require("/" not in text, "May not contain path separators")
        require(text != "", "Must not be empty")
        return text


class PathConvertor(Convertor[str]):
    """``{name:path}``: the rest of the path, slashes included, possibly empty."""

    regex = ".*"

    def convert(self, value: str) -> str:
        return str(value)

    def to_string(self, value: str) -> str:
        return str(value)


class IntegerConvertor(Convertor[int]):
    """``{name:int}``: decimal digits."""

    regex = "[0-9]+"

    def convert(self, value: str) -> int:
        return int(value)

    def to_string(self, value: int) -> str:
        number = int(value)
        require(number >= 0, "Negative integers are not supported")
        return str(number)


class FloatConvertor(Convertor[float]):
    """``{name:float}``: decimal digits with an optional fraction; no exponent."""

    regex = r"[0-9]+(\.[0-9]+)?"

    def convert(self, value: str) -> float:
        return float(value)

    def to_string(self, value: float) -> str:
        number = float(value)
        require(number >= 0.0 or math.isnan(number), "Negative floats are not supported")
        require(not math.isnan(number), "NaN values are not supported")
        require(not math.isinf(number), "Infinite values are not supported")
        return f"{number:.20f}".rstrip("0").rstrip(".")


@cache
def uuid_class() -> type[UUID]:
    """Most applications have no such parameter, and do without the module."""
    from uuid import UUID

    return UUID


class UUIDConvertor(Convertor["UUID"]):
    """``{name:uuid}``: a UUID (RFC 9562 §4), with or without its hyphens."""

    regex = "-?".join(f"[0-9a-fA-F]{{{digits}}}" for digits in (8, 4, 4, 4, 12))

    def convert(self, value: str) -> UUID:
        return uuid_class()(value)

    def to_string(self, value: UUID) -> str:
        return str(value)


CONVERTOR_TYPES: dict[str, Convertor[Any]] = {
    "str": StringConvertor(),
    "path": PathConvertor(),
    "int": IntegerConvertor(),
    "float": FloatConvertor(),
    "uuid": UUIDConvertor(),
}

# What these recognise never contains a slash, so they can be tested on one segment alone.
SINGLE_SEGMENT_TYPES = (StringConvertor, IntegerConvertor, FloatConvertor, UUIDConvertor)


def register_url_convertor(key: str, convertor: Convertor[Any]) -> None:
    """Make ``{name:key}`` mean ``convertor`` in the paths declared from now on."""
    CONVERTOR_TYPES[key] = convertor


def within_one_segment(convertor: Convertor[Any]) -> bool:
    """Whether the text of a parameter of this kind is known to hold no slash."""
    kind = type(convertor)
    return kind in SINGLE_SEGMENT_TYPES and convertor.regex == kind.__dict__["regex"]


def require(condition: bool, message: str) -> None:
    # An assert statement would be gone under ``python -O``, and with it the check of the URL.
    if not condition:
        raise AssertionError(message)
