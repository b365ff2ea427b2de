"""Counters: what one worker counts, and how the counts of several are added.

A request pays for one tuple in a list (``Counters.answered``). Once a second, and whenever somebody asks, the list is
counted and the result is shown on the board. Counts never go down while the server lives: a worker goes on from what
the one before it in its slot had shown.
"""

from __future__ import annotations

import os
import sys
import time
from bisect import bisect_left
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from hanok.observe.board import Board

# Upper bounds in seconds; the ones of prometheus-client, begun a little earlier because we are faster.
BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY", "WebSocket"))
MOST_SERIES = 2000  # (method, route, status); what comes after them is counted under the route "(other)"
LONGEST = 4096  # answers that are kept before they are counted

Series = dict[tuple[str, str, int], int]
Times = dict[tuple[str, str], list[float]]  # counts for each bucket and above them, then the sum of the seconds


@dataclass
class Shown:
    """What a worker shows on the board."""

    pid: int = 0
    state: str = "gone"
    born: float = 0.0  # seconds since the epoch
    now: float = 0.0  # when it was written
    connections: int = 0
    running: int = 0  # requests that wait for something
    requests: int = 0
    sent: int = 0  # bytes of bodies
    rss: int = 0  # bytes
    cpu: float = 0.0  # seconds of processor time
    lag: float = 0.0  # seconds that the loop's last tick came late
    series: Series = field(default_factory=dict)
    times: Times = field(default_factory=dict)

    def to_bytes(self) -> bytes:
        from pydantic_core import to_json  # the supervisor never needs it

        told = vars(self) | {
            "series": [[*key, count] for key, count in self.series.items()],
            "times": [[*key, counts] for key, counts in self.times.items()],
        }
        return to_json(told)

    @classmethod
    def from_bytes(cls, text: bytes) -> Shown:
        from pydantic_core import from_json

        told = from_json(text)
        told["series"] = {(method, route, status): count for method, route, status, count in told["series"]}
        told["times"] = {(method, route): counts for method, route, counts in told["times"]}
        return cls(**told)


class Counters:
    """The counts of this worker. ``gauges`` gives its open connections and running requests."""

    def __init__(
        self, board: Board, slot: int, clock: Callable[[], float], gauges: Callable[[], tuple[int, int]]
    ) -> None:
        self._board = board
        self._slot = slot
        self._clock = clock
        self._gauges = gauges
        self._answers: list[tuple[str, str, int, float, int]] = []
        self._due = clock()
        before = shown(board, slot)
        self.shown = Shown(pid=os.getpid(), state="starting", born=time.time())
        if before is not None:
            self.shown.requests, self.shown.sent = before.requests, before.sent
            self.shown.series, self.shown.times = before.series, before.times
        self.show()

    def answered(self, exchange: Any) -> None:
        """Called with each exchange whose answer is complete."""
        started = exchange.started
        answers = self._answers
        answers.append(
            (
                exchange.method,
                getattr(exchange.route, "path", ""),
                exchange.status,
                self._clock() - started if started else -1.0,
                exchange.sent,
            )
        )
        if len(answers) >= LONGEST:
            self.count()

    def count(self) -> None:
        """Count what was kept."""
        answers, self._answers = self._answers, []
        shown = self.shown
        series, times = shown.series, shown.times
        for method, route, status, seconds, sent in answers:
            method = method or "WebSocket"
            if method not in METHODS:
                method = "OTHER"  # or whoever asks could make as many series as there are words
            key = (method, route, status)
            if key not in series and len(series) >= MOST_SERIES:
                key = (method, "(other)", status)
            series[key] = series.get(key, 0) + 1
            shown.sent += sent
            if seconds >= 0:
                counts = times.get(key[:2])
                if counts is None:
                    counts = times[key[:2]] = [0] * (len(BUCKETS) + 1) + [0.0]
                counts[bisect_left(BUCKETS, seconds)] += 1
                counts[-1] += seconds
        shown.requests += len(answers)

    def tick(self, period: float) -> None:
        """About every ``period`` seconds: how late that is, is how long the loop was held up."""
        now = self._clock()
        self.shown.lag = max(0.0, now - self._due - period)
        self._due = now
        self.show()

    def become(self, state: str) -> None:
        self.shown.state = state
        self.show()

    def show(self) -> None:
        """Put everything on the board."""
        self.count()
        told = self.shown
        told.now = time.time()
        told.connections, told.running = self._gauges()
        told.rss = resident()
        told.cpu = time.process_time()
        if not self._board.show(self._slot, told.to_bytes()):
            # Too many series for the slot: the totals are worth more than the rest.
            told.series, told.times = {}, {}
            self._board.show(self._slot, told.to_bytes())


def shown(board: Board, slot: int) -> Shown | None:
    text = board.read(slot)
    return Shown.from_bytes(text) if text else None


def all_shown(board: Board) -> list[tuple[int, Shown]]:
    """What every worker shows that ever was, by its slot."""
    found = ((slot, shown(board, slot)) for slot in range(board.slots))
    return [(slot, one) for slot, one in found if one is not None]


def added(workers: Iterable[Shown]) -> tuple[Series, Times]:
    """The counts of all workers together."""
    series: Series = {}
    times: Times = {}
    for worker in workers:
        for key, count in worker.series.items():
            series[key] = series.get(key, 0) + count
        for pair, counts in worker.times.items():
            sums = times.get(pair) or [0.0] * len(counts)
            times[pair] = [before + more for before, more in zip(sums, counts, strict=True)]
    return series, times


def resident() -> int:
    """Bytes of memory that this process holds."""
    import resource

    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[1]) * resource.getpagesize()
    except OSError:  # no procfs: the peak is what the system tells
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024


def quantile(counts: list[float], share: float) -> float | None:
    """About the time within which ``share`` of the answers came, from the counts for each bucket; None without any."""
    total = sum(counts)
    if not total:
        return None
    wanted, seen, low = share * total, 0.0, 0.0
    for high, count in zip(BUCKETS, counts, strict=False):
        if count and seen + count >= wanted:
            return low + (high - low) * (wanted - seen) / count
        seen += count
        low = high
    return BUCKETS[-1]
