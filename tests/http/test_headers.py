from __future__ import annotations

import pytest

from hanok.http import Headers, MutableHeaders

RAW = [(b"a", b"1"), (b"b", b"2"), (b"a", b"3")]


def test_names_are_read_in_any_case_and_the_first_value_is_the_item():
    headers = Headers(raw=RAW)
    assert headers["A"] == "1"
    assert headers.getlist("A") == ["1", "3"]
    assert headers.get("B") == "2"
    assert headers.get("z") is None
    assert headers.get("z", "x") == "x"
    assert "B" in headers
    assert "z" not in headers
    with pytest.raises(KeyError, match="z"):
        _ = headers["z"]


def test_as_a_mapping_it_has_every_pair():
    headers = Headers(raw=RAW)
    assert list(headers) == headers.keys() == ["a", "b", "a"]
    assert headers.values() == ["1", "2", "3"]
    assert headers.items() == [("a", "1"), ("b", "2"), ("a", "3")]
    assert len(headers) == 3
    assert headers.raw == RAW


def test_from_a_mapping():
    headers = Headers({"A": "é"})
    assert headers.raw == [(b"a", b"\xe9")]
    assert Headers().raw == []


def test_from_a_scope_whose_headers_become_a_list():
    scope = {"headers": ((b"a", b"1"),)}
    assert Headers(scope=scope)["a"] == "1"
    assert scope["headers"] == [(b"a", b"1")]


def test_what_is_no_latin_1_is_refused():
    with pytest.raises(UnicodeEncodeError):
        Headers({"a": "☃"})


@pytest.mark.parametrize(
    ("sources", "message"),
    [
        ({"headers": {}, "raw": []}, 'Cannot set both "headers" and "raw"'),
        ({"headers": {}, "scope": {}}, 'Cannot set both "headers" and "scope"'),
        ({"raw": [], "scope": {}}, 'Cannot set both "raw" and "scope"'),
    ],
)
def test_two_sources_are_too_many(sources, message):
    with pytest.raises(AssertionError, match=message):
        Headers(**sources)


def test_equality_is_in_any_order_and_only_with_headers():
    assert Headers({"a": "1", "b": "2"}) == MutableHeaders({"b": "2", "a": "1"})
    assert Headers({"a": "1"}) != Headers({"a": "2"})
    assert Headers({"a": "1"}) != {"a": "1"}
    with pytest.raises(TypeError):
        hash(Headers())


def test_the_repr_is_a_dict_unless_that_would_lose_something():
    assert repr(Headers({"A": "1"})) == "Headers({'a': '1'})"
    assert repr(MutableHeaders(raw=[(b"a", b"1"), (b"a", b"2")])) == (
        "MutableHeaders(raw=[(b'a', b'1'), (b'a', b'2')])"
    )


def test_a_mutable_copy_leaves_the_original_alone():
    headers = Headers(raw=RAW)
    copy = headers.mutablecopy()
    copy["a"] = "9"
    assert copy.raw == [(b"a", b"9"), (b"b", b"2")]
    assert headers.raw == RAW


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda h: h.__setitem__("A", "9"), [(b"a", b"9"), (b"b", b"2")]),
        (lambda h: h.__setitem__("Z", "9"), [*RAW, (b"z", b"9")]),
        (lambda h: h.__delitem__("A"), [(b"b", b"2")]),
        (lambda h: h.__delitem__("Z"), RAW),
        (lambda h: h.append("A", "9"), [*RAW, (b"a", b"9")]),
        (lambda h: h.setdefault("A", "9"), RAW),
        (lambda h: h.setdefault("Z", "9"), [*RAW, (b"z", b"9")]),
        (lambda h: h.update({"B": "9", "c": "8"}), [RAW[0], (b"b", b"9"), RAW[2], (b"c", b"8")]),
        (lambda h: h.__ior__({"b": "9"}), [RAW[0], (b"b", b"9"), RAW[2]]),
        (lambda h: h.add_vary_header("Accept"), [*RAW, (b"vary", b"Accept")]),
    ],
)
def test_changes_are_made_in_place(change, expected):
    raw = list(RAW)
    change(MutableHeaders(raw=raw))
    assert raw == expected


def test_setdefault_gives_the_value_that_holds():
    headers = MutableHeaders({"a": "1"})
    assert headers.setdefault("A", "2") == "1"
    assert headers.setdefault("B", "2") == "2"


def test_vary_is_added_to():
    headers = MutableHeaders({"vary": "Accept"})
    headers.add_vary_header("Origin")
    assert headers["vary"] == "Accept, Origin"


def test_union_makes_new_headers():
    headers = MutableHeaders({"a": "1"})
    assert (headers | {"A": "2", "b": "3"}) == Headers({"a": "2", "b": "3"})
    assert headers == Headers({"a": "1"})
    with pytest.raises(TypeError, match="Expected a mapping but got list"):
        _ = headers | [("a", "b")]
    with pytest.raises(TypeError, match="Expected a mapping but got list"):
        headers |= [("a", "b")]


def test_a_change_through_a_scope_is_seen_there():
    scope = {"headers": list(RAW)}
    MutableHeaders(scope=scope)["c"] = "4"
    assert scope["headers"] == [*RAW, (b"c", b"4")]
