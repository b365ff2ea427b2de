"""Helpers of the http room's tests: requests made by hand, and applications called through the ASGI door."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from hanok.exceptions import ClientDisconnect
from hanok.exchange import Exchange
from hanok.http import Headers, Request


@dataclass
class Answer:
    """What an application sent."""

    messages: list[Any] = field(default_factory=list)

    @property
    def status(self) -> int:
        return self.messages[0]["status"]

    @property
    def headers(self) -> Headers:
        return Headers(raw=self.messages[0]["headers"])

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.messages)

    @property
    def kinds(self) -> list[str]:
        return [message["type"] for message in self.messages]


def raw(headers: dict[str, str] | Sequence[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    if isinstance(headers, dict):
        return [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    return list(headers)


def make_scope(headers: Any = (), **scope: Any) -> dict[str, Any]:
    return {
        "type": "http",
        "method": "GET",
        "path": "/",
        "query_string": b"",
        "headers": raw(headers),
        **scope,
    }


def make_receive(body: bytes | list[bytes]) -> Callable[[], Any]:
    pieces = body if isinstance(body, list) else [body]
    messages = [
        {"type": "http.request", "body": piece, "more_body": number < len(pieces)}
        for number, piece in enumerate(pieces, 1)
    ]

    async def receive() -> Any:
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    return receive


@pytest.fixture
def scope() -> Callable[..., dict[str, Any]]:
    return make_scope


@pytest.fixture
def request_of() -> Callable[..., Request]:
    """Requests by body (a list: as it arrives), headers and scope; what one sends is in ``request.sent``."""

    def make(body: bytes | list[bytes] = b"", headers: Any = (), **scope: Any) -> Request:
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        request: Request = Request(make_scope(headers, **scope), make_receive(body), send)
        request.sent = sent
        return request

    return make


@pytest.fixture
def call() -> Callable[..., Answer]:
    """Call an ASGI application; the peer stays until the answer is complete."""

    def run(app: Any, path: str = "/", *, headers: Any = (), **scope: Any) -> Answer:
        answer = Answer()

        async def receive() -> Any:
            await asyncio.Event().wait()

        async def send(message: Any) -> None:
            answer.messages.append(message)

        asyncio.run(app(make_scope(headers, path=path, **scope), receive, send))
        return answer

    return run


class PlainExchange(Exchange):
    """A native exchange that records its answer: what a protocol would make, without a socket."""

    def __init__(self, body: bytes | None = b"", pieces: Sequence[bytes] = (), **attributes: Any) -> None:
        self.prepare()
        self.http_version, self.method, self.path, self.raw_path = "1.1", "GET", "/", b"/"
        self.query, self.raw_headers, self.scheme = b"", [], "http"
        self.client, self.server = ("peer", 1), ("here", 80)
        self.body = body
        self.pieces = list(pieces)
        self.gone = asyncio.Event()
        self.answered: tuple[int, list[tuple[bytes, bytes]], bytes] | None = None
        self.written: list[bytes] = []
        for name, value in attributes.items():
            setattr(self, name, value)

    async def _next_chunk(self) -> bytes:
        return self.pieces.pop(0) if self.pieces else b""

    def _answer(self, status: int, headers: Any, body: bytes) -> None:
        self.answered = status, list(headers), body

    def _start(self, status: int, headers: Any) -> None:
        self.answered = status, list(headers), b""

    async def _write(self, data: bytes) -> None:
        if self.gone.is_set():
            raise ClientDisconnect
        self.written.append(data)

    async def _finish(self, data: bytes) -> None:
        self.written += [data, b"end"] if data else [b"end"]

    @property
    def disconnected(self) -> bool:
        return self.gone.is_set()

    async def wait_disconnect(self) -> None:
        await self.gone.wait()


@pytest.fixture
def exchange_of() -> type[PlainExchange]:
    return PlainExchange
