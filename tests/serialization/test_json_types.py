"""Which values JSON's own writer may be given."""

from __future__ import annotations

from typing import Any

import pytest

from hanok.serialization import to_bytes
from hanok.serialization.json_types import DEEPEST, is_plain


class Text(str):
    pass


@pytest.mark.parametrize(
    "value", [{}, {"a": [1, 2.5, None, True, "x", (1,), {"b": {}}]}, [], (), "", 0, 0.0, None, False]
)
def test_json_s_own_types_are_plain(value: Any) -> None:
    assert is_plain(value)


@pytest.mark.parametrize(
    "value",
    [{1: 2}, {"_sa": 1}, {Text("a"): 1}, {"a": Text("b")}, [float("nan")], {"a": float("inf")}, {1}, b"", [{"a": {1}}]],
)
def test_others_are_not(value: Any) -> None:
    assert not is_plain(value)


@pytest.mark.parametrize("wrap", [lambda inner: [inner], lambda inner: {"a": inner}])
def test_what_is_too_deep_is_written_with_care(wrap: Any) -> None:
    value: Any = 1
    for _ in range(DEEPEST):
        value = wrap(value)
    assert is_plain(value)
    value = wrap(wrap(value))
    assert not is_plain(value)
    assert to_bytes(value) == to_bytes([value])[1:-1]


def test_what_contains_itself_is_an_error_and_no_crash() -> None:
    endless: list[Any] = []
    endless.append(endless)
    assert not is_plain(endless)
    with pytest.raises(RecursionError):
        to_bytes(endless)
