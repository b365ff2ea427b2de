"""Application: what holds around the router, whichever middleware stands there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from hanok import Hanok
from hanok.exceptions import HTTPException
from hanok.http import Request
from hanok.websockets import WebSocket


class Foreign:
    """A middleware of pure ASGI."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(scope, receive, send)


async def reading(request: Request, call_next: Any) -> Any:
    """A middleware that reads the body if it is asked to."""
    if request.url.query == "read":
        await request.body()
    return await call_next(request)


def pieces() -> Iterator[bytes]:
    yield b"123"
    yield b"456"


def limited(**options: Any) -> Hanok:
    app = Hanok(**options)

    @app.post("/")
    @app.post("/more", max_body_size=8)
    async def length(request: Request) -> int:
        return len(await request.body())

    return app


@pytest.mark.parametrize("foreign", [False, True])
def test_the_limit_of_bodies_holds_for_middleware_that_reads_them(client_for: Any, foreign: bool) -> None:
    app = limited(max_body_size=5)
    app.middleware("http")(reading)
    if foreign:
        app.add_middleware(Foreign)
        app.middleware("http")(reading)
    client = client_for(app)
    for content in (b"123456", pieces()):
        answer = client.post("/?read", content=content)
        assert (answer.status_code, answer.text) == (413, "Content Too Large")
    assert client.post("/?read", content=b"12345").json() == 5
    assert client.post("/", content=b"123456").status_code == 413
    # A route may take more, if nobody before it has read under the application's limit.
    assert client.post("/more?read", content=pieces()).status_code == 413
    assert client.post("/more", content=b"123456").json() == 6
    assert client.post("/more", content=pieces()).json() == 6
    assert client.post("/more", content=b"123456789").status_code == 413


def test_a_mounted_application_answers_what_its_middleware_found_too_long(client_for: Any) -> None:
    app, inner = limited(max_body_size=5), limited()
    inner.middleware("http")(reading)
    app.mount("/inner", inner)
    client = client_for(app)
    for content in (b"123456", pieces()):
        assert client.post("/inner/?read", content=content).status_code == 413
    assert client.post("/inner/?read", content=b"12345").json() == 5


def test_a_413_that_a_middleware_raises_by_itself_is_an_error_as_any_other(client_for: Any) -> None:
    app = limited(max_body_size=5)

    @app.middleware("http")
    async def refuse(request: Request, call_next: Any) -> Any:
        raise HTTPException(413, "mine")

    assert client_for(app).post("/").status_code == 500


def test_websockets_pass_the_limit_of_bodies(client_for: Any) -> None:
    app = limited(max_body_size=0)
    app.middleware("http")(reading)

    @app.websocket("/ws")
    async def echo(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text(await websocket.receive_text())

    with client_for(app).websocket_connect("/ws") as talk:
        talk.send_text("longer than nothing")
        assert talk.receive_text() == "longer than nothing"
