"""Generator endpoints: what they yield → a streamed answer.

Without a response class each item becomes a line of JSON (``application/jsonl``); with EventSourceResponse an event
(WHATWG HTML §9.2) and, when nothing comes for a while, a comment that keeps proxies from closing the connection; with another
StreamingResponse the items are the bytes or text themselves.
"""

from __future__ import annotations

import collections.abc
import json
import math
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import TYPE_CHECKING, Any, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ValidationError

from hanok.dependencies import CallKind
from hanok.endpoint.operation import Operation, StreamKind
from hanok.exceptions import ResponseValidationError
from hanok.http import Response, StreamingResponse, iterate_in_threadpool
from hanok.params.annotation import is_class
from hanok.serialization import ResponseDump, jsonable_encoder

if TYPE_CHECKING:
    from hanok.gateways.event_loop import Task

Refusal = Callable[[Any, ValidationError], ResponseValidationError]

PING_INTERVAL = 15.0

_ITERABLES = (
    collections.abc.AsyncIterable,
    collections.abc.AsyncIterator,
    collections.abc.AsyncGenerator,
    collections.abc.Iterable,
    collections.abc.Iterator,
    collections.abc.Generator,
)


def item_type(annotation: Any) -> Any:
    """What an annotated generator yields: ``I`` of ``AsyncIterable[I]``, Any of a bare one; None of others."""
    origin = get_origin(annotation)
    if origin in _ITERABLES and get_args(annotation):
        return get_args(annotation)[0]
    return Any if (origin or annotation) in _ITERABLES else None


def stream_kind(response_class: Any, is_default: bool) -> StreamKind | None:
    """What becomes of the items of a generator endpoint with this response class; None: it takes the generator itself."""
    from hanok.http import EventSourceResponse

    if is_default:
        return StreamKind.JSON_LINES
    if is_class(response_class, EventSourceResponse):
        return StreamKind.EVENTS
    if is_class(response_class, StreamingResponse):
        return StreamKind.CHUNKS
    return None


def finite(value: Any) -> Any:
    """NaN and infinite numbers → None: a stream cannot be taken back when one turns up (RFC 8259 §6 has none)."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [finite(item) for item in value]
    return value


def item_writer(operation: Operation, refusal: Refusal) -> Callable[[Any], str]:
    """How one item becomes JSON text."""
    field = operation.stream_field
    if field is None:
        return lambda item: json.dumps(finite(jsonable_encoder(item)))
    dump = ResponseDump(field.adapter, operation.dump, field.annotation)

    def write(item: Any) -> str:
        try:
            return dump.to_bytes(item).decode()
        except ValidationError as error:
            raise refusal(item, error) from error

    return write


async def inline_items(result: Any) -> AsyncGenerator[Any, None]:
    """The items of a sync generator that is marked as inline, made in the event loop."""
    try:
        for item in result:
            yield item
    finally:
        result.close()


async def items_of(result: Any) -> AsyncGenerator[Any, None]:
    """The items of a sync or async generator; it is closed at the end, whatever that is."""
    if hasattr(result, "__aiter__"):
        try:
            async for item in result:
                yield item
        finally:
            if hasattr(result, "aclose"):
                await result.aclose()
    else:
        async for item in iterate_in_threadpool(result):
            yield item


def streamed(operation: Operation, result: Any, arguments: dict[str, Any], refusal: Refusal) -> Response:
    """The response of a generator endpoint. ``arguments`` are the keyword arguments of the response class, ``refusal``
    makes the error of an item that is none.
    """
    kind = operation.stream
    if operation.dependant.kind is CallKind.INLINE_GENERATOR:
        result = inline_items(result)
    if kind is StreamKind.CHUNKS:
        return operation.response_class(result, **arguments)
    write = item_writer(operation, refusal)
    if kind is StreamKind.EVENTS:
        response = operation.response_class(events(items_of(result), write), **arguments)
        # Neither a cache nor a proxy that buffers (Nginx) may hold events back.
        response.headers.setdefault("cache-control", "no-cache")
        response.headers.setdefault("x-accel-buffering", "no")
        return response
    return StreamingResponse(lines(items_of(result), write), media_type=StreamKind.JSON_LINES.value, **arguments)


async def lines(items: AsyncGenerator[Any, None], write: Callable[[Any], str]) -> AsyncIterator[bytes]:
    """JSON Lines: one value, one newline."""
    try:
        async for item in items:
            yield write(item).encode() + b"\n"
    finally:
        await items.aclose()


async def events(items: AsyncGenerator[Any, None], write: Callable[[Any], str]) -> AsyncIterator[bytes]:
    """Server-sent events, with a comment whenever ``PING_INTERVAL`` seconds pass without one."""
    from hanok.gateways.event_loop import end, start, wait
    from hanok.http.sse import KEEPALIVE_COMMENT

    pending: Task[tuple[Any, bool]] | None = None
    try:
        while True:
            pending = start(_next(items))
            while not await wait(pending, PING_INTERVAL):
                yield KEEPALIVE_COMMENT
            item, ended = pending.result()
            if ended:
                return
            yield _event(item, write)
    finally:
        if pending is not None and not pending.done():
            await end(pending)
        await items.aclose()


async def _next(iterator: AsyncIterator[Any]) -> tuple[Any, bool]:
    try:
        return await anext(iterator), False
    except StopAsyncIteration:
        return None, True


def _event(item: Any, write: Callable[[Any], str]) -> bytes:
    from hanok.http.sse import ServerSentEvent, format_sse_event

    if not isinstance(item, ServerSentEvent):
        return format_sse_event(data_str=write(item))
    if item.raw_data is not None:
        data: str | None = item.raw_data
    elif isinstance(item.data, BaseModel):
        data = item.data.model_dump_json()  # in its own way: names, non-finite numbers
    elif item.data is not None:
        data = json.dumps(finite(jsonable_encoder(item.data)))
    else:
        data = None
    return format_sse_event(data_str=data, event=item.event, id=item.id, retry=item.retry, comment=item.comment)
