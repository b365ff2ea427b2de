"""``@app.middleware("http")``: call_next, what it returns, and what happens after the answer."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import AsyncIterator
from typing import Any

import anyio
import pytest

from hanok.exceptions import ClientDisconnect
from hanok.exchange import AnswerFilter
from hanok.http import BackgroundTask, PlainTextResponse, Request, Response, StreamingResponse
from hanok.middleware import BaseHTTPMiddleware
from hanok.testing import TestClient


class Log(list[Any]):
    """What happened, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.changed = threading.Condition()

    def append(self, event: Any) -> None:
        with self.changed:
            super().append(event)
            self.changed.notify_all()

    async def note(self, event: Any) -> None:
        self.append(event)

    def becomes(self, expected: list[Any]) -> bool:
        """Whether this is what happened, once as much has: a server works on after its answer has arrived."""
        with self.changed:
            self.changed.wait_for(lambda: len(self) >= len(expected), timeout=5)
        return self == expected


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def whole(app: Any, log: Log) -> Any:
    """Answers "hi" at once, runs a background task, and notes its end."""

    async def handler(exchange: Any) -> None:
        background = BackgroundTask(log.note, "background")
        await Response(b"hi", headers={"x-inner": "1"}, background=background).send(exchange)
        log.append("end")

    return app(handler)


@pytest.fixture
def streamed(app: Any, log: Log) -> Any:
    """Streams "012", and notes each step."""

    async def handler(exchange: Any) -> None:
        async def pieces() -> AsyncIterator[bytes]:
            for number in range(3):
                log.append(number)
                yield b"%d" % number

        background = BackgroundTask(log.note, "background")
        await StreamingResponse(pieces(), background=background).send(exchange)
        log.append("end")

    return app(handler)


def around(app: Any, function: Any) -> BaseHTTPMiddleware:
    return BaseHTTPMiddleware(app, dispatch=function)


async def pass_on(request: Any, call_next: Any) -> Any:
    response = await call_next(request)
    response.headers["x-outer"] = "1"
    return response


# ---- the answer as an object


def test_the_answer_can_be_looked_at_and_its_head_changed(client_for: Any, whole: Any, log: Log) -> None:
    async def function(request: Any, call_next: Any) -> Any:
        response = await call_next(request)
        log.append((response.status_code, response.headers["content-length"], response.body, response.background))
        response.status_code = 201
        response.headers["x-outer"] = "1"
        return response

    response = client_for(around(whole, function)).get("/")
    assert (response.status_code, response.content) == (201, b"hi")
    assert (response.headers["x-inner"], response.headers["x-outer"]) == ("1", "1")
    assert log.becomes([(200, "2", b"hi", None), "background", "end"])


def test_a_stream_flows_through(client_for: Any, streamed: Any, log: Log) -> None:
    async def function(request: Any, call_next: Any) -> Any:
        response = await call_next(request)
        log.append(f"answer of {response.status_code}")
        return response

    client = client_for(around(streamed, function))
    assert client.get("/").content == b"012"
    assert log.becomes([0, "answer of 200", 1, 2, "background", "end"])


def test_the_body_can_be_read_and_replaced(client_for: Any, whole: Any, streamed: Any, log: Log) -> None:
    async def function(request: Any, call_next: Any) -> Any:
        response = await call_next(request)
        body = b"".join([piece async for piece in response.body_iterator])
        return Response(body + b"!", status_code=response.status_code)

    assert client_for(around(whole, function)).get("/").content == b"hi!"
    assert client_for(around(streamed, function)).get("/").content == b"012!"
    assert log.becomes(["background", "end", 0, 1, 2, "background", "end"])


def test_the_body_iterator_can_be_wrapped(client_for: Any, whole: Any, streamed: Any) -> None:
    async def function(request: Any, call_next: Any) -> Any:
        response = await call_next(request)
        body = response.body_iterator

        async def shout() -> AsyncIterator[str]:
            async for piece in body:
                yield piece.decode().upper()

        response.body_iterator = shout()
        return response

    assert client_for(around(whole, function)).get("/").content == b"HI"
    assert client_for(around(streamed, function)).get("/").content == b"012"


