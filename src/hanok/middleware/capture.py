"""The exchange that the application under a middleware function sees; ``downstream`` runs the application."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from hanok.exceptions import ClientDisconnect
from hanok.exchange import AnswerState, body_allowed
from hanok.exchange.http import Exchange

if TYPE_CHECKING:
    from hanok.types import RawHeaders, Send

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


_WAITING = AnswerState.WAITING


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
        self._take(outer)

    def _take(self, outer: Exchange) -> None:
        # A method of its own, because the compiler learns the type of ``outer`` so.
        # What ``prepare`` and ``take_request_side`` do, without the calls. A test holds them together.
        self._headers = None
        self._scope = outer._scope
        self.app = outer.app
        self.app_root_path = outer.app_root_path
        self.client = outer.client
        self.cookies_cache = outer.cookies_cache
        self.endpoint = outer.endpoint
        self.headers_cache = outer.headers_cache
        self.http_version = outer.http_version
        self.method = outer.method
        self.path = outer.path
        self.path_params = outer.path_params
        self.query = outer.query
        self.query_cache = outer.query_cache
        self.raw_path = outer.raw_path
        self.root_path = outer.root_path
        self.route = outer.route
        self.router = outer.router
        self.scheme = outer.scheme
        self.server = outer.server
        self.session = outer.session
        self.state = outer.state
        self.body = outer.body
        self.body_limit = outer.body_limit
        self.form_cache = outer.form_cache
        self.exits = outer.exits
        self.filters = self.late = self.answer_trailers = None
        self.body_read = self.status = self.sent = 0
        self.started = 0.0
        self.stream_consumed = False
        self.answer_state = _WAITING

        self.outer = outer
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
        outer.app = self.app
        outer.endpoint = self.endpoint
        outer.path_params = self.path_params
        outer.route = self.route
        outer.router = self.router
        outer.session = self.session
        outer.state = self.state
        outer.exits = self.exits
        if self.body_read and outer.body is None:
            outer.stream_consumed = True

    def hush(self, audience: Audience) -> None:
        """From now on this is who hears."""
        self.audience = audience
        if self.over is not None:
            self.over.set()

    # ---- the request

    # Those of the outer exchange, which may not have read them yet.
    @property
    def raw_headers(self) -> RawHeaders:
        headers = self._headers
        if headers is None:
            headers = self._headers = self.outer.raw_headers
        return headers

    @raw_headers.setter
    def raw_headers(self, headers: RawHeaders) -> None:
        self._headers = headers

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
        # The door would add a length; a middleware wants to see it.
        self.head = (status, with_length(status, headers, len(body)))
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


def with_length(status: int, headers: Sequence[tuple[bytes, bytes]], length: int) -> RawHeaders:
    """A list of the headers, with the length of the body if they lack it."""
    for name, _ in headers:
        if name == b"content-length":
            return list(headers)
    if not body_allowed(status):
        return list(headers)
    return [*headers, (b"content-length", b"%d" % length)]
