"""Questions about callables that are asked when something is declared."""

from __future__ import annotations

import functools
import sys
from inspect import iscoroutinefunction
from typing import Any


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
