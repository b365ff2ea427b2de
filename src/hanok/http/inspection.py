"""Questions about callables that are asked when something is declared."""

from __future__ import annotations

import functools
from inspect import iscoroutinefunction
from typing import Any


def is_async_callable(obj: Any) -> bool:
    """Whether calling it gives a coroutine: a coroutine function, an object with an async ``__call__``, or a
    partial of either."""
    while isinstance(obj, functools.partial):
        obj = obj.func
    return iscoroutinefunction(obj) or (callable(obj) and iscoroutinefunction(type(obj).__call__))
