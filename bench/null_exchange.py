"""An exchange that nothing carries: the request is known beforehand, the answer is kept and goes nowhere."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from bench.works import Question
from hanok.exchange import Exchange

RawHeaders = list[tuple[bytes, bytes]]


class NullExchange(Exchange):
    """Filled anew for each request, from constants, as a protocol fills its own from what it has parsed."""

    __slots__ = ("given",)

    def __init__(self, method: str, path: str, raw_path: bytes, query: bytes, headers: RawHeaders, body: bytes):
        self.prepare()
        self.method = method
        self.path = path
        self.raw_path = raw_path
        self.query = query
        self.raw_headers = headers
        self.body = body
        self.http_version = "1.1"
        self.scheme = "http"
        self.client = ("127.0.0.1", 50000)
        self.server = ("127.0.0.1", 8000)
        self.given = b""

    async def _next_chunk(self) -> bytes:
        return b""

    def _answer(self, status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> None:
        self.given = body

    def _start(self, status: int, headers: Sequence[tuple[bytes, bytes]]) -> None: ...

    async def _write(self, data: bytes) -> None:
        self.given += data

    async def _finish(self, data: bytes) -> None:
        self.given += data

    @property
    def disconnected(self) -> bool:
        return False

    async def wait_disconnect(self) -> None:
        await asyncio.get_running_loop().create_future()


Parts = tuple[str, str, bytes, bytes, RawHeaders, bytes]


def parts_of(question: Question, headers: RawHeaders) -> Parts:
    """The arguments of NullExchange for this request."""
    path, _, query = question.path.partition("?")
    return question.method, path, path.encode(), query.encode(), headers, question.body or b""
