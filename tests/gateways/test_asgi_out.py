"""Foreign ASGI applications: when their head goes out, what becomes of their pieces, and the extensions they use."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hanok.exceptions import AnswerStateError
from hanok.exchange import AnswerFilter
from hanok.gateways import handler_of
from hanok.middleware import BaseHTTPMiddleware, NativeMiddleware
from hanok.testing import TestClient
from hanok.testing.live import LiveServer

SCOPE = {"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b""}
PATHSEND = {"http.response.pathsend": {}}


def sending(*messages: Any, headers: Any = ()) -> Any:
    """An application that sends a head, then these messages."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": list(headers)})
            for message in messages:
                await send(message)

    return app


def body(data: bytes, more: bool = False) -> Any:
    return {"type": "http.response.body", "body": data, "more_body": more}


class Filtered(NativeMiddleware):
    """Adds a filter, so that messages cannot pass as they are."""

    def __init__(self, app: Any, make: Callable[[], AnswerFilter] = AnswerFilter) -> None:
        super().__init__(app)
        self.make = make

    async def handle(self, exchange: Any) -> None:
        if exchange.kind == "http":
            exchange.add_filter(self.make())
        await self.inner(exchange)


class Shouting(AnswerFilter):
    def chunk(self, data: bytes, last: bool) -> bytes:
        return data.upper()


async def pass_on(request: Any, call_next: Any) -> Any:
    return await call_next(request)


def around(app: Any) -> Any:
    return BaseHTTPMiddleware(app, dispatch=pass_on)


def messages_of(app: Any, **scope: Any) -> list[Any]:
    """What the application sends to a server that speaks ASGI."""
    sent: list[Any] = []

    async def receive() -> Any:
        await asyncio.Event().wait()

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(app({**SCOPE, **scope}, receive, send))
    return sent


def told(app: Any, request: bytes) -> bytes:
    """What our own server sends."""
    with LiveServer(app) as server, socket.create_connection(server.address, timeout=10) as peer:
        peer.sendall(request)
        answer = b""
        while data := peer.recv(65536):
            answer += data
        return answer


# ---- head and pieces


@pytest.mark.parametrize("wrap", [Filtered, around])
def test_the_head_does_not_wait_for_a_body_that_is_still_to_be_made(client_for: Any, wrap: Any) -> None:
    client_has_it = threading.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": [(b"x-a", b"1")]})
            await asyncio.to_thread(client_has_it.wait, 5)
            await send(body(b"late"))

    with client_for(wrap(app)).stream("GET", "/") as response:
        assert response.headers["x-a"] == "1"
        client_has_it.set()
        assert response.read() == b"late"


def test_our_own_server_is_given_a_body_that_comes_at_once_as_a_whole() -> None:
    answer = told(sending(body(b"hi")), b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert b"content-length: 2\r\n" in answer
    assert answer.endswith(b"\r\n\r\nhi")


def test_a_head_that_cannot_be_sent_is_told_with_the_body(client_for: Any) -> None:
    errors: list[Exception] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        await send({"type": "http.response.start", "status": 200, "headers": [(b"x", b"a\r\nb")]})
        for _ in range(3):
            await asyncio.sleep(0)
        try:
            await send(body(b"hi"))
        except Exception as error:
            errors.append(error)

    with LiveServer(app) as server:
        assert server.client.get("/").status_code == 500
    assert [type(error).__name__ for error in errors] == ["LocalProtocolError"]


def test_every_piece_is_sent_as_it_came(client_for: Any) -> None:
    app = Filtered(sending(body(b"a", True), body(b"", True), body(b"b")))
    assert messages_of(app)[1:] == [body(b"a", True), body(b"", True), body(b"b")]
    assert client_for(app).get("/").content == b"ab"


def test_a_message_about_the_request_is_passed_as_it_came() -> None:
    leaving = {"type": "http.disconnect"}
    pieces: list[Any] = [{"type": "http.request", "body": b"a", "more_body": True}, leaving]
    received: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        received.extend([await receive(), await receive(), await receive()])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send(body(b""))

    async def receive() -> Any:
        return pieces[len(received_by_us) - 1] if received_by_us.append(1) is None else None

    received_by_us: list[int] = []

    async def send(message: Any) -> None:
        pass

    asyncio.run(Filtered(app)(dict(SCOPE), receive, send))
    assert received[1] is leaving
    assert received == [pieces[0], leaving, leaving]
    assert len(received_by_us) == 2  # it is known by then that the peer has left


@pytest.mark.parametrize(
    ("messages", "complaint"),
    [
        ([{"type": "http.response.start", "status": 200}], "http.response.start twice"),
        ([{"type": "http.response.trailers"}], "without announcing"),
        ([{"type": "http.response.nothing"}], "does not offer"),
    ],
)
def test_messages_that_nobody_expects_are_refused(messages: Any, complaint: str) -> None:
    with pytest.raises(AnswerStateError, match=complaint):
        messages_of(Filtered(sending(*messages)))


@pytest.mark.parametrize("kind", ["body", "pathsend"])
def test_a_body_needs_a_head(kind: str) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": f"http.response.{kind}", "body": b"", "path": "/"})

    with pytest.raises(AnswerStateError, match=f"http.response.{kind} before http.response.start"):
        messages_of(Filtered(app))


# ---- trailers


TRAILERS = {"type": "http.response.trailers", "headers": [(b"Grpc-Status", b"0"), (b"content-length", b"5")]}


def with_trailers(*pieces: Any, last: Any = TRAILERS) -> Any:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": [], "trailers": True})
            for piece in (*pieces, last):
                await send(piece)

    return app


@pytest.mark.parametrize("pieces", [[body(b"ab")], [body(b"a", True), body(b"b")], [body(b"ab", True), body(b"")]])
@pytest.mark.parametrize("wrap", [Filtered, around, lambda app: Filtered(around(Filtered(app)))])
def test_trailers_pass(wrap: Any, pieces: Any) -> None:
    response = TestClient(wrap(with_trailers(*pieces))).get("/")
    assert response.content == b"ab"
    assert response.extensions["http.response.trailers"] == [(b"grpc-status", b"0"), (b"content-length", b"5")]


def test_trailers_may_come_in_parts() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [], "trailers": True})
        await send(body(b"a"))
        await send({"type": "http.response.trailers", "headers": [(b"a", b"1")], "more_trailers": True})
        await send({"type": "http.response.trailers", "headers": [(b"b", b"2")]})

    response = TestClient(Filtered(app)).get("/")
    assert response.extensions["http.response.trailers"] == [(b"a", b"1"), (b"b", b"2")]


