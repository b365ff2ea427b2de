from __future__ import annotations

import asyncio
import contextvars
import functools
import threading
from contextlib import contextmanager

import pytest

from hanok.http import (
    BackgroundTask,
    BackgroundTasks,
    contextmanager_in_threadpool,
    is_async_callable,
    iterate_in_threadpool,
    run_in_threadpool,
    run_until_first_complete,
)

variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable")


def test_sync_code_runs_in_a_worker_thread_with_the_callers_context():
    async def main():
        variable.set("seen")
        here = threading.get_ident()
        assert await run_in_threadpool(threading.get_ident) != here
        assert await run_in_threadpool(variable.get) == "seen"
        assert await run_in_threadpool(int, "11", base=2) == 3
        with pytest.raises(ValueError, match="invalid literal"):
            await run_in_threadpool(int, "x")

    asyncio.run(main())


def test_iterating():
    async def main():
        return [item async for item in iterate_in_threadpool(iter([1, None, 2]))]

    assert asyncio.run(main()) == [1, None, 2]


@contextmanager
def noted(log, swallow=False):
    log.append("enter")
    try:
        yield "value"
    except ValueError:
        log.append("error")
        if not swallow:
            raise
    finally:
        log.append("exit")


def test_a_context_manager():
    async def main():
        log = []
        async with contextmanager_in_threadpool(noted(log)) as value:
            assert value == "value"
        assert log == ["enter", "exit"]
        with pytest.raises(ValueError, match="x"):
            async with contextmanager_in_threadpool(noted(log)):
                raise ValueError("x")
        assert log[2:] == ["enter", "error", "exit"]
        async with contextmanager_in_threadpool(noted(log, swallow=True)):
            raise ValueError("x")

    asyncio.run(main())


def test_a_context_manager_is_left_when_its_task_is_cancelled():
    async def main():
        log = []

        async def hold():
            async with contextmanager_in_threadpool(noted(log)):
                entered.set()
                await asyncio.Event().wait()

        entered = asyncio.Event()
        task = asyncio.create_task(hold())
        await entered.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert log == ["enter", "exit"]

    asyncio.run(main())


def test_the_first_to_complete_stops_the_others():
    stopped = []

    async def quick(name):
        stopped.append(name)

    async def endless():
        try:
            await asyncio.Event().wait()
        finally:
            stopped.append("endless")

    asyncio.run(run_until_first_complete((endless, {}), (quick, {"name": "quick"})))
    assert stopped == ["quick", "endless"]


def test_background_tasks_run_in_order_and_stop_at_an_error():
    ran = []

    async def note(item, *, last=False):
        ran.append((item, last))

    def fail():
        raise ValueError("x")

    tasks = BackgroundTasks([BackgroundTask(ran.append, 0)])
    tasks.add_task(note, 1)
    tasks.add_task(note, 2, last=True)
    tasks.add_task(fail)
    tasks.add_task(note, 3)
    with pytest.raises(ValueError, match="x"):
        asyncio.run(tasks())
    assert ran == [0, (1, False), (2, True)]


def test_what_is_async():
    async def function():
        """Async."""

    class Callable:
        async def __call__(self):
            """Async."""

    class Sync:
        def __call__(self):
            """Sync."""

    assert is_async_callable(function)
    assert is_async_callable(functools.partial(functools.partial(function)))
    assert is_async_callable(Callable())
    assert not is_async_callable(Callable)
    assert not is_async_callable(Sync())
    assert not is_async_callable(print)
    assert not is_async_callable(3)
