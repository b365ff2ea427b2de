from __future__ import annotations

from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanok.http import parse_query

# Bytes that mean something to the syntax come often.
QUERIES = st.lists(
    st.one_of(st.sampled_from([b"&", b"=", b"+", b"%", b"%4", b"%41", b"%C3%A9", b";", b"a"]), st.binary(max_size=3))
)


@given(QUERIES)
def test_pairs_are_those_of_urllib(pieces):
    query = b"".join(pieces)
    assert parse_query(query) == parse_qsl(query.decode("latin-1"), keep_blank_values=True)


@pytest.mark.parametrize(
    ("query", "pairs"),
    [
        (b"", []),
        (b"a", [("a", "")]),
        (b"a=1&b=2&a=3", [("a", "1"), ("b", "2"), ("a", "3")]),
        (b"&&a=1;b=2", [("a", "1;b=2")]),
        (b"a=b=c", [("a", "b=c")]),
        (b"a+b=%C3%A9+%zz", [("a b", "é %zz")]),
        (b"a=%ff", [("a", "\ufffd")]),
        (b"a=\xff", [("a", "ÿ")]),
    ],
)
def test_queries(query, pairs):
    assert parse_query(query) == pairs


def test_a_dict_of_the_pairs_holds_the_last_value():
    assert dict(parse_query(b"a=1&a=2")) == {"a": "2"}
