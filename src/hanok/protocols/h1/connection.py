"""The connection: an asyncio protocol that puts head, body, states, exchange and answer together.

The road of a request without a body: ``data_received`` → ``_advance`` parses the head → ``_begin`` makes the
exchange and a task that runs the handler at once → the handler answers → ``send`` → ``answer_end``. All of it
happens in one call from the event loop if the handler never waits. A body that is not here with its head
becomes an ``Upload``.

Requests that came together are served by the loop in ``_advance``, at most ``PIPELINE_CAP`` in one turn of
the event loop, and what they answer in that time leaves in one write. They are read where they lie: ``_at`` is
the place of the next one in ``_buffer``.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from hanok.exceptions import ClientDisconnect, RemoteProtocolError
from hanok.exchange import AnswerState, too_large
from hanok.protocols.h1 import state as states
from hanok.protocols.h1.answer import CONTINUE, Framing
from hanok.protocols.h1.closing import Closing
from hanok.protocols.h1.exchange import H1Exchange
from hanok.protocols.h1.head import HeadLimits, RequestHead, parse_head
from hanok.protocols.h1.incoming import BodyQueue
from hanok.protocols.h1.state import H1State
from hanok.protocols.h1.upload import WHOLE_BODY, Upload
from hanok.protocols.unread import has_unread

if TYPE_CHECKING:
    from hanok.protocols.services import Services

FIRST_REQUEST = 0.25  # seconds for which a draining server awaits the first request of a connection
STILL_UNREAD = 0.01  # seconds until another look at what the event loop has not read yet
PIPELINE_CAP = 32  # requests of one connection in one turn of the event loop
BUFFER_HIGH = 65536  # bytes of waiting requests above which we stop reading
HALF_CLOSED = 2.0  # seconds without a byte to say after which a peer that says no more is taken to have gone

_IDLE, _READING, _ANSWERING = H1State.IDLE, H1State.READING, H1State.ANSWERING
_DISCARDING, _UPGRADED = H1State.DISCARDING, H1State.UPGRADED
_ON_REQUEST, _ON_ANSWER_END = states.ON_REQUEST, states.ON_ANSWER_END
TURNING = object()


class H1Connection(Closing, asyncio.Protocol):
    """One HTTP/1.1 connection."""

    __slots__ = (
        "_at",
        "_buffer",
        "_limits",
        "_previous",
        "_said",
        "_since",
        "_turn",
        "left",
    )

    def __init__(self, services: Services, limits: HeadLimits | None = None) -> None:
        super().__init__(services)
        self._limits = limits or HeadLimits.of(services.settings)
        self._said = 0  # bytes of the answer that it had been sent when we looked last
        self.left = False  # it is taken to have gone, though nobody can know before something is sent
        self._buffer = b""  # requests after the one being served, from _at on
        self._at = 0
        self._previous: RequestHead | None = None  # of the request before
        self._turn: object = None  # the scheduled _advance; TURNING while it runs
        self._since = self.loop.time()  # when what we wait for began

    # ---- called by the transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]  # TCP and Unix sockets have both directions
        services = self.services
        services.connections.add(self)
        if len(services.connections) > services.limit_connections and not services.make_room(self):
            self._turn_away()
            return
        self.meet(transport)
        tls = transport.get_extra_info("ssl_object")
        if services.http2 is not None and tls is not None and tls.selected_alpn_protocol() == "h2":
            self._to_http2()
            return
        if services.draining:
            self.drain()

    def connection_lost(self, exc: Exception | None) -> None:
        if self.state is not _UPGRADED:
            self.state = states.ON_CLOSE[self.state]
        self.gone = True
        self.services.connections.discard(self)
        self._buffer = b""
        self._at = 0
        self._upload = self._held = None
        if self._goodbye is not None:
            self._goodbye.cancel()  # the peer was quicker: a timer would keep the transport for nothing
        exchange, self.exchange = self.exchange, None
        if exchange is not None:
            if exchange.queue is not None:
                exchange.queue.fail(ClientDisconnect())
            exchange.over()
        self.wake_writers()

    def data_received(self, data: bytes) -> None:
        state = self.state
        if state is _IDLE:
            if self._buffer:
                self._keep(data)
                # A head ends in a line feed, and so does anything else worth another look.
                if b"\n" not in data and len(self._buffer) < self._limits.line:
                    return
            else:
                self._buffer = data
                self._since = self.services.now
            if self._turn is None:
                self._advance()
        elif state is _ANSWERING:
            self._keep(data)
            if len(self._buffer) > BUFFER_HIGH:
                self.pause_reading()
        elif self._upload is not None:
            self._feed(self._upload, data, 0)

    def _keep(self, data: bytes) -> None:
        """Add to what waits."""
        at = self._at
        if at:
            self._buffer = self._buffer[at:] + data
            self._at = 0
        else:
            self._buffer += data

    def eof_received(self) -> bool:
        """The peer says no more. What it has said completely is answered, as long as it listens (RFC 9112 §9.6)."""
        waiting = self._buffer and (self._turn is not None or self.write_paused)
        if self.state is not _ANSWERING and not (self.state is _IDLE and waiting):
            return False
        if not self.transport.can_write_eof():
            return False  # TLS ends in both directions at once
        self.ended = True
        exchange = self.exchange
        if exchange is None or exchange.answer_state is not AnswerState.STREAMING:
            self._take_leave()
        else:
            self._since = self.services.now
        return True

    def _take_leave(self) -> None:
        """Nearly all peers that say no more have gone: whoever waits for that is told, but may answer all the same."""
        self.left = True
        if self.exchange is not None:
            self.exchange.over()

    def resume_writing(self) -> None:
        self.write_paused = False
        self.wake_writers()
        if self.state is _IDLE:
            self._idle()

    # ---- requests

    def _advance(self) -> None:
        """Serve the requests in the buffer until one has to be waited for."""
        self._turn = TURNING
        again = None
        count = 0
        while self._buffer and self.state is _IDLE:
            if self.write_paused:
                # The peer sends requests and does not read answers: it gets no further until it does.
                if len(self._buffer) > BUFFER_HIGH:
                    self.pause_reading()
                break
            buffer = self._buffer
            try:
                head = parse_head(buffer, self._at, self._limits, self._previous)
            except RemoteProtocolError as error:
                # RFC 9113 §3.3: a client that knows begins with the preface of HTTP/2, which is no request.
                if self._previous is None and buffer.startswith(b"PRI * HTTP/2.0") and self.services.http2 is not None:
                    self._to_http2()
                else:
                    self._refuse(error.status, str(error))
                break
            if head is None:
                break
            if head.end == len(buffer):
                self._buffer = b""
                self._at = 0
            else:
                if count == PIPELINE_CAP:
                    again = self.loop.call_soon(self._advance)
                    break
                count += 1
                self._at = head.end
                if self._held is None:
                    self._held = []  # more may follow: let the answers leave together
            self._previous = head
            self._take(head)
        self._turn = again
        if self._held is not None:
            self.flush()
        if self.ended and self.state is _IDLE and again is None and not self.write_paused:
            self._close()

    def _take(self, head: RequestHead) -> None:
        """Serve one request, or arrange for it to be served when its body is here."""
        length = head.content_length
        if not length and not head.chunked:
            if head.upgrade == b"websocket" and head.method == "GET" and self.services.websocket is not None:
                self._upgrade(head)
                return
            self.state = _ON_REQUEST[self.state]
            self._begin(head, b"", None)
            return
        limit = self.services.settings.max_body_size
        data, at = self._buffer, self._at
        if length is not None:
            if limit is not None and length > limit:
                self._refuse(413, str(too_large(limit).detail))
                return
            end = at + length
            if length <= WHOLE_BODY and end <= len(data):  # most bodies come with their heads
                self._rest(data, end)
                self.state = _ON_REQUEST[self.state]
                self._begin(head, data[at:end], None)
                return
        self.state = states.ON_HEAD[self.state]
        upload = self._upload = Upload(head, limit)
        if data:
            self._rest(b"", 0)
            if not self._feed(upload, data, at) or upload.done:
                return
        if not upload.awaited:
            self._begin(head, None, upload.stream(self))

    def _rest(self, data: bytes, at: int) -> None:
        """What waits to be read begins at ``at`` in ``data``."""
        if at >= len(data):
            self._buffer = b""
            self._at = 0
        else:
            self._buffer = data
            self._at = at

    def _feed(self, upload: Upload, data: bytes, at: int) -> bool:
        """Bytes of the request's body, and perhaps of requests after it; False if they were refused."""
        try:
            end = upload.feed(data, at)
        except RemoteProtocolError as error:
            self._refuse(error.status, str(error))
            return False
        if upload.too_large and self.exchange is not None:
            self.exchange.keep_alive = False
        if upload.done:
            self._upload = None
            self._rest(data, end)
            self.state = states.ON_BODY_END[self.state]
            if upload.queue is None:
                self._begin(upload.head, upload.whole(), None)
            elif self.state is _IDLE:
                self._idle()
        if upload.queue is not None:
            upload.queue.flow()
        return True

    def _begin(self, head: RequestHead, body: bytes | None, queue: BodyQueue | None) -> None:
        """Make the exchange and run the application on it."""
        exchange = self.exchange = H1Exchange(self, head, body)
        if queue is not None:
            exchange.queue = queue
        self.serve(exchange, head.forwarded)

    def has_lost(self, exchange: H1Exchange) -> bool:
        # A transport that failed to write is closing before ``connection_lost`` tells us why.
        return self.gone or self.transport.is_closing()

    def still_waits(self, exchange: H1Exchange) -> bool:
        return not self.gone and exchange is self.exchange

    def last(self, exchange: H1Exchange) -> None:
        exchange.keep_alive = False

    def _refuse(self, status: int, reason: str) -> None:
        self._rest(b"", 0)
        super()._refuse(status, reason)

    # ---- other protocols

    def _upgrade(self, head: RequestHead) -> None:
        """Hand the transport to the WebSocket protocol; the contract is in this package's docstring."""
        services = self.services
        assert services.websocket is not None
        self.flush()
        leftover = self._leave_unread()
        self._hand_over(services.websocket(self.transport, head, leftover, self.loop, services.handler, services))

    def _to_http2(self) -> None:
        """Hand the transport over before anything was said on it; see ``protocols.h2``."""
        services = self.services
        assert services.http2 is not None
        received = self._leave_unread()
        protocol: Any = services.http2(services)
        self._hand_over(protocol)
        if received:
            protocol.data_received(received)

    def _leave_unread(self) -> bytes:
        """What has come is for the next protocol."""
        self.state = states.ON_UPGRADE[self.state]
        unread = self._buffer[self._at :]
        self._rest(b"", 0)
        return unread

    def _hand_over(self, protocol: asyncio.Protocol) -> None:
        self.services.connections.discard(self)
        self.transport.set_protocol(protocol)
        protocol.connection_made(self.transport)

    # ---- the answer, called by the exchange

    def may_persist(self) -> bool:
        if self.services.draining or (self.ended and not self._buffer):
            return False
        # If the body is not all here: a short rest is read away. A long one, or one that the peer may never send because it
        # still waits for our 100, is not worth waiting for.
        return self.state is not _READING or (self._upload is not None and self._upload.can_be_discarded())

    def send_continue(self) -> None:
        """RFC 9110 §15.2.1; only if no answer has begun, which says as much."""
        if self.exchange is not None and self.exchange.framing is Framing.UNSENT and not self.gone:
            self.send(CONTINUE)

    def answer_end(self, exchange: H1Exchange) -> None:
        """The answer is complete. What comes next depends on whether the body was."""
        own = self.exchange
        if own is None or exchange is not own:
            return  # the peer left, or was refused, before the end
        services = self.services
        if services.access is not None:
            services.access(exchange)
        if own._over is not None:
            own.over()
        self.exchange = None
        if not own.keep_alive:
            complete = self.state is _ANSWERING
            if own.queue is not None:
                own.queue.fail(ClientDisconnect())
            if complete and not self._buffer:
                self._close()
            else:
                self._linger()
            return
        self.state = _ON_ANSWER_END[self.state]
        if self.state is _IDLE:
            self._idle()
        elif own.queue is not None:
            own.queue.drop()
        if services.draining:
            self.drain()  # the answer began before that, and has not said it

    def _idle(self) -> None:
        """Ready for the next request."""
        self._since = self.services.now
        if self._reading_paused and not self.write_paused:
            self.resume_reading()
        if self._turn is None:
            if self._buffer:
                self._turn = self.loop.call_soon(self._advance)
            elif self.ended and not self.write_paused:
                self._close()

    # ---- called by the worker

    def idle_since(self) -> float | None:
        return self._since if self.state is _IDLE else None

    def sweep(self, now: float) -> None:
        """End what has taken too long. What is unsent counts in every state: a closed transport too waits to get rid of it."""
        settings = self.services.settings
        unsent = self.transport.get_write_buffer_size()
        if not self.takes(unsent, now):
            self.abort()
            return
        state = self.state
        waited = now - self._since - self.services.tick
        if state is _IDLE:
            if unsent:
                self._since = now  # it is still busy with what we said
            elif self._buffer:
                if waited > settings.timeout_request_header:
                    self._refuse(408, "the request head took too long")
            else:
                self._previous = None  # an idle connection holds no more than it must
                if waited > settings.timeout_keep_alive and not self._has_unread():
                    self._close()
        elif self._upload is not None:
            if not self._upload.fast_enough(now, settings, self._reading_paused):
                self._refuse(408, "the request body took too long")
        elif self.ended and not self.left and self.exchange is not None:
            sent = self.exchange.sent
            if sent != self._said or unsent:
                self._said = sent
                self._since = now
            elif waited > HALF_CLOSED:
                self._take_leave()

    def drain(self) -> None:
        if self.services.retiring:
            return  # the next answer says it; ``sweep`` ends those that ask nothing more
        if self.state is _IDLE and self._turn is None:
            # A request may be on its way, and who has sent it does not repeat it: the first one, after connecting, is
            # nearly certain.
            grace = self.services.grace
            self.loop.call_later(max(grace, FIRST_REQUEST) if self._previous is None else grace, self._leave)
        elif self.state is _DISCARDING:
            self._linger()

    def _has_unread(self) -> bool:
        """Whether a request may wait in the socket: after a long turn, the timers of an event loop come before its reading."""
        return not self._reading_paused and has_unread(self.transport)

    def _leave(self) -> None:
        """The grace of an idle connection is over."""
        if self.state is not _IDLE or self._turn is not None or self.gone:
            return  # a request came
        if self._has_unread():
            self.loop.call_later(STILL_UNREAD, self._leave)
        elif self._buffer:
            self._linger()
        else:
            self._close()
