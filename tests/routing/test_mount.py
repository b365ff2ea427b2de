"""Mount and Host: an application below a path, or behind a host name."""

from __future__ import annotations

from typing import Any

import pytest

from hanok.exceptions import HTTPError, NoMatchFound
from hanok.http import PlainTextResponse, Request
from hanok.routing.base import Match
from hanok.routing.mount import Host, Mount
from hanok.routing.plain import Route
from hanok.routing.router import Router


async def where(request: Request) -> PlainTextResponse:
    scope = request.scope
    return PlainTextResponse(f"{scope['path']} {scope['root_path']} {scope['app_root_path']} {scope['path_params']}")


async def foreign(scope: Any, receive: Any, send: Any) -> None:
    await PlainTextResponse(f"foreign {scope['path']} {scope['root_path']}")(scope, receive, send)


def test_the_path_stays_whole_and_the_root_path_grows(ask: Any) -> None:
    inner = Mount("/in/{b:int}", routes=[Route("/z", where)])
    router = Router([Mount("/m/{a}", routes=[inner, Route("/", where)])])
    assert ask(router, "GET", "/m/1/in/2/z").text == "/m/1/in/2/z /m/1/in/2  {'a': '1', 'b': 2}"
    assert ask(router, "GET", "/m/1/").text == "/m/1/ /m/1  {'a': '1'}"
    assert ask(router, "GET", "/r/m/1/", root_path="/r").text == "/r/m/1/ /r/m/1 /r {'a': '1'}"


def test_404_and_405_come_from_inside(ask: Any) -> None:
    router = Router([Mount("/m", routes=[Route("/z", where)])])
    assert ask(router, "GET", "/m/q").status == 404
    assert ask(router, "POST", "/m/z").headers["allow"] == "GET, HEAD"
    assert isinstance(ask(router, "GET", "/m/q", app=router).error, HTTPError)
    assert ask(router, "GET", "/m/q").scope["route"] is router.routes[0]


def test_any_asgi_application_can_be_mounted(ask: Any) -> None:
    router = Router([Mount("/m", app=foreign)])
    assert ask(router, "GET", "/m/x").text == "foreign /m/x /m"
    assert ask(Mount("/m", app=foreign), "GET", "/m/x").text == "foreign /m/x /m"
    assert ask(Mount("/m", app=foreign), "GET", "/x").status == 404


def test_the_mounted_application_may_be_replaced(ask: Any) -> None:
    mount = Mount("/m", app=foreign)
    router = Router([mount])
    assert ask(router, "GET", "/m/z").text.startswith("foreign")
    mount.app = Router([Route("/z", where)])
    assert ask(router, "GET", "/m/z").text.startswith("/m/z")


def test_an_empty_mount_takes_everything(ask: Any) -> None:
    for path in ("", "/"):
        assert ask(Router([Mount(path, app=foreign)]), "GET", "/a/b").text == "foreign /a/b "


def test_a_mount_may_override_handle_and_matches(ask: Any) -> None:
    class Odd(Mount):
        def matches(self, scope: Any) -> tuple[Match, Any]:
            return super().matches(scope) if scope["path"] != "/m/not" else (Match.NONE, {})

        async def handle(self, scope: Any, receive: Any, send: Any) -> None:
            scope["path_params"]["odd"] = 1
            await super().handle(scope, receive, send)

    router = Router([Odd("/m", routes=[Route("/{x}", where)])], redirect_slashes=False)
    assert ask(router, "GET", "/m/x").text == "/m/x /m  {'odd': 1, 'x': 'x'}"
    assert ask(router, "GET", "/m/not").status == 404


def test_a_mount_carries_websockets_and_no_lifespans(ask: Any) -> None:
    async def socket(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "websocket.accept", "root": scope["root_path"]})

    mount = Mount("/m", app=socket)
    assert ask(Router([mount]), "", "/m/w", kind="websocket").messages[0]["root"] == "/m"
    assert ask(mount, "", "/m/w", kind="websocket").messages[0]["root"] == "/m"
    assert mount.matches({"type": "lifespan", "path": "/m/"}) == (Match.NONE, {})