def test_another_answer_may_be_given(client_for: Any, whole: Any, streamed: Any, log: Log) -> None:
    async def function(request: Any, call_next: Any) -> Any:
        await call_next(request)
        return PlainTextResponse("other", background=BackgroundTask(log.note, "own background"))

    assert client_for(around(whole, function)).get("/").text == "other"
    assert log.becomes(["own background", "background", "end"])
    log.clear()
    # Nobody hears the stream; it comes to its end all the same.
    assert client_for(around(streamed, function)).get("/").text == "other"
    assert log.becomes([0, "own background", 1, 2, "background", "end"])


def test_an_endless_stream_that_nobody_hears_is_stopped(client_for: Any, app: Any, log: Log) -> None:
    async def handler(exchange: Any) -> None:
        exchange.start(200, [])
        try:
            while True:
                await exchange.write(b"x")
        except ClientDisconnect:
            log.append(exchange.disconnected)
            raise

    async def function(request: Any, call_next: Any) -> Any:
        await call_next(request)
        return PlainTextResponse("other")

    assert client_for(around(app(handler), function)).get("/").text == "other"
    assert log.becomes([True])


def test_the_application_need_not_be_called(client_for: Any, whole: Any, log: Log) -> None:
    async def function(request: Any, call_next: Any) -> Any:
        return PlainTextResponse("short")

    assert client_for(around(whole, function)).get("/").text == "short"
    assert log == []


def test_a_background_task_can_be_added(client_for: Any, whole: Any, log: Log) -> None:
    async def function(request: Any, call_next: Any) -> Any:
        response = await call_next(request)
        response.background = BackgroundTask(log.note, "added")
        return response

    client_for(around(whole, function)).get("/")
    assert log.becomes(["added", "background", "end"])


def test_functions_can_be_nested(client_for: Any, whole: Any, streamed: Any, log: Log) -> None:
    for inner, body in ((whole, b"hi"), (streamed, b"012")):
        response = client_for(around(around(inner, pass_on), pass_on)).get("/")
        assert (response.content, response.headers["x-outer"]) == (body, "1")
    assert log.becomes(["background", "end", 0, 1, 2, "background", "end"])


def test_a_subclass_overrides_dispatch(client_for: Any, whole: Any) -> None:
    class Marking(BaseHTTPMiddleware):
        def __init__(self, app: Any, mark: str) -> None:
            super().__init__(app)
            self.mark = mark

        async def dispatch(self, request: Any, call_next: Any) -> Any:
            response = await call_next(request)
            response.headers["x-mark"] = self.mark
            return response

    assert client_for(Marking(whole, mark="m")).get("/").headers["x-mark"] == "m"
    with pytest.raises(NotImplementedError):
        TestClient(BaseHTTPMiddleware(whole)).get("/")


def test_websockets_pass(client_for: Any, app: Any) -> None:
    async def accept(exchange: Any) -> None:
        await exchange.receive()
        await exchange.send({"type": "websocket.accept"})
        await exchange.send({"type": "websocket.send", "text": "hi"})
        await exchange.receive()

    with client_for(around(app(accept), pass_on)).websocket_connect("/") as session:
        assert session.receive_text() == "hi"


def test_filters_inside_see_the_answer_first(client_for: Any, app: Any) -> None:
    class Inside(AnswerFilter):
        def start(self, status: int, headers: Any) -> int:
            headers.append((b"x-inside", b"1"))
            return status

    async def handler(exchange: Any) -> None:
        exchange.add_filter(Inside())
        exchange.answer(200, [], b"hi")

    async def function(request: Any, call_next: Any) -> Any:
        response = await call_next(request)
        return PlainTextResponse(response.headers["x-inside"])

    assert client_for(around(app(handler), function)).get("/").text == "1"


def test_an_answer_that_allows_no_body_gets_no_length(client_for: Any, app: Any) -> None:
    async def handler(exchange: Any) -> None:
        exchange.answer(204, [], b"")

    response = client_for(around(app(handler), pass_on)).get("/")
    assert response.status_code == 204
    assert "content-length" not in response.headers


# ---- errors


