"""APIRouter: operations under a prefix, and routers within routers."""

from __future__ import annotations

import asyncio
import inspect
from contextlib import asynccontextmanager
from typing import Any

import pytest

from hanok import Hanok
from hanok.dependencies import Depends
from hanok.exceptions import DeclarationError, NoMatchFound
from hanok.http import HTMLResponse, JSONResponse, PlainTextResponse, Request, Response
from hanok.routing import (
    APIRoute,
    APIRouter,
    BaseRoute,
    Host,
    Match,
    RouteContext,
    Router,
    documented_routes,
    iter_route_contexts,
)
from hanok.routing.inherited import value_of
from hanok.testing import TestClient
from hanok.websockets import WebSocket

VERBS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


def mark(name: str) -> Any:
    """A dependency that leaves its name in a header."""

    def dependency(response: Response) -> None:
        response.headers.append("x-mark", name)

    dependency.__name__ = name
    return Depends(dependency)


async def endpoint() -> str:
    return "here"


async def plain(request: Request) -> PlainTextResponse:
    return PlainTextResponse(f"plain {request.path_params}")


def only(router: Any) -> RouteContext:
    (context,) = iter_route_contexts(router.routes)
    return context


# ---- declaring


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_declares_its_method(verb: str) -> None:
    router = APIRouter()
    assert getattr(router, verb)("/a", summary="s")(endpoint) is endpoint
    assert router.routes[0].methods == {verb.upper()}
    assert router.routes[0].summary == "s"
    with pytest.raises(TypeError, match=rf"{verb}\(\) got an unexpected keyword argument 'colour'"):
        getattr(router, verb)("/a", colour="red")
    options = inspect.signature(getattr(router, verb)).parameters
    assert next(iter(options)) == "path"
    assert "methods" not in options
    assert options["response_description"].default == "Successful Response"


def test_api_route_takes_methods() -> None:
    router = APIRouter()
    router.api_route("/a", methods=["POST", "PUT"])(endpoint)
    router.api_route("/b")(endpoint)
    assert [route.methods for route in router.routes] == [{"POST", "PUT"}, {"GET"}]


def test_the_other_ways_to_declare(ask: Any) -> None:
    router = APIRouter(prefix="/p")
    router.route("/r", methods=["POST"])(plain)
    router.add_route("/a", plain)

    @router.websocket_route("/w")
    async def socket(websocket: WebSocket) -> None:
        await websocket.accept()

    @router.websocket("/ww")
    async def declared(websocket: WebSocket) -> None:
        await websocket.accept()

    router.mount("/m", app=Router([]))
    assert ask(router, "POST", "/r").status == 200
    assert ask(router, "GET", "/a").status == 200
    assert ask(router, "", "/w", kind="websocket").messages[0]["type"] == "websocket.accept"
    assert ask(router, "", "/p/ww", kind="websocket").messages[0]["type"] == "websocket.accept"
    assert ask(router, "GET", "/m/x").status == 404


def test_a_router_gives_what_it_has_to_its_own_routes() -> None:
    router = APIRouter(
        prefix="/r",
        tags=["r"],
        dependencies=[mark("r")],
        responses={400: {"description": "r"}, 401: {"description": "r"}},
        deprecated=True,
        default_response_class=HTMLResponse,
        generate_unique_id_function=lambda route: f"id-{route.name}",
        max_body_size=10,
        form_limits={"max_files": 1},
        strict_content_type=False,
    )
    router.get("/x", tags=["x"], dependencies=[mark("x")], responses={401: {"description": "x"}})(endpoint)
    route = router.routes[0]
    assert (route.path, route.tags, route.deprecated) == ("/r/x", ["r", "x"], True)
    assert [d.dependency.__name__ for d in route.dependencies] == ["r", "x"]
    assert {status: told["description"] for status, told in route.responses.items()} == {400: "r", 401: "x"}
    assert (route.response_class, route.unique_id, route.max_body_size) == (HTMLResponse, "id-endpoint", 10)
    assert (route.form_limits, route.strict_content_type) == ({"max_files": 1}, False)


