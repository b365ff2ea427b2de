"""The body of one request on its way from the connection to the handler, with back-pressure."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from hanok.exceptions import ClientDisconnect

if TYPE_CHECKING:
    from hanok.protocols.h1.connection import H1Connection

# The connection stops reading from the socket while more than HIGH bytes wait here, until fewer than LOW do.
HIGH_WATER = 65536
LOW_WATER = 16384


class BodyQueue:
    """Pieces that have arrived and were not read yet; then the end, or an error, which is what every later
    read gets.
    """

    __slots__ = ("_connection", "_error", "_pieces", "_waiter", "continue_wanted", "ended", "size", "total")

    def __init__(self, connection: H1Connection, continue_wanted: bool) -> None:
        self._connection = connection
        self._pieces: deque[bytes] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._error: Exception | None = None
        self.continue_wanted = continue_wanted  # the peer sends nothing before our 100 (RFC 9110 §10.1.1)
        self.ended = False
        self.size = 0  # of the pieces here
        self.total = 0  # of the pieces that ever came

    def put(self, piece: bytes) -> None:
        if self._error is not None:
            return
        self.total += len(piece)
        self._pieces.append(piece)
        self.size += len(piece)
        if self.size > HIGH_WATER:
            self._connection.pause_reading()
        self._wake()

    def end(self) -> None:
        self.ended = self._error is None
        self._wake()

    def fail(self, error: Exception) -> None:
        if not self.ended and self._error is None:
            self._error = error
            self._wake()

    def whole(self) -> bytes | None:
        """The body, if all of it is here and nobody has begun to read it."""
        return b"".join(self._pieces) if self.ended else None

    async def get(self) -> bytes:
        """The next piece; b"" at the end. Raises what ``fail`` was given."""
        while not self._pieces:
            if self.ended:
                return b""
            if self._error is not None:
                raise self._error
            if self.continue_wanted:
                self.continue_wanted = False
                self._connection.send_continue()
            if self._waiter is not None:
                raise RuntimeError("two tasks read the body of one request at the same time")
            self._waiter = self._connection.loop.create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        piece = self._pieces.popleft()
        self.size -= len(piece)
        if self.size < LOW_WATER:
            self._connection.resume_reading()
        return piece

    def drop(self) -> None:
        """Nobody will read this any more."""
        self._pieces.clear()
        self.size = 0
        self.fail(ClientDisconnect())
        self._connection.resume_reading()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
