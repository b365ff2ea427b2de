"""The body of one request on its way from the connection to the handler, with back-pressure.

A short body is collected, so that the handler finds it whole. A long one, or one of unknown length, goes to
the handler piece by piece, and only what the handler has taken is given back to the peer as window (RFC 9113
§5.2): who reads slowly is sent slowly.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from hanok.exceptions import ClientDisconnect
from hanok.exchange import too_large
from hanok.protocols.pace import Pace

if TYPE_CHECKING:
    from hanok.protocols.h2.connection import H2Connection
    from hanok.protocols.h2.head import Fields, H2Head
    from hanok.protocols.services import Settings

WHOLE_BODY = 65536  # bodies up to this size are awaited before the handler starts


class Upload:
    """Made when the head of a request has come, and its body is not complete."""

    __slots__ = (
        "_connection",
        "_error",
        "_limit",
        "_pace",
        "_pieces",
        "_waiter",
        "awaited",
        "continue_wanted",
        "ended",
        "given",
        "head",
        "received",
        "stream",
        "unread",
    )

    def __init__(self, connection: H2Connection, stream: int, head: H2Head, limit: int | None) -> None:
        length = head.content_length
        self.head = head
        self.stream = stream
        # Whether the handler starts when all of the body is here. Who waits for our 100 sends nothing before.
        self.awaited = length is not None and length <= WHOLE_BODY and not head.expect_continue
        self.given = False  # whether the handler has started, and takes the pieces
        self.continue_wanted = head.expect_continue
        self.ended = False
        self.received = 0
        self.unread = 0  # bytes whose window was not given back yet
        self._connection = connection
        self._limit = limit
        self._pieces: deque[bytes] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._error: Exception | None = None
        self._pace: Pace | None = None

    # ---- from the connection

    def feed(self, piece: bytes, end: bool) -> None:
        connection = self._connection
        size = len(piece)
        self.received += size
        if self._error is not None:
            connection.consumed(self.stream, size)
            return
        if self._limit is not None and self.received > self._limit:
            connection.consumed(self.stream, size)
            self.fail(too_large(self._limit))
            return
        self.continue_wanted = False
        if piece:
            self._pieces.append(piece)
            if self.awaited:
                connection.consumed(self.stream, size)
            else:
                self.unread += size
        if end:
            self.end(None)
        else:
            self._wake()

    def end(self, trailers: Fields | None) -> None:
        """The body is complete."""
        self.head.trailers = trailers
        self.ended = True
        if self.given:
            self._wake()
        else:
            self._connection.begin(self.stream, self.head, self.take_whole(), None)

    def lost(self) -> None:
        """The stream has gone."""
        self.fail(ClientDisconnect())
        if not self.given:
            self.drop()

    def fail(self, error: Exception) -> None:
        """What every later read gets. Not, if the body is complete."""
        if not self.ended and self._error is None:
            self._error = error
            self._wake()

    def drop(self) -> None:
        """Nobody will read the rest."""
        self._pieces.clear()
        self.fail(ClientDisconnect())
        self.release()

    def release(self) -> None:
        """Give the window of all that is here back: it shall not be missing to other streams any longer."""
        unread, self.unread = self.unread, 0
        self._connection.consumed(self.stream, unread)

    def fast_enough(self, now: float, settings: Settings) -> bool:
        """Whether the peer keeps its pace. Time in which the handler has not read what came is not counted."""
        pace = self._pace
        if pace is None:
            self._pace = Pace(now, settings.timeout_request_body, self.received)
            return True
        if self.unread or self.continue_wanted or self.ended or self._error is not None:
            pace.rest(now)
            return True
        return pace.lasts(now, self.received, settings.timeout_request_body, settings.min_data_rate)

    # ---- from the handler

    def take_whole(self) -> bytes:
        """All of it, for a body that is complete or was awaited."""
        pieces = self._pieces
        whole = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        pieces.clear()
        self.release()
        return whole

    async def get(self) -> bytes:
        """The next piece; b"" at the end. Raises what ``fail`` was given."""
        while not self._pieces:
            if self.ended:
                return b""
            if self._error is not None:
                raise self._error
            if self.continue_wanted:
                self.continue_wanted = False
                self._connection.send_interim(self.stream, 100, ())
            if self._waiter is not None:
                raise RuntimeError("two tasks read the body of one request at the same time")
            self._waiter = self._connection.loop.create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        piece = self._pieces.popleft()
        if self.unread:
            self.unread -= len(piece)
            self._connection.consumed(self.stream, len(piece))
        return piece

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
