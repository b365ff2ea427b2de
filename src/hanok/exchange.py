"""Exchange: one request and its answer, whatever carried it. The central contract.

A door (the ASGI door in ``gateways``, a protocol in ``protocols``) makes an ``Exchange`` and hands it to
``await app.handle(exchange)``. Everything behind the doors reads the request from it and answers through it.

The request side is plain attributes, filled by the door. What is derived from them (the ASGI scope here; decoded
headers, cookies, query parameters in ``http``) is built on first touch and kept.

The answer side has two forms, and exactly one of them happens:

    exchange.answer(status, headers, body)          the whole answer at once: what nearly every API call is

    exchange.start(status, headers)                 a streamed answer
    await exchange.write(chunk)                     waits while the peer is slower than we are
    await exchange.finish()                         with the last piece, if there is one

A file may be given by its path: ``answer_file``. Trailers follow a streamed answer: see ``answer_trailers``.

``answer`` and ``start`` never wait: a door may keep what it was given until ``drain``, ``write`` or ``finish``.
``await exchange.drain()`` returns when the answer so far was handed to the transport, so code that must run *after the
answer was sent* (background tasks, request-scoped dependencies) awaits it first.

A filter sees the answer on its way up: ``exchange.add_filter(filter)``. That is how native middleware changes an answer
without wrapping anything; see ``AnswerFilter``.

Header names in ``raw_headers`` are lower-case bytes; values are bytes as they came (RFC 9110 §5.5).
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Sequence
from contextlib import aclosing
from enum import IntEnum
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from hanok.exceptions import AnswerStateError, HTTPError

if TYPE_CHECKING:
    from hanok.types import Message, RawHeaders, Scope, Send

if TYPE_CHECKING:
    from abc import ABC as Interface
else:
    # Every request asks several times whether something is an exchange, and to ask an ABC is many times as dear.
    class Interface:
        __slots__ = ()


ASGI_VERSION = {"version": "3.0", "spec_version": "2.5"}

FILE_PIECE = 64 * 1024  # bytes that are read of a file at once


class AnswerState(IntEnum):
    """How far the answer has come. ``answer`` goes from WAITING to DONE in one step."""

    WAITING = 0
    STREAMING = 1
    DONE = 2


# Module constants: reading a global is cheaper than a class attribute, and every request does it.
_WAITING, _STREAMING, _DONE = AnswerState.WAITING, AnswerState.STREAMING, AnswerState.DONE


class FixedHeaders(tuple[tuple[bytes, bytes], ...]):
    """Answer headers known when the application was compiled. Equal content on every request.

    A door may keep what it derives from them by status: the rendered bytes of the head in ``rendered``, those with the
    lines that every answer ends with in ``ready``, and its fields in ``fields``, beside the bytes they were made with.
    """

    rendered: dict[int, bytes]
    ready: dict[int, tuple[bytes, bytes]]
    fields: dict[int, tuple[bytes, tuple[tuple[bytes, bytes], ...]]]

    def __new__(cls, pairs: Sequence[tuple[bytes, bytes]] = ()) -> FixedHeaders:
        self = super().__new__(cls, pairs)
        self.rendered = {}
        self.ready = {}
        self.fields = {}
        return self


class AnswerFilter:
    """Sees one answer on its way from the endpoint to the peer, and may change it.

    Filters run from the one added last (nearest to the endpoint) to the one added first. ``headers`` is a list made for
    this answer: change it in place.
    """

    __slots__ = ()

    def start(self, status: int, headers: RawHeaders) -> int:
        """Called once, before the first byte of the body. Returns the status to send."""
        return status

    def whole(self, status: int, headers: RawHeaders, body: bytes) -> tuple[int, bytes] | Awaitable[tuple[int, bytes]]:
        """Called instead of ``start`` and ``chunk`` when the answer is given at once.

        May return an awaitable of its result if that takes long. Then somebody has to ``drain`` the exchange.
        """
        return self.start(status, headers), body

    def chunk(self, data: bytes, last: bool) -> bytes | Awaitable[bytes]:
        """Called for each piece of a streamed body, which may be empty. May return an awaitable, as ``whole``."""
        return data

    def file(self, status: int, headers: RawHeaders) -> int:
        """Called instead of all of these when a server that this filter lets a file pass to opens it by itself."""
        return self.start(status, headers)

    def passes_files(self) -> bool:
        """Whether the body may be a file whose bytes this filter does not see."""
        return type(self).chunk is AnswerFilter.chunk

    def waits_for_body(self, status: int, headers: RawHeaders) -> bool:
        """Whether a head that comes alone is to be kept until it is known if the body comes at once."""
        return False


class LateAnswer:
    """An answer given at once, on its way through the filters, one of which has to be awaited."""

    __slots__ = ("awaited", "headers", "waiting")

    def __init__(self, awaited: Awaitable[tuple[int, bytes]], headers: RawHeaders, waiting: list[AnswerFilter]) -> None:
        self.awaited = awaited
        self.headers = headers
        self.waiting = waiting  # the filters behind that one

    async def end(self) -> tuple[int, bytes]:
        """Status and body as the last filter has left them."""
        status, body = await self.awaited
        while self.waiting:
            seen = self.waiting.pop().whole(status, self.headers, body)
            status, body = seen if isinstance(seen, tuple) else await seen
        return status, body


class Incoming:
    """What HTTP requests and WebSocket handshakes have in common: the head, and where the router has brought it."""

    __slots__ = (
        "_headers",
        "_scope",
        "app",  # the innermost Hanok application that took it
        "app_root_path",  # what root_path was before the first mount added to it; None outside mounts
        "client",  # (host, port) | None
        "cookies_cache",
        "endpoint",  # the function that the matched route calls
        "headers_cache",
        "http_version",  # "1.0" | "1.1" | "2"
        "method",  # "GET"; "" for a WebSocket over HTTP/1.1
        "path",  # percent-decoded, with the root path of the mounts above in front
        "path_params",  # dict[str, Any]: converted values of the match so far
        "query",  # bytes after "?"
        "query_cache",
        "raw_path",  # bytes, as sent, without the query
        "root_path",  # "" | "/prefix"
        "route",  # the matched route, as it is where it was included; the scope names the one that was declared
        "router",
        "scheme",  # "http" | "https" | "ws" | "wss"
        "sent",  # bytes of the answer's body so far, as the protocol was given them
        "server",  # (host, port | None) | None
        "session",  # dict | None, set by the session middleware
        "started",  # time.perf_counter() when the request came, where somebody asks for times; else 0
        "state",  # dict[str, Any] | None: the lifespan state, copied for this request
    )

    kind: ClassVar[Literal["http", "websocket"]] = "http"

    app: Any
    app_root_path: str | None
    client: tuple[str, int] | None
    cookies_cache: Any
    endpoint: Any
    headers_cache: Any
    http_version: str
    method: str
    path: str
    path_params: dict[str, Any]
    query: bytes
    query_cache: Any
    raw_path: bytes
    root_path: str
    route: Any
    router: Any
    scheme: str
    sent: int
    server: tuple[str, int | None] | None
    session: dict[str, Any] | None
    started: float
    state: dict[str, Any] | None
    _headers: RawHeaders | None
    _scope: Scope | None

    @property
    def raw_headers(self) -> RawHeaders:
        """The headers in the order of their coming. A door that has not read them yet overrides this."""
        return self._headers  # type: ignore[return-value]  # else they are given before anybody asks

    @raw_headers.setter
    def raw_headers(self, headers: RawHeaders) -> None:
        self._headers = headers

    # ---- the scope

    @property
    def scope(self) -> Scope:
        """The ASGI scope of this request; made on first touch, then the same mapping for ever."""
        scope = self._scope
        if scope is None:
            scope = self._scope = self._make_scope()
        return scope

    def _make_scope(self) -> Scope:
        scope: Scope = {
            "type": self.kind,
            "asgi": dict(ASGI_VERSION),
            "http_version": self.http_version,
            "scheme": self.scheme,
            "path": self.path,
            "raw_path": self.raw_path,
            "query_string": self.query,
            "root_path": self.root_path,
            "headers": self.raw_headers,
            "client": self.client,
            "server": self.server,
            "path_params": self.path_params,
            "extensions": self.extensions(),
        }
        if self.kind == "http":
            scope["method"] = self.method
        if self.state is not None:
            scope["state"] = self.state
        for name in ("app", "app_root_path", "router", "endpoint", "session"):
            value = getattr(self, name)
            if value is not None:
                scope[name] = value
        if self.route is not None:
            scope.update(told_of(self.route))
        return scope

    def extensions(self) -> dict[str, Any]:
        """The ASGI extensions that this door offers, for the scope."""
        return {}

    def read_scope(self) -> None:
        """Take over what code that was handed the scope may have changed in it.

        Called where a scope comes back from foreign hands: after an http middleware function, at the ASGI door.
        """
        scope = self._scope
        if scope is None:
            return
        self.method = scope.get("method", "")
        self.path = scope.get("path", "")
        self.raw_path = scope.get("raw_path") or self.path.encode("utf-8", "surrogateescape")
        self.query = scope.get("query_string", b"")
        self.root_path = scope.get("root_path", "")
        self.scheme = scope.get("scheme", "http")
        self.client = scope.get("client")
        self.server = scope.get("server")
        self.state = scope.get("state")
        headers = scope.get("headers", ())
        if headers is not self.raw_headers:
            self.raw_headers = headers if type(headers) is list else list(headers)
        self.headers_cache = self.query_cache = self.cookies_cache = None

    def matched(self, route: Any, endpoint: Any, path_params: dict[str, Any]) -> None:
        """The router has found the route: kept here, and in the scope if one was made."""
        self.route = route
        self.endpoint = endpoint
        self.path_params = path_params
        scope = self._scope
        if scope is not None:
            scope["route"] = route
            if getattr(route, "_origin", None) is not None:
                scope.update(route.in_scope())  # it is seen through an included router
            scope["endpoint"] = endpoint
            scope["path_params"] = path_params

    def place(
        self, name: Literal["app", "app_root_path", "router", "root_path", "session", "state"], value: Any
    ) -> None:
        """Set an attribute here and in the scope if one was made."""
        setattr(self, name, value)
        if self._scope is not None:
            self._scope[name] = value

    def take_request_side(self, other: Incoming) -> None:
        """Become another view of the same request: share its head, its scope and its caches."""
        self._scope = other._scope
        self.app = other.app
        self.app_root_path = other.app_root_path
        self.client = other.client
        self.cookies_cache = other.cookies_cache
        self.endpoint = other.endpoint
        self.headers_cache = other.headers_cache
        self.http_version = other.http_version
        self.method = other.method
        self.path = other.path
        self.path_params = other.path_params
        self.query = other.query
        self.query_cache = other.query_cache
        self.raw_headers = other.raw_headers
        self.raw_path = other.raw_path
        self.root_path = other.root_path
        self.route = other.route
        self.router = other.router
        self.scheme = other.scheme
        self.server = other.server
        self.session = other.session
        self.state = other.state

    def header(self, name: bytes) -> bytes | None:
        """The first value of a header, by its lower-case name; a scan, for code that needs one or two."""
        for key, value in self.raw_headers:
            if key == name:
                return value
        return None


class Exchange(Incoming, Interface):
    """One HTTP request and its answer. A door subclasses it and gives the underscored methods."""

    __slots__ = (
        "answer_state",
        "answer_trailers",  # list | None: fields that follow a streamed body; set before ``start``, complete at ``finish``
        "body",  # bytes when the whole request body is here, else None
        "body_limit",  # the largest body that the application accepts, in bytes; None: no limit of its own
        "body_read",  # bytes handed out so far by next_chunk
        "exits",  # what has to be closed when the exchange ends: uploaded files
        "filters",  # list[AnswerFilter] | None
        "form_cache",
        "late",  # LateAnswer | None: an answer that a filter is not done with
        "status",  # status of the answer, 0 before it began: for logs and metrics
        "stream_consumed",
    )

    kind = "http"

    watched: ClassVar[bool] = False  # whether a layer above listens for the peer's leaving while an answer streams
    stepped: ClassVar[bool] = False  # whether only the task that runs the handler, and no other, may answer

    body: bytes | None
    body_limit: int | None
    body_read: int
    exits: list[Any] | None
    filters: list[AnswerFilter] | None
    answer_trailers: RawHeaders | None
    form_cache: Any
    late: LateAnswer | None
    status: int
    stream_consumed: bool
    answer_state: AnswerState

    def prepare(self) -> None:
        """Set everything that a door does not know to its start value. Doors call it before ``handle``."""
        self._scope = None
        self.app = self.app_root_path = self.endpoint = self.route = self.router = self.session = None
        self.cookies_cache = self.headers_cache = self.query_cache = self.form_cache = None
        self.path_params = {}
        self.root_path = ""
        self.state = None
        self.body_limit = self.exits = self.filters = self.late = self.answer_trailers = None
        self.body_read = self.status = self.sent = 0
        self.started = 0.0
        self.stream_consumed = False
        self.answer_state = _WAITING

    # ---- the request's body

    async def read(self) -> bytes:
        """The whole body; kept, so that a second call gives the same bytes.

        Raises ClientDisconnect if the peer goes before its end, HTTPError 413 above ``body_limit``,
        RuntimeError if it was already consumed as a stream.
        """
        body = self.body
        if body is None:
            if self.stream_consumed:
                raise RuntimeError("Stream consumed")
            pieces = []
            while piece := await self.next_chunk():
                pieces.append(piece)
            self.stream_consumed = True
            body = self.body = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        elif self.body_limit is not None and len(body) > self.body_limit:
            raise too_large(self.body_limit)
        return body

    async def stream(self) -> AsyncIterator[bytes]:
        """The body piece by piece, never an empty piece, without keeping it."""
        if self.body is not None:
            if self.body:
                yield await self.read()
            return
        if self.stream_consumed:
            raise RuntimeError("Stream consumed")
        self.stream_consumed = True
        while piece := await self.next_chunk():
            yield piece

    async def next_chunk(self) -> bytes:
        """The next piece of the body as it arrives; b"" at its end. Raises as ``read`` does."""
        self.check_declared()
        piece = await self._next_chunk()
        self.count(len(piece))
        return piece

    def check_declared(self) -> None:
        """Raise HTTPError 413 if the body says that it is too large: nothing of it needs to be read to know."""
        limit = self.body_limit
        if limit is not None and not self.body_read:
            declared = self.header(b"content-length") or b""
            if declared.isdigit() and int(declared) > limit:
                raise too_large(limit)

    def count(self, size: int) -> None:
        """So many bytes of the body have come. Raises HTTPError 413 if that makes too many."""
        self.body_read += size
        if self.body_limit is not None and self.body_read > self.body_limit:
            raise too_large(self.body_limit)

    @abstractmethod
    async def _next_chunk(self) -> bytes:
        """One piece from the transport; b"" at the end. Raises ClientDisconnect."""

    # ---- the answer

    def add_filter(self, answer_filter: AnswerFilter) -> None:
        """Let ``answer_filter`` see the answer; the filter added last sees it first."""
        if self.filters is None:
            self.filters = [answer_filter]
        else:
            self.filters.append(answer_filter)

    def answer(self, status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> None:
        """Give the whole answer. ``content-length`` is added when ``headers`` lacks it and the status allows a body.

        For HEAD give the body that GET would have: the door sends the head only. Raises AnswerStateError if the answer
        has begun.
        """
        if self.answer_state:
            if self.disconnected:
                return  # who has answered by ``request._send`` until the peer left, returns something after that
            raise AnswerStateError("the answer has already begun; a request has exactly one")
        if self.filters is not None:
            headers = list(headers)
            waiting = self.filters.copy()
            while waiting:
                seen = waiting.pop().whole(status, headers, body)
                if not isinstance(seen, tuple):
                    self.late = LateAnswer(seen, headers, waiting)
                    self.answer_state = _DONE
                    return
                status, body = seen
        self.answer_state = _DONE
        self.status = status
        self._answer(status, headers, body)

    async def answer_file(self, status: int, headers: Sequence[tuple[bytes, bytes]], path: str) -> None:
        """Answer with a whole file. ``headers`` should have its content-length.

        If the server can open files by itself, and no filter has to see the bytes, it is given the path.
        """
        if self.filters is None:
            passes = self.opens_files
        else:
            passes = self.opens_files and all(each.passes_files() for each in self.filters)
        if not passes:
            self.start(status, headers)
            await self.write_file(path)
            return
        if self.answer_state:
            raise AnswerStateError("the answer has already begun; a request has exactly one")
        headers = list(headers)
        for answer_filter in reversed(self.filters or ()):
            status = answer_filter.file(status, headers)
        self.answer_state = _DONE
        self.status = status
        await self._answer_file(status, headers, path)

    def start(self, status: int, headers: Sequence[tuple[bytes, bytes]]) -> None:
        """Begin a streamed answer. Without ``content-length`` in ``headers`` the door delimits the body itself."""
        if self.answer_state:
            raise AnswerStateError("the answer has already begun; a request has exactly one")
        if self.filters is not None:
            headers = list(headers)
            for answer_filter in reversed(self.filters):
                status = answer_filter.start(status, headers)
        self._start(status, headers)
        self.answer_state = _STREAMING
        self.status = status

    async def write(self, data: bytes) -> None:
        """Send a piece of a streamed answer; returns when the transport has room for more.

        Raises ClientDisconnect once the peer has gone.
        """
        if self.answer_state is not _STREAMING:
            raise AnswerStateError("write() belongs between start() and finish()")
        if self.filters is not None:
            data = await self._filtered(data, False)
        await self._write(data)

    async def write_file(self, path: str) -> None:
        """Write a whole file as the rest of a streamed answer, and finish that."""
        async with aclosing(pieces_of_file(path)) as pieces:
            async for data in pieces:
                await self.write(data)
        await self.finish()

    async def finish(self, data: bytes = b"") -> None:
        """End a streamed answer, with the last piece of its body if there is one. Raises as ``write``."""
        if self.answer_state is not _STREAMING:
            raise AnswerStateError("finish() belongs after start(), once")
        if self.filters is not None:
            data = await self._filtered(data, True)
        self.answer_state = _DONE
        try:
            await self._finish(data)
        except BaseException:
            self.answer_state = _STREAMING  # it lacks its end
            raise

    async def _filtered(self, data: bytes, last: bool) -> bytes:
        for answer_filter in reversed(self.filters or ()):
            seen = answer_filter.chunk(data, last)
            data = seen if isinstance(seen, bytes) else await seen
        return data

    # Not marked abstract, as the others are: the compiler takes no decorator on what it calls in C.
    def _answer(self, status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> None:
        raise NotImplementedError

    @abstractmethod
    def _start(self, status: int, headers: Sequence[tuple[bytes, bytes]]) -> None: ...

    @abstractmethod
    async def _write(self, data: bytes) -> None:
        """Send a piece; an empty one sends only what is still held back."""

    @abstractmethod
    async def _finish(self, data: bytes) -> None:
        """Send the last piece, which may be empty, the end of the body, and the trailers."""

    @property
    def opens_files(self) -> bool:
        """Whether the server below opens files by itself: the ASGI extension "pathsend"."""
        return False

    async def _answer_file(self, status: int, headers: Sequence[tuple[bytes, bytes]], path: str) -> None:
        """Only of doors that open files."""
        raise NotImplementedError

    async def drain(self) -> None:
        """Return when the answer so far has been handed to the transport and the transport has room."""
        if self.late is not None:
            late, self.late = self.late, None
            self.status, body = await late.end()
            self._answer(self.status, late.headers, body)
        await self._drain()

    async def _drain(self) -> None:
        """As ``drain``, of what the door was given."""

    async def early_hints(self, headers: Sequence[tuple[bytes, bytes]]) -> None:
        """Send a 103 with these headers (RFC 8297) if the door can; else nothing."""

    # ---- the peer

    @property
    def asgi_send(self) -> Send | None:
        """The raw ASGI ``send`` below, if there is one: for messages of ASGI extensions."""
        return None

    @property
    def disconnected(self) -> bool:
        """Whether the peer is known to have gone. Never waits. Every door gives it."""
        raise NotImplementedError

    @abstractmethod
    async def wait_disconnect(self) -> None:
        """Return when the peer has gone, or the answer is complete."""


class WebSocketExchange(Incoming, Interface):
    """One WebSocket from its handshake to its close, spoken in ASGI's WebSocket messages.

    ``receive`` gives ``websocket.connect`` first, then ``websocket.receive``, and ``websocket.disconnect`` last.
    ``send`` takes ``websocket.accept``, ``.send``, ``.close`` and the denial ``websocket.http.response.*``.
    """

    __slots__ = ("websocket",)  # the WebSocket object that speaks on it, once there is one

    kind = "websocket"

    websocket: Any

    def prepare(self) -> None:
        """As ``Exchange.prepare``."""
        self._scope = self.websocket = None
        self.method = ""
        self.app = self.app_root_path = self.endpoint = self.route = self.router = self.session = None
        self.cookies_cache = self.headers_cache = self.query_cache = None
        self.path_params = {}
        self.root_path = ""
        self.state = None
        self.sent = 0
        self.started = 0.0

    @abstractmethod
    async def receive(self) -> Message: ...

    @abstractmethod
    async def send(self, message: Message) -> None: ...

    # The short ways of data, for a WebSocket object whose both halves are connected. A door need not have them.

    def take(self, kind: type[str | bytes]) -> str | bytes | Awaitable[None] | None:
        """The data of the next message, if it is of this kind.

        An awaitable if nothing has come yet: wait, and take again. None for all else: ``receive`` says what is next.
        """
        return None

    def give_text(self, text: str) -> Awaitable[None] | None:
        """Send it. What is returned, if anything is, has to be awaited, and raises what ``send`` would."""
        return self.send({"type": "websocket.send", "text": text})

    def give_bytes(self, data: bytes) -> Awaitable[None] | None:
        """As ``give_text``."""
        return self.send({"type": "websocket.send", "bytes": data})


AnyExchange = Exchange | WebSocketExchange


def told_of(route: Any) -> dict[str, Any]:
    """What the scope is told of a matched route: what the route wants told, else just the route."""
    in_scope = getattr(route, "in_scope", None)
    return {"route": route} if in_scope is None else in_scope()


def too_large(limit: int) -> HTTPError:
    """The error for a body above ``limit`` bytes (RFC 9110 §15.5.14)."""
    # The phrase is given because http.HTTPStatus had another one before Python 3.13.
    return HTTPError(413, "Content Too Large")


def body_allowed(status: int) -> bool:
    """Whether an answer of this status may have a body (RFC 9110 §6.4.1)."""
    return status >= 200 and status not in (204, 205, 304)


async def pieces_of_file(path: str) -> AsyncGenerator[bytes, None]:
    """The bytes of a file, read in worker threads."""
    from anyio import open_file

    file = await open_file(path, "rb")
    try:
        while data := await file.read(FILE_PIECE):
            yield data
    finally:
        file.wrapped.close()  # not in a thread: that waits, and what waits fails when we are cancelled