def test_errors_before_the_answer_are_raised_by_call_next(client_for: Any, app: Any) -> None:
    async def fail(exchange: Any) -> None:
        raise ValueError("inner")

    async def function(request: Any, call_next: Any) -> Any:
        try:
            return await call_next(request)
        except ValueError as error:
            return PlainTextResponse(f"caught {error}")

    assert client_for(around(app(fail), function)).get("/").text == "caught inner"


def test_errors_after_the_answer_travel_on(app: Any) -> None:
    async def fail() -> None:
        raise ValueError("background")

    async def handler(exchange: Any) -> None:
        await Response(b"hi", background=BackgroundTask(fail)).send(exchange)

    with pytest.raises(ValueError, match="background"):
        TestClient(around(app(handler), pass_on)).get("/")
    client = TestClient(around(app(handler), pass_on), raise_server_exceptions=False)
    assert client.get("/").content == b"hi"


def test_errors_in_a_stream_break_it_off(app: Any) -> None:
    async def handler(exchange: Any) -> None:
        exchange.start(200, [])
        await exchange.write(b"a")
        raise ValueError("late")

    with pytest.raises(ValueError, match="late"):
        TestClient(around(app(handler), pass_on)).get("/")


def test_an_application_that_does_not_answer_is_an_error(app: Any) -> None:
    async def handler(exchange: Any) -> None:
        pass

    with pytest.raises(RuntimeError, match="No response returned"):
        TestClient(around(app(handler), pass_on)).get("/")


def test_call_next_may_be_called_once(whole: Any, log: Log) -> None:
    async def function(request: Any, call_next: Any) -> Any:
        await call_next(request)
        return await call_next(request)

    with pytest.raises(RuntimeError, match="may be called once"):
        TestClient(around(whole, function)).get("/")


def test_a_function_must_return_a_response(whole: Any) -> None:
    async def function(request: Any, call_next: Any) -> Any:
        await call_next(request)

    with pytest.raises(TypeError, match="must give a Response, not None"):
        TestClient(around(whole, function)).get("/")


@pytest.mark.parametrize("starts", [True, False])
def test_a_function_that_fails_ends_the_application_too(app: Any, log: Log, starts: bool) -> None:
    async def handler(exchange: Any) -> None:
        try:
            if starts:
                exchange.start(200, [])
                await exchange.write(b"a")
            else:
                exchange.answer(200, [], b"a")
                await exchange.drain()
        except ClientDisconnect:
            log.append("nobody hears")
            raise
        finally:
            log.append("ended")

    async def function(request: Any, call_next: Any) -> Any:
        await call_next(request)
        raise KeyError("outer")

    with pytest.raises(KeyError, match="outer"):
        TestClient(around(app(handler), function)).get("/")
    assert log.becomes(["nobody hears", "ended"])


# ---- the request


def read(reader: Any, app: Any, log: Log) -> Any:
    """An application that notes what ``reader(request)`` gives."""

    async def handler(exchange: Any) -> None:
        log.append(await reader(Request.of(exchange)))
        await Response().send(exchange)

    return app(handler)


async def body(request: Any) -> bytes:
    data: bytes = await request.body()
    return data


async def stream(request: Any) -> bytes:
    return b"".join([piece async for piece in request.stream()])


async def form(request: Any) -> Any:
    return dict(await request.form())


@pytest.mark.parametrize(
    ("outer", "inner", "seen"),
    [
        (body, body, b"a=1&b=2"),
        (body, stream, b"a=1&b=2"),
        (stream, body, b""),
        (stream, stream, b""),
        (form, form, {"a": "1", "b": "2"}),
    ],
)
def test_what_the_function_has_read_before(app: Any, log: Log, outer: Any, inner: Any, seen: Any) -> None:
    async def function(request: Any, call_next: Any) -> Any:
        await outer(request)
        return await call_next(request)

    headers = {"content-type": "application/x-www-form-urlencoded"}
    TestClient(around(read(inner, app, log), function)).post("/", content=b"a=1&b=2", headers=headers)
    assert log.becomes([seen])


