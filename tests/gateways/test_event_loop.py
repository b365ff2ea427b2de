from __future__ import annotations

import contextvars
import gc
import sys
from weakref import ref

import anyio
import pytest

from hanok.gateways.event_loop import end, new_future, next_turn, on_trio, running_loop, start, wait

pytestmark = pytest.mark.anyio

variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="unset")


async def test_the_caller_knows_on_what_it_runs(anyio_backend_name):
    assert on_trio() is (anyio_backend_name == "trio")
    assert running_loop() is running_loop()
    assert ref(running_loop())() is running_loop()


async def test_a_process_that_never_imported_trio_does_not_run_on_it(monkeypatch):
    monkeypatch.delitem(sys.modules, "trio.lowlevel", raising=False)
    assert not on_trio()


def test_nobody_runs_a_caller_without_an_event_loop():
    assert not on_trio()


def test_trio_as_a_guest_of_asyncio_is_trio():
    import asyncio

    import trio

    async def guest():
        assert on_trio()
        await next_turn()
        return "done"

    async def host():
        loop = asyncio.get_running_loop()
        ended = loop.create_future()
        trio.lowlevel.start_guest_run(
            guest, run_sync_soon_threadsafe=loop.call_soon_threadsafe, done_callback=ended.set_result
        )
        assert not on_trio()
        return (await ended).unwrap()

    assert asyncio.run(host()) == "done"


async def test_a_task_gives_its_result():
    async def work():
        await next_turn()
        return 5

    task = start(work())
    assert not task.done()
    assert await wait(task)
    assert task.done()
    assert task.result() == 5
    assert task.exception() is None


@pytest.mark.parametrize("kind", [ValueError, SystemExit])
async def test_what_a_task_raises_is_kept_for_who_waits(kind, anyio_backend_name):
    if kind is SystemExit and anyio_backend_name == "asyncio":
        pytest.skip("asyncio lets it through to who runs the loop")

    async def work():
        raise kind("no")

    task = start(work())
    assert await wait(task)
    assert isinstance(task.exception(), kind)
    with pytest.raises(kind):
        task.result()


async def test_a_task_outlives_a_wait_that_took_too_long():
    go = anyio.Event()

    async def work():
        await go.wait()
        return "done"

    task = start(work())
    assert not await wait(task, 0.001)
    go.set()
    assert await wait(task, 5)
    assert task.result() == "done"


async def test_a_task_outlives_a_cancelled_wait():
    go = anyio.Event()
    task = start(go.wait())
    with anyio.CancelScope() as scope:
        scope.cancel()
        await wait(task)
    assert not task.done()
    go.set()
    await wait(task)
    assert task.exception() is None


async def test_ending_a_task_waits_for_its_end_even_if_the_caller_is_cancelled():
    steps = []

    async def work():
        steps.append("begun")
        try:
            await anyio.sleep_forever()
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.lowlevel.checkpoint()
            steps.append("ended")

    task = start(work())
    await anyio.wait_all_tasks_blocked()
    with anyio.CancelScope() as scope:
        scope.cancel()
        await end(task)
    assert steps == ["begun", "ended"]
    assert task.done()


async def test_a_task_sees_a_copy_of_the_callers_context_or_the_given_one():
    async def work():
        seen = variable.get()
        variable.set("changed")
        return seen

    variable.set("callers")
    task = start(work())
    await wait(task)
    assert task.result() == "callers"
    assert variable.get() == "callers"
    context = contextvars.copy_context()
    await wait(start(work(), context))
    assert context[variable] == "changed"


async def test_a_future_gives_what_another_task_has_given():
    for give, expected in (("set_result", 3), ("set_exception", KeyError("x"))):
        future = new_future()

        async def work(future=future, give=give, expected=expected):
            getattr(future, give)(expected)

        task = start(work())
        if give == "set_result":
            assert await future == 3
        else:
            with pytest.raises(KeyError):
                await future
        assert future.done()
        await wait(task)


async def test_a_future_is_done_when_the_wait_for_it_is_cancelled():
    future = new_future()
    with anyio.CancelScope() as scope:
        scope.cancel()
        await future
    assert future.done()


@pytest.mark.filterwarnings("ignore::ResourceWarning")
async def test_a_failed_future_leaves_no_ring_behind():
    class Mark(Exception):
        pass

    error = Mark()
    gone = ref(error)
    future = new_future()
    future.set_exception(error)
    del error
    with pytest.raises(Mark):
        await future
    del future
    gc.collect()
    assert gone() is None


def test_a_task_ends_with_the_run_that_it_is_in():
    cancelled = []

    async def work():
        try:
            await anyio.sleep_forever()
        except BaseException as error:
            cancelled.append(type(error).__name__)
            raise

    async def main():
        start(work())
        await anyio.wait_all_tasks_blocked()

    anyio.run(main, backend="trio")
    assert cancelled == ["Cancelled"]
