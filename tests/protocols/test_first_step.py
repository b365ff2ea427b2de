"""The first step of a request's task: taken where the task is made, on every version of Python."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import sys
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from hanok.protocols import first_step
from hanok.protocols.first_step import FirstStep

try:
    from uvloop import new_event_loop as new_uvloop
except ImportError:  # it is an extra
    new_uvloop = None  # type: ignore[assignment]

WAYS = ["begin"] if sys.version_info >= (3, 14) else ["begin", "take"]
LOOPS = [asyncio.new_event_loop, *([] if new_uvloop is None else [new_uvloop])]

Begin = Callable[[Coroutine[Any, Any, Any]], "asyncio.Task[Any]"]
Test = Callable[[asyncio.AbstractEventLoop, Begin], Any]

number = contextvars.ContextVar("number", default=0)


@pytest.fixture(
    params=[(way, new) for way in WAYS for new in LOOPS], ids=lambda pair: f"{pair[0]}-{pair[1].__module__}"
)
def way_and_loop(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture
def in_callback(way_and_loop: Any) -> Callable[..., Any]:
    """Runs a test in a callback of the loop, where no task is current, then what it returns, if that is a coroutine."""
    way, new = way_and_loop

    def run(test: Test, *, debug: bool = False) -> None:
        async def main() -> None:
            loop = asyncio.get_running_loop()
            done = loop.create_future()
            first = FirstStep(loop)

            def begin(work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
                task: asyncio.Task[Any] = getattr(first, way)(work, contextvars.Context())
                return task

            def call() -> None:
                try:
                    done.set_result(test(loop, begin))
                except BaseException as error:  # whatever it is, the test shall see it
                    done.set_exception(error)

            loop.call_soon(call)
            rest = await done
            if rest is not None:
                await rest
            assert "call_soon" not in vars(loop)

        with asyncio.Runner(loop_factory=new, debug=debug) as runner:
            runner.run(main())

    return run


@pytest.mark.parametrize("debug", [False, True])
def test_what_never_waits_is_done_at_once(in_callback: Callable[..., Any], debug: bool) -> None:
    seen: list[Any] = []

    async def work() -> int:
        seen.append(asyncio.current_task())
        seen.append(asyncio.get_running_loop())
        seen.append(asyncio.current_task() in asyncio.all_tasks())
        return 5

    def test(loop: asyncio.AbstractEventLoop, begin: Begin) -> None:
        task = begin(work())
        assert task.done()
        assert task.result() == 5
        assert seen == [task, loop, True]
        assert asyncio.current_task(loop) is None
        assert task not in asyncio.all_tasks(loop)

    in_callback(test, debug=debug)


def test_what_waits_goes_on_later(in_callback: Callable[..., Any]) -> None:
    steps: list[str] = []

    async def work() -> str:
        steps.append("began")
        await asyncio.sleep(0)
        steps.append("went on")
        await asyncio.sleep(0)
        assert asyncio.current_task() is not None
        return "done"

    def test(loop: asyncio.AbstractEventLoop, begin: Begin) -> Coroutine[Any, Any, None]:
        task = begin(work())
        assert steps == ["began"]
        assert task in asyncio.all_tasks(loop)
        assert asyncio.current_task(loop) is None
        loop.call_soon(steps.append, "another")

        async def rest() -> None:
            assert await task == "done"
            assert steps == ["began", "went on", "another"]

        return rest()

    in_callback(test)


def test_an_error_of_the_first_step_is_the_task_s(in_callback: Callable[..., Any]) -> None:
    async def work() -> None:
        raise LookupError("nothing there")

    def test(loop: asyncio.AbstractEventLoop, begin: Begin) -> None:
        error = begin(work()).exception()
        assert isinstance(error, LookupError)

    in_callback(test)


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt])
def test_what_ends_the_program_ends_it(in_callback: Callable[..., Any], error: type[BaseException]) -> None:
    async def work() -> None:
        raise error

    def test(loop: asyncio.AbstractEventLoop, begin: Begin) -> None:
        with pytest.raises(error):
            begin(work())
        assert asyncio.current_task(loop) is None
        assert begin(asyncio.sleep(0, 3)).done() is False

    in_callback(test)


def test_each_has_its_context(in_callback: Callable[..., Any]) -> None:
    async def work(own: int) -> int:
        assert number.get() == 0
        number.set(own)
        await asyncio.sleep(0)
        return number.get()

    def test(loop: asyncio.AbstractEventLoop, begin: Begin) -> Coroutine[Any, Any, None]:
        tasks = [begin(work(own)) for own in (1, 2)]
        assert number.get() == 0

        async def rest() -> None:
            assert await asyncio.gather(*tasks) == [1, 2]

        return rest()

    in_callback(test)


def test_cancelled_where_it_waits(in_callback: Callable[..., Any]) -> None:
    seen: list[str] = []

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            seen.append("cancelled")
            raise

    def test(loop: asyncio.AbstractEventLoop, begin: Begin) -> Coroutine[Any, Any, None]:
        task = begin(work())
        assert task.cancel()
        assert seen == []

        async def rest() -> None:
            with pytest.raises(asyncio.CancelledError):
                await task
            assert seen == ["cancelled"]

        return rest()

    in_callback(test)


def test_it_may_cancel_itself_and_time_out(in_callback: Callable[..., Any]) -> None:
    async def cancels_itself() -> None:
        own = asyncio.current_task()
        assert own is not None
        own.cancel()
        await asyncio.sleep(0)

    async def times_out() -> str:
        try:
            async with asyncio.timeout(0):
                await asyncio.Event().wait()
        except TimeoutError:
            return "in time"
        return "never"

    def test(loop: asyncio.AbstractEventLoop, begin: Begin) -> Coroutine[Any, Any, None]:
        cancelled, late = begin(cancels_itself()), begin(times_out())

        async def rest() -> None:
            assert await late == "in time"
            assert cancelled.cancelled()

        return rest()

    in_callback(test)


def test_it_may_begin_others(in_callback: Callable[..., Any]) -> None:
    """A task of a task: the outer one is current again when the inner one waits."""

    async def inner() -> str:
        await asyncio.sleep(0)
        return "inner"

    def test(loop: asyncio.AbstractEventLoop, begin: Begin) -> Coroutine[Any, Any, None]:
        async def outer() -> str:
            own = asyncio.current_task()
            other = begin(inner())
            assert asyncio.current_task() is own
            assert not other.done()
            ordinary = asyncio.create_task(inner())
            return f"{await other} {await ordinary}"

        task = begin(outer())

        async def rest() -> None:
            assert await task == "inner inner"

        return rest()

    in_callback(test)


def test_code_that_the_garbage_collector_runs_meanwhile_is_called_soon(in_callback: Callable[..., Any]) -> None:
    """Whatever asks for ``call_soon`` while a task is made, other than the task, gets what it asks for."""
    seen: list[str] = []

    class Left:
        def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
            self.loop = loop
            self.ring = self

        def __del__(self) -> None:
            self.loop.call_soon(seen.append, "called")
            self.loop.call_soon(lambda: seen.append("called too"))

    def test(loop: asyncio.AbstractEventLoop, begin: Begin) -> Coroutine[Any, Any, None]:
        Left(loop)
        thresholds = gc.get_threshold()
        gc.set_threshold(1)
        try:
            task = begin(asyncio.sleep(0, "slept"))
        finally:
            gc.set_threshold(*thresholds)
        gc.collect()

        async def rest() -> None:
            assert await task == "slept"
            assert seen == ["called", "called too"]

        return rest()

    in_callback(test)


def test_a_loop_that_is_watched_is_left_alone(way_and_loop: Any) -> None:
    """If somebody has put a ``call_soon`` of his own before the loop's, every step but an eager one goes there."""
    if way_and_loop[0] == "begin" and sys.version_info >= (3, 12):
        return
    watched: list[Any] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        original = loop.call_soon

        def call_soon(*arguments: Any, **options: Any) -> Any:
            watched.append(arguments)
            return original(*arguments, **options)

        loop.call_soon = call_soon  # type: ignore[assignment]
        task = FirstStep(loop).take(asyncio.sleep(0, "slept"), contextvars.Context())
        assert len(watched) == 1
        assert await task == "slept"

    with asyncio.Runner(loop_factory=way_and_loop[1]) as runner:
        runner.run(main())


