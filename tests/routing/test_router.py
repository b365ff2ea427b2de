"""A router gives each request to the first route that takes it."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import Any

import pytest

from hanok.exceptions import HanokDeprecationWarning, HTTPError, NoMatchFound
from hanok.http import PlainTextResponse, Request
from hanok.routing.base import BaseRoute, Match
from hanok.routing.mount import Host, Mount
from hanok.routing.plain import Route, WebSocketRoute
from hanok.routing.router import Router


def says(text: str) -> Any:
    async def endpoint(request: Request) -> PlainTextResponse:
        params = "".join(f" {name}={value!r}" for name, value in request.path_params.items())
        return PlainTextResponse(text + params)

    endpoint.__name__ = text
    return endpoint


class Middleware:
    """The declaration of a middleware, as routers take it."""

    def __init__(self, cls: Any, *args: Any, **kwargs: Any) -> None:
        self.parts = cls, args, kwargs

    def __iter__(self) -> Any:
        return iter(self.parts)


class Mark:
    """A foreign middleware that adds a header."""

    def __init__(self, app: Any, name: bytes) -> None:
        self.app = app
        self.name = name

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def mark(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (self.name, b"yes")]
            await send(message)

        await self.app(scope, receive, mark)


# ---- which route


def test_the_first_registered_route_wins(ask: Any) -> None:
    router = Router([Route("/items/{id}", says("any")), Route("/items/new", says("new"))])
    assert ask(router, "GET", "/items/new").text == "any id='new'"


def test_a_later_route_with_the_method_wins_over_an_earlier_one_without(ask: Any) -> None:
    router = Router([Route("/x/{a}", says("post"), methods=["POST"]), Route("/x/{b}", says("get"))])
    assert ask(router, "GET", "/x/1").text == "get b='1'"


def test_params_are_converted(ask: Any) -> None:
    router = Router([Route("/n/{n:int}/{rest:path}", says("n"))])
    assert ask(router, "GET", "/n/5/a/b").text == "n n=5 rest='a/b'"
    assert ask(router, "GET", "/n/x/a").status == 404


def test_what_has_the_form_of_a_value_and_is_none_has_no_resource(ask: Any) -> None:
    router = Router([Route("/n/{n:int}", says("n")), WebSocketRoute("/w/{n:int}", says("w"))])
    many = "9" * 5000  # more digits than int() reads
    assert ask(router, "GET", f"/n/{many}").status == 404
    assert ask(router, "POST", f"/n/{many}").status == 405
    assert ask(router, "", f"/w/{many}", kind="websocket").messages[0]["type"] == "websocket.close"


def test_the_scope_says_where_the_request_has_come(ask: Any) -> None:
    route = Route("/n/{n:int}", says("n"))
    router = Router([route])
    scope = ask(router, "GET", "/n/5").scope
    assert scope["route"] is route
    assert scope["router"] is router
    assert scope["endpoint"] is route.endpoint
    assert scope["path_params"] == {"n": 5}


def test_routes_may_change_at_any_time(ask: Any) -> None:
    router = Router([Route("/a", says("a"))])
    assert ask(router, "GET", "/b").status == 404
    router.routes.append(Route("/b", says("b")))
    assert ask(router, "GET", "/b").text == "b"
    router.routes.insert(0, Route("/{x}", says("x")))
    assert ask(router, "GET", "/b").text == "x x='b'"
    del router.routes[0]
    router.routes[0] = Route("/c", says("c"))
    router.routes += [Route("/d", says("d"))]
    assert [ask(router, "GET", path).status for path in ("/a", "/b", "/c", "/d")] == [404, 200, 200, 200]
    router.routes.clear()
    assert ask(router, "GET", "/b").status == 404
    router.routes = [Route("/e", says("e"))]
    assert ask(router, "GET", "/e").text == "e"
    router.add_route("/f", says("f"), methods=["POST"], name="eff")
    assert ask(router, "POST", "/f").text == "f"
    assert router.url_path_for("eff") == "/f"


def test_another_routers_change_costs_one_look_and_changes_nothing(ask: Any) -> None:
    router, other = Router([Route("/a", says("a"))]), Router()
    assert ask(router, "GET", "/a").text == "a"
    table = router._http
    other.routes.append(Route("/a", says("other")))
    assert ask(router, "GET", "/a").text == "a"
    assert router._http is table


# ---- methods


def test_405_lists_the_methods_of_every_route_of_the_path(ask: Any) -> None:
    router = Router([Route("/x/{a}", says("p"), methods=["POST", "PUT"]), Route("/x/{b}", says("g"))])
    answer = ask(router, "DELETE", "/x/1")
    assert answer.status == 405
    assert answer.headers["allow"] == "GET, HEAD, POST, PUT"
    assert answer.text == "Method Not Allowed"
    assert answer.scope["path_params"] == {"a": "1"}


def test_inside_an_application_404_and_405_are_raised_for_its_handlers(ask: Any) -> None:
    router = Router([Route("/a", says("a"))])
    missing = ask(router, "GET", "/b", app=object())
    assert isinstance(missing.error, HTTPError)
    assert missing.error.status_code == 404
    wrong = ask(router, "POST", "/a", app=object())
    assert isinstance(wrong.error, HTTPError)
    assert wrong.error.headers == {"Allow": "GET, HEAD"}


def test_head_is_answered_as_get_where_no_route_takes_it(ask: Any) -> None:
    route = Route("/a", says("a"))
    route.methods = {"GET"}
    router = Router([Route("/a", says("post"), methods=["POST"]), route])
    assert ask(router, "HEAD", "/a").status == 200
    router.routes.append(Route("/{x}", says("head"), methods=["HEAD"]))
    assert ask(router, "HEAD", "/a").scope["endpoint"].__name__ == "head"


def test_head_without_get_is_405(ask: Any) -> None:
    router = Router([Route("/a", says("post"), methods=["POST"])])
    assert ask(router, "HEAD", "/a").status == 405


# ---- slashes


@pytest.mark.parametrize(("path", "location"), [("/a/", "/a"), ("/s", "/s/"), ("/a//", "/a"), ("/m", "/m/")])
def test_a_slash_too_many_or_too_few_is_redirected(ask: Any, path: str, location: str) -> None:
    router = Router([Route("/a", says("a")), Route("/s/", says("s")), Mount("/m", routes=[])])
    answer = ask(router, "POST", path)
    assert answer.status == 307
    assert answer.headers["location"] == f"http://example.org{location}"
    assert answer.body == b""


def test_a_redirect_keeps_query_scheme_and_root_path(ask: Any) -> None:
    router = Router([Route("/s/", says("s"))])
    answer = ask(router, "GET", "/root/s", scheme="https", root_path="/root", query_string=b"x=1&y=%20")
    assert answer.headers["location"] == "https://example.org/root/s/?x=1&y=%20"


def test_a_redirect_without_a_host_header_names_the_server(ask: Any) -> None:
    answer = ask(Router([Route("/s/", says("s"))]), "GET", "/s", host=None)
    assert answer.headers["location"] == "http://server/s/"


def test_a_redirect_writes_the_path_escaped(ask: Any) -> None:
    answer = ask(Router([Route("/é b%?", says("s"))]), "GET", "/é b%?/")
    assert answer.headers["location"] == "http://example.org/%C3%A9%20b%25%3F"


def test_redirects_can_be_switched_off(ask: Any) -> None:
    assert ask(Router([Route("/a", says("a"))], redirect_slashes=False), "GET", "/a/").status == 404


def test_websockets_are_not_redirected(ask: Any) -> None:
    router = Router([WebSocketRoute("/w", says("w"))])
    closed = [{"type": "websocket.close", "code": 1000, "reason": ""}]
    assert ask(router, "", "/w/", kind="websocket").messages == closed


# ---- nothing found


def test_404_and_the_default(ask: Any) -> None:
    async def default(scope: Any, receive: Any, send: Any) -> None:
        await PlainTextResponse("elsewhere")(scope, receive, send)

    assert ask(Router(), "GET", "/").text == "Not Found"
    assert ask(Router(default=default), "GET", "/").text == "elsewhere"


def test_not_found_can_be_called_and_overridden(ask: Any) -> None:
    class Custom(Router):
        async def not_found(self, scope: Any, receive: Any, send: Any) -> None:
            await PlainTextResponse("mine")(scope, receive, send)

    assert ask(Custom(), "GET", "/").text == "mine"
    router = Router()
    assert ask(router.not_found, "GET", "/").status == 404
    assert isinstance(ask(router.not_found, "GET", "/", app=router).error, HTTPError)
    assert ask(router.not_found, "", "/", kind="websocket").messages[0]["type"] == "websocket.close"


# ---- routes that match by themselves


class Shouting(BaseRoute):
    """Matches by a header, as no template can."""

    def __init__(self, result: Match = Match.FULL) -> None:
        self.result = result
        self.asked = 0

    def matches(self, scope: Any) -> tuple[Match, Any]:
        self.asked += 1
        loud = (b"x-loud", b"1") in scope["headers"] and scope["path"] != "/quiet"
        return (self.result if loud else Match.NONE), {"path_params": {"loud": True}, "endpoint": self}

    def url_path_for(self, name: str, /, **path_params: Any) -> Any:
        raise NoMatchFound(name, path_params)

    async def handle(self, scope: Any, receive: Any, send: Any) -> None:
        await PlainTextResponse(f"LOUD {scope['path_params']}")(scope, receive, send)


LOUD = ((b"x-loud", b"1"),)


def test_a_route_with_its_own_matches_is_asked_in_its_place(ask: Any) -> None:
    shouting = Shouting()
    router = Router([Route("/a", says("a")), shouting, Route("/b", says("b"))])
    assert ask(router, "GET", "/a", headers=LOUD).text == "a"
    assert shouting.asked == 0
    answer = ask(router, "GET", "/b", headers=LOUD)
    assert answer.text == "LOUD {'loud': True}"
    assert answer.scope["route"] is shouting
    assert ask(router, "GET", "/b").text == "b"
    assert ask(router, "GET", "/c", headers=LOUD).text == "LOUD {'loud': True}"
    assert ask(router, "GET", "/c").status == 404


def test_its_partial_match_counts_if_it_is_the_first(ask: Any) -> None:
    router = Router([Shouting(Match.PARTIAL), Route("/a", says("a"), methods=["POST"])])
    assert ask(router, "POST", "/a", headers=LOUD).text == "a"
    assert ask(router, "GET", "/a", headers=LOUD).text.startswith("LOUD")
    router.routes.reverse()
    assert ask(router, "GET", "/a", headers=LOUD).status == 405


def test_its_match_of_the_other_slash_redirects(ask: Any) -> None:
    router = Router([Shouting()])
    assert ask(router, "GET", "/quiet", headers=LOUD).headers["location"] == "http://example.org/quiet/"
    assert ask(router, "GET", "/quiet").status == 404


def test_a_route_subclass_may_override_matches_and_handle(ask: Any) -> None:
    class Versioned(Route):
        def matches(self, scope: Any) -> tuple[Match, Any]:
            if (b"x-version", b"2") not in scope["headers"]:
                return Match.NONE, {}
            return super().matches(scope)

        async def handle(self, scope: Any, receive: Any, send: Any) -> None:
            scope["path_params"]["seen"] = True
            await super().handle(scope, receive, send)

    router = Router([Versioned("/a/{x}", says("two")), Route("/a/{x}", says("one"))])
    assert ask(router, "GET", "/a/1").text == "one x='1'"
    assert ask(router, "GET", "/a/1", headers=((b"x-version", b"2"),)).text == "two x='1' seen=True"


def test_a_route_whose_regex_was_replaced_matches_by_it(ask: Any) -> None:
    from hanok.routing.template import compile_path

    route = Route("/a/{x}", says("a"))
    route.path_regex, route.path_format, route.param_convertors = compile_path("/v1/a/{x}")
    router = Router([route])
    assert ask(router, "GET", "/v1/a/5").text == "a x='5'"
    assert ask(router, "GET", "/a/5").status == 404


def test_an_object_that_only_looks_like_a_route_is_one(ask: Any) -> None:
    class Duck:
        def matches(self, scope: Any) -> tuple[Any, Any]:
            return Match.FULL, {}

        async def handle(self, scope: Any, receive: Any, send: Any) -> None:
            await PlainTextResponse("quack")(scope, receive, send)

    assert ask(Router([Duck()]), "GET", "/").text == "quack"  # type: ignore[list-item]


# ---- middleware, limits


def test_a_router_wraps_its_middleware_around_every_answer(ask: Any) -> None:
    router = Router([Route("/a", says("a"))], middleware=[Middleware(Mark, b"x-outer")])
    assert ask(router, "GET", "/a").headers["x-outer"] == "yes"
    assert ask(router, "GET", "/zz").headers["x-outer"] == "yes"


def test_middleware_of_a_route_sees_the_answers_to_exceptions(ask: Any) -> None:
    """The application's exception handlers stand outside of its router; routes' middleware must not be passed by."""

    class App:
        exception_handlers = {KeyError: lambda request, error: PlainTextResponse("handled", status_code=418)}

    async def missing(request: Request) -> None:
        raise KeyError("x")

    async def broken(request: Request) -> None:
        raise ValueError("x")

    around = [Middleware(Mark, b"x-around")]
    routes = [Route("/missing", missing, middleware=around), Route("/broken", broken, middleware=around)]
    router = Router([*routes, Mount("/m", routes=[Route("/missing", missing)], middleware=around)])
    for path in ("/missing", "/m/missing"):
        answer = ask(router, "GET", path, app=App())
        assert (answer.status, answer.text, answer.headers["x-around"]) == (418, "handled", "yes")
        assert isinstance(ask(router, "GET", path).error, KeyError)
    assert isinstance(ask(router, "GET", "/broken", app=App()).error, ValueError)
    assert isinstance(ask(router, "GET", "/broken", app=object()).error, ValueError)


def test_the_most_specific_body_limit_holds(ask: Any) -> None:
    router = Router(
        [
            Route("/r", says("r"), methods=["POST"]),
            Route("/big", says("big"), methods=["POST"], max_body_size=100),
            Mount("/m", routes=[Route("/small", says("s"), methods=["POST"])], max_body_size=1),
        ],
        max_body_size=3,
    )
    five = ((b"content-length", b"5"),)
    assert ask(router, "POST", "/r", headers=five).status == 413
    assert ask(router, "POST", "/r", headers=five).text == "Content Too Large"
    assert ask(router, "POST", "/big", headers=five).text == "big"
    assert ask(router, "POST", "/m/small", headers=((b"content-length", b"2"),)).status == 413
    assert ask(router, "POST", "/r", headers=((b"content-length", b"3"),)).text == "r"
    assert ask(router, "POST", "/r", headers=((b"content-length", b"x"),)).text == "r"


# ---- the lifespan

EVENTS = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]


def test_a_lifespan_runs_around_and_fills_the_state(ask: Any) -> None:
    log: list[Any] = []

    @asynccontextmanager
    async def lifespan(app: Any) -> Any:
        log.append(("start", app))
        yield {"pool": 1}
        log.append("end")

    state: dict[str, Any] = {}
    answer = ask(Router(lifespan=lifespan), "", "", kind="lifespan", events=EVENTS, state=state, app="app")
    assert [m["type"] for m in answer.messages] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert log == [("start", "app"), "end"]
    assert state == {"pool": 1}


def test_a_router_without_a_lifespan_starts_and_stops(ask: Any) -> None:
    router = Router(middleware=[Middleware(Mark, b"x")])
    answer = ask(router, "", "", kind="lifespan", events=EVENTS)
    assert [m["type"] for m in answer.messages] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


def test_what_fails_is_told_and_raised(ask: Any) -> None:
    @asynccontextmanager
    async def at_start(app: Any) -> Any:
        raise ValueError("cannot start")
        yield

    @asynccontextmanager
    async def at_end(app: Any) -> Any:
        yield
        raise ValueError("cannot stop")

    for lifespan, phase, text in [(at_start, "startup", "start"), (at_end, "shutdown", "stop")]:
        answer = ask(Router(lifespan=lifespan), "", "", kind="lifespan", events=EVENTS)
        assert isinstance(answer.error, ValueError)
        assert answer.messages[-1]["type"] == f"lifespan.{phase}.failed"
        assert f"ValueError: cannot {text}" in answer.messages[-1]["message"]


def test_state_needs_a_server_that_keeps_it(ask: Any) -> None:
    @asynccontextmanager
    async def lifespan(app: Any) -> Any:
        yield {"pool": 1}

    answer = ask(Router(lifespan=lifespan), "", "", kind="lifespan", events=EVENTS)
    assert "does not support" in answer.messages[0]["message"]


def test_bare_generators_still_work_as_lifespans(ask: Any) -> None:
    async def lifespan(app: Any) -> Any:
        yield {"a": 1}

    def plain(app: Any) -> Any:
        yield {"p": 1}

    state: dict[str, Any] = {}
    for bare, kind in [(lifespan, "async generator"), (plain, "generator")]:
        with pytest.warns(HanokDeprecationWarning, match=f"^{kind} function lifespans are deprecated"):
            router = Router(lifespan=bare)
        ask(router, "", "", kind="lifespan", events=EVENTS, state=state)
    assert state == {"a": 1, "p": 1}


# ---- the rest of the face


def test_routers_are_equal_when_their_routes_are(ask: Any) -> None:
    endpoint = says("a")
    assert Router([Route("/a", endpoint)]) == Router([Route("/a", endpoint)])
    assert Router([Route("/a", endpoint)]) != Router()
    assert Router() != object()
    assert len({Router(), Router()}) == 2


def test_url_path_for_asks_every_route(ask: Any) -> None:
    router = Router([Route("/a/{x}", says("a"), name="item")])
    router.mount("/files", app=Router(), name="files")
    router.host("api.example.org", app=Router(), name="api")
    router.add_websocket_route("/w", says("w"), name="socket")
    assert router.url_path_for("item", x=1) == "/a/1"
    assert router.url_path_for("files", path="a.css") == "/files/a.css"
    assert router.url_path_for("api", path="/x").host == "api.example.org"
    assert router.url_path_for("socket").protocol == "websocket"
    with pytest.raises(NoMatchFound, match='No route exists for name "item" and params "y"'):
        router.url_path_for("item", y=1)


def test_a_native_caller_needs_no_scope() -> None:
    """A protocol hands over an exchange; nothing on the way makes a scope of it."""
    from hanok.gateways import AsgiExchange

    async def main() -> Any:
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {"type": "http", "method": "GET", "path": "/m/a", "headers": [], "query_string": b""}
        exchange = AsgiExchange(scope, None, send)  # type: ignore[arg-type]
        exchange._scope = None
        await Router([Mount("/m", routes=[Route("/a", says("a"))])]).handle(exchange)
        await exchange.drain()
        return exchange, sent

    exchange, sent = asyncio.run(main())
    assert sent[0]["status"] == 200
    assert exchange._scope is None
    assert exchange.root_path == "/m"
    assert exchange.app_root_path == ""


def test_hosts_are_asked_in_their_place(ask: Any) -> None:
    router = Router([Host("{sub}.example.org", app=Router([Route("/a", says("sub"))])), Route("/a", says("a"))])
    assert ask(router, "GET", "/a", host="API.example.org:80").text == "sub sub='api'"
    assert ask(router, "GET", "/a").text == "a"
    assert ask(router, "GET", "/a", host=None).text == "a"
