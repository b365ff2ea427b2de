"""Request: an HTTP request as endpoints see it. Cheap to make: everything is read when it is touched."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Awaitable, Coroutine, Generator
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import TYPE_CHECKING, Any

from hanok.gateways import AsgiExchange
from hanok.http.connection import HTTPConnection, StateT, no_receive, no_send
from hanok.http.multidict import FormData
from hanok.http.underscored import Underscored

if TYPE_CHECKING:
    from hanok.types import Receive, Scope, Send

MEBIBYTE = 1024 * 1024

# What a pushed response depends on, copied into the promise (RFC 9113 §8.4.1).
PUSHED_HEADERS = (b"accept", b"accept-encoding", b"accept-language", b"cache-control", b"user-agent")


class Request(Underscored, HTTPConnection[StateT]):
    """An HTTP request. ``Request(scope, receive, send)`` makes one by hand."""

    __slots__ = ()

    _json: Any  # found in __dict__ once it was asked for

    def __init__(self, scope: Scope, receive: Receive = no_receive, send: Send = no_send) -> None:
        if scope["type"] != "http":
            raise AssertionError(f"a request has a scope of type 'http', not {scope['type']!r}")
        self.exchange = AsgiExchange(scope, receive, send)

    @property
    def method(self) -> str:
        exchange = self.exchange
        method: str = exchange.method if exchange._scope is None else exchange._scope["method"]
        return method

    @property
    def receive(self) -> Receive:
        """The ASGI ``receive`` of this request, for code that speaks ASGI itself."""
        receive = self._asgi_receive
        if receive is None:
            exchange = self.exchange
            if isinstance(exchange, AsgiExchange):
                receive = exchange._receive
            else:
                from hanok.gateways.asgi_out import AsgiCall

                receive = AsgiCall(exchange).receive
            self._asgi_receive = receive
        return receive

    # ---- the body

    async def body(self) -> bytes:
        """The whole body, kept for the next call.

        Raises ClientDisconnect if the peer goes before its end, HTTPError 413 above the limit of the
        application, and RuntimeError if the body was already consumed as a stream.
        """
        body: bytes = await self.exchange.read()
        self.has_body = True
        return body

    async def json(self) -> Any:
        """The body parsed as JSON, once. Raises ``json.JSONDecodeError``, or UnicodeDecodeError, both
        ValueErrors."""
        if "_json" not in self.__dict__:
            self._json = json.loads(await self.body())
        return self._json

    async def stream(self) -> AsyncGenerator[bytes, None]:
        """The body piece by piece as it arrives, without keeping it; an empty piece marks the end. Raises as
        ``body``."""
        exchange = self.exchange
        if exchange.body is not None:
            yield await exchange.read()
        elif exchange.stream_consumed:
            raise RuntimeError("Stream consumed")
        else:
            while piece := await exchange.next_chunk():
                yield piece
            exchange.stream_consumed = True
        yield b""

    def form(
        self,
        *,
        max_files: int | float = 1000,
        max_fields: int | float = 1000,
        max_part_size: int = MEBIBYTE,
    ) -> FormReading:
        """The body parsed as a form, once: ``await`` it, or enter it with ``async with``, which closes its
        files.

        ``max_part_size`` limits what is kept in memory: a field's value, in bytes. Raises HTTPError 400 for a
        malformed form or one beyond the limits; outside of an application MultiPartException.
        """
        from hanok.http.forms import form_of

        return FormReading(
            form_of(
                self.exchange,
                max_files=max_files,
                max_fields=max_fields,
                max_part_size=max_part_size,
                stream=self.stream,
            )
        )

    async def close(self) -> None:
        """Close the files of the form, if one was read."""
        form = self.exchange.form_cache
        if form is not None:
            await form.close()

    # ---- the peer

    async def is_disconnected(self) -> bool:
        """Whether the peer has gone. Does not wait."""
        exchange = self.exchange
        if isinstance(exchange, AsgiExchange):
            return await exchange.poll_disconnect()
        gone: bool = exchange.disconnected
        return gone

    async def send_push_promise(self, path: str) -> None:
        """Announce that ``path`` will be wanted, if the server can push (RFC 9113 §8.4)."""
        exchange = self.exchange
        if isinstance(exchange, AsgiExchange) and "http.response.push" in exchange.scope.get("extensions", {}):
            # Grouped by name, in the order of the names above.
            headers = [pair for wanted in PUSHED_HEADERS for pair in exchange.raw_headers if pair[0] == wanted]
            await exchange._send({"type": "http.response.push", "path": path, "headers": headers})

    async def send_early_hints(self, link: str, /, *additional_links: str) -> None:
        """Send a 103 with these ``link`` headers, if the server can (RFC 8297)."""
        links = (link, *additional_links)
        await self.exchange.early_hints([(b"link", value.encode("latin-1")) for value in links])


class FormReading(Awaitable[FormData], AbstractAsyncContextManager[FormData]):
    """What ``request.form()`` returns."""

    __slots__ = ("_form", "_reading")

    def __init__(self, reading: Coroutine[Any, Any, FormData]) -> None:
        self._reading = reading

    def __await__(self) -> Generator[Any, None, FormData]:
        return self._reading.__await__()

    async def __aenter__(self) -> FormData:
        self._form = await self._reading
        return self._form

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._form.close()
