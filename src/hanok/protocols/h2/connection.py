"""The connection: an asyncio protocol that puts session, heads, bodies and exchanges together.

The road of a request without a body: ``data_received`` → the session's events → ``_request`` reads the head →
``begin`` makes the exchange and a task that runs the handler at once → the handler answers into the engine →
``flush`` writes what all streams of this batch have said in one go. All of it happens in one call from the
event loop if the handlers never wait. A body that is not here with its head becomes an ``Upload``.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any, Protocol

from hanok.exceptions import RemoteProtocolError
from hanok.exchange import too_large
from hanok.protocols.connection import PLAIN
from hanok.protocols.h1.grammar import HeadLimits
from hanok.protocols.h2.body import Upload
from hanok.protocols.h2.clocks import Clocks
from hanok.protocols.h2.engine import (
    ConnectionClosed,
    DataReceived,
    EngineError,
    PingAcknowledged,
    RequestReceived,
    StreamClosed,
    TrailersReceived,
)
from hanok.protocols.h2.engine import Event as EngineEvent
from hanok.protocols.h2.exchange import H2Exchange
from hanok.protocols.h2.frames import ErrorCode
from hanok.protocols.h2.guard import Violation
from hanok.protocols.h2.head import Fields, H2Head, Malformed, read_head, same
from hanok.protocols.h2.output import PIECE, Output
from hanok.protocols.h2.state import TRANSITIONS, ConnectionState, Event, StreamState

if TYPE_CHECKING:
    from hanok.protocols.services import Services

LINGER_TIME = 2.0  # seconds for which a peer may take note of our last word
ROUND_TRIP = 0.5  # seconds after which a draining server no longer awaits requests that crossed its GOAWAY

_HALF_CLOSED_REMOTE = StreamState.HALF_CLOSED_REMOTE
_LINGERING, _CLOSED = ConnectionState.LINGERING, ConnectionState.CLOSED


class Receiver(Protocol):
    """Who gets what arrives on one stream after its head."""

    def feed(self, piece: bytes, end: bool) -> None: ...
    def end(self, trailers: Fields | None) -> None: ...
    def lost(self) -> None: ...
    def fast_enough(self, now: float, settings: Any) -> bool: ...


class H2Connection(Output, asyncio.Protocol):
    """One HTTP/2 connection."""

    __slots__ = (
        "_goodbye",
        "_limits",
        "_most_running",
        "_previous",
        "_previous_at",
        "_undecided",
        "receivers",
        "state",
    )

    def __init__(self, services: Services) -> None:
        self._limits = HeadLimits.of(services.settings)
        super().__init__(services, self._limits)
        self._clocks = Clocks(self)
        self.state = ConnectionState.OPEN
        self.receivers: dict[int, Receiver] = {}  # of streams whose request is not complete
        self._undecided: list[Upload] = []  # begun in this batch; what comes with it may be all of them
        self._previous: H2Head | None = None  # of the request before
        self._previous_at = 0  # its stream, 0 without one
        self._most_running = 2 * services.settings.http2_max_concurrent_streams
        self._goodbye: asyncio.TimerHandle | None = None  # the end of lingering, or of waiting for the peer's PING

    # ---- called by the transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]  # TCP and Unix sockets have both directions
        services = self.services
        services.connections.add(self)
        self.meet(transport)
        self.flush()  # our SETTINGS: RFC 9113 §3.4
        if services.draining:
            self.drain()

    def connection_lost(self, exc: Exception | None) -> None:
        self._become(Event.CLOSE)
        self.services.connections.discard(self)
        if self._goodbye is not None:
            self._goodbye.cancel()
        self._abandon()

    def data_received(self, data: bytes) -> None:
        if self.gone:
            return
        self._batch = True
        try:
            self.take(self.session.receive(data, self.services.now))
            if self._undecided:
                self._decide()
        finally:
            self._batch = False
        self.flush()

    def eof_received(self) -> bool:
        return False  # a peer that says no more cannot give us window either: the transport closes

    def pause_writing(self) -> None:
        self.write_paused = True

    def resume_writing(self) -> None:
        self.write_paused = False
        self.flush()

    # ---- what the peer has done

    def take(self, events: list[EngineEvent]) -> None:
        for event in events:
            if self.gone:
                return
            kind = type(event)
            if kind is RequestReceived:
                self._request(event)  # type: ignore[arg-type]
            elif kind is StreamClosed:
                self._closed(event)  # type: ignore[arg-type]
            elif kind is DataReceived:
                self._data(event.stream_id, event.data, event.end_stream)  # type: ignore[attr-defined]
            elif kind is TrailersReceived:
                receiver = self.receivers.get(event.stream_id)  # type: ignore[attr-defined]
                if receiver is not None:
                    receiver.end(event.headers)  # type: ignore[attr-defined]
            elif kind is PingAcknowledged:
                self._leave()
            elif kind is ConnectionClosed:
                self._linger()
            # The others need no answer of ours: window and settings are the engine's, and a GOAWAY of the peer's ends
            # nothing before its streams have ended.

    def _request(self, event: RequestReceived) -> None:
        """Serve one request, or arrange for it to be served when its body is here."""
        stream = event.stream_id
        head: H2Head = self._previous  # type: ignore[assignment]  # None is looked for where it may be one
        session = self.session
        if self._previous_at >= session.guard.repeats_since:
            end = True  # its bytes are those of the request before: the fields are not even asked for
        else:
            if stream not in session.streams:
                return  # taken back in the same breath
            fields = event.headers
            end = event.end_stream
            if head is None or not end or not head.whole or not same(head.section, fields):
                try:
                    head = read_head(fields, self._limits, head)
                except Malformed as error:
                    self._malformed(stream, str(error))
                    return
                except RemoteProtocolError as error:
                    self.refuse(stream, error.status, str(error))
                    return
                head.whole = end
                self._previous = head
        self._previous_at = stream
        if self.running >= self._most_running:
            # The peer takes requests back faster than the application notices.
            session.reset(stream, ErrorCode.REFUSED_STREAM)
        elif head.protocol is not None:
            self._websocket(stream, head, end)
        elif end:
            self.begin(stream, head, b"", None)
        else:
            self._upload(stream, head)

    def _upload(self, stream: int, head: H2Head) -> None:
        limit = self.services.settings.max_body_size
        if limit is not None and head.content_length is not None and head.content_length > limit:
            self.refuse(stream, 413, str(too_large(limit).detail))
            return
        upload = self.receivers[stream] = Upload(self, stream, head, limit)
        if not upload.awaited:
            self._undecided.append(upload)

    def _decide(self) -> None:
        """Start the handlers of bodies that have not come at once, and are not awaited."""
        undecided, self._undecided = self._undecided, []
        for upload in undecided:
            if not upload.ended and self.receivers.get(upload.stream) is upload:
                upload.given = True
                self.begin(upload.stream, upload.head, None, upload)

    def _data(self, stream: int, data: bytes, end: bool) -> None:
        receiver = self.receivers.get(stream)
        if receiver is not None:
            receiver.feed(data, end)
        elif data:
            self.consumed(stream, len(data))

    def _closed(self, event: StreamClosed) -> None:
        stream = event.stream_id
        streams = self.session.streams
        state = streams.pop(stream, None)
        # Nearly always request and answer are complete.
        if state is not _HALF_CLOSED_REMOTE or event.error_code:
            if state is not None:
                streams[stream] = state
            self.session.closed(event)
            if event.local_error is not None:
                self.services.error_log.error("an answer could not be sent: %s", event.local_error)
        if self.exchanges and (exchange := self.exchanges.pop(stream, None)) is not None:
            exchange.lost()
        if self.receivers and (receiver := self.receivers.pop(stream, None)) is not None:
            receiver.lost()
        if self._rooms:
            self.wake(stream)
        if not streams:
            self._clocks.since = self.services.now

    # ---- refusals

    def _malformed(self, stream: int, reason: str) -> None:
        """RFC 9113 §8.1.1."""
        self.services.error_log.debug("reset a stream of %s: %s", self.client, reason)
        session = self.session
        session.reset(stream, ErrorCode.PROTOCOL_ERROR)
        if not session.guard.budgets.resets.spend(session.guard.now):
            session.end(ErrorCode.ENHANCE_YOUR_CALM, "too many malformed requests")

    def refuse(self, stream: int, status: int, reason: str) -> None:
        """Answer what is against a limit without bothering the application."""
        self.services.error_log.warning("refused a request of %s with %d: %s", self.client, status, reason)
        text = reason.encode("latin-1", "replace")
        fields, _ = self.heads.whole(status, PLAIN, len(text), False)
        try:
            self.engine.send_response(stream, fields)
            self.engine.send_data(stream, text, end_stream=True)
        except EngineError:
            return
        self.end_request(stream)

    # ---- requests

    def begin(self, stream: int, head: H2Head, body: bytes | None, upload: Upload | None) -> None:
        """Make the exchange and run the application on it."""
        exchange = self.exchanges[stream] = H2Exchange.__new__(H2Exchange)
        exchange.fill(self, stream, head, body)
        if upload is not None:
            exchange.upload = upload
        self.serve(exchange, head.forwarded)

    def has_lost(self, exchange: H2Exchange) -> bool:
        return exchange.gone

    def still_waits(self, exchange: H2Exchange) -> bool:
        if exchange.upload is not None:
            exchange.upload.drop()  # whatever follows, nobody reads it any more
        return not exchange.gone and self.exchanges.get(exchange.number) is exchange

    def fail_answer(self, exchange: H2Exchange) -> None:
        exchange.fail()

    def _websocket(self, stream: int, head: H2Head, end: bool) -> None:
        """RFC 8441: an extended CONNECT becomes a WebSocket on this stream."""
        from hanok.protocols.h2.tunnel import open_websocket

        if end:
            self._malformed(stream, "an extended CONNECT that ends with its head")
        else:
            self.receivers[stream] = open_websocket(self, stream, head)

    # ---- the end

    def _become(self, event: Event) -> None:
        self.state = TRANSITIONS[event][self.state]

    def end_of_session(self, over: Violation) -> None:
        """The session was ended for the peer's fault: write its last words."""
        self.services.error_log.warning("ended the connection of %s: %s", self.client, over.reason)
        while data := self.session.take(PIECE):
            self.write(data)
        self._linger()

    def _abandon(self) -> None:
        """Nothing can be said any more, though handlers may still run."""
        self.gone = True
        exchanges, self.exchanges = self.exchanges, {}
        receivers, self.receivers = self.receivers, {}
        for exchange in exchanges.values():
            exchange.lost()
        for receiver in receivers.values():
            receiver.lost()
        for stream in list(self._rooms):
            self.wake(stream)
        self._undecided = []

    def _linger(self) -> None:
        """Stop writing, and give the peer a moment to read before the socket closes."""
        if self.state is _LINGERING or self.state is _CLOSED:
            return
        self._become(Event.LINGER)
        self._abandon()
        if self._goodbye is not None:
            self._goodbye.cancel()
        if self.transport.can_write_eof():
            self.transport.write_eof()
            self._goodbye = self.loop.call_later(LINGER_TIME, self.transport.close)
        else:
            self.transport.close()

    def drain(self) -> None:
        """The server stops: say so, take what is already under way, and finish it (RFC 9113 §6.8)."""
        if self.state is not ConnectionState.OPEN:
            return
        self._become(Event.DRAIN)
        try:
            self.engine.send_shutdown_notice()
            self.flush()  # the engine would send the PING first
            # Its answer comes after everything that the peer has sent without knowing.
            self.engine.ping()
        except EngineError:
            return
        self._goodbye = self.loop.call_later(ROUND_TRIP, self._leave)
        self.flush()

    def _leave(self) -> None:
        """Name the last stream that will be served; the connection ends with those that run."""
        if self.state is not ConnectionState.DRAINING:
            return
        self.goodbye()

    def goodbye(self) -> None:
        self._become(Event.LEAVE)
        with contextlib.suppress(EngineError):
            self.engine.send_goaway()
        self.flush()
        self._end_if_idle()

    def _end_if_idle(self) -> None:
        if self.state is ConnectionState.LEAVING and not self.session.streams:
            self._linger()

    def rest(self) -> None:
        """Nothing happens on the connection: hold no more than it must, and end if that was only waited for."""
        self._previous = None
        self._previous_at = 0
        self._end_if_idle()

    def abort(self) -> None:
        self.gone = True
        self.transport.abort()

    # ---- called by the worker

    def idle_since(self) -> float | None:
        return None if self.session.streams or self.state is not ConnectionState.OPEN else self._clocks.since

    def sweep(self, now: float) -> None:
        self._clocks.look(now)
