"""Convertors read what they recognise, and write what they would recognise again."""

import re
import uuid

import pytest

from hanok.routing.convertors import CONVERTOR_TYPES, Convertor, register_url_convertor, within_one_segment

SOME_UUID = uuid.UUID("0189a1b2-0000-7000-8000-000000000001")


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("str", "a b", "a b"),
        ("path", "a/b/", "a/b/"),
        ("int", "007", 7),
        ("float", "3.50", 3.5),
        ("float", "3", 3.0),
        ("uuid", str(SOME_UUID), SOME_UUID),
        ("uuid", SOME_UUID.hex, SOME_UUID),
    ],
)
def test_a_convertor_recognises_and_reads_its_text(kind: str, text: str, value: object) -> None:
    convertor = CONVERTOR_TYPES[kind]
    assert re.fullmatch(convertor.regex, text)
    assert convertor.convert(text) == value


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("str", ""),
        ("str", "a/b"),
        ("int", "-1"),
        ("int", "٣"),
        ("float", "1e3"),
        ("float", ".5"),
        ("uuid", "x"),
    ],
)
def test_a_convertor_does_not_recognise_other_text(kind: str, text: str) -> None:
    assert not re.fullmatch(CONVERTOR_TYPES[kind].regex, text)


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("str", "a b", "a b"),
        ("path", "a/b", "a/b"),
        ("int", 5, "5"),
        ("int", "5", "5"),
        ("float", 100.0, "100"),
        ("float", 3, "3"),
        ("float", 1e-7, "0.0000001"),
        ("float", 0.25, "0.25"),
        ("uuid", SOME_UUID, str(SOME_UUID)),
    ],
)
def test_a_convertor_writes_a_value(kind: str, value: object, text: str) -> None:
    assert CONVERTOR_TYPES[kind].to_string(value) == text


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        ("str", "", "Must not be empty"),
        ("str", "a/b", "May not contain path separators"),
        ("int", -1, "Negative integers are not supported"),
        ("float", -1.0, "Negative floats are not supported"),
        ("float", float("nan"), "NaN values are not supported"),
        ("float", float("inf"), "Infinite values are not supported"),
    ],
)
def test_a_convertor_refuses_to_write_what_it_could_not_read(kind: str, value: object, message: str) -> None:
    with pytest.raises(AssertionError, match=message):
        CONVERTOR_TYPES[kind].to_string(value)


def test_a_registered_convertor_is_not_trusted_to_stay_within_a_segment() -> None:
    class Anything(Convertor[str]):
        regex = ".+"

        def convert(self, value: str) -> str:
            return value

        def to_string(self, value: str) -> str:
            return value

    register_url_convertor("anything-at-all", Anything())
    try:
        assert not within_one_segment(CONVERTOR_TYPES["anything-at-all"])
    finally:
        del CONVERTOR_TYPES["anything-at-all"]
    assert within_one_segment(CONVERTOR_TYPES["int"])
    assert not within_one_segment(CONVERTOR_TYPES["path"])


def test_the_base_convertor_leaves_both_directions_to_its_subclasses() -> None:
    with pytest.raises(NotImplementedError):
        Convertor().convert("a")
    with pytest.raises(NotImplementedError):
        Convertor().to_string("a")
