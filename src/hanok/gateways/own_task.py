"""A foreign application in a task of its own, below a layer that steps its handlers by hand (``middleware.downstream``).

A foreign application may answer from tasks that it starts, and hold cancel scopes while it does. Neither can be done in a
coroutine that is stepped: only the task that steps it may wait for the transport in it, and it may have scopes of its own.
So the application runs beside, and hands every message that it sends over to the coroutine that is stepped.

Context variables are shared as they are within one task.
"""

from __future__ import annotations

from collections import deque
from contextvars import Context, copy_context
from typing import TYPE_CHECKING, Any

from hanok.gateways.event_loop import Future, end, new_future, start

if TYPE_CHECKING:
    from hanok.gateways.asgi_out import AsgiCall
    from hanok.types import ASGIApp, Message, Scope

_UNSET: Any = object()


async def call_in_own_task(app: ASGIApp, scope: Scope, call: AsgiCall) -> None:
    """Call ``app``; what it sends is given to ``call`` here, not there. Raises what it raises."""
    hand_over = HandOver(call)
    context = copy_context()

    async def run() -> None:
        try:
            await app(scope, call.receive, hand_over.send)
        finally:
            hand_over.wake()

    task = start(run(), context)
    try:
        while not task.done() or hand_over.messages:
            await hand_over.next_message(context)
        adopt(context)
    except BaseException:
        hand_over.closed = True
        await end(task)
        raise
    error = task.exception()
    if error is not None:
        try:
            raise error
        finally:
            del error, task  # the traceback holds this frame


class HandOver:
    """Messages on their way from the tasks of the application to the one that may send them."""

    __slots__ = ("call", "closed", "messages", "waiter")

    def __init__(self, call: AsgiCall) -> None:
        self.call = call
        self.messages: deque[tuple[Message, Future[None]]] = deque()
        self.waiter: Future[None] | None = None
        self.closed = False

    async def send(self, message: Message) -> None:
        if self.closed:
            raise OSError("the client disconnected")
        sent = new_future()
        self.messages.append((message, sent))
        self.wake()
        await sent

    def wake(self) -> None:
        if self.waiter is not None and not self.waiter.done():
            self.waiter.set_result(None)

    async def next_message(self, context: Context) -> None:
        """Send one message, or wait for something to happen."""
        if not self.messages:
            self.waiter = new_future()
            await self.waiter
            return
        message, sent = self.messages.popleft()
        if sent.done():
            return  # its sender was cancelled
        if message["type"] == "http.response.start":
            adopt(context)
        try:
            await self.call.send(message)
        except Exception as error:
            if not sent.done():
                sent.set_exception(error)
        else:
            if not sent.done():
                sent.set_result(None)


def adopt(context: Context) -> None:
    """Give the context variables of this task the values that they have got in another."""
    for variable, value in context.items():
        if variable.get(_UNSET) is not value:
            variable.set(value)
