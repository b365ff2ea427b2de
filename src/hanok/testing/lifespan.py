"""The lifespan of an application under test: started by ``with``, ended with it."""

from __future__ import annotations

import queue
from typing import TYPE_CHECKING, Any

import anyio

if TYPE_CHECKING:
    from anyio.from_thread import BlockingPortal

    from hanok.types import ASGIApp, Message


class LifespanRun:
    """One run of the application with a ``lifespan`` scope.

    It may send what it likes at any time; it is asked for two things, startup and shutdown. An application that waits for
    a third, or for the second after its startup failed, waits for nothing: its run ends there.
    """

    def __init__(self, app: ASGIApp, state: dict[str, Any], portal: BlockingPortal) -> None:
        self.app = app
        self.state = state
        self.portal = portal
        self.requests = ["lifespan.startup", "lifespan.shutdown"]
        self.answers: queue.SimpleQueue[Message | None] = queue.SimpleQueue()

    def startup(self) -> None:
        """Start the application. Raises what it raised, or RuntimeError with the message of its failure."""
        self.task = self.portal.start_task_soon(self._run)
        self._answer("lifespan.startup")

    def shutdown(self) -> None:
        """Stop the application. Raises what it raised, or RuntimeError with the message of its failure."""
        if not self.task.done():
            self.portal.call(self.stopping.set)
            self._answer("lifespan.shutdown")
        self.task.result()

    async def _run(self) -> None:
        self.stopping = anyio.Event()
        try:
            with anyio.CancelScope() as self.cancel_scope:
                await self.app({"type": "lifespan", "state": self.state}, self._receive, self._send)
        finally:
            self.answers.put(None)

    async def _receive(self) -> Message:
        if not self.requests:
            self.cancel_scope.cancel()
        elif len(self.requests) == 1:
            await self.stopping.wait()
        await anyio.lowlevel.checkpoint()
        return {"type": self.requests.pop(0)}

    async def _send(self, message: Message) -> None:
        if message["type"].endswith(".failed"):
            self.requests.clear()
        self.answers.put(message)

    def _answer(self, asked: str) -> None:
        message = self.answers.get()
        if message is None:
            self.task.result()  # it returned, and takes no part in lifespans, or raised
        elif message["type"] == f"{asked}.failed":
            self.task.result()  # the application's own exception says more than its message
            raise RuntimeError(message.get("message") or f"The application sent {message['type']!r}.")
        elif message["type"] != f"{asked}.complete":
            self.portal.call(self.cancel_scope.cancel)
            raise AssertionError(f"The application answered {asked!r} with {message['type']!r}.")
