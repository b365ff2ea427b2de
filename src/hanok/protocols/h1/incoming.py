"""The body of one request on its way from the connection to the handler, with back-pressure."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from hanok.exceptions import ClientDisconnect
from hanok.protocols.waiter import Waiter

if TYPE_CHECKING:
    from hanok.protocols.h1.connection import H1Connection

# The connection stops reading from the socket while more than HIGH bytes wait here, until fewer than LOW do.
HIGH_WATER = 65536
LOW_WATER = 16384


class BodyQueue:
    """Pieces that have arrived and were not read yet; then the end, or an error, which is what every later
    read gets. A handler that waits for a piece gets it within ``flow``, before anybody asks whether too much is here.
    """

    __slots__ = ("_connection", "_error", "_pieces", "_waiter", "continue_wanted", "ended", "size", "total")

    def __init__(self, connection: H1Connection, continue_wanted: bool) -> None:
        self._connection = connection
        self._pieces: deque[bytes] = deque()
        self._waiter = Waiter(connection.loop)
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

    def end(self) -> None:
        self.ended = self._error is None

    def flow(self) -> None:
        """All that came at once was put, and the connection knows: let the handler go on, and see what it leaves."""
        self._waiter.wake()
        if self.size > HIGH_WATER:
            self._connection.pause_reading()

    def fail(self, error: Exception) -> None:
        if not self.ended and self._error is None:
            self._error = error
            self._waiter.wake_soon()

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
            if self._waiter.waits():
                raise RuntimeError("two tasks read the body of one request at the same time")
            await self._waiter
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
