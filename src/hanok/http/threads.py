"""A pool of worker threads for one event loop, whose hop costs as little as it can.

``anyio.to_thread.run_sync`` wakes a thread for every call that begins and the event loop for every call that ends. Here one
thread is woken for all the calls that a turn of the loop has made. It takes one after the other, and while there are more it
has another thread woken, only one at a time: that one waits for the interpreter, and goes on with the calls as soon as the
first has to wait for something else. What has ended is fetched in one wake-up, however much it is. The thread that was idle
last is woken first. So short calls stay in one or two threads, and those that wait get as many as they need. To the
caller it is the same:

- the limit is anyio's own default limiter, which users set (``current_default_thread_limiter().total_tokens``);
- the function sees the caller's context variables;
- a cancelled call waits for its thread: what the function uses is not taken away under its feet;
- ``anyio.from_thread`` works inside.

Threads end after ``IDLE`` seconds without work, and with the process.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from contextvars import Context, copy_context
from math import inf
from typing import Any

from anyio import CancelScope, current_effective_deadline
from anyio._core._eventloop import claim_worker_thread
from anyio.lowlevel import current_token

from hanok.http.places import Place, Places

IDLE = 10.0


class Job:
    """One call: what to do, and what came of it."""

    __slots__ = ("begun", "call", "context", "done", "error", "over", "place", "value")

    def __init__(self, call: Callable[[], Any], context: Context, over: asyncio.Future[None]) -> None:
        self.call = call
        self.context = context
        self.over = over  # wakes the caller
        self.begun = False  # it stands in the queue of the threads, or beyond
        self.done = False
        self.place: Place | None = None
        self.value: Any = None
        self.error: BaseException | None = None


class Worker:
    """A thread, and the bell that wakes it: a lock that it holds already and takes once more."""

    __slots__ = ("bell", "coming", "lives")

    def __init__(self) -> None:
        self.bell = threading.Lock()
        self.bell.acquire()
        self.coming = False  # it was called, and has not looked into the queue yet
        self.lives = False  # its thread was started


class ThreadPool:
    """The threads of one event loop.

    ``_lock`` guards what the loop and the threads share: the queue, who is idle, and whether somebody is coming.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.places = Places(loop, self._begin)
        self._backend = current_token().backend_class
        self._lock = threading.Lock()
        self._jobs: deque[Job] = deque()
        self._idle: list[Worker] = []
        self._coming = False  # a thread was called or started and has not looked into the queue yet
        self._calling = False  # the loop will call one at the end of this turn
        self._threads = 0
        self._closed = False
        self._running = 0  # jobs that have begun and not been fetched; the loop's own
        self._ended: deque[Job] = deque()
        self._awake = False  # whether the loop has been told to fetch what has ended

    async def run(self, call: Callable[[], Any], limited: bool = True) -> Any:
        """What ``call`` returns or raises in a thread. Without ``limited`` it waits for no place: for calls that give
        back what others, who hold all the places, are waiting for.
        """
        job = Job(call, copy_context(), self.loop.create_future())
        if not limited:
            self._begin(job)
        else:
            self.places.give(job)
        try:
            await job.over
        except asyncio.CancelledError:
            if not job.begun:
                self.places.forget(job)
                raise
            await self._outlast(job)
            if current_effective_deadline() > -inf:
                raise
            # An anyio scope has been cancelled, which cancels again wherever the caller waits next. Here the caller
            # gets what it asked for, so that what the thread has opened does not stay open.
        error = job.error
        if error is not None:
            job.error = None
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

    # ---- in the event loop

    def _begin(self, job: Job) -> None:
        """Put a job into the queue, and see that somebody looks."""
        job.begun = True
        self._running += 1
        self._jobs.append(job)
        if not self._calling:
            # Not now: a thread that is woken would only wait for the interpreter until this turn has ended.
            self._calling = True
            self.loop.call_soon(self._call_now)

    def _call_now(self) -> None:
        self._calling = False
        with self._lock:
            worker = self._someone()
        if worker is not None:
            self._call(worker)

    def _call(self, worker: Worker) -> None:
        if worker.lives:
            worker.bell.release()
            return
        worker.lives = True
        thread = threading.Thread(target=self._work, args=(worker,), name="hanok worker thread", daemon=True)
        try:
            thread.start()
        except RuntimeError as error:  # the system has no more of them
            self._not_started(error)

    def _not_started(self, error: RuntimeError) -> None:
        with self._lock:
            self._threads -= 1
            self._coming = False
            if self._threads:
                return  # who is there does what is to be done
            while self._jobs:
                job = self._jobs.popleft()
                job.error = error
                self._ended.append(job)
        self._fetch()

    def _fetch(self) -> None:
        self._awake = False  # before looking: what comes from now on tells us again
        ended = self._ended
        while ended:
            job = ended.popleft()
            self._running -= 1
            job.done = True
            if job.place is not None:
                self.places.take_back(job.place)
            if not job.over.done():
                job.over.set_result(None)

    def dismiss(self) -> None:
        """Send all threads home; the loop has been closed."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.bell.release()

    # ---- in both

    def _someone(self) -> Worker | None:
        """With the lock: who is to be called to what is in the queue, perhaps one who does not live yet.

        Nobody if there is nothing, or if somebody looks anyway: who is on the way, or between two jobs.
        """
        if self._coming or not self._jobs:
            return None
        if self._idle:
            worker = self._idle.pop()
        elif self._running > self._threads:
            self._threads += 1
            worker = Worker()
        else:
            return None
        worker.coming = self._coming = True
        return worker

    # ---- in the threads

    def _work(self, worker: Worker) -> None:
        """The life of a thread."""
        # This makes anyio.from_thread work in here. It is no public name of anyio's; nothing public does the same.
        with claim_worker_thread(self._backend, self.loop):
            while (job := self._next(worker)) is not None:
                try:
                    job.value = job.context.run(job.call)
                except BaseException as error:
                    job.error = error
                self._ended.append(job)
                del job
                if not self._awake:
                    self._awake = True
                    self._tell(self._fetch)

    def _next(self, worker: Worker) -> Job | None:
        """The next job, waited for; None when it is time to go home."""
        while True:
            with self._lock:
                if worker.coming:
                    worker.coming = self._coming = False
                if self._jobs:
                    job = self._jobs.popleft()
                    # Somebody has to be there for the rest, should this job wait for something.
                    other = self._someone() if self._jobs else None
                    break
                if self._closed:
                    self._threads -= 1
                    return None
                self._idle.append(worker)
            if not worker.bell.acquire(timeout=IDLE) and not self._stays(worker):
                return None
        if other is None:
            pass
        elif other.lives:
            other.bell.release()
        else:
            self._tell(self._call, other)  # not from here: that would wait until the other has begun
        return job

    def _stays(self, worker: Worker) -> bool:
        """Whether somebody has called the worker just when it was tired of waiting."""
        with self._lock:
            if worker in self._idle:
                self._idle.remove(worker)
                self._threads -= 1
                return False
        worker.bell.acquire()
        return True

    def _tell(self, call: Callable[..., None], *arguments: Any) -> None:
        with suppress(RuntimeError):  # the loop has been closed: nobody is left to hear
            self.loop.call_soon_threadsafe(call, *arguments)


_pools: dict[asyncio.AbstractEventLoop, ThreadPool] = {}


def current_pool() -> ThreadPool:
    """The pool of the running loop; made when first asked for, and dismissed some time after the loop was closed."""
    loop = asyncio.get_running_loop()
    pool = _pools.get(loop)
    if pool is None:
        for other in [each for each in list(_pools) if each.is_closed()]:
            _pools.pop(other).dismiss()
        pool = _pools[loop] = ThreadPool(loop)
    return pool
