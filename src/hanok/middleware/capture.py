"""call_next: the application run by hand, in the task of the middleware, up to its answer and later to its end.

A middleware function wants the answer as an object, before it is sent. Running the application in a second task, with a
queue between, would cost both on every request, and would cut off context variables and cancellation. Here the
middleware steps the application's coroutine itself:

    call_next()      runs it until its answer has begun and it would wait for the transport, or until it returns
    body_iterator    runs it from one piece of a streamed body to the next
    finish()         runs it to its end, after the answer was sent: background tasks, request-scoped dependencies

Whatever the coroutine awaits on its way (a future, an event) passes through to the event loop, and what the loop throws
(a cancellation, a timeout) passes back in. Only one thing is kept: the marker by which a ``CaptureExchange`` says "here I would
wait for the transport".

One task can not always stand for two. Foreign applications, which may answer from tasks that they start, are run beside and
hand over what they send (``gateways.own_task``); so is every application around which the middleware function has
opened a cancel scope, for it would leave that before the application leaves its own. What remains: a cancel scope that a
native application holds open across its answer and that ends by itself while the middleware is awaiting something
strikes the middleware.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Coroutine, Generator, Sequence
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from hanok.exceptions import ClientDisconnect
from hanok.exchange import AnswerState, Exchange, body_allowed, pieces_of_file

if TYPE_CHECKING:
    from hanok.gateways import Handler
    from hanok.types import Send

# A stream that nobody will read may run on for so many pieces, so that a short one comes to its end and does what
# it does there; an endless one is then told that its peer has gone.
DISCARDED_PIECES = 100


class Audience(Enum):
    """Who hears what the application writes."""

    PEER = auto()  # the peer, through the middleware
    NOBODY = auto()  # the middleware has answered with something else
    BROKEN = auto()  # the middleware has failed, or the peer has gone: writing raises ClientDisconnect


class Pause:
    """The marker. Awaiting it gives control back to the middleware."""

    __slots__ = ()

    def __await__(self) -> Generator[Any, Any, None]:
        yield self


class CaptureExchange(Exchange):
    """The exchange that the application under a middleware function sees: the request of ``outer``, an answer of its own."""

    __slots__ = (
        "announced",
        "audience",
        "discarded",
        "ended",
        "file",
        "head",
        "outer",
        "over",
        "pause",
        "piece",
        "whole",
    )

    watched = True  # CapturedResponse listens
    stepped = True

    def __init__(self, outer: Exchange) -> None:
        self.prepare()
        self.take_request_side(outer)
        self.outer = outer
        self.body = outer.body
        self.body_limit = outer.body_limit
        self.form_cache = outer.form_cache
        self.exits = outer.exits
        self.pause = Pause()
        self.audience = Audience.PEER
        self.over: Any = None  # an event, set when nobody hears any longer
        self.announced = False  # the application was stopped at the beginning of its answer
        self.ended = False  # the body of a streamed answer is complete
        self.discarded = 0
        self.head: tuple[int, list[tuple[bytes, bytes]]] = (0, [])
        self.whole: bytes | None = None
        self.file: str | None = None
        self.piece: bytes | None = None

    def give_back(self) -> None:
        """What the application has found out about the request is the middleware's to see."""
        outer = self.outer
        outer._scope = self._scope
        for name in ("app", "endpoint", "path_params", "route", "router", "session", "state", "exits"):
            setattr(outer, name, getattr(self, name))
        if outer.body is None and self.body_read:
            outer.stream_consumed = True

    def hush(self, audience: Audience) -> None:
        """From now on this is who hears."""
        self.audience = audience
        if self.over is not None:
            self.over.set()

    # ---- the request

    @property
    def asgi_send(self) -> Send | None:
        return self.outer.asgi_send

    def extensions(self) -> dict[str, Any]:
        return self.outer.extensions()

    async def _next_chunk(self) -> bytes:
        if self.audience is not Audience.PEER:
            raise ClientDisconnect
        self.outer.body_limit = self.body_limit  # of several limits the innermost counts
        return await self.outer.next_chunk()

    @property
    def disconnected(self) -> bool:
        return self.audience is not Audience.PEER or self.outer.disconnected

    async def wait_disconnect(self) -> None:
        import anyio

        if self.disconnected:
            return
        if self.over is None:
            self.over = anyio.Event()
        async with anyio.create_task_group() as group:

            async def gone() -> None:
                await self.outer.wait_disconnect()
                group.cancel_scope.cancel()

            group.start_soon(gone)
            await self.over.wait()
            group.cancel_scope.cancel()

    async def early_hints(self, headers: Sequence[tuple[bytes, bytes]]) -> None:
        await self.outer.early_hints(headers)

    # ---- the answer

    def _answer(self, status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> None:
        headers = list(headers)
        # The door would add it; a middleware wants to see it.
        if body_allowed(status) and not any(name == b"content-length" for name, _ in headers):
            headers.append((b"content-length", b"%d" % len(body)))
        self.head = (status, headers)
        self.whole = body

    def _start(self, status: int, headers: Sequence[tuple[bytes, bytes]]) -> None:
        self.head = (status, list(headers))

    async def _write(self, data: bytes) -> None:
        self._check_audience()
        self.announced = True
        self.piece = data
        await self.pause
        if self.audience is not Audience.PEER:
            from anyio.lowlevel import checkpoint

            self.piece = None
            self.discarded += 1
            await checkpoint()  # whoever listens for the peer's leaving has a turn
            self._check_audience()

    async def _finish(self, data: bytes) -> None:
        self.announced = self.ended = True
        if data:
            self._check_audience()
            self.piece = data
        await self.pause

    @property
    def opens_files(self) -> bool:
        return self.outer.opens_files

    async def _answer_file(self, status: int, headers: Sequence[tuple[bytes, bytes]], path: str) -> None:
        self.head = (status, list(headers))
        self.file = path

    async def _drain(self) -> None:
        if self.answer_state and not self.announced:
            self.announced = True
            await self.pause
        if self.audience is Audience.BROKEN:
            raise ClientDisconnect

    def _check_audience(self) -> None:
        if self.audience is Audience.BROKEN or self.discarded >= DISCARDED_PIECES:
            raise ClientDisconnect


class Downstream:
    """The coroutine of the application, and where it stands."""

    __slots__ = ("coroutine", "done", "exchange")

    def __init__(self, inner: Handler, exchange: CaptureExchange) -> None:
        self.exchange = exchange
        # Handlers are coroutine functions, or return what one gave.
        self.coroutine: Coroutine[Any, Any, None] = inner(exchange)  # type: ignore[assignment]
        self.done = False

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

    __slots__ = ("downstream", "error")

    def __init__(self, downstream: Downstream, error: BaseException | None) -> None:
        self.downstream = downstream
        self.error = error

    def __await__(self) -> Generator[Any, Any, None]:
        downstream, error = self.downstream, self.error
        coroutine, pause = downstream.coroutine, downstream.exchange.pause
        value: Any = None
        while True:
            try:
                waits_for = coroutine.send(value) if error is None else coroutine.throw(error)
            except StopIteration:
                downstream.done = True
                return
            except BaseException:
                downstream.done = True
                raise
            if waits_for is pause:
                return
            value = error = None
            try:
                value = yield waits_for
            except BaseException as thrown:
                error = thrown
