"""The writing half of a connection: what was answered, on its way to a peer that may be slower than we are."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from hanok.exceptions import ClientDisconnect
from hanok.protocols.connection import HttpConnection
from hanok.protocols.pace import Pace

if TYPE_CHECKING:
    from hanok.protocols.h1.answer import Heads
    from hanok.protocols.h1.exchange import H1Exchange
    from hanok.protocols.services import Services

HELD_HIGH = 16384  # an answer of this size is not held back for those after it
JOIN_BELOW = (
    126976  # joining costs a copy, and from 128 KiB on new pages from the kernel; else each piece is written by itself
)


class Output(HttpConnection):
    """Bytes leave at once, or together with others when they are held back. ``write_paused`` while the transport is full.

    A base of the connection, and no part of it: every answer goes through here, and another attribute on the way costs.
    It is also what an exchange knows of its connection: ``may_persist`` and ``answer_end`` are the connection's own.
    """

    __slots__ = (
        "_held",
        "_sending",
        "_waiters",
        "heads",
    )

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self.heads: Heads = services.heads
        self._held: list[bytes] | None = None  # what leaves with the next flush
        self._sending: Pace | None = None  # of a peer that has not taken all that it was sent
        self._waiters: list[asyncio.Future[None]] | None = None

    def may_persist(self) -> bool:
        """Whether the connection can serve another request after an answer that begins now."""
        raise NotImplementedError

    def answer_end(self, exchange: H1Exchange) -> None:
        """The answer of this exchange is complete."""
        raise NotImplementedError

    def send(self, data: bytes) -> None:
        """Write, or add to what is held back."""
        if self._held is not None:
            self._held.append(data)
            if len(data) >= HELD_HIGH:
                self.flush()  # what is held back cannot tell that the peer takes nothing
        elif not self.gone:
            self.transport.write(data)
            if self._sending is not None:
                self._sending.owed += len(data)

    def hold(self, data: bytes) -> None:
        """Write with what follows in this turn of the loop."""
        if self._held is None:
            self._held = []
            self.loop.call_soon(self.flush)
        self._held.append(data)

    def flush(self) -> None:
        held, self._held = self._held, None
        if held and not self.gone:
            size = len(held[0]) if len(held) == 1 else sum(map(len, held))
            if len(held) == 1:
                self.transport.write(held[0])
            elif size < JOIN_BELOW:
                self.transport.write(b"".join(held))
            else:
                # Not ``writelines``: before 3.14 asyncio's own forgets to say that its buffer is full.
                for data in held:
                    self.transport.write(data)
            if self._sending is not None:
                self._sending.owed += size

    async def writable(self) -> None:
        """Return when the transport takes more. Raises ClientDisconnect if the peer goes first."""
        if self.gone:
            raise ClientDisconnect
        waiter = self.loop.create_future()
        if self._waiters is None:
            self._waiters = [waiter]
        else:
            self._waiters.append(waiter)
        await waiter
        if self.gone:
            raise ClientDisconnect

    def wake_writers(self) -> None:
        """Let those that wait in ``writable`` look again."""
        waiters, self._waiters = self._waiters, None
        for waiter in waiters or ():
            if not waiter.done():
                waiter.set_result(None)

    def pause_writing(self) -> None:
        self.write_paused = True

    def takes(self, unsent: int, now: float) -> bool:
        """Whether the peer takes what it is sent, fast enough; ``unsent`` of it is still here."""
        if not unsent:
            self._sending = None
            return True
        settings = self.services.settings
        sending = self._sending
        if sending is None:
            self._sending = Pace(now, settings.timeout_send, 0, unsent)
            return True
        return sending.lasts(now, sending.owed - unsent, settings.timeout_send, settings.min_data_rate)
