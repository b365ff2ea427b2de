"""One HTTP call of an application in memory: httpx request → ASGI → httpx response.

The application runs in the event loop of a portal thread, the test in its own thread. Between them stands a queue of
answer parts. The application may run ahead of the test by one piece of a streamed body and no further, so that a test
sees a stream as a client on a slow line would.
"""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import unquote

import anyio

from hanok.testing.http_client import httpx

if TYPE_CHECKING:
    from anyio.from_thread import BlockingPortal

    from hanok.testing.websocket import WebSocketTestSession
    from hanok.types import ASGIApp, Message, RawHeaders, Scope

PortalFactory: TypeAlias = "Callable[[], AbstractContextManager[BlockingPortal]]"

DEFAULT_PORTS = {"http": 80, "ws": 80, "https": 443, "wss": 443}
WEBSOCKET_SESSION = "hanok.websocket_session"


class Part(Enum):
    """The part of the answer that the application owes next."""

    HEAD = auto()
    BODY = auto()
    TRAILERS = auto()
    DONE = auto()


# message type → the part it belongs to, and what is said when it comes in another.
_EXPECTED: dict[str, tuple[Part, dict[Part, str]]] = {
    "http.response.start": (
        Part.HEAD,
        dict.fromkeys(Part, 'Received multiple "http.response.start" messages.'),
    ),
    "http.response.body": (
        Part.BODY,
        {
            Part.HEAD: 'Received "http.response.body" without "http.response.start".',
            Part.TRAILERS: 'Received "http.response.body" after body completed.',
            Part.DONE: 'Received "http.response.body" after response completed.',
        },
    ),
    "http.response.trailers": (
        Part.TRAILERS,
        {
            Part.HEAD: 'Received "http.response.trailers" before body completed.',
            Part.BODY: 'Received "http.response.trailers" before body completed.',
            Part.DONE: 'Received "http.response.trailers" after response completed.',
        },
    ),
}


class _Ended:
    """In the queue of answer parts: the application has returned or raised."""


class Call:
    """One run of the application for one request."""

    def __init__(self, app: ASGIApp, scope: Scope, pieces: list[bytes]) -> None:
        self.app = app
        self.scope = scope
        self.pieces = pieces
        self.part = Part.HEAD
        self.trailers: RawHeaders | None = None
        self.debug: Any = None
        self.parts: queue.SimpleQueue[Message | tuple[bytes, anyio.Event | None] | _Ended] = queue.SimpleQueue()

    async def run(self) -> None:
        self.answered = anyio.Event()
        try:
            with anyio.CancelScope() as self.cancel_scope:
                await self.app(self.scope, self.receive, self.send)
        finally:
            self.parts.put(_Ended())

    async def receive(self) -> Message:
        if self.pieces:
            message: Message = {"type": "http.request", "body": self.pieces.pop(0)}
            if self.pieces:
                message["more_body"] = True
            return message
        if not self.answered.is_set():  # else who asks without waiting would not be told
            await self.answered.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        kind = message["type"]
        if kind == "http.response.debug":
            self.debug = message["info"]
            return
        if kind not in _EXPECTED:
            return
        part, complaints = _EXPECTED[kind]
        if part is Part.TRAILERS and self.trailers is None:
            raise AssertionError('Received "http.response.trailers" without declaring trailers.')
        if self.part is not part:
            raise AssertionError(complaints[self.part])
        if part is Part.HEAD:
            self._head(message)
        elif part is Part.BODY:
            await self._body(message)
        else:
            assert self.trailers is not None
            self.trailers.extend(message.get("headers", ()))
            if not message.get("more_trailers", False):
                self._done()

    def _head(self, message: Message) -> None:
        if message.get("trailers", False):
            self.trailers = []
        self.part = Part.BODY
        self.parts.put(message)

    async def _body(self, message: Message) -> None:
        body = b"" if self.scope["method"] == "HEAD" else bytes(message.get("body", b""))
        if message.get("more_body", False):
            taken = anyio.Event()
            self.parts.put((body, taken))
            await taken.wait()
            return
        self.parts.put((body, None))
        if self.trailers is None:
            self._done()
        else:
            self.part = Part.TRAILERS

    def _done(self) -> None:
        self.part = Part.DONE
        self.answered.set()


