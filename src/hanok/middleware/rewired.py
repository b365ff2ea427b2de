"""The exchange that the application sees when the function around it has put another ``receive`` into the request."""

from __future__ import annotations

from typing import Any

from hanok.exceptions import ClientDisconnect
from hanok.exchange import Exchange
from hanok.middleware.capture import Audience, CaptureExchange


class RewiredExchange(CaptureExchange):
    """As a CaptureExchange, but the body is that of ``source``, the exchange of the function's request."""

    __slots__ = ("source",)

    def __init__(self, outer: Exchange, source: Any) -> None:
        super().__init__(outer)
        self.source = source
        self.body = source.body
        self.form_cache = source.form_cache

    async def _next_chunk(self) -> bytes:
        if self.audience is not Audience.PEER:
            raise ClientDisconnect
        piece: bytes = await self.source.next_chunk()
        return piece
