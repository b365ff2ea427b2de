"""WebSocketEndpoint: a WebSocket handled by three methods of a class."""

from __future__ import annotations

import json
from collections.abc import Generator
from typing import Any, Literal

from hanok.types import Message, Receive, Scope, Send
from hanok.websockets.websocket import WebSocket

# RFC 6455 §7.4.1
NORMAL, UNSUPPORTED_DATA, INTERNAL_ERROR = 1000, 1003, 1011


class WebSocketEndpoint:
    """Subclass it, override ``on_connect``, ``on_receive`` and ``on_disconnect``, and route to the class.

    ``encoding`` says what ``on_receive`` gets: "text", "bytes" or "json" close the WebSocket with 1003 when the peer sends
    something else; None gives whatever came.
    """

    encoding: Literal["text", "bytes", "json"] | None = None

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            raise AssertionError(f"a WebSocket has a scope of type 'websocket', not {scope['type']!r}")
        self.scope = scope
        self.receive = receive
        self.send = send

    def __await__(self) -> Generator[Any, None, None]:
        return self.dispatch().__await__()

    async def dispatch(self) -> None:
        """Run the conversation from the handshake to the close."""
        websocket: WebSocket = WebSocket(self.scope, self.receive, self.send)
        await self.on_connect(websocket)
        close_code = INTERNAL_ERROR  # unless the peer ends the conversation
        try:
            while (message := await websocket.receive())["type"] != "websocket.disconnect":
                await self.on_receive(websocket, await self.decode(websocket, message))
            close_code = int(message.get("code") or NORMAL)
        finally:
            await self.on_disconnect(websocket, close_code)

    async def decode(self, websocket: WebSocket, message: Message) -> Any:
        """The data of a message, in the form that ``encoding`` asks for."""
        text, data = message.get("text"), message.get("bytes")
        match self.encoding:
            case None:
                return data if text is None else text
            case "text" if text is None:
                raise await _refuse(websocket, "Expected text websocket messages, but got bytes")
            case "text":
                return text
            case "bytes" if data is None:
                raise await _refuse(websocket, "Expected bytes websocket messages, but got text")
            case "bytes":
                return data
            case "json":
                try:
                    # One of the two is there.
                    return json.loads(data if text is None else text)  # type: ignore[arg-type]
                except ValueError:
                    raise await _refuse(websocket, "Malformed JSON data received.") from None
        raise AssertionError(f"Unsupported 'encoding' attribute {self.encoding}")

    async def on_connect(self, websocket: WebSocket) -> None:
        """The peer asks for a WebSocket: accept it, or close it."""
        await websocket.accept()

    async def on_receive(self, websocket: WebSocket, data: Any) -> None:
        """The peer has sent a message."""

    async def on_disconnect(self, websocket: WebSocket, close_code: int) -> None:
        """The conversation is over; ``close_code`` is 1011 if an error of ours ended it."""


async def _refuse(websocket: WebSocket, reason: str) -> RuntimeError:
    await websocket.close(code=UNSUPPORTED_DATA)
    return RuntimeError(reason)
