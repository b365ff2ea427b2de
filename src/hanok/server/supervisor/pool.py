"""The pool: as many workers as there should be, each in a slot, and at most one more while one is replaced.

Nothing here waits. ``turn`` compares what is with what should be and starts or retires; what happens to a worker
is told by ``serves``, ``wants_replacement`` and ``ended``.

A worker is replaced, not restarted: the new one is started beside the old one, in the same slot, and the old one is
told to finish when the new one serves. The next is replaced when that one has ended, so there is never more than one
worker more than there should be. If the new one fails, the old one stays.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from hanok.server.supervisor.assignment import RETIRE, STOP
from hanok.server.supervisor.backoff import STEADY, Backoff
from hanok.server.supervisor.endings import Endings
from hanok.server.supervisor.process import WorkerProcess
from hanok.server.supervisor.states import ProcessState

if TYPE_CHECKING:
    from collections.abc import Iterable

logger = logging.getLogger("hanok.error")

RELOAD = "reload"  # why a worker is replaced, beside the reasons that it gives itself

# (slot, the worker that it replaces) → a worker that has been started.
Start: TypeAlias = Callable[[int, WorkerProcess | None], WorkerProcess]


class Pool:
    """``size`` may be changed at any time; ``turn`` sees to it."""

    def __init__(self, size: int, start: Start, drop_slot: Callable[[int], None]) -> None:
        self.size = size
        self.workers: list[WorkerProcess] = []  # all that are not reaped, in the order in which they were started
        self.backoff = Backoff()
        self.endings = Endings()
        self._start = start
        self._drop_slot = drop_slot

    # ---- what is

    @property
    def regular(self) -> list[WorkerProcess]:
        """Those that serve or will, without one that is to replace another."""
        return [one for one in self.workers if one.counts and one.replaces is None]

    @property
    def is_complete(self) -> bool:
        """Whether all that should serve do."""
        return sum(one.state is ProcessState.READY for one in self.regular) >= self.size

    @property
    def is_reloading(self) -> bool:
        """Whether there are still workers from before the reload, be it that they only finish."""
        return any(one.outdated == RELOAD for one in self.workers)

    # ---- what should be

    def turn(self, now: float) -> float:
        """Start and retire what is due; the moment at which to look again."""
        regular = self.regular
        if len(regular) > self.size:
            self._shrink(regular)
            return now
        if len(regular) < self.size:
            if now < self.backoff.until:
                return self.backoff.until
            taken = {one.slot for one in regular}
            self._add(next(slot for slot in range(self.size) if slot not in taken), None)
            return now
        return self._replace_next(regular, now)

    def reload(self) -> None:
        """Replace all that there are now, one after the other."""
        for one in self.workers:
            if one.counts:
                one.outdated = RELOAD

    def retire_all(self, word: str = STOP) -> None:
        for one in self.workers:
            one.retire(word)

    def hurry_all(self) -> None:
        for one in self.workers:
            one.hurry()

    def _shrink(self, regular: list[WorkerProcess]) -> None:
        """The one in the highest slot goes, and what was to replace it too."""
        last = max(regular, key=lambda one: one.slot)
        self._drop_slot(max(1, self.size))
        last.retire(STOP if self.size == 0 else RETIRE)
        for one in self.workers:
            if one.replaces is last:
                one.replaces = None
                one.retire()

    def _replace_next(self, regular: list[WorkerProcess], now: float) -> float:
        if len(self.workers) > self.size:
            return float("inf")  # the last replacement is not over
        outdated = [one for one in regular if one.outdated and one.state is ProcessState.READY]
        if not outdated:
            return float("inf")
        if now < self.backoff.until:
            return self.backoff.until
        self._add(outdated[0].slot, outdated[0])
        return now

    def _add(self, slot: int, replaces: WorkerProcess | None) -> None:
        try:
            self.workers.append(self._start(slot, replaces))
        except OSError as error:
            logger.error("no worker could be started: %s", error)
            self.backoff.failed(time.monotonic())

    # ---- what happens

    def serves(self, worker: WorkerProcess) -> WorkerProcess | None:
        """It has said that it serves. Gives the worker whose place it takes."""
        worker.serves()
        old, worker.replaces = worker.replaces, None
        if old is not None and worker.counts:
            logger.info("%s takes the place of %s (%s)", worker, old, old.outdated)
            self.backoff.succeeded()
            old.retire()
        return old

    def wants_replacement(self, worker: WorkerProcess, reason: str) -> None:
        """It has done its share."""
        if worker.outdated is None:
            worker.outdated = reason

    def ended(self, worker: WorkerProcess, code: int) -> str:
        """It is reaped. Gives how it ended; it is nobody's any more."""
        self.workers.remove(worker)
        for one in self.workers:
            if one.replaces is worker:
                one.replaces = None  # its place is free
        return self.endings.how(worker, code)

    def failed_early(self, worker: WorkerProcess) -> float:
        """Reckon a worker that ended without being told to; the seconds until another is started."""
        now = time.monotonic()
        if worker.ready_at is not None and now - worker.ready_at >= STEADY:
            self.backoff.succeeded()
            return 0.0
        return self.backoff.failed(now)

    def give_up_reload(self) -> None:
        """A new worker has failed: those that are there stay as they are."""
        for one in self.workers:
            if one.outdated == RELOAD:
                one.outdated = None

    def deadlines(self, now: float, since: float) -> Iterable[float]:
        for one in self.workers:
            yield one.check(now, since)
