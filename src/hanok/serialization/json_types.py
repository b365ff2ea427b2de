"""Whether a value consists of JSON's own types: every answer without a response model is looked at, so this is compiled."""

from __future__ import annotations

from typing import Any

DEEPEST = 100  # levels below which nobody looks: a value that contains itself has no end
_DEEPEST = DEEPEST


def is_plain(value: Any, depth: int = 0) -> bool:
    """Whether the value consists of JSON's own types only: exact types, string keys, finite numbers, not too deep."""
    kind = type(value)
    if kind is dict:
        if depth > _DEEPEST:
            return False
        mapping = value
        for key, item in mapping.items():
            if type(key) is not str or key.startswith("_sa"):
                return False
            kind = type(item)
            if not (kind is str or kind is int or kind is bool or item is None or is_plain(item, depth + 1)):
                return False
        return True
    if kind is list or kind is tuple:
        if depth > _DEEPEST:
            return False
        for item in value:
            kind = type(item)
            if not (kind is str or kind is int or kind is bool or item is None or is_plain(item, depth + 1)):
                return False
        return True
    if kind is float:
        return bool(value - value == 0.0)  # False for NaN and the infinities
    return kind is str or kind is int or kind is bool or value is None