class AppTransport(httpx.BaseTransport):
    """Sends httpx requests into an application."""

    def __init__(
        self,
        app: ASGIApp,
        portal_factory: PortalFactory,
        *,
        raise_server_exceptions: bool,
        root_path: str,
        client: tuple[str, int],
        app_state: dict[str, Any],
    ) -> None:
        self.app = app
        self.portal_factory = portal_factory
        self.raise_server_exceptions = raise_server_exceptions
        self.root_path = root_path
        self.client = client
        self.app_state = app_state
        self.unclosed: set[AnswerStream] = set()

    def close(self) -> None:
        for body in list(self.unclosed):
            body.abort()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        scope = self._scope(request)
        if scope["type"] == "websocket":
            return httpx.Response(101, request=request, extensions={WEBSOCKET_SESSION: self._session(scope, request)})
        call = Call(self.app, scope, _pieces(request))
        with ExitStack() as stack:
            portal = stack.enter_context(self.portal_factory())
            task = portal.start_task_soon(call.run)
            body = AnswerStream(call, portal, task, self.raise_server_exceptions)
            head = call.parts.get()
            if not isinstance(head, dict):
                body.finish()
                if self.raise_server_exceptions:
                    raise AssertionError("TestClient did not receive any response.")
                return httpx.Response(500, stream=httpx.ByteStream(b""), request=request)
            self.unclosed.add(body)
            stack.callback(self.unclosed.discard, body)
            body.stack = stack.pop_all()
        headers = list(head.get("headers", ()))
        response = httpx.Response(head["status"], headers=headers, stream=body, request=request)
        if call.debug is not None:
            response.extensions["http.response.debug"] = call.debug
            if "template" in call.debug:
                response.template = call.debug["template"]  # type: ignore[attr-defined]  # for tests, as users know it
                response.context = call.debug["context"]  # type: ignore[attr-defined]  # for tests, as users know it
        if call.trailers is not None:
            response.extensions["http.response.trailers"] = call.trailers
        return response

    def _scope(self, request: httpx.Request) -> Scope:
        url = request.url
        scheme = url.scheme
        raw_path = url.raw_path.partition(b"?")[0]
        port = DEFAULT_PORTS[scheme] if url.port is None else url.port
        headers = [(name.lower(), value) for name, value in request.headers.raw]
        if "host" not in request.headers:
            headers.insert(0, (b"host", url.netloc))
        scope: Scope = {
            "type": "websocket" if scheme in ("ws", "wss") else "http",
            "http_version": "1.1",
            "method": request.method,
            "path": unquote(raw_path.decode("ascii")),
            "raw_path": raw_path,
            "root_path": self.root_path,
            "scheme": scheme,
            "query_string": url.query,
            "headers": headers,
            "client": self.client,
            "server": [url.host, port],
            "extensions": {"http.response.debug": {}, "http.response.trailers": {}},
            "state": self.app_state.copy(),
        }
        return scope

    def _session(self, scope: Scope, request: httpx.Request) -> WebSocketTestSession:
        from hanok.testing.websocket import WebSocketTestSession

        for name in ("http_version", "method"):
            del scope[name]
        offered = request.headers.get("sec-websocket-protocol")
        scope["subprotocols"] = [each.strip() for each in offered.split(",")] if offered else []
        scope["extensions"] = {"websocket.http.response": {}}
        return WebSocketTestSession(self.app, scope, self.portal_factory)


class AnswerStream(httpx.SyncByteStream):
    """The body of an answer, taken from the application piece by piece.

    Its end is the end of the application's call: errors that come after the last byte are raised there, and background
    tasks have run. Closing it before the answer is complete cancels the call.
    """

    def __init__(self, call: Call, portal: BlockingPortal, task: Any, raise_errors: bool) -> None:
        self.call = call
        self.portal = portal
        self.task = task
        self.raise_errors = raise_errors
        self.stack: ExitStack | None = None

    def __iter__(self) -> Iterator[bytes]:
        while not isinstance(part := self.call.parts.get(), _Ended):
            assert isinstance(part, tuple)
            data, taken = part
            if taken is not None:
                self.portal.call(taken.set)
            if data:
                yield data
        try:
            self.finish()
        finally:
            self.close()

    def finish(self) -> None:
        """Wait for the call, and raise what it raised."""
        try:
            self.task.result()
        except Exception:
            if self.raise_errors:
                raise

    def close(self) -> None:
        self._leave(cancel=self.call.part is not Part.DONE)

    def abort(self) -> None:
        """End the call, whatever it is doing."""
        self._leave(cancel=True)

    def _leave(self, cancel: bool) -> None:
        stack, self.stack = self.stack, None
        if stack is None:
            return
        with stack:
            if cancel and not self.task.done():
                self.portal.call(self.call.cancel_scope.cancel)
            self.finish()


def _pieces(request: httpx.Request) -> list[bytes]:
    """The request's body as the messages that will carry it: a chunked one keeps its chunks."""
    if request.headers.get("transfer-encoding") != "chunked":
        return [request.read()]
    assert isinstance(request.stream, httpx.SyncByteStream)
    pieces = [piece for piece in request.stream if piece]
    request.stream = httpx.ByteStream(b"".join(pieces))  # a redirect may send it again
    return pieces or [b""]
