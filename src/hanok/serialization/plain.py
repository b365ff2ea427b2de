"""Values of JSON's own types → bytes, in one call of pydantic-core.

``to_json`` writes str, int, float, bool, None, list, tuple and dict exactly as ``json.dumps`` with compact separators
and ``ensure_ascii=False`` would (a float perhaps with another spelling of the same number). It differs for other types
(a Decimal becomes a string, a timedelta ISO 8601) and for NaN, so those go through ``jsonable_encoder``: ``is_plain``
tells them apart. The walk costs some 30 ns a value, ``jsonable_encoder`` and ``json.dumps`` a microsecond.
"""

from __future__ import annotations

from typing import Any

from pydantic_core import to_json

from hanok.serialization.encoder import jsonable_encoder

_ATOMS = frozenset({str, int, bool, type(None)})


def is_plain(value: Any) -> bool:
    """Whether the value consists of JSON's own types only: exact types, string keys, finite numbers."""
    kind = type(value)
    if kind is dict:
        for key in value:
            if type(key) is not str or key[:3] == "_sa":
                return False
        values = value.values()
    elif kind is list or kind is tuple:
        values = value
    elif kind is float:
        return bool(value - value == 0.0)  # False for NaN and the infinities
    else:
        return kind in _ATOMS
    for item in values:
        kind = type(item)
        if kind not in _ATOMS and not is_plain(item):
            return False
    return True


def to_bytes(value: Any) -> bytes:
    """The JSON of any value: what ``jsonable_encoder`` and the standard library's encoder make of it.

    Raises ValueError for NaN and infinite numbers (RFC 8259 §6), TypeError and ValueError for what is no JSON at all.
    """
    if is_plain(value):
        return to_json(value)
    return careful(value)


def careful(value: Any) -> bytes:
    """``to_bytes`` without its fast path."""
    import json

    return json.dumps(
        jsonable_encoder(value), ensure_ascii=False, allow_nan=False, indent=None, separators=(",", ":")
    ).encode("utf-8")
