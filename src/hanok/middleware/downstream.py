"""call_next: the application run by hand, in the task of the middleware, up to its answer and later to its end.

A middleware function wants the answer as an object, before it is sent. Running the application in a second task, with a
queue between, would cost both on every request, and would cut off context variables and cancellation. Here the
middleware steps the application's coroutine itself:

    call_next()      runs it until its answer has begun and it would wait for the transport, or until it returns
    body_iterator    runs it from one piece of a streamed body to the next
    finish()         runs it to its end, after the answer was sent: background tasks, request-scoped dependencies

Whatever the coroutine awaits on its way (a future, an event) passes through to the event loop, and what the loop throws
(a cancellation, a timeout) passes back in. Only one thing is kept: the marker by which a ``CaptureExchange`` says "here I would
wait for the transport". Context variables are those of the task; from the first pause on, the application keeps its own.

One task can not always stand for two. Foreign applications, which may answer from tasks that they start, are run beside and
hand over what they send (``gateways.own_task``); so is every application around which the middleware function has
opened a cancel scope, for it would leave that before the application leaves its own. What remains: a cancel scope that a
native application holds open across its answer and that ends by itself while the middleware is awaiting something
strikes the middleware.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Coroutine, Generator
from contextvars import Context, copy_context
from typing import TYPE_CHECKING, Any

from hanok.exceptions import ClientDisconnect
from hanok.exchange import AnswerState, pieces_of_file
from hanok.middleware.capture import Audience
from hanok.middleware.variables import enter, leave

if TYPE_CHECKING:
    from hanok.gateways import Handler
    from hanok.middleware.capture import CaptureExchange


class Downstream:
    """The coroutine of the application, and where it stands."""

    __slots__ = ("context", "coroutine", "done", "exchange", "waits_for")

    def __init__(self, inner: Handler, exchange: CaptureExchange) -> None:
        self.exchange = exchange
        # Handlers are coroutine functions, or return what one gave.
        self.coroutine: Coroutine[Any, Any, None] = inner(exchange)  # type: ignore[assignment]
        self.done = False
        self.context: Context | None = None  # the context variables as they were at the last pause
        self.waits_for: Any = None  # what the first step has come to

    @property
    def is_over(self) -> bool:
        """Whether nothing is left of it, not even something to ``give_back``: it had ended when its answer was seen."""
        return self.done and self.exchange.whole is not None

    def begin(self) -> bool:
        """Take the first step. Whether that has led to the next pause or the end; else ``go_on``."""
        try:
            self.waits_for = self.coroutine.send(None)
        except StopIteration:
            self.done = True
            return True
        except BaseException:
            self.done = True
            raise
        if self.waits_for is self.exchange.pause:
            self.context = copy_context()
            return True
        return False

    def go_on(self) -> Steps:
        """From what the first step has come to, to the next pause or the end."""
        return Steps(self, None, True)

    async def pieces(self) -> AsyncIterator[bytes]:
        """The body as the application writes it."""
        exchange = self.exchange
        if exchange.whole is not None:
            yield exchange.whole
            return
        if exchange.file is not None:
            async for data in pieces_of_file(exchange.file):
                yield data
            return
        while True:
            piece, exchange.piece = exchange.piece, None
            if piece is not None:
                yield piece
            if exchange.ended or self.done:
                return
            await self.advance()

    async def finish(self) -> None:
        """Run to the end, now that the middleware's answer was sent."""
        exchange = self.exchange
        if exchange.answer_state is not AnswerState.DONE:
            exchange.hush(Audience.NOBODY)
        try:
            while not self.done:
                await self.advance()
        except ClientDisconnect:
            if exchange.audience is Audience.PEER:
                raise
        finally:
            exchange.give_back()

    async def break_off(self, error: BaseException) -> None:
        """Come to an end, now that the middleware has failed with ``error``, or the peer has gone."""
        self.exchange.hush(Audience.BROKEN)
        try:
            if not self.done and not isinstance(error, Exception):
                await self.advance(error)
            while not self.done:
                await self.advance()
        except (ClientDisconnect, type(error)):
            pass
        finally:
            self.exchange.give_back()

    def advance(self, error: BaseException | None = None) -> Steps:
        """Run to the next pause or the end; with ``error``, from there where it is raised."""
        return Steps(self, error)


class Steps:
    """One advance. Steps the coroutine as the event loop's task would."""

    __slots__ = ("begun", "downstream", "error")

    def __init__(self, downstream: Downstream, error: BaseException | None, begun: bool = False) -> None:
        self.downstream = downstream
        self.error = error
        self.begun = begun

    def __await__(self) -> Generator[Any, Any, None]:
        downstream = self.downstream
        if downstream.context is None:
            yield from self.steps()
        else:
            entered = enter(downstream.context)
            try:
                yield from self.steps()
            finally:
                leave(entered)

    def steps(self) -> Generator[Any, Any, None]:
        downstream, error = self.downstream, self.error
        coroutine, pause = downstream.coroutine, downstream.exchange.pause
        value: Any = None
        waits_for, downstream.waits_for = downstream.waits_for, None
        stepped = self.begun
        while True:
            if not stepped:
                try:
                    waits_for = coroutine.send(value) if error is None else coroutine.throw(error)
                except StopIteration:
                    downstream.done = True
                    return
                except BaseException:
                    downstream.done = True
                    raise
                if waits_for is pause:
                    downstream.context = copy_context()
                    return
            stepped = False
            value = error = None
            try:
                value = yield waits_for
            except BaseException as thrown:
                error = thrown
