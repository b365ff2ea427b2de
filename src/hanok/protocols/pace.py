"""Pace: the clock of a peer that has bytes to send or to take."""

from __future__ import annotations


class Pace:
    """How long a peer may still take: a budget of seconds, spent by the time that passes, earned back by the bytes that move.

    Silence uses it up in ``timeout`` seconds. A peer that trickles gets a little more, one that moves at least ``rate`` bytes
    a second has it full for ever. So an upload or an answer of ``n`` bytes is over after ``timeout + n / rate`` seconds at the
    latest, whatever the peer does, and no timer runs for it: somebody looks once in a while.
    """

    __slots__ = ("_at", "_budget", "_moved", "owed")

    def __init__(self, now: float, timeout: float, moved: int = 0, owed: int = 0) -> None:
        self._at = now
        self._budget = timeout
        self._moved = moved
        self.owed = owed  # bytes that the transport was given: what of them is not unsent has moved

    def lasts(self, now: float, moved: int, timeout: float, rate: int) -> bool:
        """Whether the peer may go on; ``moved`` counts all its bytes so far. With a rate of 0 any byte fills the budget."""
        self._budget -= now - self._at
        earned = moved - self._moved
        if earned > 0:
            self._budget = min(timeout, self._budget + earned / rate) if rate else timeout
        self._at = now
        self._moved = moved
        return self._budget > 0

    def rest(self, now: float) -> None:
        """The time until now was not the peer's to lose."""
        self._at = now
