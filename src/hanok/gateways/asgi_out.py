"""Exchange → a foreign ASGI application or middleware: we play the server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from typing import Any, TypeAlias

from hanok.exceptions import AnswerStateError, ClientDisconnect
from hanok.exchange import Exchange, WebSocketExchange
from hanok.gateways.asgi_in import AsgiExchange, NativeApp
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
        else:
            call = AsgiCall(exchange)
            await self.app(exchange.scope, call.receive, call.send)


class AsgiCall:
    """The ``receive`` and ``send`` of one call to a foreign application."""

    __slots__ = ("body_done", "exchange", "head")

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.body_done = False
        self.head: tuple[int, list[tuple[bytes, bytes]]] | None = None

    async def receive(self) -> Message:
        exchange = self.exchange
        if not self.body_done:
            if exchange.body is not None:
                self.body_done = True
                return {"type": "http.request", "body": exchange.body, "more_body": False}
            try:
                piece = await exchange.next_chunk()
            except ClientDisconnect:
                self.body_done = True
                return {"type": "http.disconnect"}
            self.body_done = not piece
            return {"type": "http.request", "body": piece, "more_body": bool(piece)}
        await exchange.wait_disconnect()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        exchange = self.exchange
        kind = message["type"]
        if kind == "http.response.start":
            if self.head is not None or exchange.answer_state:
                raise AnswerStateError("the application sent http.response.start twice")
            headers = [(bytes(name).lower(), bytes(value)) for name, value in message.get("headers", ())]
            self.head = (message["status"], headers)
        elif kind == "http.response.body":
            await self._body(message.get("body", b""), message.get("more_body", False))
        elif kind == "http.response.early_hint":
            await exchange.early_hints([(b"link", link) for link in message["links"]])
        elif kind in ("http.response.debug", "http.response.push") and exchange.asgi_send is not None:
            await exchange.asgi_send(message)
        else:
            raise AnswerStateError(f"the application sent {kind!r}, which this server does not offer")

    async def _body(self, data: bytes, more: bool) -> None:
        exchange = self.exchange
        if self.head is None:
            raise AnswerStateError("the application sent http.response.body before http.response.start")
        try:
            if not exchange.answer_state:
                if not more:
                    exchange.answer(*self.head, bytes(data))
                    await exchange.drain()
                    return
                exchange.start(*self.head)
            if data:
                await exchange.write(bytes(data))
            if not more:
                await exchange.finish()
        except ClientDisconnect as gone:
            # ASGI: send() after the peer has gone raises an OSError of the server's.
            raise OSError("the client disconnected") from gone
        # A foreign application that never awaits anything else must not starve its neighbours.
        if more:
            await _NextTurn()


class _NextTurn:
    """Awaiting it lets every other task run once; what ``asyncio.sleep(0)`` is, without importing asyncio at start-up."""

    __slots__ = ()

    def __await__(self) -> Generator[None, None, None]:
        yield
