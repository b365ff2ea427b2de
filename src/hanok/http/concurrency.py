"""Sync code in worker threads, with the caller's context there and back.

The threads and their limit are anyio's, because users set
``anyio.to_thread.current_default_thread_limiter().total_tokens``.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


async def run_in_threadpool(func: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call ``func`` in a worker thread and return what it returns."""
    from anyio.to_thread import run_sync

    if kwargs:
        from functools import partial

        return await run_sync(partial(func, *args, **kwargs))
    return await run_sync(func, *args)


_END: Any = object()


async def iterate_in_threadpool(iterator: Iterable[T]) -> AsyncIterator[T]:
    """The items of a sync iterable, each made in a worker thread."""
    from anyio.to_thread import run_sync

    source: Iterator[T] = iter(iterator)
    while (item := await run_sync(next, source, _END)) is not _END:
        yield item


@asynccontextmanager
async def contextmanager_in_threadpool(cm: AbstractContextManager[T]) -> AsyncGenerator[T, None]:
    """A sync context manager as an async one.

    It is left in a thread beyond the common limit: otherwise, with all threads taken by requests that wait
    for what this one holds, nobody could ever leave.
    """
    from anyio import CapacityLimiter
    from anyio.to_thread import run_sync

    exit_limiter = CapacityLimiter(1)
    value = await run_in_threadpool(cm.__enter__)
    try:
        yield value
    except Exception as error:
        handled = await run_sync(cm.__exit__, type(error), error, error.__traceback__, limiter=exit_limiter)
        if not handled:
            raise
    else:
        await run_sync(cm.__exit__, None, None, None, limiter=exit_limiter)


async def run_until_first_complete(*args: tuple[Callable[..., Any], dict[str, Any]]) -> None:
    """Run several coroutine functions at once, each with its keyword arguments; the first to end stops the
    others."""
    import anyio

    async with anyio.create_task_group() as group:

        async def run(func: Callable[..., Any], kwargs: dict[str, Any]) -> None:
            await func(**kwargs)
            group.cancel_scope.cancel()

        for func, kwargs in args:
            group.start_soon(run, func, kwargs)
