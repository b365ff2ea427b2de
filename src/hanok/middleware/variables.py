"""Context variables of an application whose middleware function has gone on: both share one task, and so one context.

While its answer is made, the two see what the other sets. A function that resets a variable when ``call_next`` has returned
means the variable of its own lines, not that of the streams, background tasks and dependencies which come after.
"""

from __future__ import annotations

from contextvars import Context, ContextVar, Token
from typing import Any

_UNSET: Any = object()


def enter(context: Context) -> list[tuple[ContextVar[Any], Token[Any]]]:
    """Give the variables of this task the values that they have in ``context``. What comes back is for ``leave``."""
    return [(each, each.set(value)) for each, value in context.items() if each.get(_UNSET) is not value]


def leave(entered: list[tuple[ContextVar[Any], Token[Any]]]) -> None:
    """Give the variables the values back that they had before ``enter``."""
    for variable, token in entered:
        try:
            variable.reset(token)
        except ValueError:  # closed by another task than the one that entered: nothing was set in that one
            return
