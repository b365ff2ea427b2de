"""WebSocket: a conversation in text, bytes or JSON."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Iterable
from typing import TYPE_CHECKING, Any, Self

from hanok.gateways import AsgiWebSocketExchange
from hanok.http.connection import HTTPConnection, StateT
from hanok.websockets.errors import WebSocketDisconnect, WebSocketDisconnected
from hanok.websockets.state import INCOMING, OUTGOING, WebSocketState, unexpected

if TYPE_CHECKING:
    from hanok.exchange import WebSocketExchange
    from hanok.http.response import Response
    from hanok.types import Message, Receive, Scope, Send

_CONNECTED, _DISCONNECTED = WebSocketState.CONNECTED, WebSocketState.DISCONNECTED


class WebSocket(HTTPConnection[StateT]):
    """A WebSocket. ``WebSocket(scope, receive, send)`` makes one by hand.

    Call ``accept`` first. The ``receive_*`` methods raise WebSocketDisconnect when the peer closes instead of speaking; the
    ``iter_*`` methods end then. Using a WebSocket that is not open raises WebSocketDisconnected, a RuntimeError.
    """

    __slots__ = ("_direct", "application_state", "client_state")

    _direct: bool  # whether text and bytes may take the short ways of the exchange

    client_state: WebSocketState
    application_state: WebSocketState

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            raise AssertionError(f"a WebSocket has a scope of type 'websocket', not {scope['type']!r}")
        self.exchange = AsgiWebSocketExchange(scope, receive, send)
        self.exchange.websocket = self
        self._direct = False
        self.client_state = self.application_state = WebSocketState.CONNECTING

    @classmethod
    def of(cls, exchange: WebSocketExchange) -> Self:
        self = cls.__new__(cls)
        self.exchange = exchange
        exchange.websocket = self
        self._direct = all(getattr(cls, name) is method for name, method in _OURS.items())
        self.client_state = self.application_state = WebSocketState.CONNECTING
        return self

    def __setattr__(self, name: str, value: object) -> None:
        super().__setattr__(name, value)
        if name in _OURS:  # somebody wants to see the messages
            self._direct = False

    # ---- ASGI messages

    async def receive(self) -> Message:
        """The next ASGI message. Raises RuntimeError when it may not come now, or nothing more can."""
        state = self.client_state
        if state is _DISCONNECTED:
            raise WebSocketDisconnected('Cannot call "receive" once a disconnect message has been received.')
        message: Message = await self.exchange.receive()
        if state is _CONNECTED and message["type"] == "websocket.receive":
            return message  # nothing else comes so often, and the table would say as much
        try:
            self.client_state = INCOMING[state][message["type"]]
        except KeyError:
            raise unexpected(INCOMING, state, message["type"]) from None
        return message

    async def send(self, message: Message) -> None:
        """Send an ASGI message. Raises RuntimeError when it may not be sent now, WebSocketDisconnect when the peer has gone."""
        state = self.application_state
        if state is _DISCONNECTED:
            raise WebSocketDisconnected('Cannot call "send" once a close message has been sent.')
        kind = message["type"]
        if state is not _CONNECTED or kind != "websocket.send":
            following = OUTGOING[state].get(kind)
            if following is None:
                raise unexpected(OUTGOING, state, kind)
            if state is WebSocketState.RESPONSE and not message.get("more_body", False):
                following = _DISCONNECTED
            self.application_state = following
        try:
            await self.exchange.send(message)
        except OSError:
            if state is not _CONNECTED:
                raise
            raise self._vanished() from None

    def _vanished(self) -> WebSocketDisconnect:
        """ASGI, "Send": a server tells a vanished peer by an OSError."""
        self.application_state = _DISCONNECTED
        return WebSocketDisconnect(code=1006)  # RFC 6455 §7.4.1: stands for a close without a close frame

    # ---- the handshake

    async def accept(
        self, subprotocol: str | None = None, headers: Iterable[tuple[bytes, bytes]] | None = None
    ) -> None:
        """Open the WebSocket, with one of the subprotocols that the peer offers and more headers for the 101."""
        if self.client_state is WebSocketState.CONNECTING:
            await self.receive()  # the peer's websocket.connect comes first
        await self.send({"type": "websocket.accept", "subprotocol": subprotocol, "headers": list(headers or ())})

    async def close(self, code: int = 1000, reason: str | None = None) -> None:
        """Close the WebSocket; before ``accept`` this refuses the handshake with a 403."""
        await self.send({"type": "websocket.close", "code": code, "reason": reason or ""})

    async def send_denial_response(self, response: Response) -> None:
        """Refuse the handshake with this HTTP response. Raises RuntimeError when the server cannot."""
        if "websocket.http.response" not in (self.scope.get("extensions") or {}):
            raise RuntimeError("The server doesn't support the Websocket Denial Response extension.")
        await response(self.scope, self.receive, self.send)

    # ---- text, bytes, JSON

    # Each of these takes from the exchange, or awaits ``receive``, itself: another coroutine between them would cost every
    # message. What they take at once is what ``receive`` would have given them; all else is left to it.

    def _check_accepted(self) -> None:
        if self.application_state is not _CONNECTED:
            raise WebSocketDisconnected('WebSocket is not connected. Need to call "accept" first.')

    async def receive_text(self) -> str:
        self._check_accepted()
        if self._direct and self.client_state is _CONNECTED:
            while (found := self.exchange.take(str)) is not None:
                if type(found) is str:
                    return found
                await found
        text: str = _with_data(await self.receive())["text"]
        return text

    async def receive_bytes(self) -> bytes:
        self._check_accepted()
        if self._direct and self.client_state is _CONNECTED:
            while (found := self.exchange.take(bytes)) is not None:
                if type(found) is bytes:
                    return found
                await found
        data: bytes = _with_data(await self.receive())["bytes"]
        return data

    async def receive_json(self, mode: str = "text") -> Any:
        """The next message parsed as JSON, from text or, with ``mode="binary"``, from bytes."""
        _check_mode(mode)
        self._check_accepted()
        return json.loads(_with_data(await self.receive())["text" if mode == "text" else "bytes"])

    def iter_text(self) -> AsyncIterator[str]:
        """Text messages until the peer closes."""
        return self._each(str, "receive_text")

    def iter_bytes(self) -> AsyncIterator[bytes]:
        """Binary messages until the peer closes."""
        return self._each(bytes, "receive_bytes")

    async def _each(self, kind: Any, method: str) -> AsyncIterator[Any]:
        """What ``method`` gives, again and again: data of this kind, which is taken without calling it where that can be."""
        try:
            while True:
                if self._direct and self.application_state is self.client_state is _CONNECTED:
                    found: Any = self.exchange.take(kind)
                    if found is not None and type(found) is not kind:
                        await found
                        found = self.exchange.take(kind)
                    if type(found) is kind:
                        yield found
                        continue
                yield await getattr(self, method)()
        except WebSocketDisconnect:
            pass

    async def iter_json(self) -> AsyncIterator[Any]:
        """Text messages parsed as JSON, until the peer closes."""
        try:
            while True:
                yield await self.receive_json()
        except WebSocketDisconnect:
            pass

    async def send_text(self, data: str) -> None:
        if self._direct and self.application_state is _CONNECTED:
            rest = self.exchange.give_text(data)
            if rest is not None:
                await self._give(rest)
            return
        await self.send({"type": "websocket.send", "text": data})

    async def send_bytes(self, data: bytes) -> None:
        if self._direct and self.application_state is _CONNECTED:
            rest = self.exchange.give_bytes(data)
            if rest is not None:
                await self._give(rest)
            return
        await self.send({"type": "websocket.send", "bytes": data})

    async def _give(self, rest: Awaitable[None]) -> None:
        """What is left to be done of a message that was sent."""
        try:
            await rest
        except OSError:
            raise self._vanished() from None

    async def send_json(self, data: Any, mode: str = "text") -> None:
        """Send a value as compact JSON, as text or, with ``mode="binary"``, as bytes."""
        _check_mode(mode)
        text = json.dumps(data, separators=(",", ":"), ensure_ascii=False)
        if mode == "text":
            await self.send_text(text)
        else:
            await self.send_bytes(text.encode())


def _with_data(message: Message) -> Message:
    """The message, unless it says that the peer has closed: then WebSocketDisconnect."""
    if message["type"] == "websocket.disconnect":
        # RFC 6455 §7.4.1: 1005 stands for a close frame without a code.
        raise WebSocketDisconnect(message.get("code", 1005), message.get("reason"))
    return message


def _check_mode(mode: str) -> None:
    if mode not in ("text", "binary"):
        raise RuntimeError('The "mode" argument should be "text" or "binary".')


# The methods that text and bytes go through. Who replaces one, in a class or in an object, sees every message.
_OURS = {name: getattr(WebSocket, name) for name in ("receive", "send", "receive_text", "receive_bytes")}