def test_a_route_class_of_ones_own() -> None:
    class Mine(APIRoute):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.mine = True

    router = APIRouter(route_class=Mine)
    router.get("/a")(endpoint)
    router.add_api_route("/b", endpoint, route_class_override=APIRoute)
    assert [type(route) for route in router.routes] == [Mine, APIRoute]
    outer = APIRouter()
    outer.include_router(router, prefix="/o")
    assert next(iter(iter_route_contexts(outer.routes))).mine


@pytest.mark.parametrize(
    ("prefix", "message"),
    [
        ("x", "A path prefix must start with '/'"),
        ("/x/", "A path prefix must not end with '/', as the routes will start with '/'"),
    ],
)
def test_a_prefix_that_is_none_is_refused(prefix: str, message: str) -> None:
    with pytest.raises(AssertionError, match=message):
        APIRouter(prefix=prefix)
    with pytest.raises(AssertionError, match=message):
        APIRouter().include_router(APIRouter(), prefix=prefix)


def test_options_are_checked() -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'colour'"):
        APIRouter(colour="red")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="unexpected keyword argument 'colour'"):
        APIRouter().include_router(APIRouter(), colour="red")  # type: ignore[call-arg]
    with pytest.raises(ValueError, match="max_body_size"):
        APIRouter(max_body_size=1.5)  # type: ignore[arg-type]


# ---- including


def test_prefixes_and_dependencies_add_up_from_the_outside(ask: Any) -> None:
    inner = APIRouter(prefix="/i", dependencies=[mark("inner")])
    inner.get("/x/{n}", dependencies=[mark("route")])(endpoint)
    middle = APIRouter(prefix="/m", dependencies=[mark("middle")])
    middle.include_router(inner, prefix="/mi/{tenant}", dependencies=[mark("inclusion")])
    outer = APIRouter()
    outer.include_router(middle)
    answer = ask(outer, "GET", "/m/mi/acme/i/x/5")
    assert answer.text == '"here"'
    marks = [value for name, value in answer.messages[0]["headers"] if name == b"x-mark"]
    assert marks == [b"middle", b"inclusion", b"inner", b"route"]
    assert answer.scope["path_params"] == {"tenant": "acme", "n": "5"}
    assert answer.scope["route"] is inner.routes[0]
    assert ask(inner, "GET", "/i/x/5").status == 200


def test_routes_added_later_belong_to_the_including_router_too(ask: Any) -> None:
    inner, outer = APIRouter(), APIRouter()
    outer.include_router(inner, prefix="/i")
    assert ask(outer, "GET", "/i/late").status == 404
    inner.get("/late")(endpoint)
    assert ask(outer, "GET", "/i/late").status == 200
    assert outer.url_path_for("endpoint") == "/i/late"
    deeper = APIRouter()
    inner.include_router(deeper, prefix="/d")
    assert ask(outer, "GET", "/i/d/x").status == 404
    deeper.get("/x", name="deep")(endpoint)
    assert ask(outer, "GET", "/i/d/x").status == 200
    assert outer.url_path_for("deep") == "/i/d/x"
    with pytest.raises(NoMatchFound):
        outer.url_path_for("nowhere")


def test_the_order_of_routes_is_that_of_declarations(ask: Any) -> None:
    inner, outer = APIRouter(), APIRouter()
    outer.get("/{x}", name="first")(endpoint)
    outer.include_router(inner)
    outer.post("/late", name="last")(endpoint)
    inner.post("/late", name="inner")(endpoint)
    assert ask(outer, "POST", "/late").scope["route"].name == "inner"
    assert ask(outer, "GET", "/late").scope["route"].name == "first"
    assert ask(outer, "PUT", "/late").headers["allow"] == "GET, POST"
    assert ask(outer, "POST", "/late/").headers["location"] == "http://example.org/late"


def test_tags_responses_and_callbacks_add_up() -> None:
    def called(name: str) -> list[Any]:
        router = APIRouter()
        router.get("/c", name=name)(endpoint)
        return router.routes

    def told(text: str) -> dict[str, Any]:
        return {"description": text}

    inner = APIRouter(tags=["r"], responses={400: told("r"), 401: told("r")}, callbacks=called("cr"))
    inner.get("/x", tags=["x"], responses={401: told("x"), 402: told("x")}, callbacks=called("cx"))(endpoint)
    outer = APIRouter(tags=["o"], responses={400: told("o"), 403: told("o")}, callbacks=called("co"))
    outer.include_router(inner, tags=["i"], responses={400: told("i"), 404: told("i")}, callbacks=called("ci"))
    context = only(outer)
    assert context.tags == ["o", "i", "r", "x"]
    texts = {status: response["description"] for status, response in context.responses.items()}
    assert texts == {400: "r", 403: "o", 404: "i", 401: "x", 402: "x"}
    assert [route.name for route in context.callbacks] == ["co", "ci", "cr", "cx"]


