"""Route and WebSocketRoute: a path and what answers it."""

from __future__ import annotations

import functools
from typing import Any

import pytest

from hanok.exceptions import NoMatchFound
from hanok.http import PlainTextResponse, Request
from hanok.routing.base import BaseRoute, Match, get_name, get_route_path
from hanok.routing.endpoints import HTTPEndpoint
from hanok.routing.plain import Route, WebSocketRoute, request_response
from hanok.routing.router import Router


async def hello(request: Request) -> PlainTextResponse:
    return PlainTextResponse("hello")


def test_attributes_of_a_function_route() -> None:
    route = Route("/x/{id:int}", hello)
    assert (route.path, route.name, route.methods) == ("/x/{id:int}", "hello", {"GET", "HEAD"})
    assert route.path_format == "/x/{id}"
    assert route.include_in_schema
    assert repr(route) == "Route(path='/x/{id:int}', name='hello', methods=['GET', 'HEAD'])"
    assert Route("/x", hello, methods=["post"]).methods == {"POST"}
    assert route == Route("/x/{id:int}", hello)
    assert route != Route("/x", hello)
    assert len({route, Route("/x/{id:int}", hello)}) == 2


def test_attributes_of_a_websocket_route() -> None:
    route = WebSocketRoute("/w/{a}", hello)
    assert repr(route) == "WebSocketRoute(path='/w/{a}', name='hello')"
    assert route == WebSocketRoute("/w/{a}", hello)
    assert len({route, WebSocketRoute("/w/{a}", hello)}) == 2


def test_a_path_begins_with_a_slash() -> None:
    for kind in (Route, WebSocketRoute):
        with pytest.raises(AssertionError, match="Routed paths must start with '/'"):
            kind("x", hello)


def test_a_function_may_be_sync_async_partial_or_a_method(ask: Any) -> None:
    def sync(request: Request) -> PlainTextResponse:
        return PlainTextResponse("sync")

    async def two(text: str, request: Request) -> PlainTextResponse:
        return PlainTextResponse(text)

    class Holder:
        async def method(self, request: Request) -> PlainTextResponse:
            return PlainTextResponse("method")

    for endpoint, text in [
        (sync, "sync"),
        (functools.partial(two, "partial"), "partial"),
        (functools.partial(functools.partial(two), "nested"), "nested"),
        (Holder().method, "method"),
    ]:
        assert ask(Router([Route("/", endpoint)]), "GET", "/").text == text


def test_an_asgi_application_is_an_endpoint_for_every_method(ask: Any) -> None:
    class App:
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            await PlainTextResponse(scope["method"])(scope, receive, send)

    route = Route("/", App())
    assert route.methods is None
    assert route.name == "App"
    assert repr(route).endswith("methods=[])")
    assert ask(Router([route]), "PURGE", "/").text == "PURGE"
    assert ask(Router([Route("/", App(), methods=["PUT"])]), "GET", "/").status == 405


def test_whatever_is_an_asgi_application_may_be_returned(ask: Any) -> None:
    async def endpoint(request: Request) -> Any:
        async def response(scope: Any, receive: Any, send: Any) -> None:
            await PlainTextResponse("from within")(scope, receive, send)

        return response

    assert ask(Router([Route("/", endpoint)]), "GET", "/").text == "from within"


def test_assigning_app_changes_what_the_route_runs(ask: Any) -> None:
    async def other(request: Request) -> PlainTextResponse:
        return PlainTextResponse("other")

    route = Route("/", hello)
    router = Router([route])
    assert ask(router, "GET", "/").text == "hello"
    route.app = request_response(other)
    assert route.app is not None
    assert ask(router, "GET", "/").text == "other"


