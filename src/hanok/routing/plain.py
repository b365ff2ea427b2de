"""Route and WebSocketRoute: a path and an endpoint that is called with the request, or is an ASGI
application.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Any

from hanok import http, websockets
from hanok.exchange import Exchange, WebSocketExchange
from hanok.gateways import AsgiExchange, AsgiWebSocketExchange, ForeignApp, NativeApp
from hanok.http.inspection import is_async_callable, is_inline
from hanok.http.response import Response
from hanok.routing.around import wrap
from hanok.routing.base import (
    PLAIN_TEXT,
    BaseRoute,
    Match,
    is_function,
    method_not_allowed,
    refuse,
    require_leading_slash,
    too_long,
)
from hanok.routing.table import Entry
from hanok.routing.template_route import TemplateRoute
from hanok.types import ASGIApp, Receive, Scope, Send


class Route(TemplateRoute):
    """An HTTP route.

    ``endpoint`` is a function of the request, async or not (then it runs in a thread), that returns a
    response; or a class or object that is an ASGI application, which takes every method unless ``methods``
    says otherwise.
    """

    kinds = frozenset({"http"})
    protocol = "http"

    def __init__(
        self,
        path: str,
        endpoint: Callable[..., Any],
        *,
        methods: Collection[str] | None = None,
        name: str | None = None,
        include_in_schema: bool = True,
        middleware: Sequence[Any] | None = None,
        max_body_size: int | None = None,
    ) -> None:
        require_leading_slash(path)
        self.include_in_schema = include_in_schema
        self.max_body_size = max_body_size
        self.methods: set[str] | None = None
        app: ASGIApp = endpoint
        if is_function(endpoint):
            app = request_response(endpoint)
            methods = ["GET"] if methods is None else methods
        if methods is not None:
            self.methods = {method.upper() for method in methods}
            if "GET" in self.methods:
                self.methods.add("HEAD")
        super().__init__(path, endpoint, name, wrap(app, middleware))

    def within(self, inherited: Any) -> TemplateRoute:
        clone: Any = super().within(inherited)
        if clone.max_body_size is None:
            clone.max_body_size = inherited.max_body_size
        return clone  # type: ignore[no-any-return]

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        child_scope = self.child_scope(scope)
        if child_scope is None:
            return Match.NONE, {}
        if self.methods and scope["method"] not in self.methods:
            return Match.PARTIAL, child_scope
        return Match.FULL, child_scope

    native_matches = matches

    def entry(self, index: int) -> Entry | None:
        if not self.is_transparent(Route.native_matches):
            return None
        return Entry(index, self, self.template, self.methods or None, self.endpoint, self.max_body_size)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = AsgiExchange(scope, receive, send)
        route = self.seen_in(scope)
        limit = route.max_body_size
        if self.methods and exchange.method not in self.methods and not self._stands_in_for_head(exchange):
            refuse(exchange, method_not_allowed(self.methods))
        elif limit is not None and too_long(exchange, limit):
            exchange.answer(413, [PLAIN_TEXT], b"Content Too Large")
        else:
            exchange.body_limit = limit
            await route._handler(exchange)
        await exchange.drain()

    native_handle = handle

    def _stands_in_for_head(self, exchange: Exchange) -> bool:
        # RFC 9110 §9.3.2: HEAD is GET without the content.
        return exchange.method == "HEAD" and self.methods is not None and "GET" in self.methods

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Route) and (self.path, self.endpoint, self.methods) == (
            other.path,
            other.endpoint,
            other.methods,
        )

    __hash__ = BaseRoute.__hash__

    def __repr__(self) -> str:
        methods = sorted(self.methods or [])
        return f"{type(self).__name__}(path={self.path!r}, name={self.name!r}, methods={methods!r})"


class WebSocketRoute(TemplateRoute):
    """A WebSocket route. ``endpoint`` is an async function of the WebSocket, or an ASGI application."""

    kinds = frozenset({"websocket"})
    protocol = "websocket"

    def __init__(
        self,
        path: str,
        endpoint: Callable[..., Any],
        *,
        name: str | None = None,
        middleware: Sequence[Any] | None = None,
    ) -> None:
        require_leading_slash(path)
        app = websocket_session(endpoint) if is_function(endpoint) else endpoint
        super().__init__(path, endpoint, name, wrap(app, middleware))

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        child_scope = self.child_scope(scope)
        return (Match.NONE, {}) if child_scope is None else (Match.FULL, child_scope)

    native_matches = matches

    def entry(self, index: int) -> Entry | None:
        if not self.is_transparent(WebSocketRoute.native_matches):
            return None
        return Entry(index, self, self.template, None, self.endpoint)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.seen_in(scope)._handler(AsgiWebSocketExchange(scope, receive, send))

    native_handle = handle

    def __eq__(self, other: object) -> bool:
        return isinstance(other, WebSocketRoute) and self.path == other.path and self.endpoint == other.endpoint

    __hash__ = BaseRoute.__hash__

    def __repr__(self) -> str:
        return f"{type(self).__name__}(path={self.path!r}, name={self.name!r})"


class RequestResponse(NativeApp):
    """A function from request to response as an application."""

    __slots__ = ("endpoint", "is_async", "is_inline")

    def __init__(self, endpoint: Callable[..., Any]) -> None:
        self.endpoint = endpoint
        self.is_async = is_async_callable(endpoint)
        self.is_inline = is_inline(endpoint)

    async def handle(self, exchange: Exchange) -> None:
        request = http.Request.of(exchange)
        if self.is_async:
            response = await self.endpoint(request)
        elif self.is_inline:
            response = self.endpoint(request)
        else:
            response = await http.run_in_threadpool(self.endpoint, request)
        if isinstance(response, Response):
            await response.send(exchange)
        else:
            # Anything that is an ASGI application may be returned.
            await ForeignApp(response).handle(exchange)


class WebSocketSession(NativeApp):
    """A function of a WebSocket as an application."""

    __slots__ = ("endpoint",)

    def __init__(self, endpoint: Callable[..., Awaitable[None]]) -> None:
        self.endpoint = endpoint

    async def handle(self, exchange: WebSocketExchange) -> None:
        await self.endpoint(websockets.WebSocket.of(exchange))


def request_response(func: Callable[..., Any]) -> ASGIApp:
    """An ASGI application from a function that takes a Request and returns a Response."""
    return RequestResponse(func)


def websocket_session(func: Callable[..., Awaitable[None]]) -> ASGIApp:
    """An ASGI application from an async function that takes a WebSocket."""
    return WebSocketSession(func)
