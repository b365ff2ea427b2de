"""WsConnection: the asyncio side of one WebSocket. It owns the transport, the clocks and the flow control.

    transport ─ data_received ─► websockets' ServerProtocol ─► Assembler ─► WsExchange.inbox ─► application
    transport ◄─── _flush ────── websockets' ServerProtocol ◄──── WsExchange.send ◄──────────── application

Flow control works in both directions. When ``ws_max_queue`` messages or ``ws_max_size`` bytes wait for the
application, or when the peer does not take what it is sent (pongs, for one), nothing more is read or parsed, so TCP
makes the peer wait. When the transport's buffer is full, ``WsExchange.send`` waits, and a peer that goes on taking
nothing loses its connection, as in HTTP. Bytes are parsed in slices, so that many small frames in one packet get
neither past the queue nor a longer turn of the event loop than their share.
"""

from __future__ import annotations

import asyncio
import sys
from enum import Enum, auto
from http import HTTPStatus
from typing import TYPE_CHECKING, cast

from websockets.exceptions import ProtocolError as WebsocketsError
from websockets.frames import Frame, Opcode

from hanok.exceptions import ClientDisconnect, LocalProtocolError, RemoteProtocolError
from hanok.protocols.h1.answer import block_of, status_line
from hanok.protocols.h1.connection import address
from hanok.protocols.pace import Pace
from hanok.protocols.ws.exchange import ABNORMAL, WsExchange, with_length
from hanok.protocols.ws.handshake import (
    Handshake,
    VersionRefused,
    accept_headers,
    read_handshake,
)
from hanok.protocols.ws.keepalive import KeepAlive
from hanok.protocols.ws.messages import Assembler
from hanok.protocols.ws.states import WsState
from hanok.types import HeaderPairs, RawHeaders

if TYPE_CHECKING:
    from hanok.gateways import Handler
    from hanok.protocols.h1.head import RequestHead
    from hanok.protocols.h2.head import H2Head
    from hanok.protocols.services import Services

CLOSE_TIMEOUT = 10.0  # seconds that the peer has to answer our close frame, or to take our last bytes
EARLY_LIMIT = 65536  # bytes kept of a peer that sends frames before its handshake is answered
SLICE = 16384  # bytes that are parsed between two looks at the queue
FRAMES_IN_TURN = 256  # of one connection in one turn of the event loop
EAGER = sys.version_info >= (3, 12)

ALWAYS = (b"server", b"date")
DATA = frozenset([Opcode.TEXT, Opcode.BINARY, Opcode.CONT])
PLAIN: RawHeaders = [(b"content-type", b"text/plain; charset=utf-8")]


class Phase(Enum):
    """What the bytes on the transport mean. ``states`` has what the application may say."""

    ANSWERING = auto()  # the handshake waits for its answer; frames that come early are kept
    FRAMES = auto()  # 101 is sent; the closing handshake belongs here too
    LEAVING = auto()  # our last byte is written; what still comes is dropped
    LOST = auto()


