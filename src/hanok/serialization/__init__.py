"""Serialization: values → JSON bytes, and values → what ``json`` can write.

What enters: whatever an endpoint returned. What leaves: bytes. ``plain`` writes values of JSON's own types at once
(``json_types`` tells which they are), ``response`` writes values with a declared response model, ``encoder`` is
``jsonable_encoder``, which understands everything else. Read ``encoder`` for what a value becomes; the other two are its fast
equals.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hanok.lazy import lazy_names

if TYPE_CHECKING:
    from hanok.serialization.encoder import jsonable_encoder
    from hanok.serialization.json_types import is_plain
    from hanok.serialization.plain import to_bytes
    from hanok.serialization.response import DumpOptions, ResponseDump

# Loaded when first named.
__getattr__ = lazy_names(
    __name__,
    {
        "DumpOptions": ".response",
        "ResponseDump": ".response",
        "is_plain": ".json_types",
        "jsonable_encoder": ".encoder",
        "to_bytes": ".plain",
    },
)

__all__ = ["DumpOptions", "ResponseDump", "is_plain", "jsonable_encoder", "to_bytes"]
