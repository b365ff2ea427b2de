"""Which cancel scope of anyio the running task is in.

Cancel scopes of one task have to be left in the order in which they were entered. A middleware function that opens one
around ``call_next`` leaves it before the application leaves those that it holds across its answer; then the two may not
be one task.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any


def open_scope() -> Any:
    """The innermost scope, to be compared with another; None if there is none, or none that could be known."""
    backend = sys.modules.get("anyio._backends._asyncio")
    # No public name of anyio's tells. Without this one, what is said above ends in anyio's own error.
    states = getattr(backend, "_task_states", None)
    if states is None:
        return None
    try:
        state = states.get(asyncio.current_task())
    except (RuntimeError, TypeError):  # another event loop; no task
        return None
    return None if state is None else state.cancel_scope
