"""What a peer may take its time for. The worker has every connection look at its clocks about once a second."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hanok.protocols.h1.answer import Framing
from hanok.protocols.h2.frames import ErrorCode
from hanok.protocols.h2.state import ConnectionState
from hanok.protocols.pace import Pace

if TYPE_CHECKING:
    from hanok.protocols.h2.connection import H2Connection


class Clocks:
    """The clocks of one connection."""

    __slots__ = ("_begun", "_begun_at", "_connection", "sending", "since", "windows")

    def __init__(self, connection: H2Connection) -> None:
        self._connection = connection
        self.since = connection.services.now  # when the last stream ended
        self.sending: Pace | None = None  # of a peer that has not taken all that it was sent
        self.windows: dict[int, Pace] = {}  # of streams whose answers wait for the peer's window
        self._begun = 0  # what was begun and not ended at the last look: a header block by its stream, -1 for a frame
        self._begun_at = 0.0

    def look(self, now: float) -> None:
        """End what has taken too long."""
        connection = self._connection
        settings = connection.services.settings
        if not self._takes(now):
            connection.abort()
            return
        if connection.gone:
            return
        session = connection.session
        if session.streams:
            session.forget_refused()
        if self._frame_is_late(now):
            session.end(ErrorCode.NO_ERROR, "a request head took too long")
            connection.flush()
        elif session.streams:
            self._look_at_streams(now)
        elif (
            now - self.since - connection.services.tick > settings.timeout_keep_alive
            and connection.state is ConnectionState.OPEN
        ):
            connection.goodbye()
        else:
            connection.rest()

    def queued(self, stream: int, size: int) -> None:
        """So many bytes more wait on a stream."""
        pace = self.windows.get(stream)
        if pace is not None:
            pace.owed += size

    def _takes(self, now: float) -> bool:
        """Whether the peer takes what it is sent. What is unsent counts to the last: a closed transport too waits to
        get rid of it.
        """
        settings = self._connection.services.settings
        unsent = self._connection.transport.get_write_buffer_size()
        sending = self.sending
        if not unsent:
            self.sending = None
        elif sending is None:
            self.sending = Pace(now, settings.timeout_send, 0, unsent)
        else:
            return sending.lasts(now, sending.owed - unsent, settings.timeout_send, settings.min_data_rate)
        return True

    def _frame_is_late(self, now: float) -> bool:
        """Whether the peer has begun something that has to end before anything else can come, and does not end it."""
        session = self._connection.session
        begun = session.guard.block or (-1 if session.guard.waits and not session.streams else 0)
        if begun != self._begun:
            self._begun, self._begun_at = begun, now
        return begun != 0 and now - self._begun_at > self._connection.services.settings.timeout_request_header

    def _look_at_streams(self, now: float) -> None:
        connection = self._connection
        for stream, receiver in list(connection.receivers.items()):
            if not receiver.fast_enough(now, connection.services.settings):
                self._end_upload(stream)
        if connection.engine.queued_body_size():
            self._look_at_windows(now)
        else:
            self.windows.clear()
        connection.flush()

    def _end_upload(self, stream: int) -> None:
        """The body of a request does not come."""
        connection = self._connection
        receiver = connection.receivers.pop(stream)
        exchange = connection.exchanges.pop(stream, None)
        if exchange is None or exchange.framing is Framing.UNSENT:
            connection.refuse(stream, 408, "the request body took too long")
        else:
            connection.session.reset(stream, ErrorCode.CANCEL)
        if exchange is not None:
            exchange.lost()
        receiver.lost()

    def _look_at_windows(self, now: float) -> None:
        """Reset the streams whose answers wait for a window that the peer does not open."""
        connection = self._connection
        timeout = connection.services.settings.timeout_send
        for stream in list(connection.session.streams):
            left = connection.engine.queued_body_size(stream)
            pace = self.windows.get(stream)
            if not left or connection.write_paused:
                self.windows.pop(stream, None)
            elif pace is None:
                self.windows[stream] = Pace(now, timeout, 0, left)
            elif not pace.lasts(now, pace.owed - left, timeout, 0):
                del self.windows[stream]
                connection.session.reset(stream, ErrorCode.CANCEL)
