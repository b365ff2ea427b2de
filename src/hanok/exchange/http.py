"""Exchange: one HTTP request and its answer."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, ClassVar

from hanok.exceptions import AnswerStateError, HTTPError
from hanok.exchange.answer import AnswerState, pieces_of_file
from hanok.exchange.answer_filter import AnswerFilter, LateAnswer
from hanok.exchange.incoming import Incoming, Interface

if TYPE_CHECKING:
    from hanok.types import RawHeaders, Send

# Module constants: reading a global is cheaper than a class attribute, and every request does it.
_WAITING, _STREAMING, _DONE = AnswerState.WAITING, AnswerState.STREAMING, AnswerState.DONE


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


def too_large(limit: int) -> HTTPError:
    """The error for a body above ``limit`` bytes (RFC 9110 §15.5.14)."""
    # The phrase is given because http.HTTPStatus had another one before Python 3.13.
    return HTTPError(413, "Content Too Large")
