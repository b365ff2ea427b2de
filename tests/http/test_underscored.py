"""Underscored names of requests that applications made for Starlette use."""

from __future__ import annotations

import asyncio
import gzip
from typing import Any

import pytest

from hanok import Body, Form, Hanok
from hanok.http import JSONResponse, QueryParams, Request, Response
from hanok.routing import APIRoute
from hanok.testing import TestClient

CHANGED = b'{"changed":true}'


@pytest.fixture
def app() -> Hanok:
    app = Hanok()

    @app.post("/model")
    async def model(data: dict[str, Any] = Body()) -> Any:
        return data

    @app.post("/json")
    async def read_json(request: Request) -> Any:
        return await request.json()

    @app.post("/form")
    async def read_form(a: str = Form()) -> str:
        return a

    return app


class Nothing(Response):
    """Of an endpoint that has answered already."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        pass


def saying(*bodies: bytes) -> Any:
    waiting = list(bodies)

    async def receive() -> Any:
        return {"type": "http.request", "body": waiting.pop(0), "more_body": bool(waiting)}

    return receive


def posted(client: Any, path: str) -> Any:
    return client.post(path, json={"sent": True}).json()


# ---- another body for the endpoint


@pytest.mark.parametrize("path", ["/model", "/json"])
@pytest.mark.parametrize("reads_first", [False, True])
def test_a_body_that_a_middleware_function_sets_is_read_by_the_endpoint(
    client_for: Any, app: Hanok, path: str, reads_first: bool
) -> None:
    @app.middleware("http")
    async def function(request: Any, call_next: Any) -> Any:
        if reads_first:
            assert await request.json() == {"sent": True}
        request._body = CHANGED
        return await call_next(request)

    assert posted(client_for(app), path) == {"changed": True}


@pytest.mark.parametrize("path", ["/model", "/json"])
def test_a_receive_that_a_middleware_function_sets_is_read_by_the_endpoint(
    client_for: Any, app: Hanok, path: str
) -> None:
    @app.middleware("http")
    async def function(request: Any, call_next: Any) -> Any:
        request._receive = saying(CHANGED[:5], CHANGED[5:])
        return await call_next(request)

    assert posted(client_for(app), path) == {"changed": True}


def test_a_form_can_come_from_another_receive(client_for: Any, app: Hanok) -> None:
    @app.middleware("http")
    async def function(request: Any, call_next: Any) -> Any:
        request._receive = saying(b"a=changed")
        return await call_next(request)

    assert client_for(app).post("/form", data={"a": "sent"}).json() == "changed"


def test_the_function_reads_the_other_receive_too(client_for: Any, app: Hanok) -> None:
    @app.middleware("http")
    async def function(request: Any, call_next: Any) -> Any:
        request._receive = saying(CHANGED)
        assert request.receive is request._receive
        assert await request.body() == CHANGED
        return await call_next(request)

    assert posted(client_for(app), "/json") == {"changed": True}


def test_a_body_that_was_read_already_stays(client_for: Any, app: Hanok) -> None:
    """The usual way to let the endpoint read it again."""

    @app.middleware("http")
    async def function(request: Any, call_next: Any) -> Any:
        body = await request.body()
        request._receive = saying(body)
        assert await request.body() == body
        return await call_next(request)

    assert posted(client_for(app), "/model") == {"sent": True}


def test_a_request_class_may_keep_a_body_of_its_own(client_for: Any, app: Hanok) -> None:
    class Unpacking(Request):
        async def body(self) -> bytes:
            if not hasattr(self, "_body"):
                self._body = gzip.decompress(await super().body())
            body: bytes = self._body
            return body

    class Route(APIRoute):
        def get_route_handler(self) -> Any:
            inner = super().get_route_handler()

            async def handle(request: Request) -> Any:
                return await inner(Unpacking(request.scope, request.receive))

            return handle

    app.router.route_class = Route

    @app.post("/packed")
    async def packed(data: dict[str, Any] = Body()) -> Any:
        return data

    headers = {"content-type": "application/json"}
    assert client_for(app).post("/packed", content=gzip.compress(CHANGED), headers=headers).json() == {"changed": True}


# ---- what was read


def test_they_tell_what_was_read(client_for: Any) -> None:
    app = Hanok()
    names = ("_body", "_json", "_headers", "_query_params", "_cookies")

    @app.post("/")
    async def endpoint(request: Request) -> Any:
        seen = [[name for name in names if hasattr(request, name)], request._form, request._stream_consumed]
        await request.json()
        _ = request.headers, request.query_params, request.cookies
        return [*seen, [name for name in names if hasattr(request, name)], request._json, request._stream_consumed]

    assert client_for(app).post("/", json=5).json() == [[], None, False, list(names), 5, True]


def test_they_can_be_set() -> None:
    request = Request({"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b"a=1"})
    request._json = {"b": 2}
    request._query_params = QueryParams("a=2")
    request._cookies = {"c": "3"}
    headers = request._headers = request.headers.mutablecopy()
    headers["d"] = "4"
    request._form = form = object()
    request._stream_consumed = True
    assert request.query_params["a"] == "2"
    assert request.cookies == {"c": "3"}
    assert request.headers["d"] == "4"
    assert request._form is form
    assert request._stream_consumed

    async def read() -> None:
        assert await request.json() == {"b": 2}
        with pytest.raises(RuntimeError, match="Stream consumed"):
            await request.body()

    asyncio.run(read())


# ---- an answer past the endpoint


def answering_by_itself(other_task: bool = False) -> Hanok:
    app = Hanok()

    @app.get("/")
    async def endpoint(request: Request) -> Response:
        async def answer() -> None:
            await request._send({"type": "http.response.start", "status": 201, "headers": [(b"x-own", b"1")]})
            await request._send({"type": "http.response.body", "body": b"by ", "more_body": True})
            await request._send({"type": "http.response.body", "body": b"itself"})

        assert request._send is request._send
        await (asyncio.create_task(answer()) if other_task else answer())
        return Nothing()

    return app


async def marking(request: Any, call_next: Any) -> Any:
    response = await call_next(request)
    response.headers["x-function"] = "1"
    return response


@pytest.mark.parametrize("other_task", [False, True])
def test_an_endpoint_may_answer_by_send(client_for: Any, other_task: bool) -> None:
    answer = client_for(answering_by_itself(other_task)).get("/")
    assert (answer.status_code, answer.text, answer.headers["x-own"]) == (201, "by itself", "1")


@pytest.mark.parametrize("functions", [1, 2])
def test_what_it_sends_goes_through_middleware_functions(client_for: Any, functions: int) -> None:
    app = answering_by_itself()
    for _ in range(functions):
        app.middleware("http")(marking)
    answer = client_for(app).get("/")
    assert (answer.status_code, answer.text, answer.headers["x-own"]) == (201, "by itself", "1")
    assert answer.headers["x-function"] == "1"


@pytest.mark.parametrize("functions", [1, 2])
def test_what_it_sends_from_another_task_goes_out_past_them(client_for: Any, functions: int) -> None:
    """They are waiting for the endpoint, which is not done."""
    app = answering_by_itself(other_task=True)
    for _ in range(functions):
        app.middleware("http")(marking)
    answer = client_for(app).get("/")
    assert (answer.status_code, answer.text, answer.headers["x-own"]) == (201, "by itself", "1")
    assert "x-function" not in answer.headers


def test_send_can_be_replaced() -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    app = Hanok()

    @app.get("/")
    async def endpoint(request: Request) -> Response:
        request._send = send
        await JSONResponse(1)(request.scope, request.receive, request._send)
        return Response(b"sent")

    with TestClient(app) as client:
        assert client.get("/").text == "sent"
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]


def test_what_is_returned_when_the_peer_has_left_is_no_second_answer() -> None:
    """Of an endpoint that answers by ``_send`` as long as somebody listens."""
    app = Hanok()
    sent: list[str] = []

    @app.get("/")
    async def endpoint(request: Request) -> Response:
        await request._send({"type": "http.response.start", "status": 200, "headers": []})
        assert await request.is_disconnected()
        return Response(b"late")

    async def receive() -> Any:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message["type"])

    scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b""}
    asyncio.run(app(scope, receive, send))
    assert sent == ["http.response.start"]