def test_a_server_that_does_not_offer_trailers_gets_none() -> None:
    sent = messages_of(Filtered(with_trailers(body(b"ab"))))
    assert sent[0] == {"type": "http.response.start", "status": 200, "headers": []}
    assert {message["type"] for message in sent[1:]} == {"http.response.body"}


@pytest.mark.parametrize("wrap", [handler_of, around])
def test_our_own_server_sends_trailers_to_who_wants_them(wrap: Any) -> None:
    offers: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            offers.append(sorted(scope["extensions"]))
        await with_trailers(body(b"ab"))(scope, receive, send)

    served = app if wrap is handler_of else wrap(app)
    answer = told(served, b"GET / HTTP/1.1\r\nHost: x\r\nTE: gzip, Trailers\r\nConnection: close\r\n\r\n")
    assert answer.endswith(b"\r\n2\r\nab\r\n0\r\ngrpc-status: 0\r\n\r\n")  # and no content-length
    answer = told(served, b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert answer.endswith(b"\r\n2\r\nab\r\n0\r\n\r\n")
    assert [("http.response.trailers" in offered) for offered in offers] == [True, False]


def test_trailers_cannot_split_the_answer() -> None:
    bad = {"type": "http.response.trailers", "headers": [(b"a", b"1\r\n\r\nHTTP/1.1 200 OK")]}
    answer = told(with_trailers(body(b"ab"), last=bad), b"GET / HTTP/1.1\r\nHost: x\r\nTE: trailers\r\n\r\n")
    assert answer.endswith(b"\r\n2\r\nab\r\n")


# ---- pathsend


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "file.txt"
    path.write_bytes(b"file " * 40_000)
    return path


def giving(path: Path, length: bool = True) -> Any:
    headers = [(b"content-length", b"%d" % path.stat().st_size)] if length else []
    return sending({"type": "http.response.pathsend", "path": str(path)}, headers=headers)


@pytest.mark.parametrize("length", [True, False])
@pytest.mark.parametrize("wrap", [lambda app: app, Filtered, around])
def test_a_file_is_sent_by_its_path(client_for: Any, path: Path, wrap: Any, length: bool) -> None:
    # Neither the test client nor our server offers it: the file is read for them.
    response = client_for(wrap(Filtered(giving(path, length)))).get("/")
    assert response.content == path.read_bytes()


@pytest.mark.parametrize("wrap", [lambda app: app, Filtered, around, lambda app: Filtered(around(Filtered(app)))])
def test_a_server_that_opens_files_is_given_the_path(path: Path, wrap: Any) -> None:
    sent = messages_of(wrap(giving(path)), extensions=PATHSEND)
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.pathsend"]
    assert sent[1]["path"] == str(path)


def test_a_filter_that_changes_bodies_sees_the_bytes(path: Path) -> None:
    sent = messages_of(Filtered(giving(path), Shouting), extensions=PATHSEND)
    assert b"".join(message.get("body", b"") for message in sent) == path.read_bytes().upper()


def test_a_middleware_function_may_read_the_file(path: Path) -> None:
    sizes: list[int] = []

    async def function(request: Any, call_next: Any) -> Any:
        response = await call_next(request)
        pieces = [piece async for piece in response.body_iterator]
        sizes.append(sum(map(len, pieces)))
        return response

    sent = messages_of(BaseHTTPMiddleware(giving(path), dispatch=function), extensions=PATHSEND)
    assert sizes == [path.stat().st_size]
    assert sent[-1]["type"] == "http.response.pathsend"


def test_one_answer_only_by_path(path: Path) -> None:
    twice = {"type": "http.response.pathsend", "path": str(path)}
    with pytest.raises(AnswerStateError):
        messages_of(Filtered(sending(twice, twice, headers=[(b"content-length", b"200000")])), extensions=PATHSEND)
