"""An included router: its routes as they are there, asked on the objects that were declared; limits that go with them."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from hanok import Hanok
from hanok.dependencies import Depends
from hanok.exceptions import NoMatchFound
from hanok.http import Request, Response
from hanok.params.functions import Form
from hanok.routing import APIRoute, APIRouter, Match, Mount
from hanok.routing.base import RouteContext


def mark(name: str) -> Any:
    """A dependency that leaves its name in a header."""

    def dependency(response: Response) -> None:
        response.headers.append("x-mark", name)

    return Depends(dependency)


async def endpoint() -> str:
    return "here"


class Counting(APIRoute):
    """Counts on itself how often each of its methods was called."""

    matched = handled = built = 0

    def matches(self, scope: Any) -> Any:
        self.matched += 1
        if dict(scope["headers"]).get(b"x-refuse"):
            return Match.NONE, {}
        return super().matches(scope)

    async def handle(self, scope: Any, receive: Any, send: Any) -> None:
        self.handled += 1
        await super().handle(scope, receive, send)

    def get_route_handler(self) -> Any:
        self.built += 1
        handler = super().get_route_handler()

        async def wrapped(request: Request) -> Response:
            return await handler(request)

        return wrapped


def test_a_route_subclass_keeps_its_count_wherever_it_is_included(client_for: Any) -> None:
    inner, app = APIRouter(route_class=Counting), Hanok()

    @inner.get("/x/{n}")
    def counted(n: int, version: int) -> list[int]:
        return [n, version]

    app.include_router(inner, prefix="/a/{version}")
    app.include_router(inner, prefix="/b/{version}", dependencies=[mark("b")])
    (route,) = inner.routes
    client = client_for(app)
    assert client.get("/a/1/x/2").json() == [2, 1]
    answer = client.get("/b/3/x/4")
    assert (answer.json(), answer.headers["x-mark"]) == ([4, 3], "b")
    assert client.get("/b/3/x/4", headers={"x-refuse": "1"}).status_code == 404
    assert client.post("/a/1/x/2").status_code == 405
    assert client.get("/b/3/x/y").status_code == 422
    assert (route.handled, route.built) == (4, 2)
    assert route.matched >= 5
    assert "matches" not in vars(route)


def test_a_route_that_refuses_leaves_nothing_in_the_scope(client_for: Any) -> None:
    class Refusing(APIRoute):
        def matches(self, scope: Any) -> Any:
            return Match.NONE, {}

    refusing, taking, app = APIRouter(route_class=Refusing), APIRouter(), Hanok()
    refusing.get("/x")(endpoint)

    @taking.get("/x")
    def taken(request: Request) -> Any:
        assert not any(key.startswith("hanok.") for key in request.scope)
        return request.scope["fastapi"]["effective_route_context"].path

    app.include_router(refusing, prefix="/i")
    app.include_router(taking, prefix="/i")
    assert client_for(app).get("/i/x").json() == "/i/x"


def test_the_scope_names_the_declared_route_and_its_whole_context(client_for: Any) -> None:
    inner, app = APIRouter(tags=["t"]), Hanok()

    def told(request: Request) -> Any:
        context = request.scope.get("fastapi", {}).get("effective_route_context")
        whole = None if context is None else [context.path, context.tags, context.original_route is inner.routes[0]]
        return [request.scope["route"].path, whole]

    inner.get("/x")(told)
    app.include_router(inner, prefix="/i", tags=["s"])
    app.get("/y")(told)
    client = client_for(app)
    assert client.get("/i/x").json() == ["/x", ["/i/x", ["s", "t"], True]]
    assert client.get("/y").json() == ["/y", None]


def test_an_included_frontend_does_not_stand_in_the_way_of_names(client_for: Any, tmp_path: Any) -> None:
    (tmp_path / "index.html").write_text("page")
    frontends, inner, app = APIRouter(), APIRouter(), Hanok()
    frontends.frontend("/", directory=tmp_path)
    inner.get("/x", name="x")(endpoint)
    app.include_router(frontends, prefix="/f")
    app.include_router(inner)
    assert app.url_path_for("x") == "/x"
    for known in (app, app.routes[-2], app.routes[-1]):
        with pytest.raises(NoMatchFound):
            known.url_path_for("missing")
    client = client_for(app)
    assert client.get("/x").text == '"here"'
    assert client.get("/f/").text == "page"


def test_routers_within_routers_handle_by_themselves_one_after_the_other(client_for: Any) -> None:
    class Noting(APIRouter):
        notes = 0

        async def handle(self, scope: Any, receive: Any, send: Any) -> None:  # type: ignore[override]
            self.notes += 1
            await super().handle(scope, receive, send)

    parent, child, app = Noting(), Noting(), Hanok()
    child.get("/x")(endpoint)
    parent.include_router(child, prefix="/c")
    app.include_router(parent, prefix="/p")
    assert client_for(app).get("/p/c/x").text == '"here"'
    assert (parent.notes, child.notes) == (1, 1)


def test_a_host_in_an_included_router_is_asked_below_its_prefix(client_for: Any) -> None:
    hosted = APIRouter()

    @hosted.get("/items/{n}", name="item")
    def item(n: int, request: Request) -> Any:
        return [n, request.scope["root_path"], request.path_params["sub"], request.path_params["v"]]

    inner, app = APIRouter(), Hanok()
    inner.host("{sub}.example.org", hosted, name="hosted")
    app.include_router(inner, prefix="/api/{v}")
    app.get("/items/{n}")(endpoint)
    client = client_for(app)
    host = {"host": "a.example.org"}
    assert client.get("/api/1/items/2", headers=host).json() == [2, "/api/1", "a", "1"]
    assert client.get("/items/2", headers=host).json() == "here"
    assert client.get("/api/1/items/2").status_code == 404
    url = app.url_path_for("hosted:item", sub="a", n=2, v="1")
    assert (str(url), url.host) == ("/api/1/items/2", "a.example.org")
    url = app.url_path_for("hosted", sub="a", path="/page", v="1")
    assert (str(url), url.host) == ("/api/1/page", "a.example.org")


def test_limits_of_a_router_hold_for_everything_in_it(client_for: Any, tmp_path: Any) -> None:
    (tmp_path / "page.html").write_text("page")

    async def length(request: Request) -> Response:
        return Response(str(len(await request.body())))

    def form(text: str = Form()) -> str:
        return text

    inside = Hanok()
    inside.add_route("/", length, methods=["POST"])
    inside.post("/form")(form)
    inner, app = APIRouter(), Hanok(form_limits={"max_part_size": 2, "max_fields": 1})
    inner.mount("/m", inside)
    inner.add_route("/plain", length, methods=["POST"])
    inner.frontend("/f", directory=tmp_path)
    app.include_router(inner, prefix="/five", max_body_size=5)
    app.include_router(inner, prefix="/more", max_body_size=500, form_limits={"max_part_size": 3})
    app.mount("/direct", inside)
    client = client_for(app)
    for path in ("/m/", "/plain"):
        assert client.post("/five" + path, content=b"12345").text == "5"
        assert client.post("/five" + path, content=b"123456").status_code == 413
        assert client.post("/more" + path, content=b"123456").text == "6"
    asked = client.request("GET", "/five/f/page.html", content=b"123456")
    assert asked.status_code == 413
    assert client.request("GET", "/more/f/page.html", content=b"123456").text == "page"
    assert client.post("/more/m/form", files={"text": (None, "abc")}).json() == "abc"
    assert client.post("/more/m/form", files={"text": (None, "abcd")}).status_code == 400
    assert client.post("/direct/form", files={"text": (None, "ab")}).json() == "ab"
    assert client.post("/direct/form", files={"text": (None, "abc")}).status_code == 400
    assert client.post("/direct/form", data={"text": "a", "more": "b"}).status_code == 400


def test_a_mount_that_matches_by_itself_keeps_its_limit(ask: Any) -> None:
    class Own(Mount):
        def matches(self, scope: Any) -> Any:
            return super().matches(scope)

    async def length(request: Request) -> Response:
        return Response(str(len(await request.body())))

    mounted = APIRouter()
    mounted.add_route("/", length, methods=["POST"])
    router = APIRouter(routes=[Own("/m", mounted, max_body_size=2)])
    assert ask(router, "POST", "/m/", body=b"12").text == "2"
    assert ask(router, "POST", "/m/", body=b"123").error.status_code == 413


def test_packages_that_name_routes_find_the_prefix_and_the_plain_routes() -> None:
    router = APIRouter()
    router.get("/items/{item}")(endpoint)
    router.routes.append(Mount("/sub", app=Hanok()))
    app = Hanok()
    app.include_router(router, prefix="/v1")
    included: Any = app.routes[-1]
    assert included.include_context.prefix == "/v1"
    operation, mounted = included.effective_route_contexts()
    assert operation.starlette_route is None
    assert isinstance(mounted.starlette_route, Mount)
    assert mounted.starlette_route.path == "/v1/sub"


def test_a_context_matches_by_path_and_method_alone() -> None:
    """Tracing asks before the middleware has run that a route's own ``matches`` relies on."""

    class Refusing(APIRoute):
        def matches(self, scope: Any) -> Any:
            assert "set by a middleware" in scope
            return super().matches(scope)

    router = APIRouter(route_class=Refusing)
    router.get("/items/{item}")(endpoint)
    app = Hanok()
    app.include_router(router, prefix="/v1")
    app.mount("/mounted", Hanok())
    scope = {"type": "http", "method": "GET", "path": "/v1/items/5", "root_path": "", "headers": []}
    context, mounted = [*app.routes[-2].effective_route_contexts(), RouteContext(app.routes[-1])]
    assert context.matches(scope)[0] is Match.FULL
    assert context.matches(scope | {"method": "PUT"})[0] is Match.PARTIAL
    assert context.matches(scope | {"path": "/v1"})[0] is Match.NONE
    assert mounted.matches(scope | {"path": "/mounted/5"})[0] is Match.FULL


