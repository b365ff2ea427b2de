"""New orders, told to everyone who listens at this process."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from examples.shop.schemas import FeedMessage

WAITING_MOST = 100  # messages kept for a listener who is slower than the orders


class Feed:
    def __init__(self) -> None:
        self._listeners: set[asyncio.Queue[FeedMessage]] = set()

    @contextmanager
    def listen(self) -> Iterator[asyncio.Queue[FeedMessage]]:
        queue: asyncio.Queue[FeedMessage] = asyncio.Queue(WAITING_MOST)
        self._listeners.add(queue)
        try:
            yield queue
        finally:
            self._listeners.discard(queue)

    async def tell(self, message: FeedMessage) -> None:
        """For a background task; it is a coroutine so that it runs in the event loop, where the queues belong."""
        for queue in self._listeners:
            if not queue.full():
                queue.put_nowait(message)
