"""GZipMiddleware: what is compressed, and for whom."""

from __future__ import annotations

from typing import Any

import pytest

from hanok.http import Response, StreamingResponse
from hanok.middleware import GZipMiddleware
from hanok.middleware.gzip import accepts_gzip
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


def test_websockets_pass(app: Any) -> None:
    async def accept(exchange: Any) -> None:
        await exchange.send({"type": "websocket.accept"})

    with TestClient(GZipMiddleware(app(accept))).websocket_connect("/"):
        pass
