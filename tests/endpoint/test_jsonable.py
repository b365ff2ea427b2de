"""Which models are validated straight from bytes, and that the bytes then mean the same."""

from __future__ import annotations

import datetime
import decimal
import json
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError, field_validator

from hanok.endpoint.jsonable import validates_from_json


class Inner(BaseModel):
    a: int
    b: float | None = None


class Outer(BaseModel):
    name: str
    inner: Inner
    many: list[Inner] = []
    anything: Any = None


class Tree(BaseModel):
    below: list[Tree] = []


class Strict(BaseModel):
    model_config = ConfigDict(strict=True)
    a: int


class Checked(BaseModel):
    a: int

    @field_validator("a")
    @classmethod
    def check(cls, value: int) -> int:
        return value


@pytest.mark.parametrize("type_", [Inner, Outer, Tree, list[Inner], str, int, Any, Outer | None])
def test_models_of_plain_parts_are(type_: Any) -> None:
    assert validates_from_json(TypeAdapter(type_).core_schema)


@pytest.mark.parametrize(
    "type_", [Strict, Checked, datetime.date, decimal.Decimal, int | str, set[int], dict[str, int], Literal["a"], bytes]
)
def test_what_the_two_ways_could_tell_apart_is_not(type_: Any) -> None:
    assert not validates_from_json(TypeAdapter(type_).core_schema)


json_numbers = st.integers() | st.floats() | st.booleans() | st.none() | st.text(max_size=5)
documents = st.fixed_dictionaries(
    {
        "name": st.text(max_size=4) | json_numbers,
        "inner": st.fixed_dictionaries({"a": json_numbers, "b": json_numbers}),
    },
    optional={
        "many": st.lists(st.fixed_dictionaries({"a": json_numbers}), max_size=2),
        "anything": st.recursive(json_numbers, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)),
    },
)


@given(documents)
def test_what_validates_from_bytes_validates_the_same_after_parsing(document: Any) -> None:
    raw = json.dumps(document).encode()
    try:
        short = Outer.model_validate_json(raw)
    except ValidationError:
        return
    assert repr(short) == repr(Outer.model_validate(json.loads(raw)))
