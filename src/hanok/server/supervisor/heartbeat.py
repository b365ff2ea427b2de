"""Heartbeats: a page of memory that a worker and its supervisor share.

The worker's event loop writes the time into it, and so does a thread beside the loop. The supervisor reads:

    loop fresh                  all is well
    loop stale, thread fresh    a call blocks the event loop: a slow query, a ``time.sleep``, a busy loop
    both stale                  the process does not run at all: stopped, swapped out, or in C code that keeps the GIL

Reading and writing cost no system call, and a worker that cannot write to a pipe is still heard.
``time.monotonic`` is one clock for all processes of a machine.
"""

from __future__ import annotations

import mmap
import os
import threading
import time
from collections.abc import Callable
from enum import Enum

from hanok.observe.board import nameless_file

LOOP, THREAD, REQUESTS, CONNECTIONS = range(4)  # places in the page, eight bytes each
SIZE = mmap.PAGESIZE


class Pulse(Enum):
    """What the beats say; the value is for messages."""

    WELL = "well"
    BLOCKED = "its event loop is blocked"
    STOPPED = "the process does not run: it is stopped, or in code that keeps the interpreter lock"


class Heartbeat:
    """The page. The supervisor makes one for each worker and hands it over by its descriptor."""

    def __init__(self, fd: int | None = None) -> None:
        self.fd = nameless_file(SIZE) if fd is None else fd
        self._map = mmap.mmap(self.fd, SIZE)
        self._page = memoryview(self._map).cast("d")  # one double is written at once: no lock is needed

    def beat(self, who: int) -> None:
        """Say that the loop (LOOP) or the thread (THREAD) lives."""
        self._page[who] = time.monotonic()

    def tell(self, what: int, value: float) -> None:
        """Write a number for the supervisor: REQUESTS or CONNECTIONS."""
        self._page[what] = value

    def told(self, what: int) -> float:
        return self._page[what]

    def pulse(self, patience: float, since: float = 0.0) -> Pulse:
        """How the worker does, if ``patience`` seconds of silence are too many. Silence before ``since`` is forgiven."""
        if max(self._page[LOOP], since) > time.monotonic() - patience:
            return Pulse.WELL
        # A process that was stopped may have beaten with the one shortly after the other: that is no sign of life.
        outlived = self._page[THREAD] - self._page[LOOP]
        return Pulse.BLOCKED if outlived > 2 * interval_for(patience) else Pulse.STOPPED

    def close(self) -> None:
        self._page.release()
        self._map.close()
        os.close(self.fd)


class Beats:
    """The thread that beats beside a worker's event loop.

    It also sees that the supervisor has died where the loop cannot: before there is one, or while it is blocked.
    ``grace`` is how long the worker may then take to end by itself, and ``give_up`` what is called if it does not.
    """

    def __init__(
        self,
        heartbeat: Heartbeat,
        interval: float,
        parent: int,
        grace: Callable[[], float],
        give_up: Callable[[], object],
    ) -> None:
        self.heartbeat = heartbeat
        self.interval = interval
        self.parent = parent
        self.grace = grace
        self.give_up = give_up
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="hanok-heartbeat", daemon=True)

    def start(self) -> None:
        self.heartbeat.beat(LOOP)
        self.heartbeat.beat(THREAD)
        self._thread.start()

    def stop(self) -> None:
        self._end.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._end.wait(self.interval):
            self.heartbeat.beat(THREAD)
            if os.getppid() != self.parent:
                if not self._end.wait(self.grace()):
                    self.give_up()
                return


def interval_for(patience: float | None) -> float:
    """Seconds between two beats if this many seconds of silence are too many."""
    return 1.0 if patience is None else max(0.02, min(1.0, patience / 4))
