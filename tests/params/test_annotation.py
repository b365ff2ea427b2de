"""Types decide where a value is read from."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import pytest
from pydantic import BaseModel
from typing_extensions import TypeAliasType

from hanok.http import UploadFile
from hanok.params import annotation as kinds


class Model(BaseModel):
    a: int = 1


@dataclass
class Data:
    a: int = 1


Alias = TypeAliasType("Alias", Annotated[list[int], "note"])


@pytest.mark.parametrize("type_", [int, str, bytes, int | None, Any, Annotated[str, 1], bool | str])
def test_scalars_fit_in_one_string(type_: Any) -> None:
    assert kinds.is_scalar(type_)
    assert not kinds.is_sequence(type_)


@pytest.mark.parametrize("type_", [Model, Data, dict, dict[str, int], list[int], UploadFile, Model | None, Alias])
def test_other_types_do_not(type_: Any) -> None:
    assert not kinds.is_scalar(type_)


@pytest.mark.parametrize(
    "type_",
    [list[int], list, set[str], tuple[int, ...], frozenset[int], deque[int], Sequence[str], list[int] | None, Alias],
)
def test_sequences_of_scalars_fit_in_several_strings(type_: Any) -> None:
    assert kinds.is_scalar_sequence(type_)


@pytest.mark.parametrize("type_", [list[Model], list[dict[str, int]], list[int] | Model, int])
def test_other_sequences_do_not(type_: Any) -> None:
    assert not kinds.is_scalar_sequence(type_)


def test_a_model_is_found_behind_an_optional() -> None:
    assert kinds.model_of(Model | None) is Model
    assert kinds.model_of(Annotated[Model, 1]) is Model
    assert kinds.model_of(Model | int) is None
    assert kinds.model_of(int) is None


def test_uploads_and_their_contents_are_told_apart() -> None:
    assert kinds.is_upload(UploadFile | None)
    assert kinds.is_upload_sequence(list[UploadFile])
    assert kinds.is_bytes(bytes | None)
    assert kinds.is_bytes_sequence(list[bytes])
    assert not kinds.is_bytes_sequence(list)
    assert kinds.item_of(int) is Any
