from __future__ import annotations

import io

import pytest

from hanok.http import FormData, ImmutableMultiDict, MultiDict, QueryParams, UploadFile

PAIRS = [("a", 1), ("a", 2), ("b", 3)]


def test_the_last_value_is_the_item_and_the_list_has_all():
    many = ImmutableMultiDict(PAIRS)
    assert many["a"] == 2
    assert many.getlist("a") == [1, 2]
    assert many.getlist("z") == []
    assert many.multi_items() == PAIRS
    assert dict(many) == {"a": 2, "b": 3}
    assert list(many) == list(many.keys()) == ["a", "b"]
    assert list(many.values()) == [2, 3]
    assert list(many.items()) == [("a", 2), ("b", 3)]
    assert "a" in many
    assert "z" not in many
    assert len(many) == 2
    assert many.get("z", 0) == 0
    with pytest.raises(KeyError):
        _ = many["z"]


@pytest.mark.parametrize(
    ("args", "kwargs", "pairs"),
    [
        ((), {}, []),
        ((None,), {}, []),
        (([("a", 1)],), {"b": 2}, [("a", 1), ("b", 2)]),
        (({"a": 1},), {}, [("a", 1)]),
        ((ImmutableMultiDict(PAIRS),), {}, PAIRS),
        ((iter(PAIRS),), {}, PAIRS),
    ],
)
def test_what_it_is_made_from(args, kwargs, pairs):
    assert ImmutableMultiDict(*args, **kwargs).multi_items() == pairs


def test_two_sources_are_too_many():
    for kind in (ImmutableMultiDict, MultiDict, QueryParams, FormData):
        with pytest.raises(AssertionError, match="Too many arguments"):
            kind({}, {})


def test_equality_is_of_the_same_kind_in_any_order():
    assert ImmutableMultiDict([("a", 1), ("b", 2)]) == ImmutableMultiDict([("b", 2), ("a", 1)])
    assert ImmutableMultiDict([("a", 1)]) != ImmutableMultiDict([("a", 2)])
    assert ImmutableMultiDict([("a", 1)]) != MultiDict([("a", 1)])
    assert ImmutableMultiDict([("a", 1)]) != {"a": 1}


def test_values_without_an_order_can_be_compared():
    file = UploadFile(io.BytesIO())
    assert FormData([("f", file), ("a", "x")]) == FormData([("a", "x"), ("f", file)])
    assert FormData([("f", file), ("f", "x")]) != FormData([("f", "x"), ("f", file)])
    assert FormData([("f", file), ("f", "x")]) != FormData([("f", UploadFile(io.BytesIO())), ("f", "x")])


def test_they_are_not_hashable():
    with pytest.raises(TypeError):
        hash(ImmutableMultiDict())


def test_the_repr_shows_all_pairs():
    assert repr(MultiDict(PAIRS)) == "MultiDict([('a', 1), ('a', 2), ('b', 3)])"


def changed(change):
    many = MultiDict(PAIRS)
    result = change(many)
    assert dict(many) == dict(many.multi_items())
    return result, many.multi_items()


@pytest.mark.parametrize(
    ("change", "result", "pairs"),
    [
        (lambda m: m.__setitem__("a", 9), None, [("b", 3), ("a", 9)]),
        (lambda m: m.__delitem__("a"), None, [("b", 3)]),
        (lambda m: m.append("b", 4), None, [*PAIRS, ("b", 4)]),
        (lambda m: m.pop("a"), 2, [("b", 3)]),
        (lambda m: m.pop("z"), None, PAIRS),
        (lambda m: m.pop("z", 5), 5, PAIRS),
        (lambda m: m.popitem(), ("b", 3), PAIRS[:2]),
        (lambda m: m.poplist("a"), [1, 2], [("b", 3)]),
        (lambda m: m.poplist("z"), [], PAIRS),
        (lambda m: m.setdefault("a", 5), 2, PAIRS),
        (lambda m: m.setdefault("z", 5), 5, [*PAIRS, ("z", 5)]),
        (lambda m: m.setlist("a", [7, 8]), None, [("b", 3), ("a", 7), ("a", 8)]),
        (lambda m: m.setlist("a", []), None, [("b", 3)]),
        (lambda m: m.clear(), None, []),
        (lambda m: m.update({"a": 9}, c=4), None, [("b", 3), ("a", 9), ("c", 4)]),
        (lambda m: m.update([("b", 5), ("b", 6)]), None, [("a", 1), ("a", 2), ("b", 5), ("b", 6)]),
        (lambda m: m.update(MultiDict([("a", 0)])), None, [("b", 3), ("a", 0)]),
    ],
)
def test_changes(change, result, pairs):
    assert changed(change) == (result, pairs)


def test_deleting_what_is_not_there_is_a_key_error():
    with pytest.raises(KeyError):
        del MultiDict()["a"]
    with pytest.raises(KeyError):
        MultiDict().popitem()


@pytest.mark.parametrize("source", ["a=1&b=&a=3+4", b"a=1&b=&a=3%204", [("a", 1), ("b", ""), ("a", "3 4")]])
def test_query_params_from_text_bytes_and_pairs(source):
    query = QueryParams(source)
    assert query.getlist("a") == ["1", "3 4"]
    assert str(query) == "a=1&b=&a=3+4"
    assert repr(query) == "QueryParams('a=1&b=&a=3+4')"


def test_query_params_are_text():
    assert QueryParams({"a": 1, 2: None}, b=3).multi_items() == [("a", "1"), ("2", "None"), ("b", "3")]
    assert QueryParams().multi_items() == []
