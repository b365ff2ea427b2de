"""Sync code in worker threads, with the caller's context there and back.

The threads are those of ``threads``; their limit is anyio's, because users set
``anyio.to_thread.current_default_thread_limiter().total_tokens``.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar

from hanok.gateways.event_loop import on_trio

if TYPE_CHECKING:
    from hanok.http.threads import ThreadPool

P = ParamSpec("P")
T = TypeVar("T")


async def run_in_threadpool(func: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call ``func`` in a worker thread and return what it returns."""
    return await in_thread(func, *args, **kwargs)


async def run_beyond_limit(func: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """As ``run_in_threadpool``, without waiting for one of the threads that the limit allows.

    For what gives something back (the end of a dependency): those who hold all the threads may be waiting for it.
    """
    # _run passes the value on as Any.
    return await _run(partial(func, *args, **kwargs), False)  # type: ignore[no-any-return]  # as above


def in_thread(func: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Coroutine[Any, Any, T]:
    """``run_in_threadpool`` with one coroutine less."""
    return _run(partial(func, *args, **kwargs) if args or kwargs else func)


def _run(call: Callable[[], Any], limited: bool = True) -> Coroutine[Any, Any, Any]:
    if not on_trio() and (pool := _pool or _find_pool()) is not None:
        return pool().run(call, limited)
    return _run_by_anyio(call, limited)


_pool: Callable[[], ThreadPool] | None = None  # that of the running loop; found when it is needed, for it imports anyio


def _find_pool() -> Callable[[], ThreadPool] | None:
    global _pool
    try:
        from hanok.http.threads import current_pool
    except ImportError:  # an anyio that has moved what the pool needs
        return None
    _pool = current_pool
    return _pool


async def _run_by_anyio(call: Callable[[], Any], limited: bool) -> Any:
    from anyio import CapacityLimiter
    from anyio.to_thread import run_sync

    return await run_sync(call, limiter=None if limited else CapacityLimiter(1))


_END: Any = object()


async def iterate_in_threadpool(iterator: Iterable[T]) -> AsyncIterator[T]:
    """The items of a sync iterable, each made in a worker thread."""
    source: Iterator[T] = iter(iterator)
    while (item := await _run(partial(next, source, _END))) is not _END:
        yield item


class contextmanager_in_threadpool(Generic[T]):
    """A sync context manager as an async one.

    It is left even if the request is cancelled meanwhile, and in a thread beyond the common limit: otherwise, with
    all threads taken by requests that wait for what this one holds, nobody could ever leave.
    """

    __slots__ = ("_cm",)

    def __init__(self, cm: AbstractContextManager[T]) -> None:
        self._cm = cm

    async def __aenter__(self) -> T:
        return await run_in_threadpool(self._cm.__enter__)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        from anyio import CancelScope, CapacityLimiter
        from anyio.to_thread import run_sync

        with CancelScope(shield=True):
            leave = self._cm.__exit__
            handled = await run_sync(leave, kind, error, traceback, limiter=CapacityLimiter(1))
        return bool(handled)


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
