"""Serialization: values → JSON bytes, and values → what ``json`` can write.

What enters: whatever an endpoint returned. What leaves: bytes. ``plain`` writes values of JSON's own types at once,
``response`` writes values with a declared response model, ``encoder`` is ``jsonable_encoder``, which understands everything
else. Read ``encoder`` for what a value becomes; the other two are its fast equals.
"""

from hanok.serialization.encoder import jsonable_encoder
from hanok.serialization.plain import is_plain, to_bytes
from hanok.serialization.response import DumpOptions, ResponseDump

__all__ = ["DumpOptions", "ResponseDump", "is_plain", "jsonable_encoder", "to_bytes"]
