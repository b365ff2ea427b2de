"""TestClient on asyncio and on trio."""

from __future__ import annotations

import anyio
import pytest

from hanok import Depends, Hanok, Request, UploadFile, WebSocket
from hanok.gateways.event_loop import on_trio
from hanok.http import StreamingResponse
from hanok.testing import TestClient

seen = []


async def lifespan(app):
    seen.append("start")
    await anyio.lowlevel.checkpoint()
    yield {"loop": "trio" if on_trio() else "asyncio"}
    seen.append("end")


@pytest.fixture
def app():
    from contextlib import asynccontextmanager

    return Hanok(lifespan=asynccontextmanager(lifespan))


@pytest.fixture
def client(app, anyio_backend_name):
    with TestClient(app, backend=anyio_backend_name) as client:
        yield client


def test_the_lifespan_runs_in_the_chosen_loop(app, anyio_backend_name):
    seen.clear()

    @app.get("/")
    async def read(request: Request):
        return [request.state.loop, on_trio()]

    with TestClient(app, backend=anyio_backend_name) as client:
        assert client.get("/").json() == [anyio_backend_name, anyio_backend_name == "trio"]
    assert seen == ["start", "end"]


def test_sync_and_async_code_answers(app, client):
    def sync_dependency():
        yield 1

    async def async_dependency():
        async with anyio.create_task_group() as group:
            group.start_soon(anyio.sleep_forever)
            yield 2
            group.cancel_scope.cancel()

    @app.get("/")
    def read(a: int = Depends(sync_dependency), b: int = Depends(async_dependency)):
        return a + b

    assert client.get("/").json() == 3


def test_a_client_without_a_lifespan(app, anyio_backend_name):
    app.get("/")(lambda: "ok")
    assert TestClient(app, backend=anyio_backend_name).get("/").json() == "ok"


def test_uploads(app, client):
    @app.post("/")
    async def save(file: UploadFile):
        return [file.filename, len(await file.read())]

    assert client.post("/", files={"file": ("a.txt", b"x" * 2_000_000)}).json() == ["a.txt", 2_000_000]


@pytest.mark.parametrize("pieces", [[b"1", b"2"], []])
def test_a_sync_iterable_streams(app, client, pieces):
    app.get("/")(lambda: StreamingResponse(iter(pieces)))
    assert client.get("/").content == b"".join(pieces)


def test_asking_whether_the_peer_has_gone(app, client):
    @app.get("/")
    async def read(request: Request):
        return await request.is_disconnected()

    assert client.get("/").json() is False


def test_web_sockets(app, client):
    async def dependency():
        yield "!"

    @app.websocket("/")
    async def talk(websocket: WebSocket, mark: str = Depends(dependency)):
        await websocket.accept()
        await websocket.send_text(await websocket.receive_text() + mark)
        await websocket.close()

    with client.websocket_connect("/") as session:
        session.send_text("moon jar")
        assert session.receive_text() == "moon jar!"


def test_errors_of_the_application_are_raised(app, client):
    @app.get("/")
    async def read():
        raise LookupError("nothing")

    with pytest.raises(LookupError, match="nothing"):
        client.get("/")


def test_a_stream_that_is_left_is_ended(app, client):
    ended = []

    async def pieces():
        try:
            yield b"one"
            await anyio.sleep_forever()
        finally:
            ended.append(True)

    app.get("/")(lambda: StreamingResponse(pieces()))
    with client.stream("GET", "/") as response:
        assert next(response.iter_raw()) == b"one"
    assert ended == [True]
