from __future__ import annotations

import asyncio
import json

import pytest

from hanok.exceptions import ClientDisconnect
from hanok.http import HTTPConnection, Request, State, URLPath, cookies_of, headers_of, query_params_of


class Router:
    def url_path_for(self, name, /, **params):
        return URLPath(f"/{name}/{params['x']}", protocol="http")


def test_a_connection_is_a_mapping_over_its_scope(scope):
    connection = HTTPConnection(scope(extra=1))
    assert connection["extra"] == 1
    assert connection.get("nope") is None
    assert set(connection) == {"type", "method", "path", "query_string", "headers", "extra"}
    assert len(connection) == 6


def test_a_connection_is_equal_only_to_itself(scope):
    one, other = HTTPConnection(scope()), HTTPConnection(scope())
    assert one == one
    assert one != other
    assert len({one, other}) == 2


def test_only_http_and_websocket_scopes_are_connections(scope):
    HTTPConnection({"type": "websocket", "headers": []})
    with pytest.raises(AssertionError):
        HTTPConnection({"type": "lifespan"})
    with pytest.raises(AssertionError):
        Request({"type": "websocket"})
    assert Request({"type": "http"})["type"] == "http"


def test_the_head(request_of):
    request = request_of(
        headers=[(b"host", b"ex.org"), (b"cookie", b"a=1"), (b"cookie", b"b=2; a=3")],
        path="/r/p",
        root_path="/r",
        query_string=b"q=1&q=2",
        client=["c", 7],
        path_params={"x": 1},
    )
    assert request.method == "GET"
    assert request.url == "http://ex.org/r/p?q=1&q=2"
    assert request.base_url == "http://ex.org/r/"
    assert request.headers["HOST"] == "ex.org"
    assert request.query_params.getlist("q") == ["1", "2"]
    assert request.cookies == {"a": "3", "b": "2"}
    assert request.client == ("c", 7)
    assert request.client.host == "c"
    assert request.path_params == {"x": 1}
    for name in ("url", "base_url", "headers", "query_params", "cookies", "state"):
        assert getattr(request, name) is getattr(request, name)


def test_what_a_bare_scope_lacks(request_of):
    request = request_of()
    assert request.url == "/"
    assert request.client is None
    assert request.path_params == {}
    assert request.cookies == {}
    with pytest.raises(KeyError, match="app"):
        _ = request.app
    with pytest.raises(AssertionError, match=r"SessionMiddleware must be installed to access request\.session"):
        _ = request.session
    with pytest.raises(AssertionError, match=r"AuthenticationMiddleware must be installed to access request\.user"):
        _ = request.user
    with pytest.raises(AssertionError, match=r"AuthenticationMiddleware must be installed to access request\.auth"):
        _ = request.auth
    with pytest.raises(RuntimeError, match="`url_for` method can only be used"):
        request.url_for("x")


def test_what_the_layers_above_have_put_there(request_of):
    request = request_of(app="app", session={"a": 1}, user="me", auth="all", root_path="/mount", app_root_path="/app")
    assert (request.app, request.session, request.user, request.auth) == ("app", {"a": 1}, "me", "all")
    assert request.base_url == "/app/"


def test_url_for(request_of):
    assert request_of(router=Router(), server=("h", 80)).url_for("n", x=1) == "http://h/n/1"
    assert request_of(app=Router(), server=("h", 80)).url_for("n", x=1) == "http://h/n/1"


def test_state_is_shared_through_the_scope(scope):
    values = scope()
    Request(values).state.x = 1
    assert values["state"] == {"x": 1}
    assert Request(values).state.x == 1


def test_a_request_is_generic_in_its_state():
    assert Request[State]


def test_a_changed_scope_is_read_until_it_was_read_once(request_of):
    request = request_of()
    request.scope.update(method="PUT", path="/new", query_string=b"a=1", headers=[(b"x", b"y")])
    assert request.method == "PUT"
    assert request.url == "/new?a=1"
    assert request.query_params["a"] == "1"
    assert request.headers["x"] == "y"


# ---- the body


def test_the_body_is_kept(request_of):
    async def main():
        request = request_of([b"a", b"", b"b"])
        assert await request.body() == await request.body() == b"ab"
        assert [piece async for piece in request.stream()] == [b"ab", b""]

    asyncio.run(main())


def test_a_stream_is_consumed(request_of):
    async def main():
        request = request_of([b"a", b"b"])
        assert [piece async for piece in request.stream()] == [b"a", b"b", b""]
        with pytest.raises(RuntimeError, match="Stream consumed"):
            await request.body()
        with pytest.raises(RuntimeError, match="Stream consumed"):
            await anext(request.stream())

    asyncio.run(main())