@pytest.mark.parametrize(
    ("route", "inner", "inclusion", "outer", "effective"),
    [
        ("a", "b", "c", "d", "a"),
        (None, "b", "c", "d", "b"),
        (None, None, "c", "d", "c"),
        (None, None, None, "d", "d"),
        (None, None, None, None, None),
    ],
)
def test_of_single_values_the_innermost_counts(
    route: str | None, inner: str | None, inclusion: str | None, outer: str | None, effective: str | None
) -> None:
    classes = {name: type(name, (JSONResponse,), {}) for name in "abcd"}
    sizes = {"a": 1, "b": 2, "c": 3, "d": 4}

    def options(name: str | None, response_class: str) -> dict[str, Any]:
        if name is None:
            return {}
        return {
            response_class: classes[name],
            "generate_unique_id_function": lambda route: f"{name} {route.path_format}",
            "max_body_size": sizes[name],
        }

    within = APIRouter(prefix="/i", **options(inner, "default_response_class"))
    within.get("/x", **options(route, "response_class"))(endpoint)
    around = APIRouter(prefix="/o", **options(outer, "default_response_class"))
    around.include_router(within, **options(inclusion, "default_response_class"))
    context = only(around)
    assert value_of(context.response_class) is (classes[effective] if effective else JSONResponse)
    assert context.unique_id == (f"{effective} /o/i/x" if effective else "endpoint_o_i_x_get")
    assert context.max_body_size == (sizes[effective] if effective else None)


@pytest.mark.parametrize("place", ["route", "inner", "inclusion", "outer"])
def test_deprecated_and_hidden_at_any_level_is_deprecated_and_hidden(place: str) -> None:
    def options(here: str) -> dict[str, Any]:
        return {"deprecated": True, "include_in_schema": False} if here == place else {}

    within = APIRouter(**options("inner"))
    within.get("/x", **options("route"))(endpoint)
    around = APIRouter(**options("outer"))
    around.include_router(within, **options("inclusion"))
    assert only(around).deprecated is True
    assert only(around).include_in_schema is False


def test_form_limits_merge_and_an_operation_id_stays() -> None:
    within = APIRouter(form_limits={"max_fields": 2, "max_files": 9}, strict_content_type=False)
    within.get("/x", operation_id="op", form_limits={"max_files": 1})(endpoint)
    around = APIRouter(form_limits={"max_part_size": 7})
    around.include_router(within, form_limits={"max_fields": 8, "max_part_size": 3})
    context = only(around)
    assert context.form_limits == {"max_fields": 2, "max_files": 1, "max_part_size": 3}
    assert (context.unique_id, context.strict_content_type) == ("op", False)


def test_overrides_come_from_the_outermost_provider(ask: Any) -> None:
    class App:
        dependency_overrides: dict[Any, Any] = {}

    def original() -> str:
        return "original"

    inner = APIRouter()

    @inner.get("/x")
    def read(value: str = Depends(original)) -> str:
        return value

    outer = APIRouter(dependency_overrides_provider=App)
    outer.include_router(inner)
    assert ask(outer, "GET", "/x").text == '"original"'
    App.dependency_overrides = {original: lambda: "replaced"}
    assert ask(outer, "GET", "/x").text == '"replaced"'
    assert ask(inner, "GET", "/x").text == '"original"'


def test_one_router_may_be_included_twice(ask: Any) -> None:
    inner, outer = APIRouter(), APIRouter()
    inner.get("/x")(endpoint)
    outer.include_router(inner, prefix="/v1")
    outer.include_router(inner, prefix="/v2", tags=["new"])
    assert [ask(outer, "GET", path).status for path in ("/v1/x", "/v2/x", "/x")] == [200, 200, 404]
    assert [(context.path, context.tags) for context in iter_route_contexts(outer.routes)] == [
        ("/v1/x", []),
        ("/v2/x", ["new"]),
    ]


