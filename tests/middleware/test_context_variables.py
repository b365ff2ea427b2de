"""A middleware function resets a context variable when ``call_next`` has returned; what comes after still sees it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextvars import ContextVar, copy_context
from typing import Any

import pytest

from hanok import BackgroundTasks, Depends, Hanok
from hanok.http import StreamingResponse
from hanok.middleware import BaseHTTPMiddleware
from hanok.middleware.variables import enter, leave
from hanok.testing import TestClient

request_id = ContextVar("request_id", default="none")
session = ContextVar("session", default="none")


@pytest.fixture
def seen() -> list[Any]:
    return []


def resetting(app: Hanok, after: Any = lambda: None) -> Hanok:
    @app.middleware("http")
    async def function(request: Any, call_next: Any) -> Any:
        token = request_id.set("r1")
        try:
            return await call_next(request)
        finally:
            request_id.reset(token)
            after()

    return app


@pytest.fixture
def app(seen: list[Any]) -> Hanok:
    app = Hanok()

    def in_a_thread() -> Iterator[None]:
        yield
        seen.append(("dependency in a thread", request_id.get()))

    async def with_a_token() -> AsyncIterator[None]:
        token = session.set("s1")
        yield
        seen.append(("dependency", request_id.get(), session.get()))
        session.reset(token)

    def thread_task() -> None:
        seen.append(("task in a thread", request_id.get(), session.get()))

    async def task() -> None:
        await asyncio.sleep(0)
        seen.append(("task", request_id.get(), session.get()))

    @app.get("/tasks", dependencies=[Depends(in_a_thread), Depends(with_a_token)])
    async def tasks(background: BackgroundTasks) -> None:
        background.add_task(thread_task)
        background.add_task(task)

    @app.get("/stream", dependencies=[Depends(with_a_token)])
    async def stream() -> StreamingResponse:
        async def pieces() -> AsyncIterator[str]:
            for number in range(3):
                token = session.set(f"s{number}")
                yield f"{request_id.get()}{session.get()} "
                session.reset(token)

        return StreamingResponse(pieces())

    @app.get("/thread")
    def thread() -> StreamingResponse:
        def pieces() -> Iterator[str]:
            for _ in range(3):
                yield f"{request_id.get()} "

        return StreamingResponse(pieces())

    return app


@pytest.mark.parametrize("functions", [1, 2])
def test_background_tasks_and_dependencies_see_it(app: Hanok, seen: list[Any], functions: int) -> None:
    for _ in range(functions):
        resetting(app)
    with TestClient(app) as client:
        client.get("/tasks")
    assert seen == [
        ("task in a thread", "r1", "s1"),
        ("task", "r1", "s1"),
        ("dependency", "r1", "s1"),
        ("dependency in a thread", "r1"),
    ]


@pytest.mark.parametrize("functions", [1, 2])
def test_streams_see_it_in_every_piece(app: Hanok, seen: list[Any], functions: int) -> None:
    for _ in range(functions):
        resetting(app)
    with TestClient(app) as client:
        assert client.get("/stream").text == "r1s0 r1s1 r1s2 "
        assert client.get("/thread").text == "r1 r1 r1 "
    assert seen == [("dependency", "r1", "s1")]


def test_over_a_socket_too(client_for: Any, app: Hanok) -> None:
    client = client_for(resetting(app))
    assert client.get("/stream").text == "r1s0 r1s1 r1s2 "
    assert client.get("/stream").text == "r1s0 r1s1 r1s2 "


def test_the_function_keeps_its_own_values_between_the_pieces(app: Hanok) -> None:
    async def function(request: Any, call_next: Any) -> Any:
        request_id.set("theirs")
        response = await call_next(request)
        inner = response.body_iterator

        async def pieces() -> AsyncIterator[bytes]:
            request_id.set("mine")
            async for piece in inner:
                yield piece + request_id.get().encode() + b" "

        response.body_iterator = pieces()
        return response

    with TestClient(BaseHTTPMiddleware(app, dispatch=function)) as client:
        assert client.get("/thread").text == "theirs mine theirs mine theirs mine "


def test_an_iterator_of_pieces_may_be_closed_by_another_task(app: Hanok) -> None:
    """As the garbage collector does."""
    closed = asyncio.Event()

    @app.get("/endless")
    async def endless() -> StreamingResponse:
        async def pieces() -> AsyncIterator[str]:
            yield "first"
            await closed.wait()

        return StreamingResponse(pieces())

    async def function(request: Any, call_next: Any) -> Any:
        response = await call_next(request)
        request_id.set("mine")
        reading = response.body_iterator
        await anext(reading)
        step = asyncio.create_task(anext(reading))
        await asyncio.sleep(0)
        step.cancel()
        await asyncio.wait([step])
        return StreamingResponse(iter(["instead"]))

    with TestClient(BaseHTTPMiddleware(app, dispatch=function)) as client:
        assert client.get("/endless").text == "instead"


def test_what_another_task_entered_is_not_left_here() -> None:
    """The garbage collector closes a stream that nobody read to its end, wherever it runs."""
    theirs = copy_context()
    theirs.run(request_id.set, "theirs")
    entered = copy_context().run(enter, theirs)
    assert entered
    leave(entered)
    assert request_id.get() == "none"
