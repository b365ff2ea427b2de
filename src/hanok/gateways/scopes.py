"""Which cancel scope of anyio the running task is in.

Cancel scopes of one task have to be left in the order in which they were entered. A middleware function that opens one
around ``call_next`` leaves it before the application leaves those that it holds across its answer; then the two may not
be one task. And a task that is in no scope cannot be cancelled by one: what has to be shielded elsewhere needs no shield.
"""

from __future__ import annotations

import sys
from typing import Any

from hanok.gateways.event_loop import on_trio

_imported = sys.modules.get
_ASYNCIO = "anyio._backends._asyncio"


def open_scope() -> Any:
    """The innermost scope, to be compared with another; None if there is none, or none that could be known."""
    # No public name of anyio's tells. Without this one, what is said above ends in anyio's own error.
    states = getattr(_imported(_ASYNCIO), "_task_states", None)
    return _innermost(states) if states else None


def outside_of_scopes() -> bool:
    """Whether the running task is known to be in no scope."""
    backend = _imported(_ASYNCIO)
    if backend is None:  # nobody in this process has entered one under asyncio
        return not on_trio()
    states = getattr(backend, "_task_states", _UNKNOWN)
    if states is _UNKNOWN or on_trio():
        return False
    return not states or _innermost(states) is None


def _innermost(states: Any) -> Any:
    import asyncio

    try:
        state = states.get(asyncio.current_task())
    except (RuntimeError, TypeError):  # another event loop; no task
        return None
    return None if state is None else state.cancel_scope


_UNKNOWN: Any = object()
