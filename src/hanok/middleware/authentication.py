"""Who is asking, and what they may do: credentials, users, the backend that finds them, ``requires``."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ParamSpec
from urllib.parse import urlencode

from hanok.exceptions import HanokError, HTTPError
from hanok.http.inspection import is_async_callable
from hanok.http.redirect import RedirectResponse
from hanok.http.response import PlainTextResponse, Response
from hanok.middleware.base import NativeMiddleware, send_response

if TYPE_CHECKING:
    from hanok.http.connection import HTTPConnection

P = ParamSpec("P")


class AuthenticationError(HanokError):
    """The request says who is asking, and it is not true."""


class AuthCredentials:
    """What the asker may do: names of scopes."""

    def __init__(self, scopes: Sequence[str] | None = None) -> None:
        self.scopes = [] if scopes is None else list(scopes)


class BaseUser:
    """Who is asking. Subclasses give the three properties."""

    @property
    def is_authenticated(self) -> bool:
        raise NotImplementedError

    @property
    def display_name(self) -> str:
        raise NotImplementedError

    @property
    def identity(self) -> str:
        raise NotImplementedError


class SimpleUser(BaseUser):
    """A user who is no more than a name."""

    def __init__(self, username: str) -> None:
        self.username = username

    @property
    def is_authenticated(self) -> bool:
        return True

    @property
    def display_name(self) -> str:
        return self.username

    @property
    def identity(self) -> str:
        return self.username


class UnauthenticatedUser(BaseUser):
    """Nobody in particular."""

    @property
    def is_authenticated(self) -> bool:
        return False

    @property
    def display_name(self) -> str:
        return ""

    @property
    def identity(self) -> str:
        return ""


class AuthenticationBackend:
    """Finds out who is asking."""

    async def authenticate(self, conn: HTTPConnection) -> tuple[AuthCredentials, BaseUser] | None:
        """Credentials and user; None if the request does not say. Raises AuthenticationError if it says wrong."""
        raise NotImplementedError


class AuthenticationMiddleware(NativeMiddleware):
    """Gives ``request.user`` and ``request.auth``.

    A request that the backend rejects is answered by ``on_error(conn, error)``, at first a 400 with the error's text; a
    WebSocket is closed.
    """

    def __init__(
        self,
        app: Any,
        backend: AuthenticationBackend,
        on_error: Callable[[HTTPConnection, AuthenticationError], Any] | None = None,
    ) -> None:
        super().__init__(app)
        self.backend = backend
        self.on_error = on_error or self.default_on_error

    async def handle(self, exchange: Any) -> None:
        from hanok.http.connection import HTTPConnection

        conn: HTTPConnection = HTTPConnection.of(exchange)
        try:
            found = await self.backend.authenticate(conn)
        except AuthenticationError as error:
            await self.refuse(exchange, conn, error)
            return
        auth, user = (AuthCredentials(), UnauthenticatedUser()) if found is None else found
        scope = exchange.scope
        scope["auth"], scope["user"] = auth, user
        await self.inner(exchange)

    async def refuse(self, exchange: Any, conn: HTTPConnection, error: AuthenticationError) -> None:
        if exchange.kind == "websocket":
            await exchange.send({"type": "websocket.close", "code": 1000})
            return
        response = self.on_error(conn, error)
        if inspect.isawaitable(response):
            response = await response
        await send_response(response, exchange)

    @staticmethod
    def default_on_error(conn: HTTPConnection, exc: Exception) -> Response:
        return PlainTextResponse(str(exc), status_code=400)


def has_required_scope(conn: HTTPConnection, scopes: Sequence[str]) -> bool:
    """Whether the asker has all of these scopes."""
    return all(scope in conn.auth.scopes for scope in scopes)


def requires(
    scopes: str | Sequence[str], status_code: int = 403, redirect: str | None = None
) -> Callable[[Callable[P, Any]], Callable[P, Any]]:
    """Lets an endpoint run only for askers with these scopes.

    It must take ``request`` or ``websocket``. Others get ``status_code``, or are sent to the route named ``redirect`` with the
    address they wanted as ``next``; a WebSocket is closed.
    """
    wanted = [scopes] if isinstance(scopes, str) else list(scopes)

    def refusal(request: Any) -> RedirectResponse:
        if redirect is None:
            raise HTTPError(status_code)
        query = urlencode({"next": str(request.url)})
        return RedirectResponse(f"{request.url_for(redirect)}?{query}", status_code=303)

    def decorate(func: Callable[P, Any]) -> Callable[P, Any]:
        index, name = _connection_parameter(func)

        def connection(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
            return kwargs[name] if name in kwargs else args[index]

        if name == "websocket":

            @functools.wraps(func)
            async def guarded_websocket(*args: P.args, **kwargs: P.kwargs) -> None:
                websocket = connection(args, kwargs)
                if has_required_scope(websocket, wanted):
                    await func(*args, **kwargs)
                else:
                    await websocket.close()

            return guarded_websocket

        if is_async_callable(func):

            @functools.wraps(func)
            async def guarded(*args: P.args, **kwargs: P.kwargs) -> Any:
                request = connection(args, kwargs)
                if has_required_scope(request, wanted):
                    return await func(*args, **kwargs)
                return refusal(request)

            return guarded

        @functools.wraps(func)
        def guarded_sync(*args: P.args, **kwargs: P.kwargs) -> Any:
            request = connection(args, kwargs)
            return func(*args, **kwargs) if has_required_scope(request, wanted) else refusal(request)

        return guarded_sync

    return decorate


def _connection_parameter(func: Callable[..., Any]) -> tuple[int, str]:
    """Position and name of the parameter that takes the request or the WebSocket."""
    for index, name in enumerate(inspect.signature(func).parameters):
        if name in ("request", "websocket"):
            return index, name
    raise Exception(f'No "request" or "websocket" argument on function "{func}"')