def test_declaring_a_mount() -> None:
    mount = Mount("/x/", routes=[Route("/z", where)], name="n")
    assert (mount.path, mount.path_format, mount.name) == ("/x", "/x/{path}", "n")
    assert mount.routes == [Route("/z", where)]
    assert Mount("/x", app=foreign).routes == []
    assert repr(Mount("/x", app=foreign)).startswith("Mount(path='/x', name='', app=<function foreign")
    assert Mount("/x", app=foreign) == Mount("/x", app=foreign)
    assert Mount("/x", app=foreign) != Mount("/y", app=foreign)
    with pytest.raises(AssertionError, match="Routed paths must start with '/'"):
        Mount("x", app=foreign)
    with pytest.raises(AssertionError, match=r"Either 'app=\.\.\.', or 'routes=' must be specified"):
        Mount("/x")


def test_names_inside_a_mount() -> None:
    inner = Mount("/in", routes=[Route("/z", where, name="z")], name="inner")
    mount = Mount("/m/{a}", routes=[Route("/x/{id:int}", where, name="f"), inner], name="n")
    assert mount.url_path_for("n", a="x", path="/y") == "/m/x/y"
    assert mount.url_path_for("n:f", a="x", id=4) == "/m/x/x/4"
    assert mount.url_path_for("n:f", a="x", id=4).protocol == "http"
    assert mount.url_path_for("n:inner:z", a="x") == "/m/x/in/z"
    for name, params in [
        ("n", {"a": "x"}),
        ("f", {"a": "x", "id": 4}),
        ("n:q", {"a": "x"}),
        ("n", {"a": "x", "path": "y", "z": 1}),
    ]:
        with pytest.raises(NoMatchFound):
            mount.url_path_for(name, **params)


def test_parameters_of_a_mount_that_are_not_given_stay_as_fields() -> None:
    mount = Mount("/m/{a}", routes=[Route("/x/{id:int}", where, name="f")], name="n")
    assert mount.url_path_for("n", path="y") == "/m/{a}/y"
    assert mount.url_path_for("n:f", id=4) == "/m/{a}/x/4"
    host = Host("{sub}.example.org", app=Router([Route("/x/{id:int}", where, name="f")]), name="h")
    assert host.url_path_for("h", path="x").host == "{sub}.example.org"
    assert host.url_path_for("h:f", id=5).host == "{sub}.example.org"


def test_names_inside_a_mount_without_a_name() -> None:
    mount = Mount("/m", routes=[Route("/x/{id:int}", where, name="f"), Route("/p/{path:path}", where, name="p")])
    assert mount.url_path_for("f", id=4) == "/m/x/4"
    assert mount.url_path_for("p", path="a/b") == "/m/p/a/b"


def test_a_host_takes_what_is_asked_of_it(ask: Any) -> None:
    host = Host("{sub}.example.org", app=foreign)
    assert ask(Router([host]), "GET", "/x", host="a.EXAMPLE.org:8000").text == "foreign /x "
    for other in ("example.org", "a b.example.org", "a.example.org:port", None):
        assert ask(Router([host]), "GET", "/x", host=other).status == 404
    assert Host("{any}", app=foreign).matches({"type": "http", "headers": [(b"host", b"[::1]:80")]})[1][
        "path_params"
    ] == {"any": "[::1]"}
    assert ask(Router([Host("[::1]", app=foreign)]), "GET", "/x", host="[::1]:80").text == "foreign /x "
    assert ask(Router([host]), "GET", "/x", host="a.example.org:100000").text == "foreign /x "
    assert host.matches({"type": "lifespan"}) == (Match.NONE, {})


def test_declaring_a_host() -> None:
    host = Host("{sub}.example.org", app=Router([Route("/x/{id:int}", where, name="f")]), name="h")
    assert repr(Host("e.org", app=foreign)).startswith("Host(host='e.org', name='', app=<function")
    assert len(host.routes) == 1
    assert host == Host("{sub}.example.org", app=host.app)
    assert len({host}) == 1
    with pytest.raises(AssertionError, match="Host must not start with '/'"):
        Host("/x", app=foreign)


def test_names_inside_a_host() -> None:
    host = Host("{sub}.example.org", app=Router([Route("/x/{id:int}", where, name="f")]), name="h")
    found = host.url_path_for("h:f", sub="q", id=5)
    assert (found, found.host, found.protocol) == ("/x/5", "q.example.org", "http")
    assert host.url_path_for("h", sub="q", path="/zz").host == "q.example.org"
    assert Host("e.org", app=host.app).url_path_for("f", id=3) == "/x/3"
    for name, params in [("h", {"sub": "q"}), ("f", {"id": 5}), ("h:z", {"sub": "q"})]:
        with pytest.raises(NoMatchFound):
            host.url_path_for(name, **params)