def test_json_is_parsed_once(request_of):
    async def main():
        request = request_of(b'{"a": 1}')
        assert await request.json() == {"a": 1}
        assert await request.json() is await request.json()

    asyncio.run(main())


@pytest.mark.parametrize(
    ("body", "error"), [(b"{", json.JSONDecodeError), (b"", json.JSONDecodeError), (b"\xff", ValueError)]
)
def test_malformed_json(request_of, body, error):
    with pytest.raises(error):
        asyncio.run(request_of(body).json())


def test_a_subclass_may_read_its_body_in_its_own_way(scope):
    class Shouting(Request):
        async def body(self):
            return b'"HELLO"'

    assert asyncio.run(Shouting(scope()).json()) == "HELLO"


def test_a_peer_that_goes_before_the_end(request_of):
    with pytest.raises(ClientDisconnect):
        asyncio.run(request_of([]).body())


def test_without_channels(scope):
    request = Request(scope(extensions={"http.response.push": {}}))
    with pytest.raises(RuntimeError, match="Receive channel has not been made available"):
        asyncio.run(request.body())
    with pytest.raises(RuntimeError, match="Send channel has not been made available"):
        asyncio.run(request.send_push_promise("/x"))


# ---- the peer


def test_is_disconnected(request_of):
    async def main():
        request = request_of(b"a")
        assert [await request.is_disconnected() for _ in range(3)] == [False, True, True]

    asyncio.run(main())


def test_receive_is_the_channel_that_it_was_given(scope):
    async def receive():
        return {"type": "http.disconnect"}

    assert Request(scope(), receive).receive is receive


def test_push_promises_copy_what_the_answer_depends_on(request_of):
    request = request_of(
        headers=[(b"user-agent", b"x"), (b"accept", b"1"), (b"cookie", b"4"), (b"accept", b"2")],
        extensions={"http.response.push": {}},
    )
    asyncio.run(request.send_push_promise("/x"))
    assert request.sent == [
        {
            "type": "http.response.push",
            "path": "/x",
            "headers": [(b"accept", b"1"), (b"accept", b"2"), (b"user-agent", b"x")],
        }
    ]


def test_early_hints(request_of):
    request = request_of(extensions={"http.response.early_hint": {}})
    asyncio.run(request.send_early_hints("</a>; rel=preload", "</b>"))
    assert request.sent == [{"type": "http.response.early_hint", "links": [b"</a>; rel=preload", b"</b>"]}]


def test_a_server_that_offers_neither_is_sent_neither(request_of):
    request = request_of()
    asyncio.run(request.send_push_promise("/x"))
    asyncio.run(request.send_early_hints("</a>"))
    assert request.sent == []


# ---- native exchanges


def test_the_head_of_an_exchange_is_read_without_a_scope(exchange_of):
    exchange = exchange_of(
        query=b"q=1",
        raw_headers=[(b"host", b"h"), (b"cookie", b"a=1")],
        path_params={"x": 1},
        app=Router(),
        session={"s": 1},
        state={"l": 1},
    )
    request = Request.of(exchange)
    assert request.exchange is exchange
    assert (request.method, request.url, request.client) == ("GET", "http://h/?q=1", ("peer", 1))
    assert (request.path_params, request.app, request.session) == ({"x": 1}, exchange.app, {"s": 1})
    assert request.state.l == 1
    assert request.headers is headers_of(exchange)
    assert request.query_params is query_params_of(exchange)
    assert request.cookies is cookies_of(exchange)
    assert request.base_url == "http://h/"
    assert request.url_for("n", x=1) == "http://h/n/1"
    assert exchange._scope is None


def test_the_base_url_is_that_of_the_application_around_the_mounts(exchange_of):
    exchange = exchange_of(root_path="/proxy/mount", app_root_path="/proxy")
    assert Request.of(exchange).base_url == "http://here/proxy/"
    assert Request.of(exchange_of(root_path="/proxy")).base_url == "http://here/proxy/"


def test_the_state_of_an_exchange_begins_empty(exchange_of):
    exchange = exchange_of()
    Request.of(exchange).state.x = 1
    assert exchange.state == {"x": 1}
    assert exchange.scope["state"] is exchange.state


def test_an_exchange_without_application_or_session(exchange_of):
    request = Request.of(exchange_of())
    with pytest.raises(KeyError):
        _ = request.app
    with pytest.raises(AssertionError):
        _ = request.session
    with pytest.raises(RuntimeError):
        request.url_for("x")


def test_receive_of_an_exchange_speaks_asgi(exchange_of):
    async def main():
        exchange = exchange_of(b"body")
        receive = Request.of(exchange).receive
        assert await receive() == {"type": "http.request", "body": b"body", "more_body": False}
        exchange.gone.set()
        assert await receive() == {"type": "http.disconnect"}
        assert await Request.of(exchange).is_disconnected()

    asyncio.run(main())
