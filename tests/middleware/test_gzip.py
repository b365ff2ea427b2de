"""GZipMiddleware: what is compressed, and for whom."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from hanok.http import BackgroundTask, FileResponse, Response, StreamingResponse
from hanok.middleware import BaseHTTPMiddleware, CORSMiddleware, GZipMiddleware
from hanok.middleware.gzip import GZipFilter, accepts_gzip
from hanok.testing import TestClient

LARGE = b"x" * 4000


def get(client: Any, accept: str = "gzip") -> Any:
    return client.get("/", headers={"accept-encoding": accept})


def is_compressed(response: Any) -> bool:
    return bool(response.headers.get("content-encoding") == "gzip")


def test_a_large_answer_is_compressed(client_for: Any, app: Any) -> None:
    response = get(client_for(GZipMiddleware(app.answering(Response(LARGE, media_type="text/plain")))))
    assert response.content == LARGE
    assert is_compressed(response)
    assert int(response.headers["content-length"]) < 100
    assert response.headers["vary"] == "Accept-Encoding"


def test_who_does_not_accept_gzip_gets_the_answer_as_it_is(client_for: Any, app: Any) -> None:
    response = get(client_for(GZipMiddleware(app.answering(Response(LARGE)))), "br")
    assert not is_compressed(response)
    assert response.headers["vary"] == "Accept-Encoding"  # another client gets another answer


def test_a_small_answer_is_left_alone(app: Any) -> None:
    assert is_compressed(get(TestClient(GZipMiddleware(app.answering(Response(b"x" * 500))))))
    response = get(TestClient(GZipMiddleware(app.answering(Response(b"x" * 499)))))
    assert not is_compressed(response)
    assert "vary" not in response.headers
    assert is_compressed(get(TestClient(GZipMiddleware(app.answering(Response(b"")), minimum_size=0))))


def test_a_stream_is_compressed_piece_by_piece(client_for: Any, app: Any) -> None:
    def streaming() -> Any:
        async def handler(exchange: Any) -> None:
            headers = {"content-length": "11"}
            await StreamingResponse(iter([b"a", b"b" * 10]), headers=headers).send(exchange)

        return app(handler)

    client = client_for(GZipMiddleware(streaming()))
    response = get(client)
    assert response.content == b"abbbbbbbbbb"
    assert is_compressed(response)
    assert "content-length" not in response.headers
    response = get(client, "identity")
    assert response.content == b"abbbbbbbbbb"
    assert not is_compressed(response)


@pytest.mark.parametrize(
    ("media_type", "compressed"),
    [
        (None, True),
        ("application/json", True),
        ("image/svg+xml", True),
        ("IMAGE/PNG", False),
        ("audio/mp3", False),
        ("text/event-stream", False),
    ],
)
def test_some_media_types_are_excluded(app: Any, media_type: Any, compressed: bool) -> None:
    response = get(TestClient(GZipMiddleware(app.answering(Response(LARGE, media_type=media_type)))))
    assert is_compressed(response) is compressed


def test_the_excluded_media_types_can_be_chosen(app: Any) -> None:
    wrapped = app.answering(Response(LARGE, media_type="text/plain"))
    assert not is_compressed(get(TestClient(GZipMiddleware(wrapped, exclude_content_types=("text/*",)))))
    assert is_compressed(get(TestClient(GZipMiddleware(wrapped, exclude_content_types=()))))


@pytest.mark.parametrize(
    "response",
    [
        Response(LARGE, headers={"content-encoding": "br"}),
        Response(LARGE, status_code=206, headers={"content-range": "bytes 0-3999/5000"}),
    ],
)
def test_what_is_encoded_or_a_part_stays_what_it_is(app: Any, response: Any) -> None:
    client = TestClient(GZipMiddleware(app.answering(response)))
    with client.stream("GET", "/", headers={"accept-encoding": "gzip"}) as got:
        assert b"".join(got.iter_raw()) == LARGE
        assert "vary" not in got.headers


@pytest.mark.parametrize(
    ("header", "accepted"),
    [
        (None, False),
        (b"br", False),
        (b"gzip", True),
        (b"br, GZIP;q=0.5", True),
        (b"x-gzip", True),
        (b"gzip;q=0", False),
        (b"gzip; q=0.00, br", False),
    ],
)
def test_accept_encoding_is_read_with_its_weights(header: Any, accepted: bool) -> None:
    assert accepts_gzip(header) is accepted


@pytest.fixture
def threads(monkeypatch: Any) -> list[bool]:
    """Whether each compression ran in a thread of its own."""
    seen: list[bool] = []
    compress = GZipFilter.compress

    def noting(self: GZipFilter, data: bytes, last: bool) -> bytes:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            seen.append(True)
        else:
            seen.append(False)
        return compress(self, data, last)

    monkeypatch.setattr(GZipFilter, "compress", noting)
    return seen


def test_a_large_body_is_compressed_in_a_thread(client_for: Any, app: Any, threads: list[bool]) -> None:
    wrapped = app.answering(Response(LARGE))
    response = get(client_for(GZipMiddleware(wrapped, thread_minimum_size=4000)))
    assert response.content == LARGE
    assert is_compressed(response)
    assert int(response.headers["content-length"]) < 100
    assert get(client_for(GZipMiddleware(wrapped, thread_minimum_size=4001))).content == LARGE
    assert threads == [True, False]


def test_a_large_piece_is_compressed_in_a_thread(client_for: Any, app: Any, threads: list[bool]) -> None:
    async def handler(exchange: Any) -> None:
        await StreamingResponse(iter([LARGE, b"small"])).send(exchange)

    response = get(client_for(GZipMiddleware(app(handler), thread_minimum_size=4000)))
    assert response.content == LARGE + b"small"
    assert threads == [True, False, False]  # the last is the end of the stream


def test_other_filters_see_what_the_thread_has_made(client_for: Any, app: Any, threads: list[bool]) -> None:
    inner = GZipMiddleware(app.answering(Response(LARGE)), thread_minimum_size=1)
    outer = GZipMiddleware(inner, thread_minimum_size=1)  # leaves alone what is encoded already
    response = get(client_for(CORSMiddleware(outer, allow_origins=["*"])))
    assert response.content == LARGE
    assert threads == [True]


def test_the_answer_is_sent_before_what_runs_after_it(client_for: Any, app: Any, threads: list[bool]) -> None:
    ran: list[int] = []
    done = threading.Event()

    def after() -> None:
        ran.extend(threads)
        done.set()

    client = client_for(
        GZipMiddleware(app.answering(Response(LARGE, background=BackgroundTask(after))), thread_minimum_size=1)
    )
    assert get(client).content == LARGE
    assert done.wait(5)
    assert ran == [True]


def test_a_function_around_gets_the_compressed_answer(client_for: Any, app: Any, threads: list[bool]) -> None:
    async def function(request: Any, call_next: Any) -> Any:
        response = await call_next(request)
        response.headers["x-size"] = str(len(response.body))
        return response

    inner = GZipMiddleware(app.answering(Response(LARGE)), thread_minimum_size=1)
    response = get(client_for(BaseHTTPMiddleware(inner, dispatch=function)))
    assert response.content == LARGE
    assert response.headers["x-size"] == response.headers["content-length"]
    assert threads == [True]


def test_a_server_that_opens_files_sends_them_as_they_are(app: Any, tmp_path: Any) -> None:
    path = tmp_path / "file.txt"
    path.write_bytes(LARGE)
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/", "headers": [(b"accept-encoding", b"gzip")]}
    served = GZipMiddleware(app.answering(FileResponse(path)))
    asyncio.run(served({**scope, "extensions": {"http.response.pathsend": {}}}, None, send))
    assert (b"content-length", b"4000") in sent[0]["headers"]
    assert sent[1] == {"type": "http.response.pathsend", "path": str(path)}


def test_the_head_of_what_is_not_compressed_goes_out_at_once(client_for: Any) -> None:
    client_has_it = threading.Event()

    async def foreign(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            headers = [(b"content-type", scope["path"][1:].encode())]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            if scope["path"] == "/text/event-stream":
                await asyncio.to_thread(client_has_it.wait, 5)
            await send({"type": "http.response.body", "body": b"small"})

    client = client_for(GZipMiddleware(foreign))
    with client.stream("GET", "/text/event-stream", headers={"accept-encoding": "gzip"}) as response:
        client_has_it.set()
        assert response.read() == b"small"
    # The head of another waits for the body, which shows that it is too small to be compressed.
    response = client.get("/text/plain", headers={"accept-encoding": "gzip"})
    assert response.content == b"small"
    assert not is_compressed(response)


def test_websockets_pass(app: Any) -> None:
    async def accept(exchange: Any) -> None:
        await exchange.send({"type": "websocket.accept"})

    with TestClient(GZipMiddleware(app(accept))).websocket_connect("/"):
        pass
