"""Waiter: what one task waits for again and again, as a future that need not be made anew each time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from contextvars import Context
from typing import Any, NoReturn

_current_task = asyncio.current_task


class Waiter:
    """``await waiter`` in one task, ``wake()`` by whoever has something for it.

    A future takes a turn of the event loop to resume its task; this resumes it inside the call, where no other task runs. It
    speaks to the task as futures do (``asyncio.isfuture`` says how they are told). Like a condition it may wake somebody for
    nothing: look again.
    """

    __slots__ = ("_asyncio_future_blocking", "_callback", "_cancelled", "_context", "_woken", "loop")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._asyncio_future_blocking = False
        self._callback: Callable[[Waiter], object] | None = None  # the task's: takes it on by a step
        self._context: Context | None = None
        self._cancelled = False
        self._woken = False

    # ---- those that have something

    def waits(self) -> bool:
        """Whether a task waits, and has not been told to go on."""
        return self._callback is not None

    def wake(self) -> None:
        """Let the task that waits, if there is one, go on: now, or in the next turn if this is called in a task."""
        callback = self._callback
        if callback is not None and _current_task(self.loop) is None:
            context = self._context
            self._callback = self._context = None
            self._woken = True
            context.run(callback, self)  # type: ignore[union-attr]  # given with the callback
        else:
            self.wake_soon()

    def wake_soon(self) -> None:
        """As ``wake``, but in the next turn of the loop at the earliest."""
        if self._callback is not None:
            self._woken = True
            self._resume()

    def _resume(self) -> None:
        callback, context = self._callback, self._context
        self._callback = self._context = None
        self.loop.call_soon(callback, self, context=context)  # type: ignore[arg-type]

    # ---- the task that waits

    def __await__(self) -> Generator[Any, None, None]:
        return self  # type: ignore[return-value]  # an iterator is all that is needed

    def __iter__(self) -> Waiter:
        return self

    def __next__(self) -> Waiter:
        if self._woken:
            self._woken = False
            raise StopIteration
        self._asyncio_future_blocking = True
        return self

    # ---- the task itself, as it does with futures

    def get_loop(self) -> asyncio.AbstractEventLoop:
        return self.loop

    def add_done_callback(self, callback: Callable[[Any], object], *, context: Context | None = None) -> None:
        self._callback = callback
        self._context = context

    def result(self) -> None:
        if self._cancelled:
            self._cancelled = False
            self._refuse()

    def _refuse(self) -> NoReturn:
        raise asyncio.CancelledError

    def cancel(self, msg: object = None) -> bool:
        if self._callback is None:
            return False  # it has been woken: the task sees to its cancellation itself
        self._cancelled = True
        self._resume()
        return True
