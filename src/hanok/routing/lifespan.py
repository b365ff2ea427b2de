"""The lifespan of a router: what runs before its first request and after its last (ASGI specification,
"Lifespan").
"""

from __future__ import annotations

import functools
import inspect
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from typing import Any

from hanok.exceptions import HanokDeprecationWarning
from hanok.http import is_async_callable
from hanok.types import Lifespan, Receive, Scope, Send


class NoLifespan:
    """The lifespan of a router that has none."""

    def __call__(self, app: Any) -> NoLifespan:
        return self

    async def __aenter__(self) -> None:
        return None

    async def __aexit__(self, *error: object) -> None:
        return None


def as_lifespan(lifespan: Any, *, warn: bool = True) -> Lifespan:
    """A lifespan in whatever form it was given: a context manager function, or a bare generator, which plain
    routers warn of.
    """
    if lifespan is None:
        return NoLifespan()
    is_async = inspect.isasyncgenfunction(lifespan)
    if not is_async and not inspect.isgeneratorfunction(lifespan):
        return lifespan  # type: ignore[no-any-return]  # what is called has no types of its own
    if warn:
        kind = "async generator" if is_async else "generator"
        warnings.warn(
            f"{kind} function lifespans are deprecated, use an @contextlib.asynccontextmanager function instead",
            HanokDeprecationWarning,
            stacklevel=3,
        )
    return asynccontextmanager(lifespan) if is_async else in_async_form(contextmanager(lifespan))


def in_async_form(make: Any) -> Lifespan:
    """An async context manager function from one whose managers are not async."""

    @functools.wraps(make)
    @asynccontextmanager
    async def lifespan(app: Any) -> Any:
        with make(app) as state:
            yield state

    return lifespan


async def run_lifespan(context: Lifespan, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer an ASGI lifespan scope with a lifespan: start up, wait for the shutdown event, shut down.

    What fails is told to the server with its traceback and raised.
    """
    started = False
    await receive()
    try:
        manager: AbstractAsyncContextManager[Mapping[str, Any] | None] = context(scope.get("app"))
        async with manager as state:
            if state is not None:
                if "state" not in scope:
                    raise RuntimeError('The server does not support "state" in the lifespan scope.')
                scope["state"].update(state)
            await send({"type": "lifespan.startup.complete"})
            started = True
            await receive()
    except BaseException as error:
        phase = "shutdown" if started else "startup"
        await send({"type": f"lifespan.{phase}.failed", "message": _told(error)})
        raise
    await send({"type": "lifespan.shutdown.complete"})


def _told(error: BaseException) -> str:
    """The traceback, from the first line that is not of the way there."""
    import contextlib
    import traceback

    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename in (__file__, contextlib.__file__):
        trace = trace.tb_next
    return "".join(traceback.format_exception(type(error), error, trace or error.__traceback__))


async def call_each(handlers: Sequence[Callable[[], Any]]) -> None:
    for handler in handlers:
        if is_async_callable(handler):
            await handler()
        else:
            handler()


def both_lifespans(outer: Any, router: Any) -> Any:
    """A lifespan around another router's, which is looked up when it starts. The outer state wins."""

    @asynccontextmanager
    async def lifespan(app: Any) -> Any:
        async with outer(app) as state, router.lifespan_context(app) as inner:
            yield state if inner is None else {**inner, **(state or {})}

    return lifespan
