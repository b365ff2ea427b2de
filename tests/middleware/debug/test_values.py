"""Values as text, and what of them is not shown."""

from __future__ import annotations

import math
from enum import Enum
from pathlib import Path
from typing import Any

import pytest

from hanok.middleware.debug.frames import frames_of, is_library_file, short_path
from hanok.middleware.debug.highlight import characters, line_html, spans_of
from hanok.middleware.debug.masking import HIDDEN, header_value, is_secret, masked_source
from hanok.middleware.debug.values import local_variables, shown


class Colour(Enum):
    JADE = 1


class Talkative:
    def __init__(self) -> None:
        self.shape = "round"
        self._hidden = 1

    def __repr__(self) -> str:
        raise AssertionError("no code of a value is run")


class Slotted:
    __slots__ = ("x",)


class Text(str):
    def __str__(self) -> str:
        raise AssertionError("no code of a value is run")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "None"),
        (1.5, "1.5"),
        (True, "True"),
        (Colour.JADE, "Colour.JADE"),
        (Path("/a"), "PosixPath('/a')"),
        (Text("ab"), "'ab'"),
        (b"ab", "b'ab'"),
        (10**2000, "<int of 6644 bits>"),
        ((1,), "(1,)"),
        ([1, (2, 3)], "[1, (2, 3)]"),
        (set(), "set()"),
        ({1}, "{1}"),
        (frozenset(), "frozenset()"),
        ({"a": [1], 2: None}, "{'a': [1], 2: None}"),
        ([[[[1]]]], "[[[<list of 1>]]]"),
        (range(20), "<builtins.range object>"),
        (list(range(20)), "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, … 8 more]"),
        (ValueError("x", 1), "ValueError('x', 1)"),
        (math, "<module math>"),
        (len, "<builtin_function_or_method len>"),
        ({"password": "x", "name": "y"}, "{'password': (hidden), 'name': 'y'}"),
        ("redis://me:pw@host/0", "'redis://***@host/0'"),
    ],
)
def test_values_are_told_without_running_their_code(value: Any, text: str) -> None:
    assert shown(value) == text


def test_objects_of_the_application_show_their_attributes() -> None:
    assert shown(Talkative()) == "Talkative(shape='round')"
    assert shown(Slotted()).endswith("Slotted object>")


def test_long_texts_are_cut() -> None:
    assert len(shown("x" * 10_000)) < 310
    assert shown(bytes(1000)).endswith("… 1000 bytes")


def test_variables_are_those_with_values_of_their_own() -> None:
    found = local_variables({"__name__": 1, "math": math, "f": shown, "x": 1, "session_id": "s", "secret": None})
    assert found == [("x", "1"), ("session_id", HIDDEN), ("secret", "None")]


@pytest.mark.parametrize(
    "name", ["password", "API_KEY", "apiKey", "userPassword", "x-auth-token", "SessionCookie", "csrf", "session_id"]
)
def test_names_that_sound_secret(name: str) -> None:
    assert is_secret(name)


@pytest.mark.parametrize(
    "name", ["key", "keyboard", "passenger", "session", "db_session", "author", "tokenizer", "keys", ""]
)
def test_names_that_only_look_so(name: str) -> None:
    assert not is_secret(name)


@pytest.mark.parametrize("name", ["Authorization", "cookie", "Proxy-Authorization", "X-Api-Key"])
def test_headers_that_identify_somebody(name: str) -> None:
    assert header_value(name, "value") == HIDDEN
    assert header_value("referer", "http://me:pw@host/") == "http://***@host/"


@pytest.mark.parametrize(
    ("line", "masked"),
    [
        ('password = "ab"', 'password = "••"'),
        ("f(api_token='abc', x='y')", "f(api_token='•••', x='y')"),
        ('{"secret": "abc"}', '{"secret": "•••"}'),
        ('token: str | None = "abc"', 'token: str | None = "•••"'),
        ('url = "db://me:pw@host"', 'url = "db://•••••@host"'),
        ('name = "ab"', 'name = "ab"'),
    ],
)
def test_secrets_in_source_are_dots(line: str, masked: str) -> None:
    assert masked_source(line) == masked


# ---- source


def test_source_has_colours_as_far_as_it_can_be_read() -> None:
    source = ["if x:  # why\n", "    y = 'é<' + 1\n", "z = (\n"]
    spans = spans_of(source)
    assert line_html("if x:  # why", spans[1]) == '<span class="k">if</span> x:  <span class="c"># why</span>'
    assert '<span class="s">&#x27;é&lt;&#x27;</span>' in line_html("    y = 'é<' + 1", spans[2])
    assert spans_of(['"""no end\n']) == {}


def test_columns_count_characters_where_python_counts_bytes() -> None:
    assert characters("é = f(é)", (5, 10)) == (4, 8)
    assert characters("return x", (0, 8)) is None  # all of it says nothing
    assert characters("return x", None) is None
    assert line_html("a = b", [], (4, 5)) == "a = <mark>b</mark>"


def test_files_are_told_from_where_one_would_look() -> None:
    assert short_path("/x/site-packages/pydantic/main.py") == "pydantic/main.py"
    assert short_path(str(Path("a.py").absolute())) == "a.py"
    assert short_path("/elsewhere/b.py") == "/elsewhere/b.py"
    assert short_path(Path(json_file()).as_posix()) == "json/__init__.py"
    assert is_library_file("<string>")
    assert is_library_file(json_file())
    assert not is_library_file(__file__)


def json_file() -> str:
    import json

    return json.__file__


def test_a_frame_that_has_not_begun_has_no_columns() -> None:
    async def never() -> None: ...

    coroutine = never()
    try:
        coroutine.throw(ValueError())
    except ValueError as error:
        frames = list(frames_of(error.__traceback__))
    assert frames[-1].columns is None or frames[-1].columns[0] >= 0