def test_a_body_that_the_application_has_read_is_gone(app: Any, log: Log) -> None:
    async def function(request: Any, call_next: Any) -> Any:
        response = await call_next(request)
        with pytest.raises(RuntimeError, match="Stream consumed"):
            await request.body()
        return response

    TestClient(around(read(body, app, log), function)).post("/", content=b"abc")
    assert log.becomes([b"abc"])


def test_a_body_that_nobody_has_read_can_be_read_afterwards(client_for: Any, whole: Any, log: Log) -> None:
    async def function(request: Any, call_next: Any) -> Any:
        await call_next(request)
        return Response(await request.body())

    assert client_for(around(whole, function)).post("/", content=b"abc").content == b"abc"


def test_changes_of_the_scope_go_down_and_findings_come_up(client_for: Any, app: Any, log: Log) -> None:
    async def handler(exchange: Any) -> None:
        exchange.matched("the route", None, {"item_id": 5})
        request: Request = Request.of(exchange)
        request.state.inner = 2
        log.append((exchange.path, request.headers["x-added"], request.state.outer))
        await Response().send(exchange)

    async def function(request: Any, call_next: Any) -> Any:
        request.scope["path"] = "/changed"
        request.scope["headers"].append((b"x-added", b"1"))
        request.state.outer = 1
        response = await call_next(request)
        log.append((request.scope["route"], request.path_params, request.state.inner))
        return response

    client_for(around(app(handler), function)).get("/")
    assert log.becomes([("/changed", "1", 1), ("the route", {"item_id": 5}, 2)])


# ---- one task


def test_context_variables_are_seen_in_both_directions(client_for: Any, app: Any, log: Log) -> None:
    variable = contextvars.ContextVar("variable", default="")

    async def handler(exchange: Any) -> None:
        log.append(variable.get())
        variable.set("from the endpoint")
        await Response().send(exchange)

    async def function(request: Any, call_next: Any) -> Any:
        variable.set("from the middleware")
        response = await call_next(request)
        log.append(variable.get())
        return response

    client_for(around(app(handler), function)).get("/")
    assert log.becomes(["from the middleware", "from the endpoint"])


def test_the_application_may_wait(client_for: Any, app: Any) -> None:
    async def handler(exchange: Any) -> None:
        await asyncio.sleep(0)
        value = await asyncio.get_running_loop().run_in_executor(None, lambda: b"waited")
        exchange.answer(200, [], value)
        await exchange.drain()
        await asyncio.sleep(0)

    assert client_for(around(app(handler), pass_on)).get("/").content == b"waited"


@pytest.mark.parametrize("how", ["timeout", "wait_for", "anyio"])
def test_timeouts_reach_into_the_application(client_for: Any, app: Any, log: Log, how: str) -> None:
    async def handler(exchange: Any) -> None:
        if exchange.path == "/fast":
            exchange.answer(200, [], b"fast")
            await exchange.drain()
            return
        try:
            await asyncio.Event().wait()
        finally:
            log.append("cancelled")

    async def function(request: Any, call_next: Any) -> Any:
        seconds = 5 if request.url.path == "/fast" else 0.01
        try:
            if how == "timeout":
                async with asyncio.timeout(seconds):
                    return await call_next(request)
            if how == "wait_for":
                return await asyncio.wait_for(call_next(request), seconds)
            with anyio.fail_after(seconds):
                return await call_next(request)
        except TimeoutError:
            return PlainTextResponse("too slow", status_code=504)

    client = client_for(around(app(handler), function))
    assert client.get("/slow").status_code == 504
    assert log.becomes(["cancelled"])
    assert client.get("/fast").text == "fast"


def test_timeouts_around_a_stream_end_with_its_head(client_for: Any, streamed: Any) -> None:
    async def function(request: Any, call_next: Any) -> Any:
        with anyio.fail_after(5):
            return await call_next(request)

    assert client_for(around(streamed, function)).get("/").content == b"012"


# ---- the peer


