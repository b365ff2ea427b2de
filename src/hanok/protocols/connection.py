"""HttpConnection: what the connections of HTTP/1.1 and HTTP/2 have in common, beside their transport."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any

from hanok.exceptions import ClientDisconnect, HTTPError
from hanok.exchange import AnswerState, FixedHeaders
from hanok.protocols.first_step import EAGER
from hanok.protocols.h1.answer import Framing
from hanok.protocols.services import CROWD

if TYPE_CHECKING:
    from hanok.protocols.services import Services

PLAIN = FixedHeaders([(b"content-type", b"text/plain; charset=utf-8")])

_DONE = AnswerState.DONE
_UNSENT = Framing.UNSENT
_CROWD, _EAGER = CROWD, EAGER
_Task: Any = asyncio.Task


class HttpConnection:
    """Who the peer is, and how one of its requests is served once its head has been read: what the exchange is told, the
    refusal of a server that is busy, the task of the handler, and that the peer gets one well-formed answer of it or sees that
    there is none.

    How requests come out of bytes, and answers into them, is the protocol's. It says what is asked for at the end here.
    """

    __slots__ = (
        "client",
        "gone",  # the peer left, or we closed: nothing can be said any more
        "loop",
        "running",  # handlers that did not return at once, and have not yet
        "scheme",
        "server",
        "services",
        "transport",
        "trusted",  # whether the peer may say who its client is
        "write_paused",
    )

    transport: asyncio.Transport

    def __init__(self, services: Services) -> None:
        self.services = services
        self.loop = services.loop
        self.client: tuple[str, int] | None = None
        self.server: tuple[str, int | None] | None = None
        self.scheme = "http"
        self.trusted = self.gone = self.write_paused = False
        self.running = 0

    def meet(self, transport: asyncio.BaseTransport) -> None:
        """Learn from the transport who the peer is, and how it came."""
        info = transport.get_extra_info
        self.client = address(info("peername"))
        sock = info("sockname")
        self.server = address(sock) or ((sock, None) if isinstance(sock, str) and sock else None)
        proxied = info("proxy_header")
        if info("sslcontext") is not None or (proxied is not None and proxied.is_tls):
            self.scheme = "https"
        forwarded = self.services.forwarded
        if forwarded is not None:
            self.trusted = forwarded.trusts(self.client[0] if self.client else None)

    # ---- a request

    def serve(self, exchange: Any, forwarded: bool) -> None:
        """Tell the exchange where it is, and run the application on it. ``forwarded``: a proxy says something of its client."""
        services = self.services
        exchange.client = self.client
        exchange.server = self.server
        exchange.scheme = self.scheme
        root = services.root_path
        if root:
            exchange.root_path = root
            exchange.path = root + exchange.path
            exchange.raw_path = root.encode() + exchange.raw_path
        if forwarded and self.trusted and services.forwarded is not None:
            services.forwarded.introduce(exchange)
        if services.state is not None:
            exchange.state = services.state.copy()
        limit = services.limit_concurrency
        if limit is not None and (len(services.connections) > limit or len(services.tasks) >= limit):
            self.last(exchange)
            self._plain(exchange, 503, b"Service Unavailable")
            return
        services.requests += 1
        if services.begun is not None:
            services.begun(exchange)
        if services.on_max_requests is not None and services.requests == services.max_requests:
            services.on_max_requests()
        # Each request has a context of its own, copied from one that no request has touched.
        run: Any = services.handler(exchange)  # handlers give coroutines
        if services.running >= _CROWD:
            task = _Task(run, loop=self.loop, context=services.copy_context())
        elif _EAGER:  # as ``first_step`` would, without asking it
            task = _Task(run, loop=self.loop, context=services.copy_context(), eager_start=True)
        else:
            task = services.first_step.take(run, services.copy_context())
        if task.done():
            self._handled(exchange, task)
            del task  # else it and the traceback of its error, which leads here, hold each other
        else:
            self.running += 1
            services.running += 1
            services.tasks.add(task)
            task.add_done_callback(partial(self._returned, exchange))

    def _returned(self, exchange: Any, task: asyncio.Task[None]) -> None:
        services = self.services
        self.running -= 1
        services.running -= 1
        services.tasks.discard(task)
        self._handled(exchange, task)

    def _handled(self, exchange: Any, task: asyncio.Task[None]) -> None:
        """The handler has returned: see that the peer gets one well-formed answer, or sees that there is none."""
        cancelled = False
        try:
            error = task.exception()
        except asyncio.CancelledError:
            error, cancelled = None, True
        if error is None and exchange.answer_state is _DONE and exchange.framing is not _UNSENT:
            return
        if error is not None:
            if not (isinstance(error, ClientDisconnect) and self.has_lost(exchange)):
                # That the peer left in the middle is its business, and no failure of the application.
                self._log(exchange, "failed", error)
            # Its frames hold the task, and the task holds it: a ring around everything of this request, which would
            # stay until the garbage collector stops the world to find it. The log has been told.
            error.__traceback__ = None
        if not self.still_waits(exchange):
            return
        if exchange.framing is _UNSENT:
            if cancelled:
                self.last(exchange)  # the worker is stopping
            elif error is None:
                self._log(exchange, "returned without answering", None)
            if isinstance(error, HTTPError):
                self._plain(exchange, error.status_code, str(error.detail).encode())
            else:
                self._plain(exchange, 500, b"Internal Server Error")
        elif exchange.answer_state is not _DONE:
            if error is None:
                self._log(exchange, "returned before the end of its answer", None)
            self.fail_answer(exchange)

    def _log(self, exchange: Any, what: str, error: BaseException | None) -> None:
        self.services.error_log.error(
            "the application %s on %s %s", what, exchange.method, exchange.path, exc_info=error
        )

    def _plain(self, exchange: Any, status: int, text: bytes) -> None:
        """The server's own answer to a request that the application has not answered."""
        exchange.answer_state = _DONE
        exchange.status = status
        exchange._answer(status, PLAIN, text)

    # ---- what each protocol says

    def has_lost(self, exchange: Any) -> bool:
        """Whether the peer has gone that this exchange came from."""
        raise NotImplementedError

    def still_waits(self, exchange: Any) -> bool:
        """Whether the peer waits for the answer. Called when the handler has returned: nobody reads the body any more."""
        raise NotImplementedError

    def last(self, exchange: Any) -> None:
        """The peer should bring what it asks next to somebody else."""

    def fail_answer(self, exchange: Any) -> None:
        """The answer began and cannot be completed: the peer must see that it is cut short."""
        raise NotImplementedError


def address(name: Any) -> tuple[str, int] | None:
    """The first two of a socket name, if it is one of the internet families."""
    if isinstance(name, (tuple, list)) and len(name) >= 2:
        return str(name[0]), int(name[1])
    return None
