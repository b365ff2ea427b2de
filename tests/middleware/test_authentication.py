"""AuthenticationMiddleware and ``requires``."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from hanok.exceptions import HTTPError
from hanok.http import HTTPConnection, PlainTextResponse, Request, URLPath
from hanok.middleware import AuthenticationMiddleware, ExceptionMiddleware
from hanok.middleware.authentication import (
    AuthCredentials,
    AuthenticationBackend,
    AuthenticationError,
    BaseUser,
    SimpleUser,
    UnauthenticatedUser,
    requires,
)
from hanok.testing import TestClient
from hanok.websockets import WebSocket, WebSocketDisconnect


class Backend(AuthenticationBackend):
    """The header ``auth`` names the user; "admin" may do more, "bad" is a lie."""

    async def authenticate(self, conn: HTTPConnection) -> tuple[AuthCredentials, BaseUser] | None:
        name = conn.headers.get("auth")
        if name is None:
            return None
        if name == "bad":
            raise AuthenticationError("Bad!")
        return AuthCredentials(["member", "admin"] if name == "admin" else ["member"]), SimpleUser(name)


def who(request: Any) -> Any:
    return request.user.is_authenticated, request.user.display_name, request.user.identity, request.auth.scopes


class Router:
    def url_path_for(self, name: str, **path_params: Any) -> URLPath:
        return URLPath(f"/{name}")


def guarded(app: Any, endpoint: Any) -> TestClient:
    """A client of an application of one endpoint behind the middleware."""

    async def handler(exchange: Any) -> None:
        exchange.place("router", Router())
        response = endpoint(Request.of(exchange))
        response = await response if inspect.isawaitable(response) else response
        await response.send(exchange)

    wrapped = AuthenticationMiddleware(ExceptionMiddleware(app(handler)), backend=Backend())
    return TestClient(wrapped, follow_redirects=False)


@pytest.mark.parametrize(
    ("headers", "found"),
    [({}, (False, "", "", [])), ({"auth": "tom"}, (True, "tom", "tom", ["member"]))],
)
def test_request_knows_who_asks(client_for: Any, app: Any, headers: Any, found: Any) -> None:
    client = client_for(AuthenticationMiddleware(app.telling(who), backend=Backend()))
    assert client.get("/", headers=headers).text == repr(found)


def test_a_lie_is_a_400(client_for: Any, app: Any) -> None:
    client = client_for(AuthenticationMiddleware(app.telling(who), backend=Backend()))
    response = client.get("/", headers={"auth": "bad"})
    assert (response.status_code, response.text) == (400, "Bad!")


def test_on_error_answers_a_lie_otherwise(app: Any) -> None:
    def on_error(conn: Any, error: Exception) -> Any:
        return PlainTextResponse(f"{conn.url.path}: {error}", status_code=401)

    async def later(conn: Any, error: Exception) -> Any:
        return on_error(conn, error)

    for handler in (on_error, later):
        wrapped = AuthenticationMiddleware(app.telling(who), backend=Backend(), on_error=handler)
        response = TestClient(wrapped).get("/p", headers={"auth": "bad"})
        assert (response.status_code, response.text) == (401, "/p: Bad!")


@requires("member")
async def members(request: Any) -> Any:
    return PlainTextResponse("members")


@requires(["member", "admin"], status_code=404)
def admins(request: Any) -> Any:
    return PlainTextResponse("admins")


@requires("member", redirect="login")
def redirected(request: Any) -> Any:
    return PlainTextResponse("in")


@requires("member")
async def second(first: int, request: Any) -> Any:
    return PlainTextResponse("second")


@pytest.mark.parametrize(
    ("endpoint", "user", "status"),
    [
        (members, None, 403),
        (members, "tom", 200),
        (admins, "tom", 404),
        (admins, "admin", 200),
        (redirected, None, 303),
        (redirected, "tom", 200),
        (lambda request: second(1, request), "tom", 200),
        (lambda request: second(1, request=request), None, 403),
    ],
)
def test_requires_lets_in_who_has_all_scopes(app: Any, endpoint: Any, user: Any, status: int) -> None:
    response = guarded(app, endpoint).get("/p?a=b", headers={"auth": user} if user else {})
    assert response.status_code == status


def test_a_redirect_remembers_where_the_asker_wanted_to_go(app: Any) -> None:
    location = guarded(app, redirected).get("/p?a=b").headers["location"]
    assert location == "http://testserver/login?next=http%3A%2F%2Ftestserver%2Fp%3Fa%3Db"


def test_requires_needs_a_request_to_look_at() -> None:
    with pytest.raises(Exception, match='No "request" or "websocket" argument on function'):

        @requires("member")
        def endpoint(other: Any) -> None: ...


@pytest.mark.parametrize(("headers", "let_in"), [({}, False), ({"auth": "tom"}, True), ({"auth": "bad"}, False)])
def test_websockets_are_let_in_or_closed(client_for: Any, app: Any, headers: Any, let_in: bool) -> None:
    @requires("member")
    async def endpoint(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text("hi")
        await websocket.close()

    async def handler(exchange: Any) -> None:
        await endpoint(WebSocket.of(exchange))

    client = client_for(AuthenticationMiddleware(app(handler), backend=Backend()))
    if let_in:
        with client.websocket_connect("/", headers=headers) as session:
            assert session.receive_text() == "hi"
    else:
        with pytest.raises(WebSocketDisconnect), client.websocket_connect("/", headers=headers):
            pass


def test_the_bases_leave_everything_to_subclasses() -> None:
    import asyncio

    for name in ("is_authenticated", "display_name", "identity"):
        with pytest.raises(NotImplementedError):
            getattr(BaseUser(), name)
    with pytest.raises(NotImplementedError):
        asyncio.run(AuthenticationBackend().authenticate(None))  # type: ignore[arg-type]
    assert UnauthenticatedUser().identity == ""
    assert AuthCredentials().scopes == []
    assert issubclass(AuthenticationError, Exception)
    assert not issubclass(AuthenticationError, HTTPError)
