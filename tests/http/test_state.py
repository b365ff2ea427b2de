from __future__ import annotations

import copy

import pytest

from hanok.http import Default, DefaultPlaceholder, State


def test_items_are_attributes_of_the_dict_that_it_was_given():
    values = {"a": 1}
    state = State(values)
    state.b = 2
    state["c"] = 3
    assert (state.a, state["b"], state.c) == (1, 2, 3)
    assert values == {"a": 1, "b": 2, "c": 3}
    assert list(state) == ["a", "b", "c"]
    assert len(state) == 3
    del state.a
    del state["b"]
    assert values == {"c": 3}


def test_what_is_not_there():
    state = State()
    with pytest.raises(AttributeError, match="'State' object has no attribute 'x'"):
        _ = state.x
    for attempt in (lambda: state["x"], lambda: state.__delitem__("x"), lambda: delattr(state, "x")):
        with pytest.raises(KeyError):
            attempt()


def test_it_can_be_copied():
    assert copy.copy(State({"a": 1})).a == 1


def test_a_default_is_told_apart_from_its_value():
    default = Default(0)
    assert isinstance(default, DefaultPlaceholder)
    assert not default
    assert default == DefaultPlaceholder(0)
    assert default != DefaultPlaceholder(1)
    assert default != 0
