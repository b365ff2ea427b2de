"""FirstStep: the task of a request takes its first step where it is made.

From Python 3.12 on that is an argument of ``asyncio.Task``. Python 3.11 has no such thing: a task hands its first step to
``loop.call_soon`` while it is made, and takes it in the next turn of the event loop. Here the step is caught on its way there
and taken at once, with what the later versions do around it: in the task's own context, as the current task.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine
from contextvars import Context
from typing import Any

# uvloop's create_task refuses the argument, and the loop's task factory belongs to the application, so the task is
# constructed directly.
EAGER = sys.version_info >= (3, 12)

_EAGER = EAGER
_Task: Any = asyncio.Task
# What ``current_task`` looks into, without its call. Python 3.14 has it elsewhere, and does not come here.
_current: dict[Any, Any] = getattr(asyncio.tasks, "_current_tasks", {})
# These two are what asyncio's manual gives to other implementations of tasks ("Extending").
_leave_task: Any = asyncio.tasks._leave_task
_enter_task: Any = asyncio.tasks._enter_task


class FirstStep:
    """Begins tasks of one event loop."""

    __slots__ = ("_context", "_own", "_step", "loop")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        # What goes before the methods of its class. A loop that is only a face of another may show that one's.
        self._own: dict[str, Any] | None = getattr(loop, "__dict__", None) if hasattr(type(loop), "call_soon") else None
        self._step: Callable[[], object] | None = None
        self._context: Context | None = None

    def begin(self, work: Coroutine[Any, Any, Any], context: Context) -> Any:
        """A task for ``work`` that has taken its first step, and may be done. ``context`` is its own: no other task has it."""
        if _EAGER:
            return _Task(work, loop=self.loop, context=context, eager_start=True)
        return self.take(work, context)

    def take(self, work: Coroutine[Any, Any, Any], context: Context) -> Any:
        """``begin`` by catching the step."""
        loop, own = self.loop, self._own
        # If somebody watches what is called soon, he goes on seeing all of it; and a loop that stands takes no steps.
        if own is None or "call_soon" in own or not loop.is_running():
            return _Task(work, loop=loop, context=context)
        self._context = context
        own["call_soon"] = self.keep
        try:
            task = _Task(work, loop=loop, context=context)
        finally:
            del own["call_soon"]
            self._context = None
        step, self._step = self._step, None
        if step is None:
            return task  # it does not ask ``call_soon`` for its steps
        current = _current.get(loop)
        if current is None:
            context.run(step)
            return task
        _leave_task(loop, current)
        try:
            context.run(step)
        finally:
            _enter_task(loop, current)
        return task

    def keep(self, callback: Callable[..., object], *arguments: Any, context: Context | None = None) -> Any:
        """What stands for ``call_soon`` while a task is made."""
        if context is self._context and not arguments:
            self._step = callback
            return None
        # The garbage collector may run just then, and with it anybody's code.
        return type(self.loop).call_soon(self.loop, callback, *arguments, context=context)