def test_a_router_does_not_include_itself() -> None:
    router, other = APIRouter(), APIRouter()
    with pytest.raises(AssertionError, match="Cannot include the same APIRouter instance into itself"):
        router.include_router(router)
    other.include_router(router)
    with pytest.raises(AssertionError, match="that already includes this router"):
        router.include_router(other, prefix="/x")


def test_a_route_needs_a_path_from_somewhere(ask: Any) -> None:
    inner, outer = APIRouter(), APIRouter()
    inner.get("", name="root")(endpoint)
    with pytest.raises(DeclarationError, match=r"Prefix and path cannot be both empty \(path operation: root\)"):
        outer.include_router(inner)
    outer.include_router(inner, prefix="/i")
    assert ask(outer, "GET", "/i").status == 200


def test_routes_of_every_kind_are_included(ask: Any) -> None:
    class Custom(BaseRoute):
        def matches(self, scope: Any) -> tuple[Match, Any]:
            return (Match.FULL if scope["path"] == "/custom" else Match.NONE), {}

        async def handle(self, scope: Any, receive: Any, send: Any) -> None:
            await PlainTextResponse("custom")(scope, receive, send)

        def url_path_for(self, name: str, /, **params: Any) -> Any:
            raise NoMatchFound(name, params)

    class Duck:
        matches, handle, url_path_for = Custom.matches, Custom.handle, Custom.url_path_for

    inner = APIRouter()
    inner.add_route("/plain", plain)
    inner.mount("/m", app=Router([]), name="files")
    inner.routes.append(Host("other.org", app=Router([])))
    inner.routes.append(Custom())
    inner.routes.append(Duck())

    @inner.websocket("/w/{n}", name="socket")
    async def socket(websocket: WebSocket, tenant: str, n: int) -> None:
        await websocket.accept()
        await websocket.send_text(f"{tenant} {n + 1}")

    outer = APIRouter()
    outer.include_router(inner, prefix="/p/{tenant}")
    assert ask(outer, "GET", "/p/1/plain").text == "plain {'tenant': '1'}"
    assert ask(outer, "GET", "/p/1/m").headers["location"] == "http://example.org/p/1/m/"
    assert outer.url_path_for("files", tenant=1, path="a") == "/p/1/m/a"
    assert ask(outer, "GET", "/custom").text == "custom"
    assert ask(outer, "GET", "/x", host="other.org").status == 404
    assert ask(outer, "", "/p/a/w/1", kind="websocket").messages[1]["text"] == "a 2"
    assert outer.url_path_for("socket", tenant="a", n=1) == "/p/a/w/1"
    paths = [getattr(context, "path", "") for context in iter_route_contexts(outer.routes)]
    assert paths == ["/p/{tenant}/plain", "/p/{tenant}/m", None, None, None, "/p/{tenant}/w/{n}"]


def test_custom_route_classes_are_asked_on_the_object_that_was_declared(ask: Any) -> None:
    class Told(APIRoute):
        def get_route_handler(self) -> Any:
            inner = super().get_route_handler()

            async def handler(request: Request) -> Response:
                response = await inner(request)
                context = request.scope.get("fastapi", {}).get("effective_route_context", self)
                assert request.scope["route"] is self
                response.headers["x-path"] = context.path
                return response

            return handler

    inner, outer = APIRouter(route_class=Told), APIRouter()
    inner.get("/x")(endpoint)
    outer.include_router(inner, prefix="/o", dependencies=[mark("seen")])
    answer = ask(outer, "GET", "/o/x")
    assert (answer.headers["x-path"], answer.headers["x-mark"]) == ("/o/x", "seen")
    assert ask(inner, "GET", "/x").headers["x-path"] == "/x"


def test_what_was_put_around_a_route_does_not_lose_the_dependencies_of_its_inclusion(ask: Any) -> None:
    inner, outer = APIRouter(), APIRouter()
    inner.get("/x")(endpoint)
    route = inner.routes[0]
    original = route.app

    async def wrapped(scope: Any, receive: Any, send: Any) -> None:
        scope["wrapped"] = True
        await original(scope, receive, send)

    route.app = wrapped
    outer.include_router(inner, dependencies=[mark("inclusion")])
    answer = ask(outer, "GET", "/x")
    assert answer.scope["wrapped"]
    assert answer.headers["x-mark"] == "inclusion"
    assert "x-mark" not in ask(inner, "GET", "/x").headers


