"""HttpExchange: what the exchanges of HTTP/1.1 and HTTP/2 have in common."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from hanok.exceptions import LocalProtocolError
from hanok.exchange.answer import AnswerState
from hanok.exchange.http import Exchange
from hanok.protocols.h1.answer import Framing

if TYPE_CHECKING:
    from hanok.protocols.h1.head import RequestHead
    from hanok.protocols.h2.head import H2Head
    from hanok.types import RawHeaders

BURST = 2**20  # bytes that one stream may write in one turn of the event loop

_WAITING, _DONE = AnswerState.WAITING, AnswerState.DONE
_UNSENT, _LENGTH = Framing.UNSENT, Framing.LENGTH


class HttpExchange(Exchange):
    """One request that a server's own connection has read: its start values, its headers when they are first asked for, how
    much a streamed answer still owes, and who waits for its end.

    What differs is the framing of the answer and who owns the transport; that is the subclass's.
    """

    __slots__ = ("_burst", "_head", "_over", "framing", "remaining")

    framing: Framing  # of the answer; UNSENT until its head was handed to the connection
    remaining: int  # bytes that a streamed answer with a content-length still owes
    _burst: int  # bytes written without giving others a turn
    _head: RequestHead | H2Head
    _over: asyncio.Event | None

    def _set_up(self) -> None:
        # What ``prepare`` does, without the call. A test holds the two together.
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

        self._headers = self._over = None
        self.framing = _UNSENT
        self.remaining = self._burst = 0

    # The list of headers is made on first touch: many requests are answered without it.
    @property
    def raw_headers(self) -> RawHeaders:
        headers = self._headers
        if headers is None:
            headers = self._headers = self._head.headers
        return headers

    @raw_headers.setter
    def raw_headers(self, headers: RawHeaders) -> None:
        self._headers = headers

    # ---- a streamed answer

    def _owes_less(self, size: int) -> None:
        """So many bytes are going out. Raises LocalProtocolError if that is more than the content-length has promised."""
        if self.framing is _LENGTH:
            self.remaining -= size
            if self.remaining < 0:
                self.remaining = -1
                raise LocalProtocolError("the answer is longer than its content-length")

    def _is_hog(self, size: int) -> bool:
        """Whether it is time to let the neighbours have a turn: the peer is as fast as we are, and nothing makes us wait."""
        self._burst += size
        if self._burst <= BURST:
            return False
        self._burst = 0
        return True

    # ---- the peer

    async def wait_disconnect(self) -> None:
        if self.answer_state is _DONE or self.disconnected:
            return
        if self._over is None:
            self._over = asyncio.Event()
        await self._over.wait()

    def over(self) -> None:
        """The answer is complete or the peer has gone: nothing more can happen to this exchange."""
        if self._over is not None:
            self._over.set()