def test_a_loop_that_stands_or_has_no_dictionary_takes_the_step_when_it_turns(way_and_loop: Any) -> None:
    way, new = way_and_loop

    class Slotted:
        """All that a loop can do, without a dictionary."""

        __slots__ = ("inner",)

        def __init__(self, inner: asyncio.AbstractEventLoop) -> None:
            self.inner = inner

        def __getattr__(self, name: str) -> Any:
            return getattr(self.inner, name)

    loop = new()
    try:
        standing = getattr(FirstStep(loop), way)(asyncio.sleep(0, "slept"), contextvars.Context())
        assert not standing.done()
        assert loop.run_until_complete(standing) == "slept"
        if sys.version_info >= (3, 14):
            return  # a task of a loop that only shows another one's methods is refused by asyncio itself

        async def work() -> int:
            return 7

        async def main() -> None:
            task = FirstStep(Slotted(loop)).take(work(), contextvars.Context())  # type: ignore[arg-type]
            assert not task.done()
            while not task.done():  # noqa: ASYNC110 - a turn or two
                await asyncio.sleep(0)
            assert task.result() == 7

        loop.run_until_complete(main())
    finally:
        loop.close()


@pytest.mark.skipif(
    not str(first_step.__file__).endswith(".py"), reason="the names of a compiled module cannot be replaced"
)
def test_a_task_that_asks_nothing_of_call_soon_is_given_as_it_is(
    in_callback: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def other_task(work: Any, **options: Any) -> str:
        work.close()
        return "task"

    def test(loop: asyncio.AbstractEventLoop, begin: Begin) -> None:
        monkeypatch.setattr(first_step, "_Task", other_task)
        given: Any = begin(asyncio.sleep(0))
        assert given == "task"

    in_callback(test)
