"""APIRoute: a route whose endpoint declares what it takes and what it returns."""

from __future__ import annotations

import functools
import http
import inspect
from collections.abc import AsyncIterable, Iterable
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from hanok.dependencies import Depends
from hanok.exceptions import DeclarationError
from hanok.http import (
    EventSourceResponse,
    JSONResponse,
    PlainTextResponse,
    Request,
    Response,
    StreamingResponse,
)
from hanok.params import Body, Header
from hanok.routing import APIRoute, APIRouter, APIWebSocketRoute, Route, Router
from hanok.websockets import WebSocket


class Item(BaseModel):
    name: str
    price: float | None = None


def nothing() -> None: ...


def item() -> Item:
    return Item(name="hammer")


# ---- what a route says of itself


def test_a_route_that_was_told_nothing() -> None:
    def read(item_id: int):  # type: ignore[no-untyped-def]
        pass

    read.__doc__ = "Read one.\n\n    With care.\n    \f\n    Not for the document."
    route = APIRoute("/items/{item_id}", read)
    assert repr(route) == "APIRoute(path='/items/{item_id}', name='read', methods=['GET'])"
    assert (route.path, route.path_format) == ("/items/{item_id}", "/items/{item_id}")
    assert route.endpoint is read
    assert route.description == "Read one.\n\nWith care."
    assert route.unique_id == "read_items__item_id__get"
    assert (route.tags, route.dependencies, route.responses, route.response_fields) == ([], [], {}, {})
    assert route.response_description == "Successful Response"
    assert route.response_model is None
    assert route.response_field is None
    assert route.body_field is None
    assert route.include_in_schema
    assert [p.name for p in route.dependant.path_params] == ["item_id"]


def test_what_was_given_is_kept() -> None:
    route = APIRoute(
        "/a",
        nothing,
        name="other",
        methods=["post", "Get"],
        status_code=http.HTTPStatus.CREATED,
        tags=["t"],
        summary="s",
        description="told\fhidden",
        operation_id="op",
        deprecated=True,
        openapi_extra={"x-a": 1},
        response_model=Item,
    )
    assert (route.name, route.methods, route.summary, route.description) == (
        "other",
        {"GET", "POST"},
        "s",
        "told",
    )
    assert type(route.status_code) is int
    assert route.unique_id == "op"
    assert route.response_field is not None
    assert route.response_field.name == "Response_op"
    assert route.openapi_extra == {"x-a": 1}


def test_the_return_annotation_is_the_response_model_unless_it_is_a_response() -> None:
    def plain() -> JSONResponse: ...  # type: ignore[empty-body]

    class Callable_:
        def __call__(self) -> Item: ...  # type: ignore[empty-body]

    assert APIRoute("/a", item).response_model is Item
    assert APIRoute("/a", item, response_model=None).response_model is None
    assert APIRoute("/a", nothing).response_model is None
    assert APIRoute("/a", plain).response_model is None
    assert APIRoute("/a", functools.partial(item)).response_model is Item
    assert APIRoute("/a", Callable_()).response_model is Item
    assert APIRoute("/a", Callable_()).name == "Callable_"


def test_what_a_generator_yields_is_its_stream_item() -> None:
    async def items() -> AsyncIterable[Item]:
        yield Item(name="a")

    def untold():  # type: ignore[no-untyped-def]
        yield 1

    def whole() -> Iterable[Item]:
        return []

    lines = APIRoute("/a", items)
    assert (lines.stream_item_type, lines.is_json_stream, lines.is_sse_stream) == (Item, True, False)
    assert lines.stream_item_field is not None
    assert lines.stream_item_field.name == "StreamItem_items_a_get"
    assert lines.response_model is None
    events = APIRoute("/a", items, response_class=EventSourceResponse)
    assert (events.stream_item_type, events.is_json_stream, events.is_sse_stream) == (Item, False, True)
    chunks = APIRoute("/a", items, response_class=StreamingResponse)
    assert (chunks.stream_item_type, chunks.is_json_stream, chunks.is_sse_stream) == (None, False, False)
    assert APIRoute("/a", untold).stream_item_field is None
    assert APIRoute("/a", items, response_model=list[Item]).stream_item_type is None
    assert not APIRoute("/a", whole).is_json_stream


def test_models_of_additional_responses() -> None:
    route = APIRoute("/a", item, responses={404: {"model": Item}, "5XX": {"model": int}, "default": {}})
    names = {status: field.name for status, field in route.response_fields.items()}
    assert names == {404: "Response_404_item_a_get", "5XX": "Response_5XX_item_a_get"}


def test_several_body_parameters_are_one_body() -> None:
    def create(a: Item, b: Item) -> None: ...

    field = APIRoute("/a-b/{c}", create, methods=["POST"]).body_field
    assert field is not None
    assert field.annotation.__name__ == "Body_create_a_b__c__post"


# ---- declarations that cannot work


