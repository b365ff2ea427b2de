"""Internals of Starlette that widely used packages import, made of ours."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from anyio import create_memory_object_stream

from hanok.gateways.wsgi import Call, WSGIApp, WSGIMiddleware
from hanok.http import UploadFile
from hanok.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipFilter, GZipMiddleware
from hanok.types import Message, RawHeaders, Receive, Scope, Send


@dataclass
class MultipartPart:
    """One part of a multipart form while it is read, for parsers of others; our own keeps none."""

    content_disposition: bytes | None = None
    field_name: str = ""
    data: bytearray = field(default_factory=bytearray)
    file: UploadFile | None = None
    item_headers: list[tuple[bytes, bytes]] = field(default_factory=list)


class GZipResponder(GZipMiddleware):
    """GZipMiddleware for a client of which is known already that it accepts gzip."""

    def __init__(
        self,
        app: Any,
        minimum_size: int,
        compresslevel: int = 9,
        *,
        thread_minimum_size: int = 128 * 1024,
        exclude_content_types: tuple[str, ...] = DEFAULT_EXCLUDED_CONTENT_TYPES,
    ) -> None:
        super().__init__(
            app, minimum_size, compresslevel, thread_minimum_size, exclude_content_types=exclude_content_types
        )

    async def handle(self, exchange: Any) -> None:
        if exchange.kind == "http":
            exchange.add_filter(GZipFilter(self, True))
        await self.inner(exchange)
        if exchange.kind == "http" and exchange.late is not None:
            await exchange.drain()


class WSGIResponder:
    """One request to a WSGI application.

    Subclasses give another ``__call__``, in which ``wsgi`` runs in a thread: that puts messages into ``stream_send``, and
    ``sender`` sends them.
    """

    def __init__(self, app: WSGIApp, scope: Scope) -> None:
        self.app = app
        self.scope = scope
        self.stream_send, self.stream_receive = create_memory_object_stream[Message](math.inf)
        self._call = Call(self)  # type: ignore[arg-type]  # has what Call uses of an exchange: the next four

    @property
    def answer_state(self) -> bool:
        """Whether the answer has begun."""
        return self.response_started

    @property
    def exc_info(self) -> Any:
        """The error that the application reported, as sys.exc_info() gives it."""
        return self._call.error

    response_started = False

    def start(self, status: int, headers: RawHeaders) -> None:
        self.response_started = True
        self.stream_send.send_nowait({"type": "http.response.start", "status": status, "headers": headers})

    async def write(self, data: bytes) -> None:
        await self.stream_send.send({"type": "http.response.body", "body": data, "more_body": True})

    def start_response(
        self, status: str, response_headers: Iterable[tuple[str, str]], exc_info: Any = None
    ) -> Callable[[bytes], None]:
        """PEP 3333 "The start_response() Callable"."""
        return self._call.start_response(status, response_headers, exc_info)

    def wsgi(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> None:
        """Call the application, in a thread that anyio started."""
        from anyio import from_thread

        self._call.send_all(lambda environ, _: self.app(environ, start_response), environ)
        from_thread.run(self.stream_send.send, {"type": "http.response.body", "body": b""})

    async def sender(self, send: Send) -> None:
        """Send what the thread gives, until it has closed ``stream_send``."""
        async with self.stream_receive:
            async for message in self.stream_receive:
                await send(message)

    async def __call__(self, receive: Receive, send: Send) -> None:
        with self.stream_send, self.stream_receive:  # which nobody needs here
            await WSGIMiddleware(self.app)(self.scope, receive, send)
