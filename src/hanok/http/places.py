"""Places: how many calls may be in worker threads at once. The limit is anyio's own, for its other users count, too.

Waiting in anyio's limiter costs an event and several turns of the loop for every call. Here who waits stands in a line of
our own, and a place that a call leaves is handed on to the next one. An agent stands in anyio's line for all of them, in case
others give back first or the limit is raised. A place that was handed on ``HANDS`` times goes back: others wait, too.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextvars import Context
from typing import TYPE_CHECKING

from anyio import WouldBlock
from anyio.to_thread import current_default_thread_limiter

if TYPE_CHECKING:
    from hanok.http.threads import Job

HANDS = 100


class Place:
    """One of the limiter's tokens, as its borrower."""

    __slots__ = ("handed",)

    def __init__(self) -> None:
        self.handed = 0


class Places:
    """The places of one event loop, in which everything here happens. ``begin`` is called with a job that has got one."""

    def __init__(self, loop: asyncio.AbstractEventLoop, begin: Callable[[Job], None]) -> None:
        self.loop = loop
        self.limiter = current_default_thread_limiter()
        self._begin = begin
        self._waiting: deque[Job] = deque()
        self._agent: asyncio.Task[None] | None = None

    def give(self, job: Job) -> None:
        """Let a job begin, now or when it is its turn."""
        if not self._waiting:
            place = Place()
            try:
                self.limiter.acquire_on_behalf_of_nowait(place)
            except WouldBlock:
                pass
            else:
                job.place = place
                self._begin(job)
                return
        self._waiting.append(job)
        self._send_agent()

    def forget(self, job: Job) -> None:
        """A job that has not begun never will."""
        self._waiting.remove(job)

    def take_back(self, place: Place) -> None:
        """A job has left its place."""
        if self._waiting and place.handed < HANDS and self.limiter.available_tokens >= 0:
            place.handed += 1
            self._fill(place)
        else:
            self.limiter.release_on_behalf_of(place)

    def _fill(self, place: Place) -> None:
        job = self._waiting.popleft()
        job.place = place
        self._begin(job)

    def _send_agent(self) -> None:
        if self._agent is None:
            # In a context of its own, so that it keeps nothing of the request that happens to be the first.
            self._agent = self.loop.create_task(self._stand_in_line(), context=Context())

    async def _stand_in_line(self) -> None:
        try:
            while self._waiting:
                place = Place()
                await self.limiter.acquire_on_behalf_of(place)
                if self._waiting:
                    self._fill(place)
                else:
                    self.limiter.release_on_behalf_of(place)
        finally:
            self._agent = None
