"""H2Exchange: the door through which the application sees one request of an HTTP/2 connection."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from hanok.exceptions import ClientDisconnect, LocalProtocolError
from hanok.exchange import AnswerState, Exchange, FixedHeaders
from hanok.protocols.h1.answer import Framing
from hanok.protocols.h2.answer import trailer_fields
from hanok.protocols.h2.engine import EngineError
from hanok.protocols.h2.frames import ErrorCode
from hanok.protocols.tls_extension import with_tls

if TYPE_CHECKING:
    from hanok.protocols.h2.body import Upload
    from hanok.protocols.h2.head import H2Head
    from hanok.protocols.h2.output import Output
    from hanok.types import RawHeaders

_WAITING = AnswerState.WAITING
_UNSENT, _LENGTH = Framing.UNSENT, Framing.LENGTH

BURST = 2**20  # bytes that one stream may write in one turn of the event loop


class H2Exchange(Exchange):
    """One request on a stream. Everything about the connection itself is the connection's."""

    __slots__ = (
        "_burst",
        "_head",
        "_over",
        "connection",
        "framing",
        "gone",
        "number",
        "remaining",
        "upload",
    )

    connection: Output
    framing: Framing  # of the answer; UNSENT until its head was handed to the engine
    gone: bool  # the stream has ended before the answer was complete
    remaining: int  # bytes that a streamed answer with a content-length still owes
    number: int  # of the stream
    upload: Upload | None  # where the body comes from if it is not whole

    def __init__(self, connection: Output, stream: int, head: H2Head, body: bytes | None) -> None:
        # What ``prepare`` does, without the call. A test holds the two together.
        self._scope = None
        self.app = self.app_root_path = self.endpoint = self.route = self.router = self.session = None
        self.cookies_cache = self.headers_cache = self.query_cache = self.form_cache = None
        self.path_params = {}
        self.state = None
        self.body_limit = self.exits = self.filters = self.late = self.answer_trailers = None
        self.body_read = self.status = self.sent = 0
        self.started = 0.0
        self.stream_consumed = False
        self.answer_state = _WAITING

        self.connection = connection
        self.number = stream
        self._head = head
        self._headers = None
        self.method = head.method
        self.path = head.path
        self.raw_path = head.raw_path
        self.query = head.query
        self.http_version = "2"
        self.body = body
        self.upload = None
        self.gone = False
        self.framing = _UNSENT
        self.remaining = self._burst = 0
        self._over: asyncio.Event | None = None
        self.client = connection.client
        self.server = connection.server
        self.scheme = connection.scheme
        self.root_path = ""

    # The list of headers is made on first touch: many requests are answered without it.
    @property
    def raw_headers(self) -> RawHeaders:
        headers = self._headers
        if headers is None:
            headers = self._headers = self._head.headers
        return headers

    @raw_headers.setter
    def raw_headers(self, headers: RawHeaders) -> None:
        self._headers = headers

    # ---- the request's body

    async def _next_chunk(self) -> bytes:
        if self.upload is None:
            return b""
        return await self.upload.get()

    # ---- the answer

    def _answer(self, status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> None:
        connection = self.connection
        heads = connection.heads
        size = len(body)
        fields = None
        if size and type(headers) is FixedHeaders and self.method != "HEAD":
            fields = heads.fixed(status, headers, size)
            has_body = True
        if fields is None:
            fields, has_body = heads.whole(status, headers, size, self.method == "HEAD")
        self.framing = _LENGTH
        try:
            engine = connection.engine
            if has_body:
                self.sent = size
                engine.send_response(self.number, fields)
                engine.send_data(self.number, body, end_stream=True)
            else:
                engine.send_response(self.number, fields, end_stream=True)
        except EngineError:
            pass  # the peer has reset the stream or left, as it may at any time
        self._end()

    def _start(self, status: int, headers: Sequence[tuple[bytes, bytes]]) -> None:
        connection = self.connection
        fields, self.framing, self.remaining = connection.heads.streamed(status, headers, self.method == "HEAD")
        with contextlib.suppress(EngineError):
            connection.engine.send_response(self.number, fields, end_stream=self.framing is Framing.EMPTY)
        connection.flush_soon()

    async def _write(self, data: bytes) -> None:
        connection = self.connection
        if self.gone or connection.transport.is_closing():
            raise ClientDisconnect
        if self.framing is Framing.EMPTY:
            return  # the answer to HEAD is what GET would give, without its body (RFC 9110 §9.3.2)
        if data:
            if self.framing is Framing.LENGTH:
                self.remaining -= len(data)
                if self.remaining < 0:
                    self.remaining = -1
                    raise LocalProtocolError("the answer is longer than its content-length")
            try:
                connection.send_data(self.number, data)
            except EngineError:
                raise ClientDisconnect from None
            self.sent += len(data)
        connection.flush()
        if connection.must_wait(self.number):
            self._burst = 0
            await asyncio.shield(connection.room(self.number))
            if self.gone:
                raise ClientDisconnect
        else:
            self._burst += len(data)
            if self._burst > BURST:
                # The peer is as fast as we are, so nothing makes us wait; let the neighbours have a turn.
                self._burst = 0
                await asyncio.sleep(0)

    async def _finish(self, data: bytes) -> None:
        connection = self.connection
        if data:
            await self._write(data)
        if self.framing is Framing.LENGTH and self.remaining:
            self.fail()
            if self.remaining > 0:
                raise LocalProtocolError(f"the answer ended {self.remaining} bytes before its content-length")
            return
        if self.framing is not Framing.EMPTY:
            try:
                if self.answer_trailers and (fields := trailer_fields(self.answer_trailers)):
                    connection.engine.send_trailers(self.number, fields)
                else:
                    connection.engine.end_stream(self.number)
            except EngineError:
                pass
        self._end()
        connection.flush()

    async def _drain(self) -> None:
        connection = self.connection
        connection.flush()
        if connection.must_wait(self.number):
            await asyncio.shield(connection.room(self.number))

    async def early_hints(self, headers: Sequence[tuple[bytes, bytes]]) -> None:
        if self.framing is _UNSENT:
            self.connection.send_interim(self.number, 103, headers)

    def _end(self) -> None:
        """The answer is complete, though the engine may still hold some of it."""
        connection = self.connection
        services = connection.services
        if services.access is not None:
            services.access(self)
        if self._over is not None:
            self.over()
        connection.exchanges.pop(self.number, None)
        upload = self.upload
        if upload is not None:
            if upload.ended:
                upload.release()
            else:
                connection.end_request(self.number)
                upload.drop()
        connection.flush_soon()

    def fail(self) -> None:
        """The answer began and cannot be completed: the peer must see that it is cut short."""
        connection = self.connection
        if connection.exchanges.pop(self.number, None) is None:
            return
        if connection.services.access is not None:
            connection.services.access(self)
        self.lost()
        connection.session.reset(self.number, ErrorCode.INTERNAL_ERROR)
        connection.flush_soon()

    # ---- the peer

    def extensions(self) -> dict[str, Any]:
        offered: dict[str, Any] = {"http.response.early_hint": {}, "http.response.trailers": {}}
        return with_tls(offered, self.connection.transport)

    @property
    def request_trailers(self) -> RawHeaders:
        """The fields that came after the request's body, once it was read."""
        return list(self._head.trailers or ())

    @property
    def disconnected(self) -> bool:
        return self.gone

    async def wait_disconnect(self) -> None:
        if self.answer_state is AnswerState.DONE or self.gone:
            return
        if self._over is None:
            self._over = asyncio.Event()
        await self._over.wait()

    def over(self) -> None:
        """The answer is complete or the peer has gone: nothing more can happen to this exchange."""
        if self._over is not None:
            self._over.set()

    def lost(self) -> None:
        """The stream has ended before the answer was complete."""
        self.gone = True
        if self.upload is not None:
            self.upload.lost()
        self.over()
