"""``jsonable_encoder`` turns any value into JSON's own types."""

from __future__ import annotations

import collections
import dataclasses
import datetime
import decimal
import enum
import ipaddress
import pathlib
import re
import uuid
from typing import Any

import pytest
from pydantic import BaseModel, Field, SecretStr

from hanok.serialization import jsonable_encoder


class Colour(enum.Enum):
    RED = "red"


@dataclasses.dataclass
class Point:
    x: int
    y: Any = None


class Model(BaseModel):
    some_name: int = Field(1, alias="someName")
    span: datetime.timedelta = datetime.timedelta(days=1)


class Thing:
    def __init__(self) -> None:
        self.a = 1
        self._b = 2


class Pairs:
    def __iter__(self) -> Any:
        return iter([("a", 1)])


UTC = datetime.UTC


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"ab", "ab"),
        (datetime.datetime(2020, 1, 1, tzinfo=UTC), "2020-01-01T00:00:00+00:00"),
        (datetime.date(2020, 1, 1), "2020-01-01"),
        (datetime.time(1, 2), "01:02:00"),
        (datetime.timedelta(seconds=1.5), 1.5),
        (decimal.Decimal("1.50"), 1.5),
        (decimal.Decimal("10"), 10),
        (decimal.Decimal("1e5"), 100000),
        (uuid.UUID(int=3), "00000000-0000-0000-0000-000000000003"),
        (pathlib.PurePosixPath("/a"), "/a"),
        (Colour.RED, "red"),
        ({Colour.RED: 1, 2: 3, None: 4}, {"red": 1, 2: 3, None: 4}),
        (Point(1, {1}), {"x": 1, "y": [1]}),
        (Model(), {"someName": 1, "span": "P1D"}),
        ([Model()], [{"someName": 1, "span": "P1D"}]),
        (Thing(), {"a": 1, "_b": 2}),
        (Pairs(), {"a": 1}),
        (re.compile("a+"), "a+"),
        (ipaddress.ip_address("1.1.1.1"), "1.1.1.1"),
        (ipaddress.ip_network("1.1.1.0/24"), "1.1.1.0/24"),
        (collections.deque([1]), [1]),
        ((n for n in (1, 2)), [1, 2]),
        (frozenset([1]), [1]),
        (SecretStr("x"), "**********"),
        ({"_sa_state": 1, "y": 2}, {"y": 2}),
        (True, True),
    ],
)
def test_a_value_becomes(value: Any, expected: Any) -> None:
    assert jsonable_encoder(value) == expected


def test_a_decimal_that_is_no_number_stays_a_float() -> None:
    encoded = jsonable_encoder(decimal.Decimal("NaN"))
    assert encoded != encoded


def test_options_reach_the_models_inside() -> None:
    assert jsonable_encoder(Model(), by_alias=False) == {"some_name": 1, "span": "P1D"}
    assert jsonable_encoder(Model(), exclude_unset=True) == {}
    assert jsonable_encoder({"a": 1, "b": None}, exclude_none=True) == {"a": 1}
    assert jsonable_encoder({"a": 1, "b": 2}, include={"a"}) == {"a": 1}
    assert jsonable_encoder({"a": 1, "b": 2}, exclude={"b": True}) == {"a": 1}
    assert jsonable_encoder(Thing(), exclude={"a"}) == {"_b": 2}
    assert jsonable_encoder({"a": 1, "b": 2}, include=["a"], exclude=["b"]) == {"a": 1}  # type: ignore[arg-type]


def test_a_custom_encoder_goes_first_for_its_type_and_those_below() -> None:
    assert jsonable_encoder(Point(1), custom_encoder={int: lambda n: n * 2}) == {"x": 2, "y": None}
    assert jsonable_encoder(Colour.RED, custom_encoder={enum.Enum: lambda e: e.name}) == "RED"


def test_names_of_sqlalchemy_are_kept_on_request() -> None:
    assert jsonable_encoder({"_sa_x": 1}, sqlalchemy_safe=False) == {"_sa_x": 1}


@pytest.mark.parametrize("value", [range(3), 3j, memoryview(b"a")])
def test_what_is_neither_mapping_nor_object_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="__dict__"):
        jsonable_encoder(value)


def test_a_class_is_refused() -> None:
    with pytest.raises(AssertionError, match="a class cannot be written as JSON"):
        jsonable_encoder(Thing)
