"""Exits: the second halves of the dependencies that yielded, run in reverse order.

A generator dependency is a context manager written down in the plainest way: what it yields is the value, what stands after
``yield`` is its end, and an error of the request is thrown in at the ``yield``. The rules are those of ``contextlib``: it may
let the error pass, raise another one, or swallow it by returning.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hanok.dependencies.declared import Limit
from hanok.dependencies.dependant import CallKind
from hanok.exceptions import HanokError
from hanok.http import run_in_threadpool
from hanok.http.concurrency import run_beyond_limit

_ENDED: Any = object()


class Exits:
    """What has begun and must end: (generator, its kind, what gives its place back).

    ``awaits`` says whether something in here ends in the event loop, and so may have waited while it was shielded.
    """

    __slots__ = ("_open", "awaits")

    def __init__(self) -> None:
        self.awaits = False
        self._open: list[tuple[Any, CallKind, Callable[[], None] | None]] = []

    async def enter(
        self, call: Callable[..., Any], kind: CallKind, arguments: dict[str, Any], limit: Limit | None = None
    ) -> Any:
        """Run a generator dependency to its ``yield`` and give the value; its end is kept for ``close``."""
        release = None if limit is None else await limit.acquire()
        try:
            generator = call(**arguments)
            if kind is CallKind.ASYNC_GENERATOR:
                value = await anext(generator, _ENDED)
                self.awaits = True
            elif kind is CallKind.GENERATOR:
                value = await run_in_threadpool(next, generator, _ENDED)
            else:
                value = next(generator, _ENDED)
            if value is _ENDED:
                raise no_yield(call)
        except BaseException:
            if release is not None:
                release()
            raise
        self._open.append((generator, kind, release))
        return value

    def keep(self, generator: Any) -> None:
        """An async generator that somebody else has run to its ``yield``."""
        self.awaits = True
        self._open.append((generator, CallKind.ASYNC_GENERATOR, None))

    async def close(self, error: BaseException | None) -> BaseException | None:
        """End all, the last one first. Returns the error that is left, or None if there is none or it was swallowed."""
        while self._open:
            generator, kind, release = self._open.pop()
            try:
                if kind is CallKind.ASYNC_GENERATOR:
                    if error is not None:
                        error = await _end(generator, error)
                        continue
                    # The usual end, without a coroutine of its own, and the StopAsyncIteration without a handler.
                    try:
                        async for _ in generator:
                            await generator.aclose()
                            error = _yielded_twice(None)
                            break
                    except BaseException as raised:
                        error = raised
                elif kind is CallKind.GENERATOR:
                    error = await _end_threaded(generator, error)
                else:
                    error = _step_to_end(generator, error)
            finally:
                if release is not None:
                    release()
        return error


async def _end(generator: Any, error: BaseException) -> BaseException | None:
    """End one async generator with the error of the request."""
    try:
        await generator.athrow(error)
    except StopAsyncIteration:
        return None
    except BaseException as raised:
        return _after(error, raised)
    await generator.aclose()
    return _yielded_twice(error)


async def _end_threaded(generator: Any, error: BaseException | None) -> BaseException | None:
    # Beyond the limit: all threads may be taken by those who wait for what this one gives back.
    return await run_beyond_limit(_step_to_end, generator, error)


def _step_to_end(generator: Any, error: BaseException | None) -> BaseException | None:
    try:
        if error is None:
            next(generator)
        else:
            generator.throw(error)
    except StopIteration:
        return None
    except BaseException as raised:
        return _after(error, raised)
    generator.close()
    return _yielded_twice(error)


def _after(error: BaseException | None, raised: BaseException) -> BaseException:
    """The error that goes on: what the generator raised, or the request's own if a generator only wrapped it."""
    # PEP 479: a Stop(Async)Iteration that passes through a generator comes out wrapped.
    wrapped = isinstance(raised, RuntimeError) and error is not None and raised.__cause__ is error
    if wrapped and isinstance(error, StopIteration | StopAsyncIteration):
        return error
    return raised


def no_yield(call: Any) -> HanokError:
    """The error of a dependency that should yield and does not."""
    return HanokError(f"the dependency {_name(call)} ended without a yield; it must yield exactly one value")


def _yielded_twice(error: BaseException | None) -> BaseException:
    wrong = RuntimeError("generator didn't stop: a dependency must yield exactly one value")
    wrong.__context__ = error
    return wrong


def _name(call: Any) -> str:
    return getattr(call, "__qualname__", None) or repr(call)
