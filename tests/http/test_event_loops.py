"""Sync code, background tasks and streams on asyncio and on trio."""

from __future__ import annotations

import contextvars
import threading

import anyio
import anyio.from_thread
import anyio.to_thread
import pytest

from hanok.http import iterate_in_threadpool, run_in_threadpool
from hanok.http.concurrency import contextmanager_in_threadpool, run_beyond_limit, run_until_first_complete

pytestmark = pytest.mark.anyio

variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="unset")


@pytest.fixture
async def one_thread():
    """The common limit is taken."""
    limiter = anyio.to_thread.current_default_thread_limiter()
    tokens, limiter.total_tokens = limiter.total_tokens, 1
    borrower = object()
    await limiter.acquire_on_behalf_of(borrower)
    yield limiter
    limiter.release_on_behalf_of(borrower)
    limiter.total_tokens = tokens


async def test_sync_code_runs_in_a_thread_with_the_callers_context():
    variable.set("seen")
    assert await run_in_threadpool(threading.get_ident) != threading.get_ident()
    assert await run_in_threadpool(variable.get) == "seen"
    assert await run_in_threadpool(int, "11", base=2) == 3
    with pytest.raises(ValueError, match="invalid literal"):
        await run_in_threadpool(int, "x")


async def test_the_thread_may_call_back():
    async def answer():
        await anyio.lowlevel.checkpoint()
        return 5

    assert await run_in_threadpool(anyio.from_thread.run, answer) == 5


async def test_a_cancelled_call_waits_for_its_thread():
    running, release = anyio.Event(), threading.Event()
    ended = []

    def work():
        anyio.from_thread.run_sync(running.set)
        release.wait(5)
        ended.append(True)

    async with anyio.create_task_group() as group:
        group.start_soon(run_in_threadpool, work)
        await running.wait()
        group.cancel_scope.cancel()
        release.set()
    assert ended == [True]


async def test_what_gives_back_waits_for_no_thread(one_thread):
    assert await run_beyond_limit(int, "3") == 3
    with anyio.move_on_after(0.001) as scope:
        await run_in_threadpool(int, "3")
    assert scope.cancelled_caught


async def test_items_are_made_in_threads():
    assert [item async for item in iterate_in_threadpool(iter([1, None, 2]))] == [1, None, 2]


async def test_a_context_manager_is_left_beyond_the_limit():
    left = []

    class Manager:
        def __enter__(self):
            return threading.get_ident()

        def __exit__(self, *error):
            left.append(threading.get_ident())

    async with contextmanager_in_threadpool(Manager()) as entered:
        assert entered != threading.get_ident()
    assert left
    assert left[0] != threading.get_ident()


async def test_the_first_to_end_stops_the_others():
    ended = []

    async def wait_forever(name):
        try:
            await anyio.sleep_forever()
        finally:
            ended.append(name)

    await run_until_first_complete((wait_forever, {"name": "a"}), (anyio.lowlevel.checkpoint, {}))
    assert ended == ["a"]
