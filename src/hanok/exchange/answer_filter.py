"""AnswerFilter: what native middleware changes an answer with; LateAnswer: an answer that waits for one."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hanok.types import RawHeaders


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
