"""What a peer may ask of a connection that costs it next to nothing and us something.

Each kind of frame has a budget: so many at once, and so many a second. A peer that spends more is told
ENHANCE_YOUR_CALM (RFC 9113 §10.5). The sizes are far above what browsers, curl, gRPC and proxies do, and far
below what hurts; an operator has nothing to tune here.
"""

from __future__ import annotations


class Budget:
    """At most ``burst`` at once, then ``rate`` a second."""

    __slots__ = ("_burst", "_rate", "_since", "left")

    def __init__(self, burst: int, rate: float, now: float) -> None:
        self._burst = self.left = burst
        self._rate = rate
        self._since = now

    def spend(self, now: float) -> bool:
        """Take one; False when there is none left. ``now`` may be as coarse as a second."""
        self.left -= 1
        if self.left >= 0:
            return True
        earned = int((now - self._since) * self._rate)
        if earned < 1:
            return False
        self._since = now
        self.left = min(earned, self._burst) - 1
        return True

    def earn(self, count: int) -> None:
        """Give some back: the peer may answer what it was sent."""
        if self.left < self._burst:
            self.left = min(self._burst, self.left + count)


class Budgets:
    """All budgets of one connection."""

    __slots__ = ("empty", "other", "pings", "resets", "settings", "updates")

    def __init__(self, now: float) -> None:
        # Streams that the peer resets, and those that it makes us reset by its mistakes: CVE-2023-44487, and
        # CVE-2025-8671, which is the same by other means.
        self.resets = Budget(200, 50, now)
        self.settings = Budget(50, 2, now)  # CVE-2019-9515
        self.pings = Budget(200, 20, now)  # CVE-2019-9512
        self.empty = Budget(100, 10, now)  # frames with neither payload nor END_STREAM: CVE-2019-9518
        self.updates = Budget(1000, 100, now)  # WINDOW_UPDATE; what we send earns more
        self.other = Budget(500, 50, now)  # PRIORITY (CVE-2019-9513) and what we do not know
