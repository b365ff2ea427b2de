"""RequestBodyLimitMiddleware: no larger requests than we want to read (RFC 9110 §15.5.14)."""

from __future__ import annotations

from typing import Any

from hanok.exceptions import HTTPError
from hanok.exchange import AnswerFilter, Exchange
from hanok.http.response import PlainTextResponse
from hanok.middleware.base import NativeMiddleware
from hanok.types import RawHeaders


class RequestBodyLimitMiddleware(NativeMiddleware):
    """Answers 413 when the body is larger than ``max_body_size`` bytes, at the latest when the first byte beyond is read.

    Of several limits the innermost counts: a route may allow more than its application.
    """

    def __init__(self, app: Any, max_body_size: int) -> None:
        super().__init__(app)
        self.max_body_size = max_body_size

    async def handle(self, exchange: Any) -> None:
        if exchange.kind != "http":
            await self.inner(exchange)
            return
        exchange.body_limit = self.max_body_size
        exchange.add_filter(DeclaredTooLarge(exchange))
        try:
            await self.inner(exchange)
        except HTTPError as error:
            if error.status_code != 413 or exchange.answer_state:
                raise
            await PlainTextResponse(error.detail, status_code=413, headers=error.headers).send(exchange)


class DeclaredTooLarge(AnswerFilter):
    """Replaces the answer of an application that did not care to read a body declared to be too large."""

    __slots__ = ("exchange", "text")

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.text: bytes | None = None  # what replaces a streamed body

    def start(self, status: int, headers: RawHeaders) -> int:
        if status == 413 or not self.is_too_large():
            return status
        self.text = b"Content Too Large"
        length = b"%d" % len(self.text)
        headers[:] = [(b"content-length", length), (b"content-type", b"text/plain; charset=utf-8")]
        return 413

    def whole(self, status: int, headers: RawHeaders, body: bytes) -> tuple[int, bytes]:
        status = self.start(status, headers)
        return status, body if self.text is None else self.text

    def chunk(self, data: bytes, last: bool) -> bytes:
        if self.text is None:
            return data
        text, self.text = self.text, b""
        return text

    def passes_files(self) -> bool:
        return not self.is_too_large()

    def is_too_large(self) -> bool:
        declared = self.exchange.header(b"content-length") or b""
        limit = self.exchange.body_limit
        return limit is not None and declared.isdigit() and int(declared) > limit
