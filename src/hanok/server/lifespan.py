"""The lifespan of the application (ASGI specification, "Lifespan"): start-up before the first request,
shutdown at the end.
"""

from __future__ import annotations

import asyncio
import logging
from enum import Enum, auto
from typing import Any

from hanok.exchange import ASGI_VERSION
from hanok.types import ASGIApp, Message

logger = logging.getLogger("hanok.error")


class LifespanState(Enum):
    NEW = auto()
    STARTING = auto()
    RUNNING = auto()  # startup.complete came: shutdown is owed
    ABSENT = auto()  # switched off, or the application has none
    FAILED = auto()
    STOPPING = auto()
    STOPPED = auto()


# state → the states that may follow it.
TRANSITIONS: dict[LifespanState, frozenset[LifespanState]] = {
    LifespanState.NEW: frozenset((LifespanState.STARTING, LifespanState.ABSENT)),
    LifespanState.STARTING: frozenset((LifespanState.RUNNING, LifespanState.ABSENT, LifespanState.FAILED)),
    LifespanState.RUNNING: frozenset((LifespanState.STOPPING, LifespanState.STOPPED, LifespanState.FAILED)),
    LifespanState.STOPPING: frozenset((LifespanState.STOPPED, LifespanState.FAILED)),
    LifespanState.ABSENT: frozenset(),
    LifespanState.FAILED: frozenset(),
    LifespanState.STOPPED: frozenset(),
}


class StartupFailed(Exception):
    """The application has said so, with this message and no more."""


class Lifespan:
    """Runs one application's lifespan. ``mode`` is auto (an application without one is fine), on or off."""

    def __init__(self, app: ASGIApp, mode: str = "auto") -> None:
        self.app = app
        self.mode = mode
        self.state = LifespanState.NEW
        self.shared: dict[str, Any] = {}  # what the application put into scope["state"]
        self.error: BaseException | None = None  # why it failed, once it has
        self._events: asyncio.Queue[Message] = asyncio.Queue()
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def startup(self) -> bool:
        """Run the start-up; False if the application said or showed that it failed."""
        if self.mode == "off":
            self._become(LifespanState.ABSENT)
            return True
        self._become(LifespanState.STARTING)
        self._task = asyncio.create_task(self._run(), name="lifespan")
        self._events.put_nowait({"type": "lifespan.startup"})
        await self._changes_from(LifespanState.STARTING)
        return self.state is not LifespanState.FAILED

    async def shutdown(self) -> bool:
        """Run the shutdown, if there was a start-up; False if it failed."""
        if self.state is LifespanState.RUNNING:
            self._become(LifespanState.STOPPING)
            self._events.put_nowait({"type": "lifespan.shutdown"})
            await self._changes_from(LifespanState.STOPPING)
        await self.abandon()
        return self.state is not LifespanState.FAILED

    async def abandon(self) -> None:
        """End the lifespan call, whatever it is doing."""
        if self._task is not None and not self._task.done():
            if self.state is not LifespanState.STOPPED:
                self._task.cancel()
            await asyncio.wait([self._task], timeout=1)

    async def _changes_from(self, state: LifespanState) -> None:
        while self.state is state:
            self._changed.clear()
            await self._changed.wait()

    def _become(self, state: LifespanState) -> None:
        assert state in TRANSITIONS[self.state], (self.state, state)
        self.state = state
        self._changed.set()

    async def _run(self) -> None:
        scope = {"type": "lifespan", "asgi": dict(ASGI_VERSION), "state": self.shared}
        try:
            await self.app(scope, self._events.get, self._send)
        except (Exception, SystemExit) as error:  # ``sys.exit("no database")`` must not tear the event loop down
            self.error = error
            self._ended(error)
        else:
            self._ended(None)

    def _ended(self, error: BaseException | None) -> None:
        """The application has left its lifespan call."""
        if self.state is LifespanState.STARTING:
            if self.mode == "auto" and not isinstance(error, SystemExit):
                logger.debug("the application has no lifespan", exc_info=error)
                self._become(LifespanState.ABSENT)
            else:
                logger.error("the lifespan of the application failed", exc_info=error)
                self._become(LifespanState.FAILED)
        elif self.state is LifespanState.STOPPING:
            if error is not None:
                logger.error("the shutdown of the application failed", exc_info=error)
            self._become(LifespanState.STOPPED if error is None else LifespanState.FAILED)
        elif self.state is LifespanState.RUNNING:
            if error is not None:
                logger.error("the lifespan of the application failed while it was running", exc_info=error)
            # One that has simply returned has nothing to do at shutdown.
            self._become(LifespanState.STOPPED if error is None else LifespanState.FAILED)

    async def _send(self, message: Message) -> None:
        kind = message["type"]
        if kind == "lifespan.startup.complete" and self.state is LifespanState.STARTING:
            self._become(LifespanState.RUNNING)
        elif kind == "lifespan.shutdown.complete" and self.state is LifespanState.STOPPING:
            self._become(LifespanState.STOPPED)
        elif kind in ("lifespan.startup.failed", "lifespan.shutdown.failed"):
            what = "start-up" if kind == "lifespan.startup.failed" else "shutdown"
            logger.error("the %s of the application failed: %s", what, message.get("message", "").strip())
            if self.state in (LifespanState.STARTING, LifespanState.STOPPING):
                self.error = StartupFailed(message.get("message", "").strip())  # unless it raises what it was
                self._become(LifespanState.FAILED)
        else:
            raise RuntimeError(f"the application sent {kind!r} during {self.state.name.lower()} of its lifespan")
