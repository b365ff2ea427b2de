"""The body of one request on its way from the socket to the handler.

A short body is collected, so that the handler finds it whole. A long one, or one of unknown length, goes to the handler
piece by piece through a ``BodyQueue``. Either way it is held to its limit and to its clock here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hanok.exchange import too_large
from hanok.protocols.h1.body import ChunkedBody
from hanok.protocols.h1.grammar import refuse
from hanok.protocols.h1.incoming import BodyQueue
from hanok.protocols.pace import Pace

if TYPE_CHECKING:
    from hanok.protocols.h1.connection import H1Connection
    from hanok.protocols.h1.head import RequestHead
    from hanok.protocols.services import Settings

WHOLE_BODY = 65536  # bodies up to this size are awaited before the handler starts
DISCARD = 65536  # of an unread body this much is read away to keep the connection


class Upload:
    """Made when the head of a request with a body is complete, and the body is not."""

    __slots__ = (
        "_chunks", "_limit", "_pace", "_pieces", "_remaining", "awaited", "done", "head", "queue", "received", "too_large",
    )  # fmt: skip

    def __init__(self, head: RequestHead, limit: int | None) -> None:
        length = head.content_length
        self.head = head
        # Whether the handler starts when all of the body is here, instead of now. Who waits for our 100 sends nothing before.
        self.awaited = length is not None and length <= WHOLE_BODY and not head.expect_continue
        self.queue: BodyQueue | None = None
        self.received = 0
        self.too_large = False
        self._limit = limit
        self._pieces: list[bytes] = []
        self._pace: Pace | None = None
        self.done = False
        self._remaining = length or 0  # of a body of known length
        self._chunks: ChunkedBody | None = None
        if length is None:
            self._chunks = ChunkedBody()
            head.trailers = []

    def feed(self, data: bytes, start: int) -> int:
        """Take what belongs to the body; the position after it. Raises RemoteProtocolError.

        Only a body in chunks can be found too large here: a length that is, is refused with the head.
        """
        chunks = self._chunks
        if chunks is None:
            end = min(len(data), start + self._remaining)
            piece = data if start == 0 and end == len(data) else data[start:end]
            self._remaining -= end - start
            self.done = not self._remaining
        else:
            piece, end = chunks.feed(data, start)
            if chunks.done:
                self.done = True
                self.head.trailers = chunks.trailers
        self.received += len(piece)
        queue = self.queue
        if self._limit is not None and self.received > self._limit:
            self.too_large = True
            if queue is None:
                refuse(str(too_large(self._limit).detail), 413)
            queue.fail(too_large(self._limit))
        elif queue is None:
            self._pieces.append(piece)
        elif piece:
            queue.put(piece)
        if self.done and queue is not None:
            queue.end()
        return end

    def whole(self) -> bytes:
        """What was collected."""
        pieces = self._pieces
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def stream(self, connection: H1Connection) -> BodyQueue:
        """From now on the handler gets the pieces as they come."""
        # RFC 9110 §10.1.1: who has begun to send needs no 100.
        queue = self.queue = BodyQueue(connection, self.head.expect_continue and not self._pieces)
        for piece in self._pieces:
            if piece:
                queue.put(piece)
        self._pieces = []
        return queue

    def can_be_discarded(self) -> bool:
        """Whether the rest, that nobody will read, is worth waiting for: short, and really on its way."""
        if self.queue is None or self.queue.continue_wanted:
            return False
        return self._chunks is None and self._remaining <= DISCARD

    def fast_enough(self, now: float, settings: Settings, is_paused: bool) -> bool:
        """Whether the peer keeps its pace. Time in which we read nothing is not counted."""
        pace = self._pace
        if pace is None:
            self._pace = Pace(now, settings.timeout_request_body, self.received)
            return True
        if is_paused or (self.queue is not None and self.queue.continue_wanted):
            pace.rest(now)
            return True
        return pace.lasts(now, self.received, settings.timeout_request_body, settings.min_data_rate)
