"""Values of JSON's own types → bytes, in one call of pydantic-core.

``to_json`` writes str, int, float, bool, None, list, tuple and dict exactly as ``json.dumps`` with compact separators
and ``ensure_ascii=False`` would (a float perhaps with another spelling of the same number). It differs for other types
(a Decimal becomes a string, a timedelta ISO 8601) and for NaN, so those go through ``jsonable_encoder``: ``is_plain``
tells them apart. The walk costs some 30 ns a value uncompiled, ``jsonable_encoder`` and ``json.dumps`` a microsecond.
"""

from __future__ import annotations

from typing import Any

from pydantic_core import to_json

from hanok.serialization.encoder import jsonable_encoder
from hanok.serialization.json_types import is_plain


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