def test_a_subclass_may_decide_by_itself_what_matches(ask: Any) -> None:
    class Gate(APIRouter):
        def matches(self, scope: Any) -> tuple[Match, Any]:
            if (b"x-open", b"1") not in scope["headers"]:
                return Match.NONE, {}
            return super().matches(scope)

        async def handle(self, scope: Any, receive: Any, send: Any) -> None:
            scope["gate"] = True
            await super().handle(scope, receive, send)

    gate, middle, outer = Gate(prefix="/g"), APIRouter(), APIRouter()
    gate.get("/x", name="inside")(endpoint)
    middle.include_router(gate, prefix="/m", dependencies=[mark("gate")])
    outer.include_router(middle, prefix="/o")
    opened = ((b"x-open", b"1"),)
    answer = ask(outer, "GET", "/o/m/g/x", headers=opened)
    assert (answer.text, answer.headers["x-mark"], answer.scope["gate"]) == ('"here"', "gate", True)
    assert answer.scope["route"] is gate.routes[0]
    assert ask(outer, "GET", "/o/m/g/x").status == 404
    assert ask(outer, "POST", "/o/m/g/x", headers=opened).status == 405
    assert ask(Router([*middle.routes]), "GET", "/m/g/x", headers=opened).status == 200
    assert outer.url_path_for("inside") == "/o/m/g/x"
    assert [context.path for context in iter_route_contexts(outer.routes)] == ["/o/m/g/x"]
    mounting = APIRouter()
    mounting.mount("/mnt", app=gate)
    assert ask(mounting, "GET", "/mnt/g/x").text == '"here"'


def test_a_native_handle_may_be_overridden_too(ask: Any) -> None:
    seen: list[str] = []

    class Native(APIRouter):
        def handle(self, exchange: Any) -> Any:  # type: ignore[override]
            seen.append(exchange.path)
            return super().handle(exchange)

    router = Native()
    router.get("/x")(endpoint)
    assert ask(router, "GET", "/x").text == '"here"'
    assert seen == ["/x"]


def test_a_tree_can_be_walked_as_routes_by_others(ask: Any) -> None:
    """Instrumentation asks each entry of ``routes`` whether it matches, and calls it."""
    inner, outer = APIRouter(), APIRouter()
    inner.get("/x", name="a")(endpoint)
    inner.post("/x", name="b")(endpoint)
    inner.put("/x", name="c")(endpoint)
    outer.include_router(inner, prefix="/i", dependencies=[mark("i")])
    (node,) = outer.routes
    scope = {"type": "http", "path": "/i/x", "method": "POST", "root_path": "", "headers": []}
    match, child = node.matches(scope)
    assert match is Match.FULL
    assert child["route"] is inner.routes[1]
    assert node.matches({**scope, "method": "DELETE"})[1]["route"] is inner.routes[0]
    assert node.matches({**scope, "path": "/x"}) == (Match.NONE, {})
    assert ask(node, "POST", "/i/x").headers["x-mark"] == "i"
    assert outer.matches(scope) == (Match.NONE, {})  # a router that nobody includes is an application
    assert ask(lambda *a: outer.handle(*a), "GET", "/i/x").text == '"here"'


def test_contexts_and_documented_routes() -> None:
    inner, outer = APIRouter(), APIRouter()
    inner.get("/x")(endpoint)
    outer.include_router(inner, prefix="/i")
    outer.add_route("/plain", plain)
    first, second = iter_route_contexts(outer.routes)
    assert first.original_route is inner.routes[0]
    assert (first.path, first.path_format, first.name, first.methods) == ("/i/x", "/i/x", "endpoint", {"GET"})
    assert first.endpoint is endpoint
    assert second.original_route is second.effective_route
    assert list(iter_route_contexts([first])) == [first]
    assert [route.path for route in documented_routes(outer.routes)] == ["/i/x"]
    with pytest.raises(AttributeError):
        _ = second.tags


# ---- lifespans


def told(name: str, log: list[str]) -> Any:
    @asynccontextmanager
    async def lifespan(app: Any) -> Any:
        log.append(f"start {name}")
        yield {name: 1, "who": name}
        log.append(f"end {name}")

    return lifespan


