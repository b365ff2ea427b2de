"""What widely used packages do with internals of FastAPI and Starlette."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from hanok import APIRouter, Depends, Hanok
from hanok.testing import TestClient


def test_a_dependency_can_be_added_to_a_declared_route_and_the_route_made_again() -> None:
    # As fastapi-pagination does.
    from fastapi.dependencies.utils import _get_body_field, _get_flat_body_params, get_parameterless_sub_dependant
    from fastapi.routing import APIRoute, _IncludedRouter, request_response

    seen: list[str] = []

    async def added(page: int = 1):
        seen.append(f"begins on {page}")
        yield
        seen.append("ends")

    app, below = Hanok(), APIRouter()

    @below.get("/items/{item_id}")
    async def read(item_id: int) -> int:
        return item_id

    app.include_router(below, prefix="/v1", dependencies=[Depends(lambda: seen.append("included"))])
    (inclusion,) = [route for route in app.routes if isinstance(route, _IncludedRouter)]
    (route,) = inclusion.original_router.routes
    assert isinstance(route, APIRoute)
    declared = Depends(added)
    route.dependencies.append(declared)
    route.dependant.dependencies.append(get_parameterless_sub_dependant(depends=declared, path=route.path_format))
    route.body_field = _get_body_field(
        body_params=_get_flat_body_params(route.dependant),
        name=route.unique_id,
        embed_body_fields=route._embed_body_fields,
    )
    route.app = request_response(route.get_route_handler())

    with TestClient(app) as client:
        assert client.get("/v1/items/3", params={"page": 2}).json() == 3
        assert client.get("/v1/items/3", params={"page": "x"}).status_code == 422
    assert seen[:3] == ["included", "begins on 2", "ends"]
    assert route.body_field is None
    document = app.openapi()
    parameters = document["paths"]["/v1/items/{item_id}"]["get"]["parameters"]
    assert [each["name"] for each in parameters] == ["item_id", "page"]


def test_a_wrapped_handler_that_is_set_as_the_app_of_a_route_answers_for_the_route_that_is_run() -> None:
    from fastapi.routing import request_response

    app, below = Hanok(), APIRouter()
    seen: list[str] = []

    @below.post("/items")
    async def write(item: dict[str, int]) -> dict[str, int]:
        return item

    (route,) = below.routes
    inner = route.get_route_handler()

    async def wrapped(request: Any) -> Any:
        seen.append(request.scope["fastapi"]["effective_route_context"].path)
        return await inner(request)

    route.app = request_response(wrapped)
    app.include_router(below, prefix="/v1", dependencies=[Depends(lambda: seen.append("included"))])
    client = TestClient(app)
    assert client.post("/v1/items", json={"a": 1}).json() == {"a": 1}
    assert seen == ["/v1/items", "included"]


def test_the_maker_of_handlers_can_be_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    # As sentry-sdk does.
    import fastapi.routing

    before = fastapi.routing.get_request_handler
    paths: list[str] = []

    def get_request_handler(*args: Any, **kwargs: Any) -> Any:
        call = kwargs["dependant"].call
        kwargs["dependant"].call = lambda: [call()]
        handler = before(*args, **kwargs)

        async def handle(request: Any) -> Any:
            paths.append(request.scope["fastapi"]["effective_route_context"].path)
            return await handler(request)

        return handle

    monkeypatch.setattr(fastapi.routing, "get_request_handler", get_request_handler)
    app, below = Hanok(), APIRouter()

    @below.get("/one", response_model=None)
    def one():
        return 1

    app.include_router(below, prefix="/v1")
    assert TestClient(app).get("/v1/one").json() == [1]
    assert paths == ["/v1/one"]


def test_the_maker_of_plain_endpoints_can_be_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    import starlette.routing
    from starlette.applications import Starlette
    from starlette.responses import PlainTextResponse

    before = starlette.routing.request_response
    made: list[Any] = []

    def request_response(func: Any) -> Any:
        made.append(func)
        return before(func)

    def home(request: Any) -> PlainTextResponse:
        return PlainTextResponse("home")

    monkeypatch.setattr(starlette.routing, "request_response", request_response)
    app = Starlette(routes=[starlette.routing.Route("/", home)])
    assert TestClient(app).get("/").text == "home"
    assert made == [home]


def test_middleware_classes_are_declared_through_middleware(monkeypatch: pytest.MonkeyPatch) -> None:
    from starlette.middleware import Middleware
    from starlette.middleware.exceptions import ExceptionMiddleware

    declared: list[Any] = []
    before = Middleware.__init__

    def init(self: Any, cls: Any, *args: Any, **kwargs: Any) -> None:
        declared.append(cls)
        before(self, cls, *args, **kwargs)

    monkeypatch.setattr(Middleware, "__init__", init)
    app = Hanok()
    assert TestClient(app).get("/nowhere").status_code == 404
    assert declared == [ExceptionMiddleware]


def test_a_middleware_stack_can_be_set_while_the_application_runs() -> None:
    # As opentelemetry-instrumentation-fastapi does.
    app = Hanok()
    client = TestClient(app)
    assert client.get("/").status_code == 404

    async def stack(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    app.middleware_stack = stack
    assert client.get("/").status_code == 204
    app.middleware_stack = None
    assert client.get("/").status_code == 404


def test_an_included_router_gives_its_routes_as_contexts() -> None:
    app, below = Hanok(openapi_url=None), APIRouter()
    below.add_api_route("/one", lambda: 1)
    app.include_router(below, prefix="/v1")
    (inclusion,) = app.routes
    assert [context.path for context in inclusion.effective_route_contexts()] == ["/v1/one"]


def test_signatures_are_read_as_fastapi_reads_them() -> None:
    from fastapi.dependencies.utils import get_typed_return_annotation, get_typed_signature, lenient_issubclass

    def read(a: int, *rest: str, b: list[str] | None = None) -> str: ...

    assert get_typed_return_annotation(read) is str
    assert get_typed_return_annotation(lambda: 1) is None
    signature = get_typed_signature(read)
    assert signature == inspect.signature(read, eval_str=True).replace(return_annotation=inspect.Signature.empty)
    assert lenient_issubclass(bool, int)
    assert not lenient_issubclass(list[int], list)


def test_what_stands_for_a_status_may_have_a_body() -> None:
    from fastapi.utils import is_body_allowed_for_status_code as allowed

    assert [allowed(status_code=each) for each in (None, "default", "2XX", "200", 200)] == [True] * 5
    assert [allowed(each) for each in (100, 204, "204", 205, 304)] == [False] * 5


def test_names_that_modules_only_use_are_found_there() -> None:
    import starlette.types
    from starlette.middleware.base import ASGIApp, Request
    from starlette.requests import Request as Original

    assert ASGIApp is starlette.types.ASGIApp
    assert Request is Original
