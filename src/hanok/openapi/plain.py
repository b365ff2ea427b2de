"""Plain data: what a document is made of once everything that users may put into it has been written out."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

from pydantic import BaseModel
from pydantic_core import to_jsonable_python

_LEAVES = (str, int, float, bool, type(None))


def plain(value: Any) -> Any:
    """JSON-like data equal to ``value``. Keys whose value is None are left out, at every depth."""
    if type(value) in _LEAVES:
        return value
    if isinstance(value, Mapping):
        return {str(plain(key)): plain(each) for key, each in value.items() if each is not None}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(each) for each in value]
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, BaseModel):
        return plain(value.model_dump(mode="json", by_alias=True, exclude_none=True))
    return to_jsonable_python(value, fallback=str)


def merge_into(target: dict[str, Any], extra: Mapping[str, Any]) -> None:
    """Merge deeply: dicts key by key, lists one after the other, anything else replaced."""
    for key, value in extra.items():
        old = target.get(key)
        if isinstance(old, dict) and isinstance(value, Mapping):
            merge_into(old, value)
        elif isinstance(old, list) and isinstance(value, list):
            target[key] = old + value
        else:
            target[key] = value
