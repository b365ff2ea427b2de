"""Questions about callables that are asked when something is declared."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable
from inspect import iscoroutinefunction
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

# Where the mark stands. It is a plain attribute, so it costs nothing where nobody looks for it.
INLINE = "__hanok_inline__"

_ASYNC = (inspect.iscoroutinefunction, inspect.isasyncgenfunction)


def inline(func: F) -> F:
    """Mark a sync function that never blocks: it is called in the event loop, not in a worker thread.

    For endpoints and dependencies, those that yield too, for exception handlers, background tasks and Starlette's kind of
    endpoints.
    A class is marked for being made, not for being called; a decorator that uses ``functools.wraps`` takes the mark over.
    Raises TypeError for what is async.
    """
    if any(test(face) for face in faces(func) for test in _ASYNC):
        name = getattr(func, "__qualname__", None) or repr(func)
        raise TypeError(f"{name} is async: it runs in the event loop as it is; inline() is for sync functions")
    marked: Any = func
    try:
        setattr(marked, INLINE, True)
    except (AttributeError, TypeError):  # a bound method, something built in
        marked = functools.partial(func)
        setattr(marked, INLINE, True)
    return marked  # type: ignore[no-any-return]  # func, or a partial that is called as func is


def is_inline(call: Any) -> bool:
    """Whether ``inline`` has marked it, or what stands behind its partials, wrappers and ``__call__``."""
    return any(INLINE in getattr(face, "__dict__", ()) for face in faces(call))


def faces(call: Any) -> list[Any]:
    """Every callable whose kind could be the kind of ``call``: behind partials, wrappers and ``__call__``."""
    found: list[Any] = []
    while call is not None and len(found) < 64:
        found.append(call)
        if isinstance(call, functools.partial):
            call = call.func
        elif hasattr(call, "__wrapped__"):
            call = call.__wrapped__
        # The method itself is wanted, not whether it can be called.
        elif not inspect.isroutine(call) and not inspect.isclass(call) and hasattr(type(call), "__call__"):  # noqa: B004
            call = type(call).__call__
        else:
            call = None
    return found


def is_async_callable(obj: Any) -> bool:
    """Whether calling it gives a coroutine: a coroutine function, an object with an async ``__call__``, or a
    partial of either."""
    while isinstance(obj, functools.partial):
        obj = obj.func
    if sys.version_info < (3, 12):
        # Mocks of coroutine functions are marked in a way that inspect does not know yet.
        import asyncio

        if asyncio.iscoroutinefunction(obj):
            return True
    return iscoroutinefunction(obj) or (callable(obj) and iscoroutinefunction(type(obj).__call__))
