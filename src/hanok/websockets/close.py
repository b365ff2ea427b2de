"""WebSocketClose: an application that refuses every WebSocket."""

from __future__ import annotations

from typing import Any

from hanok.gateways import NativeApp


class WebSocketClose(NativeApp):
    """Closes with a code and a reason, whatever the peer asks for. Before an accept the peer sees a 403."""

    __slots__ = ("code", "reason")

    def __init__(self, code: int = 1000, reason: str | None = None) -> None:
        self.code = code
        self.reason = reason or ""

    async def handle(self, exchange: Any) -> None:
        await exchange.send({"type": "websocket.close", "code": self.code, "reason": self.reason})
