"""A default that can be told apart from the same value given by the caller."""

from __future__ import annotations

from typing import Any, TypeVar

T = TypeVar("T")


class DefaultPlaceholder:
    """Holds the value that holds when nobody, at any level, gives one."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __bool__(self) -> bool:
        return bool(self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DefaultPlaceholder) and bool(other.value == self.value)

    __hash__ = None  # type: ignore[assignment]  # equal by content


def Default(value: T) -> T:
    """Mark ``value`` as a default. Typed as the value, so that signatures read naturally."""
    return DefaultPlaceholder(value)  # type: ignore[return-value]  # on purpose, as the docstring says
