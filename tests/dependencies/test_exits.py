"""The second halves of dependencies that yield follow the rules of ``contextlib``."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from hanok.dependencies import CallKind, Exits
from hanok.dependencies.declared import Depends
from hanok.exceptions import HanokError

ASYNC, SYNC = CallKind.ASYNC_GENERATOR, CallKind.GENERATOR


def close(call: Any, kind: CallKind, error: BaseException | None) -> BaseException | None:
    async def run() -> BaseException | None:
        exits = Exits()
        assert await exits.enter(call, kind, {}) == 1
        return await exits.close(error)

    return asyncio.run(run())


async def passes() -> AsyncIterator[int]:
    yield 1


def passes_in_thread() -> Iterator[int]:
    yield 1


async def swallows() -> AsyncIterator[int]:
    with contextlib.suppress(ValueError):
        yield 1


def swallows_in_thread() -> Iterator[int]:
    with contextlib.suppress(ValueError):
        yield 1


async def replaces() -> AsyncIterator[int]:
    try:
        yield 1
    except ValueError as error:
        raise KeyError from error


def replaces_in_thread() -> Iterator[int]:
    try:
        yield 1
    except ValueError as error:
        raise KeyError from error


async def yields_twice() -> AsyncIterator[int]:
    yield 1
    yield 2


def yields_twice_in_thread() -> Iterator[int]:
    yield 1
    yield 2


@pytest.mark.parametrize(("call", "kind"), [(passes, ASYNC), (passes_in_thread, SYNC)])
def test_an_error_passes_through_unchanged(call: Any, kind: CallKind) -> None:
    error = ValueError()
    assert close(call, kind, error) is error
    assert close(call, kind, None) is None


@pytest.mark.parametrize(("call", "kind"), [(swallows, ASYNC), (swallows_in_thread, SYNC)])
def test_an_error_may_be_swallowed(call: Any, kind: CallKind) -> None:
    assert close(call, kind, ValueError()) is None


@pytest.mark.parametrize(("call", "kind"), [(replaces, ASYNC), (replaces_in_thread, SYNC)])
def test_an_error_may_be_replaced(call: Any, kind: CallKind) -> None:
    assert isinstance(close(call, kind, ValueError()), KeyError)


@pytest.mark.parametrize(("call", "kind"), [(yields_twice, ASYNC), (yields_twice_in_thread, SYNC)])
def test_a_second_yield_is_an_error(call: Any, kind: CallKind) -> None:
    assert "must yield exactly one value" in str(close(call, kind, None))


@pytest.mark.parametrize(("call", "kind"), [(passes, ASYNC), (passes_in_thread, SYNC)])
def test_an_end_of_iteration_is_an_error_like_any_other(call: Any, kind: CallKind) -> None:
    error = StopAsyncIteration() if kind is ASYNC else StopIteration()
    assert close(call, kind, error) is error


def test_a_place_is_given_back_when_the_first_half_fails() -> None:
    limit = Depends(passes, max_concurrency=1)._concurrency

    async def fails() -> AsyncIterator[int]:
        raise KeyError
        yield 1

    async def never() -> AsyncIterator[int]:
        return
        yield 1

    async def run() -> None:
        exits = Exits()
        with pytest.raises(KeyError):
            await exits.enter(fails, ASYNC, {}, limit)
        with pytest.raises(HanokError, match="ended without a yield"):
            await exits.enter(never, ASYNC, {}, limit)
        await exits.enter(passes, ASYNC, {}, limit)
        assert limit is not None
        assert limit.get_semaphore().value == 0
        await exits.close(None)
        assert limit.get_semaphore().value == 1

    asyncio.run(run())
