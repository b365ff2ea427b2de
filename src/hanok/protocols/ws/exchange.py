"""WsExchange: the door through which an application sees its WebSocket."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any

from hanok.exceptions import ClientDisconnect, LocalProtocolError
from hanok.exchange import body_allowed
from hanok.exchange.websocket import WebSocketExchange
from hanok.protocols.tls_extension import with_tls
from hanok.protocols.waiter import Waiter
from hanok.protocols.ws.handshake import offered_subprotocols
from hanok.protocols.ws.states import TRANSITIONS, WsEvent, WsState
from hanok.types import Message, RawHeaders, Scope

if TYPE_CHECKING:
    from hanok.protocols.ws.connection import WsConnection
    from hanok.protocols.ws.reader import Reader

ABNORMAL = 1006  # RFC 6455 §7.4.1: the connection ended without a close frame


class PeerGone(ClientDisconnect, ConnectionError):
    """A message came after the WebSocket had ended. An OSError too: that is how ASGI says it."""


# What an application sends → the event it means, by the state where the same message means two things.
_MESSAGES: dict[str, dict[WsState, WsEvent]] = {
    "websocket.accept": {WsState.HANDSHAKE: WsEvent.ACCEPT},
    "websocket.close": {WsState.HANDSHAKE: WsEvent.REFUSE, WsState.OPEN: WsEvent.CLOSE},
    "websocket.send": {
        WsState.OPEN: WsEvent.SEND
    },  # for the names of what it takes: ``send`` does it before it looks here
    "websocket.http.response.start": {WsState.HANDSHAKE: WsEvent.DENY},
    "websocket.http.response.body": {WsState.DENYING: WsEvent.DENY_BODY},
}
_OPEN = WsState.OPEN


class WsExchange(WebSocketExchange):
    """One WebSocket over HTTP/1.1. What the peer has sent waits in ``inbox``."""

    __slots__ = ("_denial", "_ended", "connection", "inbox", "inbox_size", "socket_state", "status", "waiter")

    connection: WsConnection

    def __init__(self, connection: Reader) -> None:
        self.prepare()
        self.socket_state = WsState.HANDSHAKE
        self.status = 0  # of the answer to the handshake, for logs
        # What the peer has said: the data of its messages, after the handshake.
        self.inbox: deque[str | bytes | Message] = deque([{"type": "websocket.connect"}])
        self.inbox_size = 0  # of the data there, about
        self.connection = connection  # type: ignore[assignment]  # nothing else inherits from Reader
        self._denial: tuple[int, RawHeaders] | None = None  # a denial's head, until its body comes
        self._ended: Message | None = None
        self.waiter = Waiter(connection.loop)

    def extensions(self) -> dict[str, Any]:
        return with_tls({"websocket.http.response": {}}, self.connection.transport)

    def _make_scope(self) -> Scope:
        scope = super()._make_scope()
        scope["subprotocols"] = offered_subprotocols(self.raw_headers)
        return scope

    # ---- from the peer

    async def receive(self) -> Message:
        while not self.inbox:
            if self._ended is not None:
                return self._ended
            if self.waiter.waits():
                raise LocalProtocolError("two tasks wait for the next message of the same WebSocket")
            await self.waiter
        data = self._next()
        if type(data) is str:
            return {"type": "websocket.receive", "text": data}
        if type(data) is bytes:
            return {"type": "websocket.receive", "bytes": data}
        return data  # type: ignore[no-any-return]  # the handshake

    def take(self, kind: type[str | bytes]) -> str | bytes | Awaitable[None] | None:
        if self.inbox:
            return self._next() if type(self.inbox[0]) is kind else None
        if self._ended is not None or self.waiter.waits():
            return None
        return self.waiter

    def _next(self) -> Any:
        """What waits in the inbox as the first; somebody has looked that there is something."""
        data = self.inbox.popleft()
        if type(data) is str or type(data) is bytes:
            self.inbox_size -= len(data)
        if not self.connection.reading:
            self.connection.room_in(len(self.inbox))
        return data

    def deliver(self, data: str | bytes) -> None:
        """A message from the peer; dropped once the application has closed. Whoever delivers wakes."""
        if self.socket_state is _OPEN:
            self.inbox.append(data)
            self.inbox_size += len(data)

    def end(self, code: int, reason: str) -> None:
        """The WebSocket has ended; ``receive`` says so after what waits. Only the first call counts."""
        if self._ended is None:
            self.socket_state = TRANSITIONS[WsEvent.END][self.socket_state]
            self._ended = {"type": "websocket.disconnect", "code": code, "reason": reason}
            self.waiter.wake_soon()

    @property
    def ended(self) -> bool:
        return self._ended is not None

    # ---- from the application

    async def send(self, message: Message) -> None:
        """Raises PeerGone once the peer or the server has ended it, LocalProtocolError for a misplaced
        message.
        """
        kind = message["type"]
        connection = self.connection
        if self.socket_state is _OPEN and kind == "websocket.send":
            self._send(message)
            if connection.room is not None or connection.transport.is_closing():
                await connection.writable()
            return
        if self.socket_state is WsState.GONE:
            raise PeerGone(f"{kind} came after the WebSocket had ended")
        event = _MESSAGES.get(kind, {}).get(self.socket_state)
        if event is WsEvent.ACCEPT:
            connection.accept(message.get("subprotocol"), message.get("headers") or ())
            self._enter(event)
            connection.begin()
        elif event is WsEvent.CLOSE:
            connection.close(message.get("code") or 1000, message.get("reason") or "")
            self._enter(event)
            self.inbox.clear()
            self.inbox_size = 0
            connection.room_in(0)
        elif event is WsEvent.REFUSE:
            connection.respond(403, [], b"")
            self._enter(event)
            self.end(ABNORMAL, "")
        elif event is WsEvent.DENY:
            headers = [(bytes(name).lower(), bytes(value)) for name, value in message.get("headers") or ()]
            self._denial = (message["status"], headers)
            self._enter(event)
        elif event is WsEvent.DENY_BODY:
            self._deny_body(bytes(message.get("body") or b""), message.get("more_body", False))
        else:
            raise self._misplaced(kind)
        await connection.writable()

    def give_text(self, text: str) -> Awaitable[None] | None:
        if self.socket_state is not _OPEN or type(text) is not str:
            return self.send({"type": "websocket.send", "text": text})
        connection = self.connection
        connection.send_text(text)
        if connection.room is not None or connection.transport.is_closing():
            return connection.writable()
        return None

    def give_bytes(self, data: bytes) -> Awaitable[None] | None:
        if self.socket_state is not _OPEN or type(data) is not bytes:
            return self.send({"type": "websocket.send", "bytes": data})
        connection = self.connection
        connection.send_bytes(data)
        if connection.room is not None or connection.transport.is_closing():
            return connection.writable()
        return None

    def _enter(self, event: WsEvent) -> None:
        self.socket_state = TRANSITIONS[event][self.socket_state]

    def _send(self, message: Message) -> None:
        text = message.get("text")
        if text is not None:
            self.connection.send_text(text)
            return
        data = message.get("bytes")
        if data is None:
            raise LocalProtocolError("websocket.send needs 'text' or 'bytes'")
        self.connection.send_bytes(data)

    def _deny_body(self, data: bytes, more: bool) -> None:
        connection = self.connection
        if self._denial is not None:
            (status, headers), self._denial = self._denial, None
            if not more:
                connection.respond(status, headers, data)
            else:
                connection.respond_start(status, headers)
                connection.respond_data(data)
        else:
            connection.respond_data(data)
            if not more:
                connection.respond_end()
        self._enter(WsEvent.DENY_BODY if more else WsEvent.DENY_END)
        if not more:
            self.end(ABNORMAL, "")

    def _misplaced(self, kind: str) -> LocalProtocolError:
        state = self.socket_state
        now = [name for name, meanings in _MESSAGES.items() if state in meanings]
        allowed = ", ".join(now) if now else "nothing"
        return LocalProtocolError(f"{kind!r} was sent on a WebSocket that is {state.name}; it takes {allowed}")


def with_length(status: int, headers: RawHeaders, body: bytes) -> RawHeaders:
    """Add ``content-length`` to the headers of a whole answer that lacks it."""
    if body_allowed(status) and not any(name == b"content-length" for name, _ in headers):
        return [*headers, (b"content-length", str(len(body)).encode())]
    return headers