class WsConnection(asyncio.Protocol):
    """Takes a transport over from the HTTP/1.1 connection that read the handshake."""

    def __init__(self, head: RequestHead | H2Head, leftover: bytes, handler: Handler, services: Services) -> None:
        self.services = services
        self.loop = services.loop
        self._head = head
        self._handler = handler
        self._transport = cast(asyncio.Transport, None)
        self._handshake = cast(Handshake, None)
        self._phase = Phase.ANSWERING
        self._exchange = WsExchange(self)
        self._assembler = Assembler()
        self._unparsed = bytearray(leftover)  # before the handshake is answered, and while the queue is full
        self._task: asyncio.Task[None] | None = None
        self.reading = True
        self._turn: asyncio.Handle | None = None  # the scheduled _go_on
        self._room: asyncio.Future[None] | None = None  # unresolved while the transport's buffer is full
        self._sending: Pace | None = None  # of a peer that has not taken all that it was sent
        self._keepalive = KeepAlive(self)
        self._close_timer: asyncio.TimerHandle | None = None

    # ---- asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.resume_reading()
        services = self.services
        services.connections.add(self)
        describe(self._exchange, self._head, self._transport, services)
        try:
            self._handshake = self._read_handshake()
        except RemoteProtocolError as error:
            headers = [*PLAIN]
            if isinstance(error, VersionRefused):
                headers += [(b"upgrade", b"websocket"), (b"sec-websocket-version", b"13")]
            self._exchange.end(ABNORMAL, "")
            self.respond(error.status, headers, str(error).encode())
            return
        limit = services.settings.limit_concurrency
        if services.draining or (
            limit is not None and (len(services.connections) > limit or len(services.tasks) >= limit)
        ):
            self._exchange.end(ABNORMAL, "")
            self.respond(503, PLAIN, b"Service Unavailable")
            return
        services.requests += 1
        if services.requests == services.max_requests and services.on_max_requests is not None:
            services.on_max_requests()
        self._start_task()

    def data_received(self, data: bytes) -> None:
        if self._phase is Phase.FRAMES:
            self._keepalive.heard()
            if self._unparsed:
                self._unparsed += data
            else:
                self._parse(data)
        elif self._phase is Phase.ANSWERING:
            self._unparsed += data
            if len(self._unparsed) > EARLY_LIMIT:
                self._pause_reading()

    def eof_received(self) -> None:
        # Not needed for the frames (a peer that closed properly is LEAVING by now), so nothing is parsed any
        # more. Returning None lets the transport send what it has and close itself.
        self._exchange.end(ABNORMAL, "")
        self._phase = Phase.LEAVING

    def connection_lost(self, error: Exception | None) -> None:
        self.services.connections.discard(self)
        self._phase = Phase.LOST
        self._exchange.end(ABNORMAL, "")
        self._unparsed.clear()
        self._keepalive.stop()
        if self._close_timer is not None:
            self._close_timer.cancel()
        self.resume_writing()

    def pause_writing(self) -> None:
        self._room = self.loop.create_future()

    def resume_writing(self) -> None:
        room, self._room = self._room, None
        if room is not None and not room.done():
            room.set_result(None)
        self._soon()

    # ---- the worker calls

    def idle_since(self) -> float | None:
        return None  # that nothing is said on a WebSocket is no reason to end it

    def sweep(self, now: float) -> None:
        """End it if the peer takes too long to take what it was sent. The other clocks are its own."""
        unsent = self._transport.get_write_buffer_size()
        if not unsent:
            self._sending = None
            return
        settings = self.services.settings
        if self._sending is None:
            self._sending = Pace(now, settings.timeout_send, 0, unsent)
        elif not self._sending.lasts(now, self._sending.owed - unsent, settings.timeout_send, settings.min_data_rate):
            self._transport.abort()

    def drain(self) -> None:
        """The server stops: close with 1012, or answer a handshake that waits with 503."""
        exchange = self._exchange
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
        self._transport.abort()

    # ---- the application's task

    def _start_task(self) -> None:
        context = self.services.context.copy()
        if EAGER:
            # Known from 3.12 on.
            task = asyncio.Task(self._run(), loop=self.loop, context=context, eager_start=True)  # type: ignore[call-arg]
        else:
            task = self.loop.create_task(self._run(), context=context)
        if not task.done():
            self._task = task
            self.services.tasks.add(task)
            task.add_done_callback(self.services.tasks.discard)

    async def _run(self) -> None:
        exchange, log = self._exchange, self.services.error_log
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
        exchange = self._exchange
        state = exchange.socket_state
        if state is WsState.OPEN:
            exchange.end(code, "")
            self.close(code, "")
        elif state is WsState.HANDSHAKE:
            exchange.end(ABNORMAL, "")
            self.respond(status, PLAIN, HTTPStatus(status).phrase.encode())
        elif state is WsState.DENYING:
            exchange.end(ABNORMAL, "")
            self._transport.abort()  # half an answer must not look whole

    # ---- the exchange calls

    def accept(self, subprotocol: str | None, headers: HeaderPairs) -> None:
        """Answer 101. Raises LocalProtocolError for headers that cannot be."""
        self._send_head(101, accept_headers(self._handshake, subprotocol, headers))
        self._log(101)

    def begin(self) -> None:
        """After ``accept``: frames flow, first those that came early."""
        self._phase = Phase.FRAMES
        self._keepalive.start()
        self._go_on()

    def send_text(self, text: str) -> None:
        self._handshake.protocol.send_text(text.encode())
        self._flush()

    def send_bytes(self, data: bytes) -> None:
        self._handshake.protocol.send_binary(data)
        self._flush()

    def close(self, code: int, reason: str) -> None:
        """Begin the closing handshake (RFC 6455 §7.1.2). LocalProtocolError for a wrong code."""
        try:
            self._handshake.protocol.send_close(code, shorten(reason))
        except WebsocketsError as error:
            raise LocalProtocolError(f"a WebSocket cannot be closed with the code {code}: {error}") from None
        self._keepalive.stop()
        self._flush()
        self._expect_close()
        self._soon()

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
            self._write(data)

    def respond_end(self) -> None:
        self._phase = Phase.LEAVING
        self._transport.close()

    async def writable(self) -> None:
        """Return when the transport has room."""
        if self._room is not None:
            await asyncio.shield(self._room)  # several tasks may wait, and one of them may be cancelled
        elif self._transport.is_closing():
            await asyncio.sleep(0)  # let connection_lost come, else a loop that only sends never learns of it

    def room_in(self, waiting: int) -> None:
        """``waiting`` messages are left in the inbox: read again at half of the limit."""
        if waiting <= self.services.settings.ws_max_queue // 2:
            self._soon()

    # ---- in and out

    def _pause_reading(self) -> None:
        if self.reading and self._phase is not Phase.LOST:
            self.reading = False
            self._transport.pause_reading()

    def _is_full(self) -> bool:
        """Whether enough waits, in one direction or the other."""
        if self._phase is not Phase.FRAMES:
            return False
        if self._room is not None:
            return True
        exchange, settings = self._exchange, self.services.settings
        if exchange.socket_state is not WsState.OPEN:
            return False  # what comes now is for nobody
        return len(exchange.inbox) >= settings.ws_max_queue or exchange.inbox_size > settings.ws_max_size

    def _soon(self) -> None:
        """Go on reading in the next turn of the event loop."""
        if not self.reading and self._turn is None and self._phase is not Phase.ANSWERING:
            self._turn = self.loop.call_soon(self._go_on)

    def _go_on(self) -> None:
        """Parse what waits to be parsed, then read more; as far as there is room."""
        self._turn = None
        if self._phase is Phase.LOST or self._is_full():
            return  # whoever makes room calls again
        unparsed, self._unparsed = bytes(self._unparsed), bytearray()
        if unparsed and self._phase is Phase.FRAMES:
            self._parse(unparsed)
        if not self.reading and not self._unparsed and not self._is_full() and not self._transport.is_closing():
            self.reading = True
            self._transport.resume_reading()

    def _parse(self, data: bytes) -> None:
        protocol = self._handshake.protocol
        size = len(data)
        if size <= SLICE:
            protocol.receive_data(data)
            self._take_events()
        else:
            at = frames = 0
            while at < size and self._phase is Phase.FRAMES:
                protocol.receive_data(data[at : at + SLICE])
                at += SLICE
                frames += self._take_events()
                if at < size and (frames > FRAMES_IN_TURN or self._is_full()):
                    self._unparsed += data[at:]
                    self._pause_reading()
                    if not self._is_full():
                        self._soon()
                    return
        if self._is_full():
            self._pause_reading()

    def _take_events(self) -> int:
        """Hand over what the sans-I/O layer has made of the last bytes, and send what it answers. How many frames it was."""
        protocol, exchange = self._handshake.protocol, self._exchange
        frames = protocol.events_received()
        for frame in frames:
            if frame.opcode in DATA:  # type: ignore[union-attr]  # the protocol gives frames here
                try:
                    message = self._assembler.feed(cast(Frame, frame))
                except UnicodeDecodeError:
                    self._fail(1007, "the text is not UTF-8")
                    return 0
                if message is not None:
                    exchange.deliver(message)
        if protocol.close_rcvd is not None:
            exchange.end(protocol.close_rcvd.code, protocol.close_rcvd.reason)
        elif protocol.parser_exc is not None and protocol.close_sent is not None:
            exchange.end(protocol.close_sent.code, protocol.close_sent.reason)
        self._flush()
        return len(frames)

    def _fail(self, code: int, reason: str, told: int | None = None) -> None:
        """The peer broke the protocol or fell silent: say so and leave (RFC 6455 §7.1.7)."""
        self._exchange.end(told or code, reason)
        self._handshake.protocol.fail(code, reason)
        self._flush()

    def _flush(self) -> None:
        pieces = self._handshake.protocol.data_to_send()
        if len(pieces) == 1 and pieces[0]:
            self._write(pieces[0])
        elif pieces:
            leaves = not pieces[-1]  # an empty piece is the end of what we say
            self._write(b"".join(pieces))
            if leaves:
                self._leave()

    def _write(self, data: bytes) -> None:
        if self._phase is not Phase.LOST and data:
            self._transport.write(data)
            if self._sending is not None:
                self._sending.owed += len(data)

    def _leave(self) -> None:
        """Our side of the connection is done."""
        self._phase = Phase.LEAVING
        self._keepalive.stop()
        if self._handshake.protocol.close_rcvd is not None or not self._transport.can_write_eof():
            self._transport.close()
        else:
            # The peer may still be sending. Closing now would reset the connection and could destroy our
            # close frame on its way, so what comes is read and dropped until the peer closes too.
            self._transport.write_eof()
            self._soon()
            self._expect_close()

    # ---- what depends on the protocol that carries the WebSocket; HTTP/2 has its own

    def _read_handshake(self) -> Handshake:
        return read_handshake(self._head.headers, self.services.settings)

    def _send_head(self, status: int, headers: RawHeaders) -> None:
        tail = self.services.heads.tail  # Server, Date and the headers of the configuration
        kept = [pair for pair in headers if pair[0] not in ALWAYS or pair[0] + b": " not in tail]
        self._write(status_line(status) + block_of(kept) + tail + b"\r\n")

    def _log(self, status: int) -> None:
        self._exchange.status = status
        if self.services.access is not None:
            self.services.access(self._exchange)

    # ---- clocks

    def _expect_close(self) -> None:
        if self._close_timer is None:
            self._close_timer = self.loop.call_later(CLOSE_TIMEOUT, self._transport.abort)

    def ping(self) -> None:
        self._handshake.protocol.send_ping(b"hanok")
        self._flush()

    def fall_silent(self) -> None:
        """The peer has not answered a ping."""
        self._fail(1011, "keepalive ping timeout", told=ABNORMAL)


