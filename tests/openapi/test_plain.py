from __future__ import annotations

from datetime import date
from enum import Enum
from pathlib import PurePosixPath

from pydantic import BaseModel, Field

from hanok.openapi.plain import merge_into, plain


class Colour(Enum):
    RED = "red"


class Pet(BaseModel):
    pet_name: str = Field(serialization_alias="petName")
    age: int | None = None


def test_keys_without_a_value_are_left_out_at_every_depth():
    assert plain({"a": None, "b": {"c": None, "d": 1}, "e": [{"f": None}, None]}) == {
        "b": {"d": 1},
        "e": [{}, None],
    }


def test_values_of_python_are_written_out():
    value = {Colour.RED: Colour.RED, 1: (1, 2), "day": date(2026, 1, 2), "pet": Pet(pet_name="Rex")}
    assert plain(value) == {"red": "red", "1": [1, 2], "day": "2026-01-02", "pet": {"petName": "Rex"}}


def test_what_nobody_knows_becomes_its_text():
    class Odd:
        def __str__(self) -> str:
            return "odd"

    assert plain([Odd(), PurePosixPath("/a")]) == ["odd", "/a"]


def test_merging_goes_into_dicts_and_joins_lists():
    target = {"a": {"b": 1, "c": [1]}, "d": 1}
    merge_into(target, {"a": {"c": [2], "e": 3}, "d": {"f": 4}})
    assert target == {"a": {"b": 1, "c": [1, 2], "e": 3}, "d": {"f": 4}}
