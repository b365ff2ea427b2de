"""A WebSocket whose peer says what a test wants."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from hanok.websockets import WebSocket

CONNECT = {"type": "websocket.connect"}


class Peer:
    """Says ``incoming``, one message after the other; hears into ``sent``. With ``gone`` sending fails."""

    def __init__(self, *incoming: Any, **scope: Any) -> None:
        self.incoming = list(incoming)
        self.sent: list[Any] = []
        self.gone = False
        self.scope = {"type": "websocket", "path": "/", "headers": [], "query_string": b"", **scope}

    async def receive(self) -> Any:
        return self.incoming.pop(0)

    async def send(self, message: Any) -> None:
        if self.gone:
            raise OSError("gone")
        self.sent.append(message)

    def run(self, conversation: Callable[[WebSocket], Awaitable[Any]]) -> Any:
        """Run it, with what is left of the WebSocket in ``self.websocket``."""
        self.websocket: WebSocket = WebSocket(self.scope, self.receive, self.send)
        return asyncio.run(self._run(conversation))

    async def _run(self, conversation: Callable[[WebSocket], Awaitable[Any]]) -> Any:
        return await conversation(self.websocket)


@pytest.fixture
def peer() -> type[Peer]:
    return Peer