def test_a_route_is_an_application_of_its_own(ask: Any) -> None:
    route = Route("/a", hello, max_body_size=3)
    assert ask(route, "GET", "/a").text == "hello"
    assert ask(route, "GET", "/b").status == 404
    assert ask(route, "HEAD", "/a").status == 200
    assert ask(route, "POST", "/a").headers["allow"] == "GET, HEAD"
    assert ask(route, "GET", "/a", headers=((b"content-length", b"4"),)).status == 413
    assert ask(route, "", "/a", kind="websocket").messages[0]["type"] == "websocket.close"
    only_get = Route("/a", hello)
    only_get.methods = {"GET"}
    assert ask(only_get, "HEAD", "/a").status in (200, 405)


def test_a_websocket_route_runs_its_application(ask: Any) -> None:
    class App:
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            await send({"type": "websocket.accept", "params": scope["path_params"]})

    route = WebSocketRoute("/w/{a}", App())
    assert ask(route, "", "/w/1", kind="websocket").messages == [{"type": "websocket.accept", "params": {"a": "1"}}]
    assert ask(Router([route]), "", "/w/2", kind="websocket").messages[0]["params"] == {"a": "2"}
    assert ask(Router([route]), "GET", "/w/2").status == 404


def test_matches_says_what_is_added_to_the_scope() -> None:
    route = Route("/x/{id:int}", hello)
    scope = {"type": "http", "path": "/r/x/5", "root_path": "/r", "method": "GET", "path_params": {"z": 1}}
    assert route.matches(scope) == (Match.FULL, {"endpoint": hello, "path_params": {"z": 1, "id": 5}})
    assert route.matches({**scope, "method": "PUT"})[0] is Match.PARTIAL
    assert route.matches({**scope, "type": "websocket"}) == (Match.NONE, {})


@pytest.mark.parametrize(
    ("path", "root_path", "seen"),
    [("/r/x", "/r", "/x"), ("/r", "/r", ""), ("/rx", "/r", "/rx"), ("/q", "/r", "/q"), ("/x", "", "/x")],
)
def test_the_root_path_is_not_seen(path: str, root_path: str, seen: str) -> None:
    assert get_route_path({"path": path, "root_path": root_path}) == seen


def test_the_name_and_exactly_the_params_make_the_path() -> None:
    route = Route("/x/{id:int}", hello)
    assert route.url_path_for("hello", id=5) == "/x/5"
    for name, params in [("hello", {}), ("hello", {"id": 5, "x": 1}), ("other", {"id": 5})]:
        with pytest.raises(NoMatchFound):
            route.url_path_for(name, **params)


def test_names_come_from_the_endpoint() -> None:
    assert get_name(hello) == "hello"
    assert get_name(Router) == "Router"
    assert get_name(Router()) == "Router"


class Greeter(HTTPEndpoint):
    def get(self, request: Request) -> PlainTextResponse:
        return PlainTextResponse("get")

    async def post(self, request: Request) -> PlainTextResponse:
        return PlainTextResponse("post")


def test_a_class_answers_by_its_methods(ask: Any) -> None:
    router = Router([Route("/", Greeter)])
    assert ask(router, "GET", "/").text == "get"
    assert ask(router, "HEAD", "/").status == 200
    assert ask(router, "POST", "/").text == "post"
    answer = ask(router, "PUT", "/")
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD, POST")
    assert ask(router, "_HANDLER_NAME", "/").status == 405
    assert ask(router, "PUT", "/", app=router).error.headers == {"Allow": "GET, HEAD, POST"}  # type: ignore[union-attr]


def test_a_class_endpoint_takes_no_websockets() -> None:
    with pytest.raises(AssertionError):
        HTTPEndpoint({"type": "websocket"}, None, None)  # type: ignore[arg-type]


def test_the_base_route_leaves_the_work_to_its_subclasses(ask: Any) -> None:
    route = BaseRoute()
    with pytest.raises(NotImplementedError):
        route.matches({})
    with pytest.raises(NotImplementedError):
        route.url_path_for("x")
    assert isinstance(ask(route.handle, "GET", "/").error, NotImplementedError)
