"""The writing half of a connection, and what the exchanges on it know of it.

What the streams say goes to the engine, and from there to the transport: once for all that was said in answer to one
batch of input, and once in a turn of the loop for what handlers say later.

A base of the connection, and no part of it: every answer goes through here, and another attribute on the way costs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from hanok.protocols.connection import HttpConnection
from hanok.protocols.h1.grammar import HeadLimits
from hanok.protocols.h2.answer import H2Heads
from hanok.protocols.h2.engine import EngineError
from hanok.protocols.h2.engine import Event as EngineEvent
from hanok.protocols.h2.frames import ErrorCode
from hanok.protocols.h2.guard import Violation
from hanok.protocols.h2.session import Session

if TYPE_CHECKING:
    from hanok.protocols.h2.clocks import Clocks
    from hanok.protocols.h2.exchange import H2Exchange
    from hanok.protocols.services import Services

PIECE = 2**18  # bytes that are taken from the engine and written at once
QUEUED_HIGH = 32768  # bytes of one stream that may wait in the engine for the peer's window, until fewer than LOW do
QUEUED_LOW = 8192


class Output(HttpConnection):
    """What the engine has to say leaves as the transport takes it."""

    __slots__ = (
        "_batch",
        "_clocks",
        "_ending",
        "_flushing",
        "_rooms",
        "engine",
        "exchanges",
        "heads",
        "session",
    )

    _clocks: Clocks

    def __init__(self, services: Services, limits: HeadLimits) -> None:
        super().__init__(services)
        self.heads = H2Heads(services.heads)
        streams = services.settings.http2_max_concurrent_streams
        self.session = Session(limits, streams, services.websocket is not None, services.now)
        self.engine = self.session.engine
        self.exchanges: dict[int, H2Exchange] = {}  # those whose answer is not complete
        self._ending: list[int] = []  # answered, and their requests not complete: reset when the answer is out
        self._rooms: dict[int, asyncio.Future[None]] = {}  # who waits until less of a stream is queued
        self._batch = False  # whether a flush follows anyway
        self._flushing = False  # whether one is scheduled

    # ---- what the connection adds

    def take(self, events: list[EngineEvent]) -> None:
        """Act on what the engine has noticed."""
        raise NotImplementedError

    def end_of_session(self, over: Violation) -> None:
        """The session was ended for the peer's fault: write its last words."""
        raise NotImplementedError

    # ---- the engine's output

    def flush_soon(self) -> None:
        """Write at the end of this turn of the loop, with what others have said by then."""
        if not self._flushing and not self._batch:
            self._flushing = True
            self.loop.call_soon(self.flush)

    def flush(self) -> None:
        """Write what the engine has, as long as the transport takes it."""
        self._flushing = False
        session = self.session
        while session.over is None and not (self.write_paused or self.gone):
            data = session.take(PIECE)
            if data:
                self.write(data)
            events = self.engine.events()
            if events:
                self.take(events)
            if len(data) < PIECE:
                break
        if self.gone:
            return
        if session.over is not None:
            self.end_of_session(session.over)
            return
        if self._ending and not self.write_paused:
            self._reset_answered()
        if self._rooms and not self.write_paused:
            for stream in list(self._rooms):
                if self.engine.queued_body_size(stream) <= QUEUED_LOW:
                    self.wake(stream)

    def write(self, data: bytes) -> None:
        self.transport.write(data)
        if self._clocks.sending is not None:
            self._clocks.sending.owed += len(data)

    def _reset_answered(self) -> None:
        """Reset the streams whose answers are out and whose requests are not complete (RFC 9113 §8.1)."""
        session = self.session
        out = [stream for stream in self._ending if session.is_out(stream)]
        if out:
            self._ending = [stream for stream in self._ending if stream not in out]
            for stream in out:
                if stream in session.streams:
                    session.reset(stream, ErrorCode.NO_ERROR)
            self.flush()

    def end_request(self, stream: int) -> None:
        """The answer is complete: the request, if it is not, need not be (RFC 9113 §8.1)."""
        if stream in self.session.streams:
            self.session.guard.sent_end(stream)
            self._ending.append(stream)

    # ---- called by exchanges and bodies

    def send_interim(self, stream: int, status: int, headers: Sequence[tuple[bytes, bytes]]) -> None:
        """An informational answer (RFC 9113 §8.1), if it is not too late for one."""
        try:
            self.engine.send_informational_response(stream, self.heads.interim(status, headers))
        except EngineError:
            return
        self.flush_soon()

    def consumed(self, stream: int, size: int) -> None:
        """So many bytes of a body have been taken: the peer may send as many again."""
        if size and not self.gone:
            try:
                self.engine.acknowledge_received_data(size, stream)
            except (EngineError, ValueError):
                return  # the connection is being ended
            if not self._batch:
                self.flush_soon()

    def send_data(self, stream: int, data: bytes) -> None:
        """Give the engine a piece of an answer. Raises EngineError if the stream has gone."""
        self.engine.send_data(stream, data)
        if self._clocks.windows:
            self._clocks.queued(stream, len(data))

    def must_wait(self, stream: int) -> bool:
        """Whether the transport is full, or too much of this stream waits for the peer's window."""
        return not self.gone and (self.write_paused or self.engine.queued_body_size(stream) > QUEUED_HIGH)

    def room(self, stream: int) -> asyncio.Future[None]:
        """Done when there is room again, or nothing left to wait for. Shield it: others may wait too."""
        waiter = self._rooms.get(stream)
        if waiter is None:
            waiter = self._rooms[stream] = self.loop.create_future()
        return waiter

    def wake(self, stream: int) -> None:
        """Let who waits for room look again."""
        waiter = self._rooms.pop(stream, None)
        if waiter is not None and not waiter.done():
            waiter.set_result(None)
