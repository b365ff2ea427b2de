"""Names of Starlette's requests that begin with an underscore, and that applications and packages use all the same.

``await transport.connect(request.scope, request.receive, request._send)`` answers past the endpoint; a middleware
function sets ``request._body`` or ``request._receive`` to give the endpoint another body; ``hasattr(request, "_json")`` asks
whether somebody has read it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hanok.gateways import AsgiExchange
from hanok.gateways.asgi_out import AsgiCall

if TYPE_CHECKING:
    from hanok.types import Message, Receive, Send


def kept(name: str, of: str) -> property:
    """What the exchange keeps in ``name``; the attribute is missing until it is there."""

    def read(self: Any) -> Any:
        value = getattr(self.exchange, name)
        if value is None:
            raise AttributeError(of)
        return value

    def write(self: Any, value: Any) -> None:
        setattr(self.exchange, name, value)

    return property(read, write)


class UnderscoredHead:
    """Of every connection."""

    __slots__ = ()

    _headers = kept("headers_cache", "_headers")
    _cookies = kept("cookies_cache", "_cookies")
    _query_params = kept("query_cache", "_query_params")


class Underscored:
    """Of requests."""

    exchange: Any
    has_body = False  # whether ``body`` was called, or its value was put here; the exchange may have it before
    _asgi_receive: Receive | None = None
    _asgi_send: Send | None = None
    rewired = False  # whether the body comes from a ``receive`` that was put here

    @property
    def _body(self) -> bytes:
        if not self.has_body:
            raise AttributeError("_body")
        body: bytes = self.exchange.body
        return body

    @_body.setter
    def _body(self, body: bytes) -> None:
        self.has_body = True
        self.exchange.body = body

    @property
    def _form(self) -> Any:
        return self.exchange.form_cache

    @_form.setter
    def _form(self, form: Any) -> None:
        self.exchange.form_cache = form

    @property
    def _stream_consumed(self) -> bool:
        return self.has_body or self.exchange.stream_consumed

    @_stream_consumed.setter
    def _stream_consumed(self, consumed: bool) -> None:
        self.exchange.stream_consumed = consumed

    @property
    def _receive(self) -> Receive:
        receive: Receive = self.receive  # type: ignore[attr-defined]  # the request has it
        return receive

    @_receive.setter
    def _receive(self, receive: Receive) -> None:
        old = self.exchange
        send = self._send
        if not self.has_body:  # what was read already stays
            self.rewired = True
            self.exchange = AsgiExchange(old.scope, receive, send)
        self._asgi_receive = receive

    @property
    def _send(self) -> Send:
        """The ASGI ``send`` of this request. Whoever answers with it, answers in the endpoint's place."""
        send = self._asgi_send
        if send is None:
            exchange = self.exchange
            plain = isinstance(exchange, AsgiExchange) and exchange.filters is None
            send = exchange.pass_through if plain else RawSend(exchange)
            self._asgi_send = send
        return send

    @_send.setter
    def _send(self, send: Send) -> None:
        self._asgi_send = send


class RawSend:
    """``send`` for an exchange that knows no messages."""

    __slots__ = ("call", "exchange", "task")

    def __init__(self, exchange: Any) -> None:
        self.exchange = exchange
        self.task = current_task() if exchange.stepped else None
        self.call: AsgiCall | None = None

    async def __call__(self, message: Message) -> None:
        call = self.call
        if call is None:
            exchange = self.exchange
            if exchange.stepped and current_task() != self.task:
                # Only the endpoint's own task can answer through the middleware functions around it. They wait for the
                # endpoint, so what another task sends may go out past them.
                while exchange.stepped:
                    exchange = exchange.outer
            call = self.call = AsgiCall(exchange)
        await call.send(message)


def current_task() -> Any:
    import anyio

    return anyio.get_current_task().id
