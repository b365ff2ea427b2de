"""A WebSocket handshake answered with an HTTP response: the ASGI extension "WebSocket Denial Response"."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hanok.exchange import Exchange, WebSocketExchange
from hanok.types import Message


class Denial(Exchange):
    """The answer side of an HTTP exchange over a WebSocket that is not accepted."""

    __slots__ = ("_pending", "websocket")

    def __init__(self, websocket: WebSocketExchange) -> None:
        self.prepare()
        self.take_request_side(websocket)
        self.body = b""
        self.websocket = websocket
        self._pending: list[Message] = []

    def _head(self, status: int, headers: Sequence[tuple[bytes, bytes]]) -> Message:
        return {"type": "websocket.http.response.start", "status": status, "headers": list(headers)}

    def _answer(self, status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> None:
        self._pending += [self._head(status, headers), {"type": "websocket.http.response.body", "body": body}]

    def _start(self, status: int, headers: Sequence[tuple[bytes, bytes]]) -> None:
        self._pending.append(self._head(status, headers))

    async def _write(self, data: bytes) -> None:
        self._pending.append({"type": "websocket.http.response.body", "body": data, "more_body": True})
        await self._drain()

    async def _finish(self, data: bytes) -> None:
        self._pending.append({"type": "websocket.http.response.body", "body": data, "more_body": False})
        await self._drain()

    async def _drain(self) -> None:
        while self._pending:
            await self.websocket.send(self._pending.pop(0))

    async def _next_chunk(self) -> bytes:
        return b""

    @property
    def disconnected(self) -> bool:
        return False

    async def wait_disconnect(self) -> None:
        message: Any = None
        while message is None or message["type"] != "websocket.disconnect":
            message = await self.websocket.receive()
