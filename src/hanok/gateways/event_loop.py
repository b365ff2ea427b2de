"""What the framework needs of an event loop beside what anyio gives: asyncio's own, or its like on trio.

Applications run on either. On asyncio these are asyncio's futures and tasks, which cost less than anyio's; on trio they are
made of its events and system tasks. Unlike a task of a task group such a task stands outside of the caller's cancel
scopes, so it may be begun in one place and ended in another. Whoever starts one ends it.
"""

from __future__ import annotations

import sys
from collections.abc import Coroutine, Generator
from contextvars import Context
from typing import Any, Generic, Protocol, TypeVar

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


_imported = sys.modules.get


def on_trio() -> bool:
    """Whether trio runs the caller; one look into a dictionary for processes that have not imported it."""
    trio = _imported("trio.lowlevel")
    if trio is None:
        return False
    import asyncio

    # A task of asyncio is asked for first, because that is the faster question. A loop without one may have trio as its guest.
    try:
        if asyncio.current_task() is not None:
            return False
    except RuntimeError:
        pass
    asks = getattr(trio, "in_trio_task", None)  # not there yet while another thread is importing trio
    return asks is not None and bool(asks())


def running_loop() -> Any:
    """Something that stands for the running event loop as long as that lives; can be referred to weakly."""
    if on_trio():
        import trio

        return trio.lowlevel.current_trio_token()
    import asyncio

    return asyncio.get_running_loop()


class Future(Protocol[T]):
    """The part of ``asyncio.Future`` that both have. If the wait is cancelled, the future is done."""

    def done(self) -> bool: ...
    def set_result(self, result: T, /) -> None: ...
    def set_exception(self, exception: BaseException, /) -> None: ...
    def __await__(self) -> Generator[Any, Any, T]: ...


class Task(Protocol[T_co]):
    """The part of ``asyncio.Task`` that both have."""

    def done(self) -> bool: ...
    def result(self) -> T_co: ...
    def exception(self) -> BaseException | None: ...
    def cancel(self) -> Any: ...


def new_future() -> Future[Any]:
    """A future of the running event loop."""
    if on_trio():
        return TrioFuture()
    import asyncio

    return asyncio.get_running_loop().create_future()


def start(coroutine: Coroutine[Any, Any, T], context: Context | None = None) -> Task[T]:
    """Run a coroutine beside the caller, in ``context`` or a copy of the caller's."""
    if on_trio():
        return TrioTask(coroutine, context)
    import asyncio

    return asyncio.get_running_loop().create_task(coroutine, context=context)


async def wait(task: Task[Any], seconds: float | None = None) -> bool:
    """Wait for the end of a task, or so long; whether it has ended. A cancellation of the wait leaves it alone."""
    if isinstance(task, TrioTask):
        return await task.wait(seconds)
    import asyncio

    assert isinstance(task, asyncio.Task)
    await asyncio.wait((task,), timeout=seconds)
    return task.done()


async def end(task: Task[Any]) -> None:
    """Cancel a task, and outlast it, even if the caller is cancelled meanwhile."""
    task.cancel()
    if task.done():
        return
    from anyio import CancelScope

    with CancelScope(shield=True):  # without it, anyio would cancel the caller again at every turn of the loop
        if isinstance(task, TrioTask):
            await task.wait()
            return
        import asyncio

        assert isinstance(task, asyncio.Task)
        while not task.done():
            try:
                await asyncio.wait((task,))
            except asyncio.CancelledError:
                task.cancel()


async def next_turn() -> None:
    """Let every other task run once, and be cancelled here if that is due."""
    if on_trio():
        import trio

        await trio.lowlevel.checkpoint()
    else:
        await _BareYield()


class _BareYield:
    """What ``asyncio.sleep(0)`` awaits."""

    __slots__ = ()

    def __await__(self) -> Generator[None, None, None]:
        yield


class TrioFuture(Generic[T]):
    """A value that one task of trio waits for and another gives."""

    def __init__(self) -> None:
        import trio

        self._given = trio.Event()
        self._result: Any = None
        self._exception: BaseException | None = None

    def done(self) -> bool:
        return self._given.is_set()

    def set_result(self, result: T) -> None:
        self._result = result
        self._given.set()

    def set_exception(self, exception: BaseException) -> None:
        self._exception = exception
        self._given.set()

    def __await__(self) -> Generator[Any, Any, T]:
        try:
            yield from self._given.wait().__await__()
        except BaseException:
            self._given.set()  # nobody waits any longer
            raise
        return self.result()

    def result(self) -> T:
        """What was given. Raises it if it is an exception."""
        if self._exception is not None:
            try:
                raise self._exception
            finally:
                del self  # the traceback holds this frame
        result: T = self._result
        return result

    def exception(self) -> BaseException | None:
        return self._exception


class TrioTask(TrioFuture[T]):
    """A coroutine in a system task of trio. What it raises is kept for who waits; after a cancellation it has no result."""

    def __init__(self, coroutine: Coroutine[Any, Any, T], context: Context | None) -> None:
        from contextvars import copy_context

        import trio

        super().__init__()
        self._coroutine = coroutine
        self._scope = trio.CancelScope()
        trio.lowlevel.spawn_system_task(self._run, context=context or copy_context())

    async def _run(self) -> None:
        import trio

        try:
            with self._scope:
                self._result = await self._coroutine
        except trio.Cancelled:  # the whole run is at its end
            raise
        except BaseException as error:  # out of a system task it would crash the run
            self._exception = error
        finally:
            self._given.set()

    def cancel(self) -> None:
        self._scope.cancel()

    async def wait(self, seconds: float | None = None) -> bool:
        """Wait for its end, or so long; whether it has ended."""
        import trio

        with trio.CancelScope() if seconds is None else trio.move_on_after(seconds):
            await self._given.wait()
        return self.done()