def describe(
    exchange: WsExchange, head: RequestHead | H2Head, transport: asyncio.Transport, services: Services
) -> None:
    """Fill the request side of the exchange."""
    info = transport.get_extra_info
    exchange.raw_headers = head.headers
    exchange.http_version = head.http_version
    exchange.root_path = root = services.settings.root_path
    exchange.path = root + head.path
    exchange.raw_path = root.encode() + head.raw_path
    exchange.query = head.query
    exchange.state = None if services.state is None else services.state.copy()
    name = info("sockname")
    exchange.server = address(name) or ((name, None) if isinstance(name, str) and name else None)
    exchange.client = client = address(info("peername"))
    proxied, forwarded = info("proxy_header"), services.forwarded
    is_tls = info("sslcontext") is not None or (proxied is not None and proxied.is_tls)
    exchange.scheme = "wss" if is_tls else "ws"
    if forwarded is not None and head.forwarded and forwarded.trusts(client[0] if client else None):
        forwarded.introduce(exchange)


def is_farewell(error: BaseException) -> bool:
    """Whether an exception only says that the peer has gone: nothing to report, once it has."""
    if isinstance(error, BaseExceptionGroup):
        return all(is_farewell(one) for one in error.exceptions)
    # Starlette's and ours: rooms above this one, or not ours at all, so told by name.
    return isinstance(error, ClientDisconnect) or type(error).__name__ == "WebSocketDisconnect"


def shorten(reason: str) -> str:
    """A control frame holds 125 bytes, two of them the code (RFC 6455 §5.5)."""
    return reason.encode()[:123].decode("utf-8", "ignore")


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
