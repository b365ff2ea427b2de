"""The ASGI door: ``(scope, receive, send)`` → Exchange."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hanok.exceptions import ClientDisconnect
from hanok.exchange import AnswerState, AnyExchange, Exchange, WebSocketExchange, body_allowed
from hanok.gateways.event_loop import next_turn, on_trio, start
from hanok.types import Message, Receive, Scope, Send

BODY_LIMIT = "hanok.body_limit"  # scope key: the limit of whoever reads the body
# trio runs the tasks of a turn in random order, and its channels take a turn even if something is there.
TURNS_OF_TRIO = 3


class AsgiExchange(Exchange):
    """An HTTP exchange carried by ASGI messages."""

    __slots__ = ("_pending", "_receive", "_request_done", "_send", "gone")

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.prepare()
        self.http_version = scope.get("http_version", "1.1")
        self.raw_headers = []
        self._scope = scope
        self.read_scope()
        read_placed(self, scope)
        self.body = None
        self._receive = receive
        self._send = send
        self._pending: list[Message] = []
        self._request_done = False
        self.gone = False

    async def receive(self) -> Message:
        """The raw ASGI receive of this door, for code that speaks ASGI itself."""
        return await self._receive()

    @property
    def asgi_send(self) -> Send:
        return self._send

    async def pass_through(self, message: Message) -> None:
        """Send a message that somebody else made, and note how far the answer has come with it."""
        kind = message["type"]
        if kind == "http.response.start":
            self.answer_state = AnswerState.STREAMING
            self.status = message["status"]
        elif kind == "http.response.pathsend" or (kind == "http.response.body" and not message.get("more_body", False)):
            self.answer_state = AnswerState.DONE
        await self._send(message)

    async def next_message(self) -> Message:
        """The next message about the body, as it came: for an application that speaks ASGI itself. Raises as ``next_chunk``."""
        if self._request_done:
            return {"type": "http.request", "body": b"", "more_body": False}
        self.check_declared()
        self._tell_limit()
        message = await self._receive()
        if message["type"] == "http.disconnect":
            self.gone = True
        else:
            self._request_done = not message.get("more_body", False)
            self.count(len(message.get("body", b"")))
        return message

    def _tell_limit(self) -> None:
        # Of several limits the innermost counts, also where a foreign middleware stands between this exchange and another.
        if self.body_limit is not None:
            self.scope[BODY_LIMIT] = self.body_limit

    async def _next_chunk(self) -> bytes:
        self._tell_limit()
        while not self._request_done:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                self.gone = True
                raise ClientDisconnect
            self._request_done = not message.get("more_body", False)
            if body := message.get("body", b""):
                return bytes(body)
        return b""

    def _answer(self, status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> None:
        headers = list(headers)
        if body_allowed(status) and not any(name.lower() == b"content-length" for name, _ in headers):
            headers.append((b"content-length", str(len(body)).encode()))
        self._pending.append({"type": "http.response.start", "status": status, "headers": headers})
        self._pending.append({"type": "http.response.body", "body": body})

    def answer_in_two(self, status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> None:
        """As ``answer``, in the messages of a streamed answer: the body, then its end."""
        self.start(status, headers)
        if body:
            self._pending.append({"type": "http.response.body", "body": body, "more_body": True})
        self._pending.append({"type": "http.response.body", "body": b"", "more_body": False})
        self.answer_state = AnswerState.DONE

    def _start(self, status: int, headers: Sequence[tuple[bytes, bytes]]) -> None:
        message: Message = {"type": "http.response.start", "status": status, "headers": list(headers)}
        if self.answer_trailers is not None and self.offers("http.response.trailers"):
            message["trailers"] = True
        self._pending.append(message)

    async def _write(self, data: bytes) -> None:
        self._pending.append({"type": "http.response.body", "body": data, "more_body": True})
        await self._drain()
        await next_turn()  # a send that never waits must not make an endless body one that nobody can cancel

    async def _finish(self, data: bytes) -> None:
        self._pending.append({"type": "http.response.body", "body": data, "more_body": False})
        if self.answer_trailers is not None and self.offers("http.response.trailers"):
            self._pending.append(
                {"type": "http.response.trailers", "headers": self.answer_trailers, "more_trailers": False}
            )
        await self._drain()

    def offers(self, extension: str) -> bool:
        """Whether the server on the other side of this door knows an ASGI extension."""
        return extension in (self.scope.get("extensions") or ())

    @property
    def opens_files(self) -> bool:
        return self.offers("http.response.pathsend")

    async def _answer_file(self, status: int, headers: Sequence[tuple[bytes, bytes]], path: str) -> None:
        self._pending.append({"type": "http.response.start", "status": status, "headers": list(headers)})
        self._pending.append({"type": "http.response.pathsend", "path": path})
        await self._drain()

    async def _drain(self) -> None:
        while self._pending:
            message = self._pending.pop(0)
            try:
                await self._send(message)
            except OSError as gone:
                # ASGI, "Send": a server tells a vanished peer by an OSError.
                self.gone = True
                self._pending.clear()
                raise ClientDisconnect from gone

    async def early_hints(self, headers: Sequence[tuple[bytes, bytes]]) -> None:
        if self.offers("http.response.early_hint"):
            links = [value for name, value in headers if name.lower() == b"link"]
            await self._send({"type": "http.response.early_hint", "links": links})

    @property
    def disconnected(self) -> bool:
        return self.gone

    async def poll_disconnect(self) -> bool:
        """Ask the server, without waiting, whether the peer has gone."""
        if not self.gone:
            waiting = start(_first(self._receive))
            for _ in range(TURNS_OF_TRIO if on_trio() else 1):
                await next_turn()
            if waiting.done():
                self.gone = waiting.result()["type"] == "http.disconnect"
            else:
                waiting.cancel()
        return self.gone

    async def wait_disconnect(self) -> None:
        while not self.gone:
            message = await self._receive()
            self.gone = message["type"] == "http.disconnect"


async def _first(receive: Receive) -> Message:
    return await receive()


class AsgiWebSocketExchange(WebSocketExchange):
    """A WebSocket carried by ASGI messages: they pass through unchanged."""

    __slots__ = ("_receive", "_send")

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.prepare()
        self.http_version = scope.get("http_version", "1.1")
        self.raw_headers = []
        self._scope = scope
        self.read_scope()
        read_placed(self, scope)
        self._receive = receive
        self._send = send

    async def receive(self) -> Message:
        return await self._receive()

    async def send(self, message: Message) -> None:
        await self._send(message)


def read_placed(exchange: AnyExchange, scope: Scope) -> None:
    """Where the layers above have brought the request, if a scope comes from one of ours."""
    exchange.path_params = scope.get("path_params") or {}
    exchange.app = scope.get("app")
    exchange.app_root_path = scope.get("app_root_path")
    exchange.router = scope.get("router")
    exchange.route = scope.get("route")
    exchange.endpoint = scope.get("endpoint")
    exchange.session = scope.get("session")


def exchange_of(scope: Scope, receive: Receive, send: Send) -> AnyExchange:
    """An Exchange for an ASGI ``http`` or ``websocket`` scope."""
    if scope["type"] == "http":
        return AsgiExchange(scope, receive, send)
    if scope["type"] == "websocket":
        return AsgiWebSocketExchange(scope, receive, send)
    raise ValueError(f"no exchange carries an ASGI scope of type {scope['type']!r}")


class NativeApp:
    """Base of what handles exchanges: give ``handle``, and the ASGI door comes with it."""

    __slots__ = ()

    async def handle(self, exchange: Any) -> None:
        """Answer the exchange."""
        raise NotImplementedError

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = exchange_of(scope, receive, send)
        try:
            await self.handle(exchange)
        except BaseException:
            if isinstance(exchange, AsgiExchange):
                await exchange.drain()  # an error page that was answered before the error travels on
            raise
        else:
            if isinstance(exchange, AsgiExchange):
                await exchange.drain()
        finally:
            # Below a foreign middleware nobody else knows of this exchange and of the files that were uploaded to it.
            while isinstance(exchange, AsgiExchange) and exchange.exits:
                await exchange.exits.pop().close()
