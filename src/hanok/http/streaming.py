"""StreamingResponse: an answer whose body is made while it is sent."""

from __future__ import annotations

from collections.abc import AsyncIterable, Awaitable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from hanok.exchange import AnswerState
from hanok.gateways import AsgiExchange
from hanok.http.background import BackgroundTask
from hanok.http.concurrency import iterate_in_threadpool
from hanok.http.denial import Denial
from hanok.http.response import Response

if TYPE_CHECKING:
    from asyncio import Task

    from hanok.exchange import AnyExchange, Exchange

Content = str | bytes | memoryview


class StreamingResponse(Response):
    """A body from an iterable of text or bytes. A sync one is iterated in worker threads.

    Iteration stops, with a cancellation where it waits, when the peer goes.
    """

    def __init__(
        self,
        content: AsyncIterable[Content] | Iterable[Content],
        status_code: int = 200,
        headers: Mapping[str, str] | None = None,
        media_type: str | None = None,
        background: BackgroundTask | None = None,
    ) -> None:
        self.body_iterator: AsyncIterable[Content] = (
            content if isinstance(content, AsyncIterable) else iterate_in_threadpool(content)
        )
        self.status_code = status_code
        if media_type is not None:
            self.media_type = media_type
        self.background = background
        self.init_headers(headers)

    async def handle(self, exchange: AnyExchange) -> None:
        if exchange.kind == "websocket":
            await self._deny(exchange)
            return
        await until_disconnect(exchange, self._pour(exchange))
        if self.background is not None:
            await self.background()

    async def _pour(self, exchange: Exchange) -> None:
        exchange.start(self.status_code, self.raw_headers)
        if isinstance(exchange, AsgiExchange):
            await exchange.drain()  # who is called by ASGI sends the head before the first piece exists
        try:
            async for piece in self.body_iterator:
                await exchange.write(piece if isinstance(piece, bytes) else self._encoded(piece))
        except BaseException:
            await close_iterator(self.body_iterator)
            raise
        await exchange.finish()

    def _encoded(self, piece: Any) -> bytes:
        return bytes(piece) if isinstance(piece, memoryview | bytearray) else piece.encode(self.charset)


async def close_iterator(iterator: AsyncIterable[Any]) -> None:
    """Let a generator that will not be asked again clean up now, not when the garbage collector finds it."""
    aclose = getattr(iterator, "aclose", None)
    if aclose is not None:
        import anyio

        with anyio.CancelScope(shield=True):
            await aclose()


def notices_by_itself(exchange: Exchange) -> bool:
    """Whether nobody need listen for the peer's leaving: since ASGI 2.4 a write tells, and listening could
    steal the body from an application that answers while it reads."""
    if exchange.watched:
        return True
    if not isinstance(exchange, AsgiExchange):
        return isinstance(exchange, Denial)
    version = exchange.scope.get("asgi", {}).get("spec_version", "2.0")
    return tuple(map(int, version.split("."))) >= (2, 4)


async def until_disconnect(exchange: Exchange, work: Awaitable[None]) -> None:
    """Await ``work``; cancel it when the peer goes."""
    if notices_by_itself(exchange):
        await work
        return
    import asyncio

    try:
        task = asyncio.current_task()
    except RuntimeError:
        task = None
    if task is None:
        await _until_disconnect_elsewhere(exchange, work)
        return
    listener = Listener(exchange, task)
    del task  # it holds the error that it ends with, and that this frame
    try:
        await work
    except asyncio.CancelledError:
        if not listener.is_the_cause():
            raise
    finally:
        listener.stop()


class Listener:
    """Cancels a task of asyncio when the peer goes.

    Without a cancel scope: what the task does may continue a coroutine that closes, inside it, scopes that it opened before.
    And a task group would leave a ring for the garbage collector whenever the task fails.
    """

    __slots__ = ("exchange", "gone", "listening", "task")

    def __init__(self, exchange: Exchange, task: Task[Any]) -> None:
        import asyncio

        self.exchange = exchange
        self.task: Task[Any] | None = task
        self.gone = False
        self.listening: Task[None] | None = asyncio.get_running_loop().create_task(exchange.wait_disconnect())
        self.listening.add_done_callback(self._heard)

    def _heard(self, listening: Task[None]) -> None:
        if self.task is not None and self.exchange.answer_state is not AnswerState.DONE and not listening.cancelled():
            self.gone = True
            self.task.cancel()

    def is_the_cause(self) -> bool:
        """Whether the cancellation of the task was ours, and only ours."""
        return self.gone and self.task is not None and not self.task.uncancel()

    def stop(self) -> None:
        listening, self.listening, self.task = self.listening, None, None
        if listening is not None:
            listening.cancel()


async def _until_disconnect_elsewhere(exchange: Exchange, work: Awaitable[None]) -> None:
    """As ``until_disconnect``, on any event loop."""
    import anyio

    failure: BaseException | None = None
    async with anyio.create_task_group() as group:

        async def listen() -> None:
            await exchange.wait_disconnect()
            group.cancel_scope.cancel()

        group.start_soon(listen)
        try:
            await work
        except Exception as error:
            failure = error  # raised below: out of a task group it would come in an ExceptionGroup
        group.cancel_scope.cancel()
    try:
        if failure is not None:
            raise failure
    finally:
        del failure  # this frame is in its traceback: a ring
