"""Backoff: how long to wait before a worker is started again after some have failed."""

from __future__ import annotations

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0  # seconds
STEADY = 2.0  # a worker that has served this long was no failed start


class Backoff:
    """The first failure costs no pause; each further one in a row doubles it."""

    def __init__(self, first: float = FIRST_PAUSE, longest: float = LONGEST_PAUSE) -> None:
        self._first = first
        self._longest = longest
        self._next = 0.0
        self.until = 0.0  # nothing is started before this moment

    def failed(self, now: float) -> float:
        """Take note of a failure; the seconds to wait."""
        pause, self._next = self._next, min(self._longest, max(self._first, self._next * 2))
        self.until = now + pause
        return pause

    def succeeded(self) -> None:
        self._next = self.until = 0.0