@pytest.mark.parametrize("way", ["a signature", "defaults", "another function"])
@pytest.mark.parametrize("moved", ["before it is included", "after it is included", "to a router in between"])
def test_an_endpoint_that_declares_something_else_by_then_is_read_again(client_for: Any, way: str, moved: str) -> None:
    def owner() -> str:
        return "the owner"

    def show(of: Any = None) -> Any:
        return {"of": of}

    def show_owner(of: Any = Depends(owner)) -> Any:
        return {"of": of}

    app, router, between = Hanok(), APIRouter(), APIRouter()
    router.get("/shown")(show)
    [route] = router.routes
    if moved == "after it is included":
        app.include_router(router)
    if way == "a signature":
        show.__signature__ = inspect.signature(show_owner)  # type: ignore[attr-defined]
    elif way == "defaults":
        show.__defaults__ = show_owner.__defaults__
    else:
        assert isinstance(route, APIRoute)
        route.endpoint = show_owner
    if moved == "to a router in between":
        router.routes.remove(route)
        between.routes.append(route)
        router.include_router(between)
    if moved != "after it is included":
        app.include_router(router)

    client = client_for(app)
    assert client.get("/shown").json() == {"of": "the owner"}
    assert "parameters" not in app.openapi()["paths"]["/shown"]["get"]


