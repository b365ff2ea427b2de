"""BaseRoute: what a router can hold, and the little things that every kind of route needs."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar

from hanok.exceptions import HTTPError
from hanok.exchange import Exchange
from hanok.gateways import ForeignApp
from hanok.routing.table import Entry
from hanok.types import Receive, Scope, Send

if TYPE_CHECKING:
    from hanok.exchange import AnyExchange
    from hanok.http import URLPath

PLAIN_TEXT = (b"content-type", b"text/plain; charset=utf-8")
VIEW = "hanok.view"  # the scope key by which a declared route that is asked finds itself as it is where it was included


class Match(Enum):
    """Whether a route takes a request: not at all, all but its method, or fully."""

    NONE = 0
    PARTIAL = 1
    FULL = 2


class BaseRoute:
    """Something in ``router.routes``. Subclass it and give ``matches``, ``url_path_for`` and ``handle``.

    A router runs a route through ``run``, which here goes over ``handle``, the ASGI form. Hanok's own routes
    replace it with something shorter.
    """

    kinds: ClassVar[frozenset[str]] = frozenset({"http", "websocket"})
    _origin: BaseRoute | None = None
    _context: RouteContext | None = None

    @property
    def origin(self) -> BaseRoute:
        """The route as it was declared, of one that is seen through an included router; else itself."""
        return self if self._origin is None else self._origin

    def seen_in(self, scope: Scope) -> Any:
        """This route as whoever asks sees it: as it is below an including router, or as it was declared."""
        view = scope.get(VIEW)
        return view if view is not None and view._origin is self else self

    def in_scope(self) -> dict[str, Any]:
        """What the scope of a request is told of this route when it was matched."""
        if self._origin is None:
            return {"route": self}
        if self._context is None or self._context.effective is not self:
            self._context = RouteContext(self._origin, self)
        # Where FastAPI's users, and those who measure their applications, find the whole path of an included route.
        return {"route": self._origin, "fastapi": {"effective_route_context": self._context}}

    def within(self, inherited: Any) -> BaseRoute:
        """This route as it is below an including router; only what has a path has a place there."""
        return self

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether the route takes this request, and what is then to be added to the scope."""
        raise NotImplementedError

    def url_path_for(self, name: str, /, **path_params: Any) -> URLPath:
        """The path of the route of this name; raises NoMatchFound."""
        raise NotImplementedError

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request that ``matches`` has accepted."""
        raise NotImplementedError

    async def run(self, exchange: AnyExchange) -> None:
        """Answer an exchange that was matched."""
        await ForeignApp(self.handle).handle(exchange)

    def entry(self, index: int) -> Entry | None:
        """This route for the match table; None when only ``matches`` can tell what it takes."""
        return None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Use one route alone as an ASGI application."""
        match, child_scope = self.matches(scope)
        if match is not Match.NONE:
            scope.update(child_scope)
            await self.handle(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000, "reason": ""})
        else:
            await send_plain(send, 404, b"Not Found")


@dataclass(frozen=True, eq=False)
class RouteContext:
    """A route as it is where it was included: full path, all tags, dependencies and so on.

    Every attribute is that of the effective route; ``original_route`` is the one that was declared.
    """

    route: BaseRoute
    effective: BaseRoute | None = None

    @property
    def original_route(self) -> BaseRoute:
        return self.route

    @property
    def effective_route(self) -> Any:
        """The route that is run."""
        return self.route if self.effective is None else self.effective

    @property
    def starlette_route(self) -> Any:
        """The route that is run, if it has no signature of its own (``Route``, ``Mount``, ``Host``), else None."""
        effective = self.effective_route
        return None if hasattr(effective, "dependant") else effective

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether the path and the method match, whatever the route's class does besides: who asks this way watches
        the routing from outside, where the scope may lack what that class wants."""
        effective = self.effective_route
        native = getattr(type(effective), "native_matches", None)
        found: tuple[Match, Scope] = effective.matches(scope) if native is None else native(effective, scope)
        return found

    def __getattr__(self, name: str) -> Any:
        if name in ("path", "path_format", "name", "methods", "endpoint"):
            return getattr(self.effective_route, name, None)
        return getattr(self.effective_route, name)


async def send_plain(send: Send, status: int, text: bytes, *headers: tuple[bytes, bytes]) -> None:
    """A short text answer over ASGI, for where no exchange is."""
    length = (b"content-length", str(len(text)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length, PLAIN_TEXT]})
    await send({"type": "http.response.body", "body": text})


def refuse(exchange: Exchange, error: HTTPError) -> None:
    """Raise the error where an application is there to handle it, else answer it here."""
    if exchange.app is not None:
        raise error
    headers = [PLAIN_TEXT, *((k.lower().encode(), v.encode()) for k, v in (error.headers or {}).items())]
    exchange.answer(error.status_code, headers, str(error.detail).encode())


def method_not_allowed(allowed: set[str]) -> HTTPError:
    # RFC 9110 §15.5.6: Allow lists the methods of the resource, so those of every route of this path.
    return HTTPError(405, headers={"Allow": ", ".join(sorted(allowed))})


def too_long(exchange: Exchange, limit: int) -> bool:
    """Whether the request announces a body above the limit: refused before it is read (RFC 9110 §15.5.14)."""
    length = exchange.header(b"content-length")
    return length is not None and length.isdigit() and int(length) > limit


def below_root(path: str, root_path: str) -> str:
    """The part of the path that routes see: without the root path that servers and mounts have put in
    front.
    """
    if not root_path or not path.startswith(root_path):
        return path
    if len(path) == len(root_path):
        return ""
    return path[len(root_path) :] if path[len(root_path)] == "/" else path


def get_route_path(scope: Scope) -> str:
    """``below_root`` for a scope."""
    return below_root(scope["path"], scope.get("root_path", ""))


def get_name(endpoint: Callable[..., Any]) -> str:
    """The name that a route gets from its endpoint."""
    name: str = getattr(endpoint, "__name__", type(endpoint).__name__)
    return name


def is_function(endpoint: Any) -> bool:
    """Whether an endpoint is called with a request (a function or method, partials included), not as an
    ASGI app.
    """
    while isinstance(endpoint, functools.partial):
        endpoint = endpoint.func
    return inspect.isfunction(endpoint) or inspect.ismethod(endpoint)


def require_leading_slash(path: str) -> None:
    if not path.startswith("/"):
        raise AssertionError("Routed paths must start with '/'")
