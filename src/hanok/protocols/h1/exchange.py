"""H1Exchange: the door through which the application sees one HTTP/1.1 request."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from hanok.exceptions import ClientDisconnect, LocalProtocolError
from hanok.exchange import FixedHeaders
from hanok.protocols.exchange import HttpExchange
from hanok.protocols.h1.answer import NOT_IN_TRAILERS, Framing, block_of, length_line
from hanok.protocols.h1.output import JOIN_BELOW
from hanok.protocols.tls_extension import with_tls
from hanok.protocols.unsent import FROM, allow_more, takes_more

if TYPE_CHECKING:
    from hanok.protocols.h1.connection import H1Connection
    from hanok.protocols.h1.head import RequestHead
    from hanok.protocols.h1.incoming import BodyQueue

_UNSENT, _LENGTH = Framing.UNSENT, Framing.LENGTH
_FixedHeaders = FixedHeaders


class H1Exchange(HttpExchange):
    """One request on a connection. Everything about the connection itself is the connection's."""

    __slots__ = ("connection", "keep_alive", "queue")

    connection: H1Connection
    keep_alive: bool  # whether the connection persists after this answer
    queue: BodyQueue | None  # where the body comes from if it is not whole
    _head: RequestHead

    def __init__(self, connection: H1Connection, head: RequestHead, body: bytes | None) -> None:
        self._fill(connection, head, body)

    def _fill(self, connection: H1Connection, head: RequestHead, body: bytes | None) -> None:
        self._set_up()
        self.connection = connection
        self._head = head
        self.method = head.method
        self.path = head.path
        self.raw_path = head.raw_path
        self.query = head.query
        self.http_version = head.http_version
        self.keep_alive = head.keep_alive
        self.body = body
        self.queue = None

    # ---- the request's body

    async def _next_chunk(self) -> bytes:
        if self.queue is None:
            return b""
        return await self.queue.get()

    @property
    def request_trailers(self) -> list[tuple[bytes, bytes]]:
        """The fields after a body in chunks, once it was read to its end (RFC 9110 §6.5)."""
        return self._head.trailers if self._head.chunked else []

    # ---- the answer

    def _answer(self, status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> None:
        connection = self.connection
        keep_alive = self.keep_alive and connection.may_persist()
        size = len(body)
        if keep_alive and size < JOIN_BELOW and type(headers) is _FixedHeaders and self._is_common():
            # The short way of nearly every API call: one piece of bytes, put together once. As the long way gives it.
            begin = connection.heads.fixed(status, headers)
            if begin is not None:
                self.framing = _LENGTH
                self.sent = size
                connection.send(b"".join((begin, length_line(size), b"\r\n", body)))
                connection.answer_end(self)
                return
        head, has_body, close = connection.heads.whole(status, headers, size, self.method == "HEAD", not keep_alive)
        self.keep_alive = not close
        self.framing = _LENGTH
        head += connection_line(close, self.http_version)
        if not has_body:
            connection.send(head)
        else:
            self.sent = size
            if size < JOIN_BELOW:
                connection.send(head + body)
            else:
                connection.send(head)
                connection.send(body)
        connection.answer_end(self)

    def _is_common(self) -> bool:
        method, version = self.method, self.http_version
        return method != "HEAD" and version == "1.1"

    def _start(self, status: int, headers: Sequence[tuple[bytes, bytes]]) -> None:
        connection = self.connection
        keep_alive = self.keep_alive and connection.may_persist()
        head, framing, length, close = connection.heads.streamed(
            status, headers, self.method == "HEAD", self.http_version == "1.1", not keep_alive
        )
        self.keep_alive = not close
        self.framing = framing
        self.remaining = length
        # The first piece of the body usually follows at once: one write for both.
        connection.hold(head + connection_line(close, self.http_version))

    async def _write(self, data: bytes) -> None:
        connection = self.connection
        # A transport that failed to write is closing, and tells us by connection_lost only when the loop turns.
        if connection.gone or connection.transport.is_closing():
            raise ClientDisconnect
        framing = self.framing
        if framing is Framing.CHUNKED:
            if not data:
                pass  # an empty chunk would be the end
            elif len(data) < JOIN_BELOW:
                connection.send(b"%x\r\n%b\r\n" % (len(data), data))
            else:
                connection.send(b"%x\r\n" % len(data))
                connection.send(data)
                connection.send(b"\r\n")
        elif framing is Framing.EMPTY:
            return  # the answer to HEAD is what GET would give, without its body (RFC 9110 §9.3.2)
        else:
            self._owes_less(len(data))
            connection.send(data)
        self.sent += len(data)
        connection.flush()
        if self.sent >= FROM and takes_more(self.sent, len(data)):
            allow_more(connection.transport, self.sent, connection.loop.time() - connection._since)
        if connection.write_paused:
            self._burst = 0
            await connection.writable()
        elif self._is_hog(len(data)):
            await asyncio.sleep(0)

    async def _finish(self, data: bytes) -> None:
        connection = self.connection
        if data:
            await self._write(data)
        if self.framing is Framing.LENGTH and self.remaining:
            if self.remaining > 0:
                connection.fail_answer(self)
                raise LocalProtocolError(f"the answer ended {self.remaining} bytes before its content-length")
            connection.fail_answer(self)
            return
        if self.framing is Framing.CHUNKED:
            connection.send(b"0\r\n%b\r\n" % self._trailer_section())
        connection.flush()
        connection.answer_end(self)

    def _trailer_section(self) -> bytes:
        """The lines of the trailers, for a peer that has said it wants them (RFC 9110 §6.5.1)."""
        trailers = self.answer_trailers
        if not trailers or not self.wants_trailers:
            return b""
        return block_of([pair for pair in trailers if pair[0] not in NOT_IN_TRAILERS])

    async def _drain(self) -> None:
        connection = self.connection
        connection.flush()
        if connection.write_paused and not connection.gone:
            try:
                await connection.writable()
            except ClientDisconnect:
                return  # the answer is as sent as it can be; what has to run after it still runs

    async def early_hints(self, headers: Sequence[tuple[bytes, bytes]]) -> None:
        if self.framing is _UNSENT and self.http_version == "1.1" and not self.disconnected:
            self.connection.send(b"HTTP/1.1 103 Early Hints\r\n" + block_of(headers) + b"\r\n")

    # ---- the peer

    def extensions(self) -> dict[str, Any]:
        # Pathsend is understood, but not offered: we would only read the file as the application does, and middleware
        # that was written for other servers knows only bodies that it can see.
        offered: dict[str, Any] = {}
        if self.http_version == "1.1":
            offered["http.response.early_hint"] = {}
            if self.wants_trailers:
                offered["http.response.trailers"] = {}
        return with_tls(offered, self.connection.transport)

    @property
    def wants_trailers(self) -> bool:
        """Whether the peer keeps trailers apart: "TE: trailers" (RFC 9110 §10.1.4)."""
        accepted = self.header(b"te") or b""
        return b"trailers" in [item.strip() for item in accepted.lower().split(b",")]

    @property
    def disconnected(self) -> bool:
        return self.connection.gone or self.connection.left


def connection_line(close: bool, http_version: str) -> bytes:
    """The Connection field, where one is needed (RFC 9112 §9.3), and the end of the head."""
    if close:
        return b"connection: close\r\n\r\n"
    if http_version == "1.0":
        return b"connection: keep-alive\r\n\r\n"
    return b"\r\n"
