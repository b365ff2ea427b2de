"""Applications below ``call_next`` that are run in a task of their own, and cannot be told from others."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest

from hanok import Depends, Hanok
from hanok.exceptions import AnswerStateError
from hanok.http import PlainTextResponse, Request, Response
from hanok.middleware import BaseHTTPMiddleware

SCOPE = {"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b""}
START = {"type": "http.response.start", "status": 200, "headers": []}
OPTIONAL = pytest.mark.parametrize("opens_a_scope", [False, True])


def body(data: bytes, more: bool = False) -> Any:
    return {"type": "http.response.body", "body": data, "more_body": more}


def around(app: Any, function: Any = None, opens_a_scope: bool = False) -> BaseHTTPMiddleware:
    async def pass_on(request: Any, call_next: Any) -> Any:
        if not opens_a_scope:
            return await call_next(request)
        with anyio.fail_after(5):
            return await call_next(request)

    return BaseHTTPMiddleware(app, dispatch=function or pass_on)


def http(app: Any) -> Any:
    """Of a foreign application, what concerns requests."""

    async def call(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await app(scope, receive, send)

    return call


def call(app: Any, *incoming: Any) -> list[Any]:
    """What the application sends to a peer that says this, and nothing more."""
    sent: list[Any] = []
    waiting = list(incoming)

    async def receive() -> Any:
        return waiting.pop(0) if waiting else await asyncio.Event().wait()

    async def send(message: Any) -> None:
        sent.append(message)

    async def main() -> None:
        async with asyncio.timeout(5):
            await app(dict(SCOPE), receive, send)

    asyncio.run(main())
    return sent


@http
async def by_many_tasks(scope: Any, receive: Any, send: Any) -> None:
    """Answers from a task that it starts, as applications that stream events do."""
    async with anyio.create_task_group() as group:

        async def listen() -> None:
            while (await receive())["type"] != "http.disconnect":
                pass
            group.cancel_scope.cancel()

        async def stream() -> None:
            await send(START)
            for number in range(3):
                await send(body(b"%d" % number, True))
            await send(body(b""))
            group.cancel_scope.cancel()

        group.start_soon(listen)
        group.start_soon(stream)


@OPTIONAL
def test_an_application_may_answer_from_any_task(client_for: Any, opens_a_scope: bool) -> None:
    app = around(around(by_many_tasks, opens_a_scope=opens_a_scope))
    assert client_for(app).get("/").content == b"012"


@OPTIONAL
def test_a_dependency_may_hold_a_scope_across_the_answer(client_for: Any, opens_a_scope: bool) -> None:
    left = threading.Event()

    async def group() -> AsyncIterator[Any]:
        async with anyio.create_task_group() as group:
            yield group
        left.set()

    app = Hanok()

    @app.get("/{number}")
    async def number(number: int, group: Any = Depends(group)) -> int:
        return number

    @app.middleware("http")
    async def function(request: Request, call_next: Any) -> Any:
        if opens_a_scope:
            with anyio.fail_after(5):
                response = await call_next(request)
        else:
            response = await call_next(request)
        response.headers["x-route"] = request.scope["route"].path
        return response

    response = client_for(app).get("/5")
    assert (response.json(), response.headers["x-route"]) == (5, "/{number}")
    assert left.wait(5)


def test_a_function_may_hold_a_task_group_around_the_application(client_for: Any) -> None:
    async def function(request: Any, call_next: Any) -> Any:
        async with anyio.create_task_group() as group:
            group.start_soon(anyio.sleep_forever)
            response = await call_next(request)
            group.cancel_scope.cancel()
        return response

    assert client_for(around(by_many_tasks, function)).get("/").content == b"012"


@OPTIONAL
def test_context_variables_are_seen_in_both_directions(client_for: Any, opens_a_scope: bool) -> None:
    variable = contextvars.ContextVar("variable", default="")
    seen: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(variable.get())
        variable.set("from the application")
        await send(START)
        await send(body(b""))

    async def function(request: Any, call_next: Any) -> Any:
        variable.set("from the function")
        response = await call_next(request)
        seen.append(variable.get())
        return response

    client_for(around(around(http(app), opens_a_scope=opens_a_scope), function)).get("/")
    assert seen == ["from the function", "from the application"]


@OPTIONAL
def test_errors_are_raised_by_call_next(client_for: Any, opens_a_scope: bool) -> None:
    @http
    async def fail(scope: Any, receive: Any, send: Any) -> None:
        raise ValueError("inner")

    async def function(request: Any, call_next: Any) -> Any:
        try:
            with anyio.fail_after(5):
                return await call_next(request)
        except ValueError as error:
            return PlainTextResponse(f"caught {error}")

    assert client_for(around(around(fail, opens_a_scope=opens_a_scope), function)).get("/").text == "caught inner"


def test_an_error_in_sending_is_told_where_it_was_sent() -> None:
    told: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(START)
        try:
            await send(START)
        except AnswerStateError as error:
            told.append(str(error))
        await send(body(b"hi"))

    assert call(around(http(app)))[1] == body(b"hi", True)
    assert told == ["the application sent http.response.start twice"]


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_timeout_ends_the_application_with_its_task(client_for: Any, when: str) -> None:
    log: list[str] = []
    ended = threading.Event()

    @http
    async def app(scope: Any, receive: Any, send: Any) -> None:
        try:
            if when == "after":
                await send(START)
            await asyncio.Event().wait()
        finally:
            try:
                await send(body(b"late"))  # nobody takes it any more
            except OSError as error:
                log.append(str(error))
            ended.set()

    async def function(request: Any, call_next: Any) -> Any:
        try:
            with anyio.fail_after(0.01):
                response = await call_next(request)
                async for _ in response.body_iterator:
                    pass
        except TimeoutError:
            return PlainTextResponse("too slow", 504)

    assert client_for(around(app, function)).get("/").status_code == 504
    assert ended.wait(5)
    assert log == ["the client disconnected"]


def test_a_cancelled_request_ends_the_application_that_is_slow_to_end() -> None:
    log: list[str] = []

    @http
    async def app(scope: Any, receive: Any, send: Any) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            for _ in range(3):
                await asyncio.sleep(0)
            log.append("ended")
            raise

    async def main() -> None:
        task = asyncio.create_task(around(app)(dict(SCOPE), None, None))  # type: ignore[arg-type]
        for _ in range(3):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.sleep(0)
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert log == ["ended"]


def test_a_sender_that_gives_up_is_passed_over() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(START)
        impatient = asyncio.create_task(send(body(b"lost", True)))
        await asyncio.sleep(0)
        impatient.cancel()
        await send(body(b"hi"))

    assert b"".join(message.get("body", b"") for message in call(around(http(app)))) in (b"hi", b"losthi")


@OPTIONAL
def test_after_another_answer_was_given_the_peer_is_gone(client_for: Any, opens_a_scope: bool) -> None:
    log: list[Any] = []
    ended = threading.Event()

    @http
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(START)
        await send(body(b"first", True))
        await send(body(b"second", True))
        log.append((await receive())["type"])  # though the body of the request was not read
        ended.set()

    async def function(request: Any, call_next: Any) -> Any:
        await call_next(request)
        return PlainTextResponse("other")

    assert (
        client_for(around(around(app, opens_a_scope=opens_a_scope), function)).post("/", content=b"abc").text == "other"
    )
    assert ended.wait(5)
    assert log == ["http.disconnect"]


# ---- what servers and middleware around see


def test_the_answer_comes_in_the_messages_of_a_stream() -> None:
    async def endpoint(scope: Any, receive: Any, send: Any) -> None:
        await Response(b"hi")(scope, receive, send)

    assert call(around(http(endpoint)))[1:] == [body(b"hi", True), body(b"")]

    async def empty(scope: Any, receive: Any, send: Any) -> None:
        await Response()(scope, receive, send)

    assert call(around(http(empty)))[1:] == [body(b"")]


def test_what_comes_after_an_answer_does_not_delay_another() -> None:
    log: list[str] = []

    @asynccontextmanager
    async def noting(name: str) -> AsyncIterator[None]:
        log.append(f"{name} begins")
        await asyncio.sleep(0)
        yield
        log.append(f"{name} ends")

    async def app(exchange: Any) -> None:
        exchange.answer(200, [], b"hi")
        await exchange.drain()
        async with noting("background"):
            await asyncio.sleep(0)

    class App:
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            from hanok.gateways import exchange_of

            exchange: Any = exchange_of(scope, receive, send)
            await app(exchange)

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body" and not message["more_body"]:
            log.append("answered")

    async def main() -> None:
        served = around(App())
        await asyncio.gather(*(served(dict(SCOPE), None, send) for _ in range(2)))  # type: ignore[arg-type]

    asyncio.run(main())
    assert log[:2] == ["answered", "answered"]
    assert log.count("background ends") == 2


def test_that_the_peer_has_left_can_be_asked_again_and_again() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        for _ in range(2):
            while (await receive())["type"] != "http.disconnect":
                pass
        await Response(b"good")(scope, receive, send)

    sent = call(
        around(http(app)), {"type": "http.request", "body": b"a", "more_body": True}, {"type": "http.disconnect"}
    )
    assert sent[1:] == [body(b"good", True), body(b"")]
