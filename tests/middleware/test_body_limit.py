"""RequestBodyLimitMiddleware."""

from __future__ import annotations

from typing import Any

import pytest

from hanok.exceptions import HTTPError
from hanok.http import PlainTextResponse, Request
from hanok.middleware import RequestBodyLimitMiddleware
from hanok.testing import TestClient


@pytest.fixture
def reader(app: Any) -> Any:
    """An application that answers with the size of the body; how it reads is its path."""

    async def handler(exchange: Any) -> None:
        request: Request = Request.of(exchange)
        size = -1
        if request.url.path == "/read":
            size = len(await request.body())
        elif request.url.path == "/stream":
            size = sum([len(piece) async for piece in request.stream()])
        elif request.url.path == "/started":
            exchange.start(200, [])
            await exchange.write(b"began;")
            await exchange.write(b"ended")
            await exchange.finish()
            return
        await PlainTextResponse(str(size)).send(exchange)

    return app(handler)


def chunks(count: int) -> Any:
    return iter([b"12345"] * count)


@pytest.mark.parametrize("path", ["/read", "/stream"])
@pytest.mark.parametrize(("size", "status"), [(10, 200), (11, 413)])
def test_a_declared_body_is_read_up_to_the_limit(
    client_for: Any, reader: Any, path: str, size: int, status: int
) -> None:
    client = client_for(RequestBodyLimitMiddleware(reader, max_body_size=10))
    assert client.post(path, content=b"x" * size).status_code == status


@pytest.mark.parametrize("path", ["/read", "/stream"])
@pytest.mark.parametrize(("count", "status"), [(2, 200), (3, 413)])
def test_a_chunked_body_is_counted(client_for: Any, reader: Any, path: str, count: int, status: int) -> None:
    client = client_for(RequestBodyLimitMiddleware(reader, max_body_size=10))
    assert client.post(path, content=chunks(count)).status_code == status


def test_a_body_declared_too_large_is_refused_even_if_nobody_reads_it(reader: Any) -> None:
    client = TestClient(RequestBodyLimitMiddleware(reader, max_body_size=10))
    response = client.post("/ignored", content=b"x" * 11)
    assert (response.status_code, response.text) == (413, "Content Too Large")
    response = client.post("/started", content=b"x" * 11)
    assert (response.status_code, response.text) == (413, "Content Too Large")
    assert client.post("/started", content=b"x").text == "began;ended"
    assert client.post("/ignored", content=chunks(3)).text == "-1"


def test_the_innermost_limit_counts(reader: Any) -> None:
    def client(outer: int, inner: int) -> TestClient:
        limited = RequestBodyLimitMiddleware(reader, max_body_size=inner)
        return TestClient(RequestBodyLimitMiddleware(limited, max_body_size=outer))

    assert client(5, 10).post("/read", content=b"x" * 10).text == "10"
    assert client(10, 5).post("/read", content=b"x" * 10).status_code == 413


def test_other_errors_travel_on(app: Any) -> None:
    async def handler(exchange: Any) -> None:
        raise HTTPError(418)

    with pytest.raises(HTTPError, match="418"):
        TestClient(RequestBodyLimitMiddleware(app(handler), max_body_size=1)).get("/")


def test_websockets_pass(app: Any) -> None:
    async def accept(exchange: Any) -> None:
        await exchange.send({"type": "websocket.accept"})

    with TestClient(RequestBodyLimitMiddleware(app(accept), max_body_size=1)).websocket_connect("/"):
        pass
