"""Signatures are read from every kind of callable, with annotations evaluated where they were written."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Annotated, Any

from hanok.params.signature import REQUIRED, Argument, innermost, read_return, read_signature


def plain(a: int, b: "list[str]" = [], *, c: Annotated[int, 3] = 1) -> "dict[str, int]":  # noqa: B006, UP037
    return {}


class Callable_:
    def __call__(self, x: int) -> None: ...


class Constructed:
    def __init__(self, y: str) -> None: ...


def wrapped(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return wrapper


def test_names_annotations_and_defaults_are_read() -> None:
    assert read_signature(plain) == [
        Argument("a", int, REQUIRED),
        Argument("b", list[str], []),
        Argument("c", Annotated[int, 3], 1),
    ]
    assert read_return(plain) == dict[str, int]


def test_callable_objects_classes_partials_and_wrappers_are_read() -> None:
    assert read_signature(Callable_()) == [Argument("x", int, REQUIRED)]
    assert read_signature(Constructed) == [Argument("y", str, REQUIRED)]
    assert [each.name for each in read_signature(functools.partial(plain, 1))] == ["b", "c"]
    assert next(each.annotation for each in read_signature(wrapped(plain))) is int
    assert innermost(functools.partial(wrapped(plain))) is plain


def test_what_cannot_be_resolved_yet_stays_as_it_is() -> None:
    def later(a: Unknown) -> None: ...  # type: ignore[name-defined]  # noqa: F821

    assert read_signature(later) == [Argument("a", "Unknown", REQUIRED)]


def test_no_return_annotation_is_told_from_none() -> None:
    def bare(): ...  # type: ignore[no-untyped-def]

    def none() -> None: ...

    assert read_return(bare) is REQUIRED
    assert read_return(none) is None  # written as a string, as every annotation of this file
