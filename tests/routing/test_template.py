"""A path template is parsed once, and says how paths are matched and written."""

import re

import pytest

from hanok.routing.template import Template, compile_path, replace_params


def test_a_template_gives_regex_format_and_convertors() -> None:
    regex, path_format, convertors = compile_path("/items/{id:int}/{rest:path}")
    assert regex.pattern == "^/items/(?P<id>[0-9]+)/(?P<rest>.*)$"
    assert path_format == "/items/{id}/{rest}"
    assert list(convertors) == ["id", "rest"]


def test_what_is_special_in_a_pattern_is_plain_in_a_path() -> None:
    template = Template.parse("/a.b+{x}-{y:float}")
    assert template.match("/a.b+q-1.5") == {"x": "q", "y": 1.5}
    assert template.match("/aXb+q-1.5") is None


@pytest.mark.parametrize("path", ["/{a-b}", "/{ a }", "/{1a}", "/{x:int }"])
def test_braces_around_no_name_are_literal(path: str) -> None:
    template = Template.parse(path)
    assert template.convertors == {}
    assert template.match(path) == {}


def test_a_host_is_matched_whatever_its_case_and_without_its_port() -> None:
    template = Template.parse("{sub}.example.org:8000")
    assert template.regex.flags & re.IGNORECASE
    assert template.match("API.Example.org") == {"sub": "API"}


def test_a_path_keeps_its_case() -> None:
    assert Template.parse("/Items").match("/items") is None


def test_a_newline_at_the_end_is_not_forgiven() -> None:
    assert Template.parse("/items").match("/items\n") is None


def test_a_name_used_twice_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^Duplicated param name id at path /\{id\}/\{id\}$"):
        compile_path("/{id}/{id}")
    with pytest.raises(ValueError, match=r"^Duplicated param names a, b at path "):
        compile_path("/{b}/{a}/{a}/{b}")


def test_an_unknown_convertor_is_refused() -> None:
    with pytest.raises(AssertionError, match="Unknown path convertor 'nope'"):
        compile_path("/{id:nope}")


def test_segments_split_where_the_slashes_are() -> None:
    template = Template.parse("/a/{x}-{y:int}.json//")
    described = [[t if isinstance(t, str) else t.name for t in segment] for segment in template.segments]
    assert described == [[], ["a"], ["x", "-", "y", ".json"], [], []]


def test_build_writes_what_it_has_a_place_for_and_returns_the_rest() -> None:
    template = Template.parse("/items/{id:int}/{rest:path}")
    assert template.build(id=4, rest="s/t", q=2) == ("/items/4/s/t", {"q": 2})


def test_replace_params_leaves_what_it_was_given_as_it_was() -> None:
    given = {"id": 4}
    template = Template.parse("/{id:int}")
    assert replace_params(template.path_format, template.convertors, given) == ("/4", {})
    assert given == {"id": 4}


def test_a_value_that_looks_like_a_field_is_only_a_value() -> None:
    template = Template.parse("/{category}/{id}")
    assert template.build(category="{id}", id="42") == ("/{id}/42", {})