SCOPE = {"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b""}


def call(app: Any, *incoming: Any, send: Any = None) -> list[Any]:
    """Run the application by hand; after ``incoming`` the peer says nothing more."""
    sent: list[Any] = []
    waiting = list(incoming)

    async def receive() -> Any:
        return waiting.pop(0) if waiting else await asyncio.Event().wait()

    async def note(message: Any) -> None:
        sent.append(message)

    async def main() -> None:
        async with asyncio.timeout(5):
            await app(dict(SCOPE), receive, send or note)

    asyncio.run(main())
    return sent


def test_a_peer_that_leaves_ends_a_stream_that_waits(app: Any, log: Log) -> None:
    async def handler(exchange: Any) -> None:
        exchange.start(200, [])
        await exchange.write(b"a")
        try:
            await asyncio.Event().wait()
        finally:
            log.append("ended")

    sent = call(around(app(handler), pass_on), {"type": "http.request", "body": b""}, {"type": "http.disconnect"})
    assert log.becomes(["ended"])
    assert sent[-1] == {"type": "http.response.body", "body": b"a", "more_body": True}


def test_a_write_to_a_peer_that_has_left_is_told_to_the_application(app: Any, log: Log) -> None:
    async def handler(exchange: Any) -> None:
        exchange.start(200, [])
        try:
            await exchange.write(b"a")
            await exchange.write(b"b")
        except ClientDisconnect:
            log.append("told")
            raise

    async def gone(message: Any) -> None:
        if message["type"] == "http.response.body":
            raise OSError("gone")

    with pytest.raises(ClientDisconnect):
        call(around(app(handler), pass_on), send=gone)
    assert log.becomes(["told"])


def test_a_cancelled_request_cancels_the_application_where_it_stands(app: Any, log: Log) -> None:
    async def handler(exchange: Any) -> None:
        exchange.answer(200, [], b"a")
        try:
            await exchange.drain()
        except asyncio.CancelledError:
            log.append("cancelled")
            raise

    async def function(request: Any, call_next: Any) -> Any:
        await call_next(request)
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await asyncio.sleep(0)

    with pytest.raises(asyncio.CancelledError):
        call(around(app(handler), function))
    assert log.becomes(["cancelled"])


def test_the_application_can_wait_for_the_peer_to_leave(app: Any, log: Log) -> None:
    async def handler(exchange: Any) -> None:
        exchange.start(200, [])

        async def listen() -> None:
            await exchange.wait_disconnect()
            log.append("left")

        async with anyio.create_task_group() as group:
            group.start_soon(listen)
            await exchange.write(b"a")
        await exchange.wait_disconnect()  # known by now

    async def function(request: Any, call_next: Any) -> Any:
        await call_next(request)
        return PlainTextResponse("other")

    call(around(app(handler), function))
    assert log.becomes(["left"])

    log.clear()

    async def waiting(exchange: Any) -> None:
        await exchange.wait_disconnect()
        log.append("left")
        exchange.answer(200, [], b"")

    call(around(app(waiting), pass_on), {"type": "http.disconnect"})
    assert log.becomes(["left"])


def test_early_hints_and_debug_messages_pass(app: Any) -> None:
    async def foreign(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.debug", "info": {"a": 1}})
        await send({"type": "http.response.early_hint", "links": [b"</a>"]})
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"hi"})

    async def with_hints(scope: Any, receive: Any, send: Any) -> None:
        scope["extensions"]["http.response.early_hint"] = {}
        await around(foreign, pass_on)(scope, receive, send)

    response = TestClient(with_hints).get("/")
    assert response.extensions["http.response.debug"] == {"a": 1}
    assert response.text == "hi"


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_no_event_loop_is_preferred(streamed: Any, log: Log, backend: Any) -> None:
    pytest.importorskip(backend)
    assert TestClient(around(streamed, pass_on), backend=backend).get("/").content == b"012"


def test_a_cancelled_stream_is_cancelled_in_the_application(app: Any, log: Log) -> None:
    async def handler(exchange: Any) -> None:
        exchange.start(200, [])
        task = asyncio.current_task()
        assert task is not None
        await exchange.write(b"a")
        task.cancel()
        try:
            await asyncio.sleep(0)
        finally:
            log.append("cancelled")

    with pytest.raises(asyncio.CancelledError):
        call(around(app(handler), pass_on))
    assert log == ["cancelled"]
