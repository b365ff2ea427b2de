"""Middleware functions on asyncio and on trio: the application's cancel scopes stay its own."""

from __future__ import annotations

import anyio
import pytest

from hanok import Depends, Hanok
from hanok.http import BackgroundTask, JSONResponse, StreamingResponse
from hanok.testing import TestClient


@pytest.fixture
def app():
    app = Hanok()

    @app.middleware("http")
    async def around(request, call_next):
        with anyio.move_on_after(5):
            response = await call_next(request)
        response.headers["x-around"] = "yes"
        return response

    return app


@pytest.fixture
def client(app, anyio_backend_name):
    with TestClient(app, backend=anyio_backend_name) as client:
        yield client


async def holds_a_task_group():
    async with anyio.create_task_group() as group:
        group.start_soon(anyio.sleep_forever)
        yield "held"
        group.cancel_scope.cancel()


def test_a_dependency_may_hold_a_task_group_across_the_answer(app, client):
    @app.get("/")
    async def read(value: str = Depends(holds_a_task_group)):
        return value

    response = client.get("/")
    assert response.json() == "held"
    assert response.headers["x-around"] == "yes"


def test_a_streamed_body_may_close_what_it_opened_before_its_first_piece(app, client):
    ended = []

    async def pieces():
        async with anyio.create_task_group() as group:
            group.start_soon(anyio.lowlevel.checkpoint)
            yield b"one "
        yield b"two"
        ended.append("body")

    @app.get("/")
    async def read(value: str = Depends(holds_a_task_group)):
        return StreamingResponse(pieces())

    assert client.get("/").text == "one two"
    assert ended == ["body"]


def test_what_comes_after_the_answer_runs(app, client):
    done = []

    async def later():
        await anyio.lowlevel.checkpoint()
        done.append("background")

    @app.get("/")
    async def read():
        return JSONResponse(1, background=BackgroundTask(later))

    assert client.get("/").json() == 1
    assert done == ["background"]


def test_errors_of_the_application_arrive_in_the_middleware(anyio_backend_name):
    app = Hanok()

    @app.middleware("http")
    async def catches(request, call_next):
        try:
            return await call_next(request)
        except ValueError as error:
            return JSONResponse(str(error), 418)

    @app.get("/")
    def fails():
        raise ValueError("broken")

    response = TestClient(app, backend=anyio_backend_name).get("/")
    assert (response.status_code, response.json()) == (418, "broken")


def test_the_application_ends_when_the_peer_goes(app, client):
    ended = []

    async def pieces():
        try:
            while True:
                yield b"x"
                await anyio.lowlevel.checkpoint()
        finally:
            ended.append("body")

    @app.get("/")
    async def read(value: str = Depends(holds_a_task_group)):
        return StreamingResponse(pieces())

    with client.stream("GET", "/") as response:
        next(response.iter_raw())
    assert ended == ["body"]


def test_form_limits_leave_no_reader_behind(app, client):
    from hanok import Form

    app.post("/")(lambda a=Form(): a)
    body = b"a=1&" * 1001
    response = client.post("/", content=body, headers={"content-type": "application/x-www-form-urlencoded"})
    assert response.status_code == 400
