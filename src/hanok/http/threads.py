"""A pool of worker threads for one event loop, whose hop costs as little as it can.

``anyio.to_thread.run_sync`` wakes the event loop once for every call that ends and makes a cancel scope for every call that
begins. Here the calls go through one ``SimpleQueue`` and what has ended is fetched in one wake-up, however much it is. To
the caller it is the same:

- the limit is anyio's own default limiter, which users set (``current_default_thread_limiter().total_tokens``);
- the function sees the caller's context variables;
- a cancelled call waits for its thread: what the function uses is not taken away under its feet;
- ``anyio.from_thread`` works inside.

Everything but ``_work`` happens in the event loop, so nothing here needs a lock. Threads end after ``IDLE`` seconds without
work, and with the process.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from contextvars import Context, copy_context
from math import inf
from queue import Empty, SimpleQueue
from typing import Any

from anyio import CancelScope, WouldBlock, current_effective_deadline
from anyio._core._eventloop import claim_worker_thread
from anyio.lowlevel import current_token
from anyio.to_thread import current_default_thread_limiter

IDLE = 10.0


class Job:
    """One call: what to do, and what came of it."""

    __slots__ = ("call", "context", "done", "error", "over", "value")

    def __init__(self, call: Callable[[], Any], context: Context, over: asyncio.Future[None]) -> None:
        self.call = call
        self.context = context
        self.over = over  # wakes the caller
        self.done = False
        self.value: Any = None
        self.error: BaseException | None = None


class ThreadPool:
    """The threads of one event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.limiter = current_default_thread_limiter()
        self._backend = current_token().backend_class
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._ended: deque[Job | None] = deque()  # None: a thread went home
        self._awake = False  # whether the loop has been told to fetch what has ended
        self._running = 0  # jobs that have begun and not been fetched
        self._threads = 0

    async def run(self, call: Callable[[], Any], limited: bool = True) -> Any:
        """What ``call`` returns or raises in a thread. Without ``limited`` it waits for no place: for calls that give
        back what others, who hold all the places, are waiting for.
        """
        job = Job(call, copy_context(), self.loop.create_future())
        if limited:
            try:
                self.limiter.acquire_on_behalf_of_nowait(job)
            except WouldBlock:
                await self.limiter.acquire_on_behalf_of(job)
        try:
            self._running += 1
            self._jobs.put(job)
            if self._running > self._threads:
                self._start_thread()
            try:
                await job.over
            except asyncio.CancelledError:
                await self._outlast(job)
                if current_effective_deadline() > -inf:
                    raise
                # An anyio scope has been cancelled, which cancels again wherever the caller waits next. Here the caller
                # gets what it asked for, so that what the thread has opened does not stay open.
        finally:
            if limited:
                self.limiter.release_on_behalf_of(job)
        error, job.error = job.error, None
        if error is not None:
            try:
                raise error
            finally:
                del error  # the traceback holds this frame
        return job.value

    async def _outlast(self, job: Job) -> None:
        """Wait for the thread of a cancelled call; whoever cancels again waits, too."""
        with CancelScope(shield=True):  # without it, anyio would cancel again at every turn of the loop
            while not job.done:
                job.over = self.loop.create_future()
                try:
                    await job.over
                except asyncio.CancelledError:
                    continue

    def _start_thread(self) -> None:
        self._threads += 1
        threading.Thread(target=self._work, name="hanok worker thread", daemon=True).start()

    def _work(self) -> None:
        """The life of a thread."""
        # This makes anyio.from_thread work in here. It is no public name of anyio's; nothing public does the same.
        with claim_worker_thread(self._backend, self.loop):
            while True:
                try:
                    job = self._jobs.get(timeout=IDLE)
                except Empty:
                    job = None
                if job is None:
                    self._tell(None)
                    return
                try:
                    job.value = job.context.run(job.call)
                except BaseException as error:
                    job.error = error
                self._tell(job)
                del job

    def _tell(self, ended: Job | None) -> None:
        """Hand something over to the event loop. It is told once for everything that waits there."""
        self._ended.append(ended)
        if not self._awake:
            self._awake = True
            with suppress(RuntimeError):  # the loop has been closed: nobody is left to hear
                self.loop.call_soon_threadsafe(self._fetch)

    def dismiss(self) -> None:
        """Send all threads home; the loop has been closed."""
        for _ in range(self._threads):
            self._jobs.put(None)

    def _fetch(self) -> None:
        self._awake = False  # before looking: what comes from now on tells us again
        while self._ended:
            job = self._ended.popleft()
            if job is None:
                self._threads -= 1
                if self._running > self._threads:
                    self._start_thread()  # a job came while the thread was leaving
                continue
            self._running -= 1
            job.done = True
            if not job.over.done():
                job.over.set_result(None)


_pools: dict[asyncio.AbstractEventLoop, ThreadPool] = {}


def pool_of(loop: asyncio.AbstractEventLoop) -> ThreadPool:
    """The pool of a running loop; made when first asked for, and dismissed some time after the loop was closed."""
    pool = _pools.get(loop)
    if pool is None:
        for other in [each for each in list(_pools) if each.is_closed()]:
            _pools.pop(other).dismiss()
        pool = _pools[loop] = ThreadPool(loop)
    return pool