def live(router: Any) -> Any:
    async def run() -> Any:
        async with router.lifespan_context(router) as state:
            return state

    return asyncio.run(run())


def test_lifespans_nest_and_the_outer_state_wins() -> None:
    log: list[str] = []
    inner, middle, outer = (APIRouter(lifespan=told(name, log)) for name in ("inner", "middle", "outer"))
    outer.include_router(middle)
    middle.include_router(inner)
    assert live(outer) == {"inner": 1, "middle": 1, "outer": 1, "who": "outer"}
    assert log == ["start outer", "start middle", "start inner", "end inner", "end middle", "end outer"]


def test_event_handlers_of_included_routers_run_once() -> None:
    log: list[str] = []
    inner = APIRouter(on_startup=[lambda: log.append("up")], on_shutdown=[lambda: log.append("down")])

    async def later() -> None:
        log.append("up too")

    outer = APIRouter()
    outer.include_router(inner)
    with pytest.warns(DeprecationWarning, match="on_event is deprecated"):
        inner.on_event("startup")(later)
    assert live(outer) is None
    assert log == ["up", "up too", "down"]
    with pytest.raises(AssertionError):
        inner.add_event_handler("sometimes", later)
    inner.add_event_handler("shutdown", later)
    assert inner.on_shutdown[-1] is later


def test_a_lifespan_takes_the_place_of_event_handlers() -> None:
    log: list[str] = []
    router = APIRouter(lifespan=told("own", log), on_startup=[lambda: log.append("never")])
    live(router)
    assert log == ["start own", "end own"]


def test_a_routers_own_way_of_adding_is_told_every_option() -> None:
    # As prefect's router asks for the response model, which is no None where none was given.
    told: list[dict[str, Any]] = []

    class Own(APIRouter):
        def add_api_route(self, path: str, endpoint: Any, **options: Any) -> None:
            told.append(options)
            super().add_api_route(path, endpoint, **options)

    router = Own(prefix="/v1", tags=["trees"])

    @router.patch("/a", status_code=204)
    def change() -> None: ...

    @router.api_route("/b", methods=["GET"], summary="One")
    def one() -> int:
        return 1

    assert [(each["methods"], each["status_code"], each["summary"]) for each in told] == [
        (["PATCH"], 204, None),
        (["GET"], None, "One"),
    ]
    assert all(each["response_model"] is not None for each in told)
    assert all(each["response_description"] == "Successful Response" for each in told)
    app = Hanok()
    app.include_router(router)
    assert TestClient(app).patch("/v1/a").status_code == 204
    assert TestClient(app).get("/v1/b").json() == 1
    assert app.openapi()["paths"]["/v1/b"]["get"]["tags"] == ["trees"]


def test_a_route_class_of_its_own_is_told_every_option() -> None:
    told: list[dict[str, Any]] = []

    class Own(APIRoute):
        def __init__(self, path: str, endpoint: Any, **options: Any) -> None:
            told.append(options)
            super().__init__(path, endpoint, **options)

    router = APIRouter(route_class=Own)
    router.add_api_route("/a", lambda: 1)
    router.get("/b")(lambda: 2)
    for each in told:
        assert each["response_description"] == "Successful Response"
        assert each["status_code"] is None
        assert "route_class_override" not in each
    app = Hanok()
    app.include_router(router)
    assert [TestClient(app).get(path).json() for path in ("/a", "/b")] == [1, 2]


def test_plain_routes_are_added_by_name() -> None:
    told: list[Any] = []

    class Own(APIRouter):
        def add_route(self, *args: Any, **options: Any) -> None:
            told.append((len(args), options))
            super().add_route(*args, **options)

    @Own().route("/a", ["GET"])
    def plain(request: Any) -> None: ...

    assert told == [(2, {"methods": ["GET"], "name": None, "include_in_schema": True})]


def test_a_docstring_that_comes_after_the_declaration_describes_the_included_route() -> None:
    # As litellm writes one for endpoints that it makes in a loop.
    router = APIRouter()

    @router.get("/a")
    def read() -> None: ...

    read.__doc__ = "Reads it."
    app = Hanok()
    app.include_router(router)
    assert app.openapi()["paths"]["/a"]["get"]["description"] == "Reads it."
