"""WsConnection: the asyncio side of one WebSocket. It owns the transport, the clocks and the flow control.

    transport ─ data_received ─► Reader ─────────────────────────────────────► WsExchange.inbox ─► application
                                   └► websockets' ServerProtocol ─► Assembler ──┘
    transport ◄──── Writer ◄────────────────────────────────────────────────── WsExchange.send ◄── application
                      └─────── websockets' ServerProtocol ◄─────────────────────┘

Ordinary messages take the short way (``reader``, ``writer``, both compiled); control frames, fragments, extensions and
mistakes the long one. When messages have come, the application goes on inside ``data_received``, if it waits for them.

Flow control works in both directions. When ``ws_max_queue`` messages or ``ws_max_size`` bytes wait for the
application, or when the peer does not take what it is sent (pongs, for one), nothing more is read or parsed, so TCP
makes the peer wait. When the transport's buffer is full, ``WsExchange.send`` waits, and a peer that goes on taking
nothing loses its connection, as in HTTP. The queue is looked at after each frame, so that many small ones in one packet
get neither past it nor a longer turn of the event loop than their share.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING, cast

from websockets.exceptions import ProtocolError as WebsocketsError

from hanok.exceptions import LocalProtocolError, RemoteProtocolError
from hanok.protocols.h1.answer import block_of, status_line
from hanok.protocols.pace import Pace
from hanok.protocols.ws.exchange import ABNORMAL, with_length
from hanok.protocols.ws.farewell import is_farewell, shorten
from hanok.protocols.ws.handshake import (
    Handshake,
    VersionRefused,
    accept_headers,
    read_handshake,
)
from hanok.protocols.ws.keepalive import KeepAlive
from hanok.protocols.ws.phase import Phase
from hanok.protocols.ws.reader import Reader
from hanok.protocols.ws.request import describe
from hanok.protocols.ws.states import WsState
from hanok.types import HeaderPairs, RawHeaders

if TYPE_CHECKING:
    from hanok.gateways import Handler
    from hanok.protocols.h1.head import RequestHead
    from hanok.protocols.h2.head import H2Head
    from hanok.protocols.services import Services

CLOSE_TIMEOUT = 10.0  # seconds that the peer has to answer our close frame, or to take our last bytes

ALWAYS = (b"server", b"date")
PLAIN: RawHeaders = [(b"content-type", b"text/plain; charset=utf-8")]


class WsConnection(Reader, asyncio.Protocol):
    """Takes a transport over from the HTTP/1.1 connection that read the handshake."""

    def __init__(self, head: RequestHead | H2Head, leftover: bytes, handler: Handler, services: Services) -> None:
        super().__init__(services, leftover)
        self._head = head
        self._handler = handler
        self._handshake = cast(Handshake, None)
        self._task: asyncio.Task[None] | None = None
        self.keepalive = KeepAlive(self)
        self._close_timer: asyncio.TimerHandle | None = None

    # ---- asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.transport.resume_reading()
        services = self.services
        services.connections.add(self)
        describe(self.exchange, self._head, self.transport, services)
        try:
            self._handshake = handshake = self._read_handshake()
        except RemoteProtocolError as error:
            headers = [*PLAIN]
            if isinstance(error, VersionRefused):
                headers += [(b"upgrade", b"websocket"), (b"sec-websocket-version", b"13")]
            self.exchange.end(ABNORMAL, "")
            self.respond(error.status, headers, str(error).encode())
            return
        self.protocol = handshake.protocol
        self.is_extended = bool(handshake.protocol.extensions)
        limit = services.settings.limit_concurrency
        if services.draining or (
            limit is not None and (len(services.connections) > limit or len(services.tasks) >= limit)
        ):
            self.exchange.end(ABNORMAL, "")
            self.respond(503, PLAIN, b"Service Unavailable")
            return
        services.requests += 1
        if services.requests == services.max_requests and services.on_max_requests is not None:
            services.on_max_requests()
        self._start_task()

    def eof_received(self) -> None:
        # Not needed for the frames (a peer that closed properly is LEAVING by now), so nothing is parsed any
        # more. Returning None lets the transport send what it has and close itself.
        self.exchange.end(ABNORMAL, "")
        self.phase = Phase.LEAVING

    def connection_lost(self, error: Exception | None) -> None:
        self.services.connections.discard(self)
        self.phase = Phase.LOST
        self.exchange.end(ABNORMAL, "")
        self._waiting = b""
        self.keepalive.stop()
        if self._close_timer is not None:
            self._close_timer.cancel()
        self.resume_writing()

    def pause_writing(self) -> None:
        self.room = self.loop.create_future()

    def resume_writing(self) -> None:
        room, self.room = self.room, None
        if room is not None and not room.done():
            room.set_result(None)
        self.soon()

    # ---- the worker calls

    def idle_since(self) -> float | None:
        return None  # that nothing is said on a WebSocket is no reason to end it

    def sweep(self, now: float) -> None:
        """End it if the peer takes too long to take what it was sent. The other clocks are its own."""
        unsent = self.transport.get_write_buffer_size()
        if not unsent:
            self.sending = None
            return
        settings = self.services.settings
        if self.sending is None:
            self.sending = Pace(now, settings.timeout_send, 0, unsent)
        elif not self.sending.lasts(now, self.sending.owed - unsent, settings.timeout_send, settings.min_data_rate):
            self.transport.abort()

    def drain(self) -> None:
        """The server stops: close with 1012, or answer a handshake that waits with 503."""
        exchange = self.exchange
        state = exchange.socket_state
        if state is WsState.OPEN:
            exchange.end(1012, "Service Restart")
            self.close(1012, "Service Restart")
        elif state is WsState.HANDSHAKE:
            exchange.end(1012, "Service Restart")
            self.respond(503, PLAIN, b"Service Unavailable")

    def abort(self) -> None:
        if self._task is not None:
            self._task.cancel()
        self.transport.abort()

    # ---- the application's task

    def _start_task(self) -> None:
        task = self.services.first_step.begin(self._run(), self.services.copy_context())
        if not task.done():
            self._task = task
            self.services.tasks.add(task)
            task.add_done_callback(self.services.tasks.discard)

    async def _run(self) -> None:
        exchange, log = self.exchange, self.services.error_log
        try:
            await self._handler(exchange)
        except asyncio.CancelledError:
            self._conclude(1012, 503)
            raise
        except Exception as error:
            if not (exchange.ended and is_farewell(error)):
                log.error("Exception in the application, on the WebSocket %s", exchange.path, exc_info=error)
            self._conclude(1011, 500)
        else:
            if exchange.socket_state in (WsState.HANDSHAKE, WsState.DENYING):
                log.error("The application returned and left the handshake on %s unanswered", exchange.path)
            self._conclude(1000, 500)

    def _conclude(self, code: int, status: int) -> None:
        """The application is through: close what it has left open, answer what it has not answered."""
        exchange = self.exchange
        state = exchange.socket_state
        if state is WsState.OPEN:
            exchange.end(code, "")
            self.close(code, "")
        elif state is WsState.HANDSHAKE:
            exchange.end(ABNORMAL, "")
            self.respond(status, PLAIN, HTTPStatus(status).phrase.encode())
        elif state is WsState.DENYING:
            exchange.end(ABNORMAL, "")
            self.transport.abort()  # half an answer must not look whole

    # ---- the exchange calls

    def accept(self, subprotocol: str | None, headers: HeaderPairs) -> None:
        """Answer 101. Raises LocalProtocolError for headers that cannot be."""
        self._send_head(101, accept_headers(self._handshake, subprotocol, headers))
        self._log(101)

    def begin(self) -> None:
        """After ``accept``: frames flow, first those that came early."""
        self.phase = Phase.FRAMES
        self.keepalive.start()
        self.go_on()

    def close(self, code: int, reason: str) -> None:
        """Begin the closing handshake (RFC 6455 §7.1.2). LocalProtocolError for a wrong code."""
        try:
            self.protocol.send_close(code, shorten(reason))
        except WebsocketsError as error:
            raise LocalProtocolError(f"a WebSocket cannot be closed with the code {code}: {error}") from None
        self.keepalive.stop()
        self.flush()
        self._expect_close()
        self.soon()

    def respond(self, status: int, headers: RawHeaders, body: bytes) -> None:
        """A whole HTTP answer instead of 101."""
        self.respond_start(status, with_length(status, headers, body))
        self.respond_data(body)
        self.respond_end()

    def respond_start(self, status: int, headers: RawHeaders) -> None:
        """Begin an HTTP answer. Without a length its body ends with the connection (RFC 9112 §6.3, 8)."""
        self._send_head(status, [*headers, (b"connection", b"close")])
        self._log(status)

    def respond_data(self, data: bytes) -> None:
        if data:
            self.write(data)

    def respond_end(self) -> None:
        self.phase = Phase.LEAVING
        self.transport.close()

    def leave(self) -> None:
        """Our side of the connection is done."""
        self.phase = Phase.LEAVING
        self.keepalive.stop()
        if self.protocol.close_rcvd is not None or not self.transport.can_write_eof():
            self.transport.close()
        else:
            # The peer may still be sending. Closing now would reset the connection and could destroy our
            # close frame on its way, so what comes is read and dropped until the peer closes too.
            self.transport.write_eof()
            self.soon()
            self._expect_close()

    # ---- what depends on the protocol that carries the WebSocket; HTTP/2 has its own

    def _read_handshake(self) -> Handshake:
        return read_handshake(self._head.headers, self.services.settings)

    def _send_head(self, status: int, headers: RawHeaders) -> None:
        tail = self.services.heads.tail  # Server, Date and the headers of the configuration
        kept = [pair for pair in headers if pair[0] not in ALWAYS or pair[0] + b": " not in tail]
        self.write(status_line(status) + block_of(kept) + tail + b"\r\n")

    def _log(self, status: int) -> None:
        self.exchange.status = status
        if self.services.access is not None:
            self.services.access(self.exchange)

    # ---- clocks

    def _expect_close(self) -> None:
        if self._close_timer is None:
            self._close_timer = self.loop.call_later(CLOSE_TIMEOUT, self.transport.abort)

    def ping(self) -> None:
        self.protocol.send_ping(b"hanok")
        self.flush()

    def fall_silent(self) -> None:
        """The peer has not answered a ping."""
        self.fail(1011, "keepalive ping timeout", told=ABNORMAL)


def upgrade(
    transport: asyncio.Transport,
    head: RequestHead,
    leftover: bytes,
    loop: asyncio.AbstractEventLoop,
    handler: Handler,
    services: Services,
) -> WsConnection:
    """The factory for ``Services.websocket``; see ``protocols.h1`` for who calls what after it."""
    return WsConnection(head, leftover, handler, services)