def test_methods_of_a_class_become_endpoints_once_the_class_is_made(client_for: Any) -> None:
    app, router = Hanok(), APIRouter(prefix="/songs")

    class Songs:
        def __init__(self, q: str = "all") -> None:
            self.q = q

        @router.get("/{number}")
        def one(self, number: int) -> dict[str, Any]:
            return {"q": self.q, "number": number}

    first, *others = inspect.signature(Songs.one).parameters.values()
    keyword = inspect.Parameter.KEYWORD_ONLY
    given = [first.replace(default=Depends(Songs)), *(each.replace(kind=keyword) for each in others)]
    Songs.one.__signature__ = inspect.Signature(given)  # type: ignore[attr-defined]
    app.include_router(router)

    client = client_for(app)
    assert client.get("/songs/3", params={"q": "new"}).json() == {"q": "new", "number": 3}
    assert client.get("/songs/three").json()["detail"][0]["loc"] == ["path", "number"]


def test_an_endpoint_of_the_application_itself_is_what_it_was_when_declared(client_for: Any) -> None:
    app = Hanok()

    @app.get("/shown")
    def show(of: str = "nobody") -> str:
        return of

    show.__signature__ = inspect.signature(endpoint)  # type: ignore[attr-defined]
    client = client_for(app)
    assert client.get("/shown").json() == "nobody"
