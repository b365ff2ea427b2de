"""Values of JSON's own types are written at once, exactly as the long way would write them."""

from __future__ import annotations

import datetime
import decimal
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanok.serialization import is_plain, to_bytes
from hanok.serialization.plain import careful

atoms = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
plain_values = st.recursive(
    atoms, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner), max_leaves=20
)


@given(plain_values)
def test_the_fast_path_writes_what_the_careful_path_writes(value: Any) -> None:
    try:
        expected = careful(value)
    except UnicodeEncodeError:
        with pytest.raises(ValueError, match="surrogates"):
            to_bytes(value)
        return
    assert json.loads(to_bytes(value)) == json.loads(expected)


@pytest.mark.parametrize(
    "value",
    [
        decimal.Decimal("1.5"),
        datetime.timedelta(1),
        {1: 2},
        {"_sa_x": 1},
        float("nan"),
        [float("inf")],
        {"a": [{"b": {1}}]},
        b"x",
    ],
)
def test_everything_else_is_not_plain(value: Any) -> None:
    assert not is_plain(value)


def test_other_types_take_the_careful_path() -> None:
    assert to_bytes({"d": decimal.Decimal("1.5"), "t": datetime.timedelta(seconds=2)}) == b'{"d":1.5,"t":2.0}'


def test_text_is_written_as_utf8_without_escapes() -> None:
    assert to_bytes({"é": "ü"}) == '{"é":"ü"}'.encode()


def test_a_number_that_json_does_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        to_bytes({"x": float("nan")})
