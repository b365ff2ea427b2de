"""Exchange → a foreign ASGI application or middleware: we play the server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, TypeAlias

from hanok.exceptions import AnswerStateError, ClientDisconnect, LocalProtocolError
from hanok.exchange import Exchange, WebSocketExchange
from hanok.gateways.asgi_in import BODY_LIMIT, AsgiExchange, NativeApp
from hanok.gateways.event_loop import next_turn
from hanok.types import ASGIApp, Message

Handler: TypeAlias = Callable[[Any], Awaitable[None]]


def handler_of(app: ASGIApp | NativeApp) -> Handler:
    """The native handler of any ASGI application: its own ``handle``, or a gateway around its call.

    A subclass of a native class that defines its own ``__call__`` is called through it, as its author meant.
    """
    if isinstance(app, NativeApp) and type(app).__call__ is NativeApp.__call__:
        return app.handle
    declared = getattr(type(app), "__hanok_call__", None)
    if declared is not None and type(app).__call__ is declared:
        return app.handle  # type: ignore[union-attr]  # who declares __hanok_call__ has it
    return ForeignApp(app).handle


class ForeignApp(NativeApp):
    """A native face for an ASGI application that knows nothing of Hanok."""

    __slots__ = ("app",)

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def handle(self, exchange: Exchange | WebSocketExchange) -> None:
        if isinstance(exchange, WebSocketExchange):
            await self.app(exchange.scope, exchange.receive, exchange.send)
        elif isinstance(exchange, AsgiExchange) and exchange.filters is None and exchange.body is None:
            # One ASGI door inside another and nobody in between: the messages pass through unchanged.
            await self.app(exchange.scope, exchange.receive, exchange.pass_through)
        elif exchange.stepped:
            from hanok.gateways.own_task import call_in_own_task

            await call_in_own_task(self.app, exchange.scope, AsgiCall(exchange))
        else:
            call = AsgiCall(exchange)
            await self.app(exchange.scope, call.receive, call.send)


class AsgiCall:
    """The ``receive`` and ``send`` of one call to a foreign application."""

    __slots__ = ("body_done", "exchange", "head")

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.body_done = False  # of the request
        self.head: tuple[int, list[tuple[bytes, bytes]]] | None = None

    async def receive(self) -> Message:
        exchange = self.exchange
        # Who is answering already and has lost its peer is told so, however much of the body is unread.
        if not (self.body_done or (exchange.answer_state and exchange.disconnected)):
            if exchange.body is not None:
                self.body_done = True
                return {"type": "http.request", "body": exchange.body, "more_body": False}
            exchange.body_limit = exchange.scope.get(BODY_LIMIT, exchange.body_limit)
            try:
                if isinstance(exchange, AsgiExchange):
                    message = await exchange.next_message()
                else:
                    piece = await exchange.next_chunk()
                    message = {"type": "http.request", "body": piece, "more_body": bool(piece)}
            except ClientDisconnect:
                message = {"type": "http.disconnect"}
            self.body_done = not message.get("more_body", False)
            return message
        await exchange.wait_disconnect()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        exchange = self.exchange
        kind = message["type"]
        try:
            if kind == "http.response.start":
                await self._start(message)
            elif kind == "http.response.body":
                await self._body(bytes(message.get("body", b"")), message.get("more_body", False))
            elif kind == "http.response.trailers":
                await self._trailers(message)
            elif kind == "http.response.pathsend":
                await self._file(str(message["path"]))
            elif kind == "http.response.early_hint":
                await exchange.early_hints([(b"link", link) for link in message["links"]])
            elif kind in ("http.response.debug", "http.response.push") and exchange.asgi_send is not None:
                await exchange.asgi_send(message)
            else:
                raise AnswerStateError(f"the application sent {kind!r}, which this server does not offer")
        except ClientDisconnect as gone:
            # ASGI: send() after the peer has gone raises an OSError of the server's.
            raise OSError("the client disconnected") from gone

    async def _start(self, message: Message) -> None:
        exchange = self.exchange
        if self.head is not None or exchange.answer_state:
            raise AnswerStateError("the application sent http.response.start twice")
        headers = [(bytes(name).lower(), bytes(value)) for name, value in message.get("headers", ())]
        self.head = (message["status"], headers)
        if message.get("trailers", False):
            exchange.answer_trailers = []
        # A body that comes at once can be answered with as a whole, and a server told its length. The head of one that
        # is still to be made goes out now.
        if any(name == b"content-length" for name, _ in headers):
            return
        if any(each.waits_for_body(*self.head) for each in exchange.filters or ()):
            return
        if exchange.stepped or isinstance(exchange, AsgiExchange):
            exchange.start(*self.head)
            await exchange.drain()
        else:
            import asyncio

            asyncio.get_running_loop().call_soon(self._start_now)

    def _start_now(self) -> None:
        """The application has sent a head, and is waiting for something that takes longer than a turn of the loop."""
        if self.head is not None and not self.exchange.answer_state:
            with suppress(LocalProtocolError):  # told to the application when it sends the body
                self.exchange.start(*self.head)

    async def _body(self, data: bytes, more: bool) -> None:
        exchange = self.exchange
        if self.head is None:
            raise AnswerStateError("the application sent http.response.body before http.response.start")
        if not exchange.answer_state:
            if not more and exchange.answer_trailers is None:
                exchange.answer(*self.head, data)
                await exchange.drain()
                return
            exchange.start(*self.head)
        if more:
            await exchange.write(data)
            # A foreign application that never awaits anything else must not starve its neighbours.
            await next_turn()
        elif exchange.answer_trailers is None:
            await exchange.finish(data)
        elif data:
            await exchange.write(data)

    async def _trailers(self, message: Message) -> None:
        exchange = self.exchange
        if exchange.answer_trailers is None:
            raise AnswerStateError("the application sent http.response.trailers without announcing them")
        exchange.answer_trailers += [(bytes(name).lower(), bytes(value)) for name, value in message.get("headers", ())]
        if not message.get("more_trailers", False):
            await exchange.finish()

    async def _file(self, path: str) -> None:
        exchange = self.exchange
        if self.head is None:
            raise AnswerStateError("the application sent http.response.pathsend before http.response.start")
        if exchange.answer_state:
            await exchange.write_file(path)
        else:
            await exchange.answer_file(*self.head, path)
        await exchange.drain()
