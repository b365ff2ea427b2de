"""Waiter: a task goes on inside the call that wakes it; to the task it is a future."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from typing import Any

import pytest

from hanok.protocols.waiter import Waiter

name: ContextVar[str] = ContextVar("name", default="nobody")


def in_loop(test: Any) -> None:
    asyncio.run(asyncio.wait_for(test(), 10))


async def from_outside(function: Any) -> None:
    """Call it as a transport would: in the loop, in no task."""
    done = asyncio.get_running_loop().create_future()

    def call() -> None:
        try:
            done.set_result(function())
        except BaseException as error:  # pragma: no cover
            done.set_exception(error)

    asyncio.get_running_loop().call_soon(call)
    await done


def test_the_task_goes_on_inside_the_call() -> None:
    async def test() -> None:
        waiter = Waiter(asyncio.get_running_loop())
        seen = []

        async def wait() -> None:
            name.set("waiting")
            for number in range(3):
                await waiter
                seen.append((number, name.get()))

        task = asyncio.create_task(wait())
        await asyncio.sleep(0)
        assert waiter.waits()

        def wake() -> None:
            for number in range(3):
                waiter.wake()
                assert seen[number:] == [(number, "waiting")]

        await from_outside(wake)
        assert not waiter.waits()
        await task

    in_loop(test)


def test_woken_by_another_task_it_goes_on_in_the_next_turn() -> None:
    async def test() -> None:
        waiter = Waiter(asyncio.get_running_loop())
        seen = []

        async def wait() -> None:
            await waiter
            seen.append("went on")

        for wake in (waiter.wake, waiter.wake_soon):
            task = asyncio.create_task(wait())
            await asyncio.sleep(0)
            wake()
            assert not waiter.waits()
            assert not seen
            await task
            assert seen.pop() == "went on"

    in_loop(test)


def test_nobody_waits_and_nobody_is_woken() -> None:
    async def test() -> None:
        waiter = Waiter(asyncio.get_running_loop())
        assert not waiter.waits()
        waiter.wake()
        waiter.wake_soon()
        assert waiter.cancel() is False

    in_loop(test)


def test_a_task_that_waits_can_be_cancelled_and_the_waiter_serves_the_next() -> None:
    async def test() -> None:
        waiter = Waiter(asyncio.get_running_loop())

        async def wait() -> str:
            await waiter
            return "went on"

        task = asyncio.create_task(wait())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        task = asyncio.create_task(wait())
        await asyncio.sleep(0)
        await from_outside(waiter.wake)
        assert await task == "went on"

    in_loop(test)


def test_a_task_that_is_woken_and_cancelled_is_cancelled() -> None:
    async def test() -> None:
        waiter = Waiter(asyncio.get_running_loop())

        async def wait() -> None:
            await waiter

        task = asyncio.create_task(wait())
        await asyncio.sleep(0)
        waiter.wake_soon()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    in_loop(test)


def test_a_timeout_ends_the_waiting() -> None:
    async def test() -> None:
        waiter = Waiter(asyncio.get_running_loop())
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await waiter
        assert not waiter.waits()

    in_loop(test)
