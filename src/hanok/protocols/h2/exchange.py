"""H2Exchange: the door through which the application sees one request of an HTTP/2 connection."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from hanok.exceptions import ClientDisconnect, LocalProtocolError
from hanok.exchange import FixedHeaders
from hanok.protocols.exchange import HttpExchange
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

_UNSENT, _LENGTH = Framing.UNSENT, Framing.LENGTH


class H2Exchange(HttpExchange):
    """One request on a stream. Everything about the connection itself is the connection's."""

    __slots__ = ("connection", "gone", "number", "upload")

    connection: Output
    gone: bool  # the stream has ended before the answer was complete
    number: int  # of the stream
    _head: H2Head
    upload: Upload | None  # where the body comes from if it is not whole

    def fill(self, connection: Output, stream: int, head: H2Head, body: bytes | None) -> None:
        """Instead of arguments to the class, which would be packed and taken apart again for each request."""
        self._set_up()
        self.connection = connection
        self.number = stream
        self._head = head
        self.method = head.method
        self.path = head.path
        self.raw_path = head.raw_path
        self.query = head.query
        self.http_version = "2"
        self.body = body
        self.upload = None
        self.gone = False

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
        if (
            size
            and type(headers) is FixedHeaders
            and self.method != "HEAD"
            and (fields := heads.fixed(status, headers, size)) is not None
        ):
            has_body = True
        else:
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
            self._owes_less(len(data))
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
        elif self._is_hog(len(data)):
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
        if not connection._batch:
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

    def lost(self) -> None:
        """The stream has ended before the answer was complete."""
        self.gone = True
        if self.upload is not None:
            self.upload.lost()
        self.over()