@pytest.mark.parametrize(
    ("endpoint", "options", "error", "message"),
    [
        (item, {"status_code": 204}, AssertionError, "^Status code 204 must not have a response body$"),
        (
            nothing,
            {"responses": {204: {"model": int}}},
            AssertionError,
            "Status code 204 must not have a response body",
        ),
        (nothing, {"responses": {404: 3}}, AssertionError, "An additional response must be a dict"),
        (3, {}, AssertionError, "An endpoint must be a callable"),
        (nothing, {"response_model": Request}, DeclarationError, "Invalid args for response field!"),
        (nothing, {"max_body_size": -1}, ValueError, "max_body_size must be a non-negative integer or None"),
        (nothing, {"max_body_size": True}, ValueError, "max_body_size must be a non-negative integer or None"),
        (nothing, {"form_limits": {"max_files": -1}}, ValidationError, "greater than or equal to 0"),
        (nothing, {"form_limits": {"more": 1}}, ValidationError, "Extra inputs are not permitted"),
        (nothing, {"colour": "red"}, TypeError, r"APIRoute\(\) got an unexpected keyword argument 'colour'"),
        (nothing, {"dependencies": [Depends()]}, AssertionError, "must have a callable dependency"),
    ],
)
def test_what_cannot_work_is_refused(endpoint: Any, options: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        APIRoute("/a", endpoint, **options)


def test_no_content_without_a_model_is_fine() -> None:
    assert APIRoute("/a", nothing, status_code=204).response_field is None


def test_the_signature_says_every_option() -> None:
    parameters = inspect.signature(APIRoute).parameters
    assert list(parameters)[:2] == ["path", "endpoint"]
    assert {"response_model", "methods", "strict_content_type", "dependency_overrides_provider"} < set(parameters)
    assert parameters["response_model_by_alias"].default is True
    assert parameters["tags"].kind is inspect.Parameter.KEYWORD_ONLY


# ---- answering


def test_arguments_come_in_and_the_model_goes_out(ask: Any) -> None:
    async def read(item_id: int, q: str = "none") -> Item:
        return Item(name=f"{item_id} {q}")

    route = APIRoute("/items/{item_id}", read, response_model_exclude_none=True)
    answer = ask(Router([route]), "GET", "/items/5", query_string=b"q=x")
    assert (answer.status, answer.text) == (200, '{"name":"5 x"}')
    assert ask(Router([route]), "GET", "/items/6").text == '{"name":"6 none"}'
    assert ask(route, "GET", "/items/7").text == '{"name":"7 none"}'
    assert route.compiled_endpoint.plan is not None


def test_the_compiled_endpoint_takes_the_place_of_run(ask: Any) -> None:
    route = APIRoute("/a", item)
    router = Router([route])
    before = route.run
    ask(router, "GET", "/a")
    assert route.run is not before
    assert ask(router, "GET", "/a").text == '{"name":"hammer","price":null}'


def test_a_subclass_may_stand_around_the_handler(ask: Any) -> None:
    class Timed(APIRoute):
        def get_route_handler(self) -> Any:
            inner = super().get_route_handler()

            async def handler(request: Request) -> Response:
                response = await inner(request)
                response.headers["x-route"] = self.path
                return response

            return handler

    answer = ask(Router([Timed("/a", item)]), "GET", "/a")
    assert answer.headers["x-route"] == "/a"
    assert answer.text == '{"name":"hammer","price":null}'


def test_a_subclass_may_override_handle(ask: Any) -> None:
    class Marked(APIRoute):
        async def handle(self, scope: Any, receive: Any, send: Any) -> None:
            scope["path_params"]["seen"] = 1
            await super().handle(scope, receive, send)

    def seen(request: Request) -> Any:
        return request.path_params

    router = Router([Marked("/a/{x}", seen)])
    assert ask(router, "GET", "/a/1").text == '{"x":"1","seen":1}'
    assert ask(router, "GET", "/a/2").text == '{"x":"2","seen":1}'


def test_app_may_be_wrapped(ask: Any) -> None:
    route = APIRoute("/a", item)
    inner = route.app

    async def wrapped(scope: Any, receive: Any, send: Any) -> None:
        scope["wrapped"] = True
        await inner(scope, receive, send)

    route.app = wrapped
    router = Router([route])
    for _ in range(2):
        answer = ask(router, "GET", "/a")
        assert answer.scope["wrapped"]
        assert answer.text == '{"name":"hammer","price":null}'


def test_path_of_an_odd_kind_still_matches_itself(ask: Any) -> None:
    assert ask(Router([APIRoute("", item)]), "GET", "").status == 200
    assert ask(Router([APIRoute("{x}", item)]), "GET", "y").status == 200


# ---- WebSockets


def test_a_websocket_route(ask: Any) -> None:
    log: list[str] = []

    async def endpoint(websocket: WebSocket, room: int, token: str = Header()) -> None:
        await websocket.accept()
        await websocket.send_text(f"{room} {token}")
        await websocket.close()

    def dependency() -> None:
        log.append("dependency")

    route = APIWebSocketRoute("/w/{room}", endpoint, dependencies=[Depends(dependency)])
    assert repr(route) == "APIWebSocketRoute(path='/w/{room}', name='endpoint')"
    for app in (Router([route]), route):
        answer = ask(app, "", "/w/5", kind="websocket", headers=((b"token", b"t"),))
        assert answer.messages[1]["text"] == "5 t"
    assert log == ["dependency", "dependency"]
    assert route.compiled_endpoint.plan is not None


def test_routes_of_both_kinds_live_side_by_side(ask: Any) -> None:
    router = APIRouter()

    @router.get("/x")
    def over_http(data: str = Body("none")) -> str:
        return "http"

    @router.websocket("/x", name="ws")
    async def over_websocket(websocket: WebSocket) -> None:
        await websocket.accept()

    async def plain(request: Request) -> PlainTextResponse:
        return PlainTextResponse("plain")

    router.routes.append(Route("/x", plain, methods=["PUT"]))
    assert ask(router, "GET", "/x").text == '"http"'
    assert ask(router, "PUT", "/x").text == "plain"
    assert ask(router, "", "/x", kind="websocket").messages[0]["type"] == "websocket.accept"
    assert ask(router, "POST", "/x").headers["allow"] == "GET, PUT"
