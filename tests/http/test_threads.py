"""The pool of worker threads is to its callers what anyio's is."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import threading
import time
import weakref
from typing import Any

import anyio
import anyio.from_thread
import anyio.lowlevel
import anyio.to_thread
import pytest

from hanok.http import run_in_threadpool, threads
from hanok.http.concurrency import run_beyond_limit

variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="unset")


def run(main: Any) -> Any:
    return asyncio.run(main())


def test_the_function_sees_the_callers_context_and_keeps_its_changes() -> None:
    async def main() -> None:
        variable.set("seen")

        def look() -> str:
            seen = variable.get()
            variable.set("changed")
            return seen

        assert await run_in_threadpool(look) == "seen"
        assert variable.get() == "seen"

    run(main)


@pytest.mark.parametrize("error", [ValueError("x"), KeyboardInterrupt(), SystemExit(3)])
def test_whatever_the_function_raises_reaches_the_caller(error: BaseException) -> None:
    def fail() -> None:
        raise error

    async def main() -> None:
        with pytest.raises(type(error)):
            await run_in_threadpool(fail)

    run(main)


def test_an_error_leaves_no_cycle_behind() -> None:
    class Thing: ...

    def fail() -> None:
        thing = Thing()
        kept.append(weakref.ref(thing))
        raise ValueError

    kept: list[Any] = []

    async def main() -> None:
        gc.disable()
        try:
            with pytest.raises(ValueError):  # noqa: PT011
                await run_in_threadpool(fail)
            assert kept[0]() is None
        finally:
            gc.enable()

    run(main)


def test_no_more_than_the_limit_run_at_once_and_the_limit_is_anyios() -> None:
    async def main() -> None:
        anyio.to_thread.current_default_thread_limiter().total_tokens = 3
        lock, running, peak = threading.Lock(), [0], [0]
        barrier = threading.Barrier(3)

        def work() -> None:
            with lock:
                running[0] += 1
                peak[0] = max(peak[0], running[0])
            barrier.wait(10)
            with lock:
                running[0] -= 1

        await asyncio.gather(*(run_in_threadpool(work) for _ in range(12)))
        assert peak[0] == 3
        assert anyio.to_thread.current_default_thread_limiter().borrowed_tokens == 0

    run(main)


def test_what_gives_back_does_not_wait_for_those_who_wait_for_it() -> None:
    async def main() -> None:
        anyio.to_thread.current_default_thread_limiter().total_tokens = 1
        given_back = threading.Event()
        waiting = asyncio.ensure_future(run_in_threadpool(given_back.wait, 10))
        await asyncio.sleep(0)
        await run_beyond_limit(given_back.set)
        assert await waiting is True

    run(main)


def test_a_cancelled_call_waits_for_its_thread() -> None:
    async def main() -> None:
        begun, go = threading.Event(), threading.Event()
        log: list[str] = []

        def work() -> None:
            begun.set()
            go.wait(10)
            log.append("thread")

        async def call() -> None:
            try:
                await run_in_threadpool(work)
            finally:
                log.append("caller")

        task = asyncio.ensure_future(call())
        await asyncio.to_thread(begun.wait, 10)
        task.cancel()
        await asyncio.sleep(0)
        task.cancel()  # the impatient
        await asyncio.sleep(0)
        assert log == []
        go.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert log == ["thread", "caller"]
        assert anyio.to_thread.current_default_thread_limiter().borrowed_tokens == 0

    run(main)


def test_a_call_within_a_cancelled_scope_gives_its_value_and_the_next_wait_raises() -> None:
    async def main() -> None:
        go = threading.Event()
        log: list[Any] = []

        async def call(scope: anyio.CancelScope) -> None:
            with scope:
                log.append(await run_in_threadpool(go.wait, 10))
                await anyio.lowlevel.checkpoint()
                log.append("never")

        scope = anyio.CancelScope()
        async with anyio.create_task_group() as group:
            group.start_soon(call, scope)
            await anyio.lowlevel.checkpoint()
            scope.cancel()
            await anyio.lowlevel.checkpoint()
            go.set()
        assert log == [True]
        assert scope.cancelled_caught

    run(main)


def test_a_call_that_waits_for_a_place_can_be_cancelled() -> None:
    async def main() -> None:
        anyio.to_thread.current_default_thread_limiter().total_tokens = 1
        go = threading.Event()
        first = asyncio.ensure_future(run_in_threadpool(go.wait, 10))
        await asyncio.sleep(0)
        second = asyncio.ensure_future(run_in_threadpool(int))
        await asyncio.sleep(0)
        second.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second
        go.set()
        assert await first is True

    run(main)


def test_the_loop_can_be_called_from_inside() -> None:
    async def double(n: int) -> int:
        await asyncio.sleep(0)
        return 2 * n

    def work() -> int:
        return anyio.from_thread.run(double, anyio.from_thread.run_sync(int, "4"))

    async def main() -> int:
        result: int = await run_in_threadpool(work)
        return result

    assert run(main) == 8


def test_threads_go_home_after_a_while_and_with_their_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "IDLE", 0.01)

    async def count() -> int:
        await run_in_threadpool(int)
        pool = threads.current_pool()
        with anyio.fail_after(10):
            while pool._threads:
                await asyncio.to_thread(time.sleep, 0.005)
        return int(await run_in_threadpool(int, "7"))

    assert run(count) == 7
    monkeypatch.setattr(threads, "IDLE", 60.0)
    names: list[str] = []

    async def remember() -> None:
        names.append(await run_in_threadpool(lambda: threading.current_thread().name))
        found.append(await run_in_threadpool(threading.current_thread))

    found: list[threading.Thread] = []
    run(remember)
    run(remember)  # a new pool dismisses those whose loop was closed
    found[0].join(10)
    assert not found[0].is_alive()


def test_under_trio_the_threads_are_anyios() -> None:
    async def main() -> Any:
        return [await run_in_threadpool(int, "5"), await run_beyond_limit(int, "6")]

    assert anyio.run(main, backend="trio") == [5, 6]


def test_calls_that_never_wait_share_their_threads() -> None:
    async def main() -> None:
        for _ in range(5):
            await asyncio.gather(*(run_in_threadpool(int) for _ in range(30)))
        assert threads.current_pool()._threads < 30

    run(main)


def test_calls_beyond_the_limit_come_in_their_order() -> None:
    async def main() -> None:
        anyio.to_thread.current_default_thread_limiter().total_tokens = 1
        order: list[int] = []
        await asyncio.gather(*(run_in_threadpool(order.append, number) for number in range(300)))
        assert order == list(range(300))
        await anyio.lowlevel.checkpoint()
        assert anyio.to_thread.current_default_thread_limiter().borrowed_tokens == 0

    run(main)


def test_a_limit_that_is_raised_lets_in_who_waits() -> None:
    async def main() -> None:
        limiter = anyio.to_thread.current_default_thread_limiter()
        limiter.total_tokens = 1
        go = threading.Event()
        first = asyncio.ensure_future(run_in_threadpool(go.wait, 10))
        second = asyncio.ensure_future(run_in_threadpool(go.set))
        await asyncio.sleep(0)
        limiter.total_tokens = 2
        await second
        assert await first is True

    run(main)


def test_a_limit_that_is_lowered_is_kept_by_who_comes_next() -> None:
    async def main() -> None:
        limiter = anyio.to_thread.current_default_thread_limiter()
        limiter.total_tokens = 2
        lock, running, peak = threading.Lock(), [0], [0]
        begun = threading.Barrier(3)

        def first() -> None:
            begun.wait(10)

        def later() -> None:
            with lock:
                running[0] += 1
                peak[0] = max(peak[0], running[0])
            time.sleep(0)
            with lock:
                running[0] -= 1

        tasks = [asyncio.ensure_future(run_in_threadpool(first)) for _ in range(2)]
        tasks += [asyncio.ensure_future(run_in_threadpool(later)) for _ in range(10)]
        await asyncio.sleep(0)
        limiter.total_tokens = 1
        await asyncio.to_thread(begun.wait, 10)
        await asyncio.gather(*tasks)
        assert peak[0] == 1

    run(main)


def test_others_who_wait_for_the_limit_have_their_turn() -> None:
    async def main() -> None:
        limiter = anyio.to_thread.current_default_thread_limiter()
        limiter.total_tokens = 1
        on = True

        async def again_and_again() -> None:
            while on:
                await run_in_threadpool(int)

        busy = [asyncio.ensure_future(again_and_again()) for _ in range(3)]
        await run_in_threadpool(int)
        with anyio.fail_after(10):
            assert await anyio.to_thread.run_sync(int, "5") == 5
        on = False
        await asyncio.gather(*busy)

    run(main)


def test_where_no_thread_can_be_started_the_call_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_more(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    async def main() -> None:
        with monkeypatch.context() as patch:
            patch.setattr(threading.Thread, "start", no_more)
            with pytest.raises(RuntimeError, match="can't start"):
                await run_in_threadpool(int)
        assert await run_in_threadpool(int, "3") == 3
        assert anyio.to_thread.current_default_thread_limiter().borrowed_tokens == 0

    run(main)


def test_where_no_further_thread_can_be_started_those_that_are_there_do_it(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        go = threading.Event()
        first = asyncio.ensure_future(run_in_threadpool(go.wait, 10))
        await run_in_threadpool(int)  # a second thread
        failed = asyncio.Event()

        def no_more(thread: threading.Thread) -> None:
            failed.set()
            raise RuntimeError("can't start new thread")

        monkeypatch.setattr(threading.Thread, "start", no_more)
        second = asyncio.ensure_future(run_in_threadpool(go.wait, 10))
        third = asyncio.ensure_future(run_in_threadpool(int, "3"))
        await failed.wait()
        go.set()
        assert await asyncio.gather(first, second, third) == [True, True, 3]

    run(main)


def test_a_thread_that_is_called_when_it_is_about_to_go_home_stays() -> None:
    async def main() -> None:
        pool = threads.current_pool()
        worker = threads.Worker()
        worker.bell.release()
        assert pool._stays(worker)

    run(main)
