"""WebSockets over HTTP/2 (RFC 8441): one stream as the transport of a ``WsConnection``.

An extended CONNECT opens it, DATA frames carry what TCP would carry, END_STREAM is its FIN and RST_STREAM its
RST. Everything above that is ``protocols.ws``.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any, cast

from hanok.protocols.h2.engine import EngineError
from hanok.protocols.h2.frames import ErrorCode
from hanok.protocols.ws.connection import WsConnection
from hanok.protocols.ws.handshake import Handshake, read_handshake

if TYPE_CHECKING:
    from hanok.protocols.h2.connection import H2Connection
    from hanok.protocols.h2.head import Fields, H2Head
    from hanok.types import RawHeaders

FAREWELL = 2.0  # seconds that the peer has to end its half after we have ended ours

# What the handshake of HTTP/1.1 has and this one has not (RFC 8441 §5). The key is any, nobody sees its answer.
IMPLIED: RawHeaders = [
    (b"connection", b"upgrade"),
    (b"upgrade", b"websocket"),
    (b"sec-websocket-key", b"AAAAAAAAAAAAAAAAAAAAAA=="),
]
OF_HTTP1 = frozenset((b"connection", b"upgrade", b"sec-websocket-key", b"sec-websocket-accept"))


def open_websocket(connection: H2Connection, stream: int, head: H2Head) -> StreamTransport:
    """Hand the stream over; the connection gives what arrives on it to the result."""
    transport = StreamTransport(connection, stream)
    protocol = StreamWebSocket(transport, head)
    transport.set_protocol(protocol)
    protocol.connection_made(transport)
    return transport


class StreamWebSocket(WsConnection):
    """A WebSocket whose handshake is spoken in HTTP/2."""

    def __init__(self, transport: StreamTransport, head: H2Head) -> None:
        services = transport.connection.services
        super().__init__(head, b"", services.handler, services)
        self._stream = transport

    def _read_handshake(self) -> Handshake:
        kept = [pair for pair in self._head.headers if pair[0] not in OF_HTTP1]
        return read_handshake(kept + IMPLIED, self.services.settings)

    def _send_head(self, status: int, headers: RawHeaders) -> None:
        kept = [pair for pair in headers if pair[0] not in OF_HTTP1]
        self._stream.send_head(200 if status == 101 else status, kept)


class StreamTransport(asyncio.Transport):
    """One stream, as asyncio's transports are."""

    def __init__(self, connection: H2Connection, stream: int) -> None:
        super().__init__()
        self.connection = connection
        self._number = stream
        self._protocol = cast(asyncio.Protocol, None)
        self._waiting: deque[bytes] = deque()  # arrived while reading was paused
        self._reading = True
        self._ended = False  # the peer has ended its half
        self._has_said_end = False  # we have ended ours
        self._closing = False
        self._lost = False
        self._full = False  # whether the protocol was told to pause
        self._timer: asyncio.TimerHandle | None = None

    # ---- the connection calls

    def feed(self, piece: bytes, end: bool) -> None:
        if piece:
            self._waiting.append(piece)
        self._ended = self._ended or end
        self._deliver()

    def end(self, trailers: Fields | None) -> None:
        self.feed(b"", True)

    def lost(self) -> None:
        """The stream has gone."""
        if not self._lost:
            self._lost = self._closing = True
            if self._timer is not None:
                self._timer.cancel()
            self.connection.consumed(self._number, sum(map(len, self._waiting)))
            self._waiting.clear()
            self.connection.loop.call_soon(self._protocol.connection_lost, None)

    def fast_enough(self, now: float, settings: Any) -> bool:
        return True  # a WebSocket keeps its own clocks

    def _deliver(self) -> None:
        while self._waiting and self._reading:
            piece = self._waiting.popleft()
            self.connection.consumed(self._number, len(piece))
            if not self._lost:
                self._protocol.data_received(piece)
        if self._ended and not self._waiting and not self._closing and not self._protocol.eof_received():
            self.close()

    # ---- the protocol calls

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self._protocol = cast(asyncio.Protocol, protocol)

    def get_protocol(self) -> asyncio.BaseProtocol:
        return self._protocol

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self.connection.transport.get_extra_info(name, default)

    def is_closing(self) -> bool:
        return self._closing

    def is_reading(self) -> bool:
        return self._reading

    def pause_reading(self) -> None:
        self._reading = False

    def resume_reading(self) -> None:
        if not self._reading:
            self._reading = True
            self.connection.loop.call_soon(self._deliver)

    def send_head(self, status: int, headers: RawHeaders) -> None:
        fields, _, _ = self.connection.heads.streamed(status, headers, False)
        try:
            self.connection.engine.send_response(self._number, fields)
        except EngineError:
            return  # the peer has gone; connection_lost is on its way
        self.connection.flush_soon()

    def write(self, data: bytes | bytearray | memoryview[Any]) -> None:
        connection = self.connection
        if self._has_said_end or self._lost:
            return
        try:
            connection.send_data(self._number, bytes(data))
        except EngineError:
            return
        connection.flush_soon()
        if not self._full and connection.must_wait(self._number):
            connection.flush()
            if connection.must_wait(self._number):
                self._full = True
                self._protocol.pause_writing()
                connection.room(self._number).add_done_callback(self._has_room)

    def _has_room(self, _: asyncio.Future[None]) -> None:
        self._full = False
        if not self._lost:
            self._protocol.resume_writing()

    def get_write_buffer_size(self) -> int:
        return 0 if self._lost else self.connection.engine.queued_body_size(self._number)

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        if not self._has_said_end and not self._lost:
            self._has_said_end = True
            try:
                self.connection.engine.end_stream(self._number)
            except EngineError:
                return
            self.connection.session.guard.sent_end(self._number)
            self.connection.flush_soon()

    def close(self) -> None:
        """End our half; the stream is gone when the peer has ended its own, soon."""
        if not self._closing:
            self._closing = True
            self._reading = True  # what still comes is dropped by the protocol
            self.write_eof()
            self._timer = self.connection.loop.call_later(FAREWELL, self.abort)

    def abort(self) -> None:
        if not self._lost:
            self.connection.session.reset(self._number, ErrorCode.CANCEL)
            self.connection.flush_soon()
            self.lost()
