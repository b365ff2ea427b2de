"""Router: finds the route of an exchange and runs it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from hanok.endpoint.form_limits import FormLimits, inherit_form_limits
from hanok.exceptions import HTTPError, NoMatchFound
from hanok.exchange import Exchange, WebSocketExchange, told_of
from hanok.gateways import ForeignApp, NativeApp, handler_of
from hanok.gateways.asgi_in import read_placed
from hanok.routing.around import wrap
from hanok.routing.base import (
    PLAIN_TEXT,
    BaseRoute,
    Match,
    below_root,
    method_not_allowed,
    refuse,
    send_plain,
    too_long,
)
from hanok.routing.included import IncludedRouter
from hanok.routing.lifespan import as_lifespan, run_lifespan
from hanok.routing.mount import Host, Mount
from hanok.routing.plain import Route, WebSocketRoute
from hanok.routing.route_list import EPOCH, RouteList
from hanok.routing.table import Entry, MatchTable, Slot
from hanok.types import ASGIApp, Receive, Scope, Send

if TYPE_CHECKING:
    from hanok.exchange import AnyExchange
    from hanok.http import URLPath

PATH_CHARACTERS = "/!$&'()*+,;=:@"  # what a path may hold unescaped (RFC 3986 §3.3), unreserved aside


class Router(NativeApp):
    """Holds routes and gives each request to the first that takes it.

    ``routes`` is a list: change it whenever you like. ``default`` answers what no route takes. With
    ``redirect_slashes`` a path that only lacks, or only has too much, a final slash is answered with a 307
    to the right one.
    """

    def __init__(
        self,
        routes: Sequence[BaseRoute] | None = None,
        redirect_slashes: bool = True,
        default: ASGIApp | None = None,
        lifespan: Any = None,
        *,
        middleware: Sequence[Any] | None = None,
        max_body_size: int | None = None,
        form_limits: FormLimits | None = None,
    ) -> None:
        self._routes = RouteList(routes or ())
        self._frontends = RouteList()
        self._epoch = 0
        self._seen: list[tuple[RouteList, int]] = []
        self._http = self._websocket = self._last = MatchTable(())
        self._opaque: list[tuple[int, BaseRoute]] = []
        self.redirect_slashes = redirect_slashes
        self.default: ASGIApp = self.not_found if default is None else default
        self.lifespan_context = as_lifespan(lifespan)
        self.max_body_size = max_body_size
        inside = Dispatch(self, form_limits)
        self._outer = handler_of(wrap(inside, middleware)) if middleware or form_limits else None

    # ---- the routes

    @property
    def routes(self) -> list[Any]:
        """The routes in the order in which they are asked."""
        return self._routes

    @routes.setter
    def routes(self, routes: Sequence[Any]) -> None:
        self._routes = RouteList(routes)
        self._seen = []

    def mount(self, path: str, app: ASGIApp, name: str | None = None) -> None:
        """Give everything below ``path`` to ``app``."""
        self.routes.append(Mount(path, app=app, name=name))

    def host(self, host: str, app: ASGIApp, name: str | None = None) -> None:
        """Give everything asked of ``host`` to ``app``."""
        self.routes.append(Host(host, app=app, name=name))

    def add_route(
        self,
        path: str,
        endpoint: Callable[..., Any],
        methods: Collection[str] | None = None,
        name: str | None = None,
        include_in_schema: bool = True,
    ) -> None:
        """Add a plain Route."""
        self.routes.append(Route(path, endpoint, methods=methods, name=name, include_in_schema=include_in_schema))

    def add_websocket_route(self, path: str, endpoint: Callable[..., Awaitable[None]], name: str | None = None) -> None:
        """Add a plain WebSocketRoute."""
        self.routes.append(WebSocketRoute(path, endpoint, name=name))

    def url_path_for(self, name: str, /, **path_params: Any) -> URLPath:
        """The path of the first route with this name and exactly these parameters; raises NoMatchFound."""
        for route in self._routes:
            try:
                found: URLPath = route.url_path_for(name, **path_params)
            except NoMatchFound:
                continue
            return found
        raise NoMatchFound(name, path_params)

    # ---- compiling

    def _table_routes(self, seen: list[tuple[RouteList, int]]) -> Iterator[Any]:
        """The routes that the table is made of; notes every list that it was read from, with its version."""
        seen.append((self._routes, self._routes.version))
        for route in self._routes:
            if isinstance(route, IncludedRouter) and route.is_plain:
                yield from route.effective_routes(seen)
            else:
                yield route

    def _frontend_routes(self, seen: list[tuple[RouteList, int]]) -> Iterator[Any]:
        """The frontends of this router and of those that it includes, as ``_table_routes``."""
        seen.append((self._frontends, self._frontends.version))
        yield from self._frontends
        for route in self._routes:
            if isinstance(route, IncludedRouter):
                for frontend in route.original_router._frontend_routes(seen):
                    yield frontend.within(route.inherited)

    def _refresh(self) -> None:
        """Some route list has changed: if it was one of ours, compile again."""
        epoch = EPOCH.value
        if not self._seen or any(routes.version != version for routes, version in self._seen):
            seen: list[tuple[RouteList, int]] = []
            entries: list[Entry] = []
            opaque: list[tuple[int, BaseRoute]] = []
            for index, route in enumerate(self._table_routes(seen)):
                entry = route.entry(index) if isinstance(route, BaseRoute) else None
                if entry is None:
                    opaque.append((index, route))
                else:
                    entries.append(entry)
            alone = self._outer is None and not opaque
            self._http = MatchTable([e for e in entries if "http" in e.route.kinds], alone)
            self._websocket = MatchTable([e for e in entries if "websocket" in e.route.kinds])
            # Of frontends the one with the longest path is asked, whichever was declared first.
            frontends = sorted(
                self._frontend_routes(seen), key=lambda route: len(route.template.segments), reverse=True
            )
            self._last = MatchTable([route.entry(index) for index, route in enumerate(frontends)])
            self._opaque = opaque
            self._seen = seen
        self._epoch = epoch

    # ---- an exchange

    def handle(
        self, exchange: Any, receive: Receive | None = None, send: Send | None = None
    ) -> Coroutine[Any, Any, None]:
        """Answer an exchange; or, with ``(scope, receive, send)``, a request that ``matches`` has
        accepted.
        """
        if receive is not None and send is not None:
            return self._handle_scope(exchange, receive, send)
        if self._epoch == EPOCH.value and self.max_body_size is None:
            run = self._http.run(exchange, self)
            if run is not None:
                return run
        if exchange.router is None:
            exchange.router = self
            if exchange._scope is not None:
                exchange._scope["router"] = self
        if self.max_body_size is not None and isinstance(exchange, Exchange):
            exchange.body_limit = self.max_body_size
        return self.dispatch(exchange) if self._outer is None else finish(self._outer(exchange))

    async def _handle_scope(self, scope: Scope, receive: Receive, send: Send) -> None:
        await NativeApp.__call__(self, scope, receive, send)

    def dispatch(self, exchange: AnyExchange) -> Coroutine[Any, Any, None]:
        """Match, then hand back the run of the route: no coroutine of our own stands in between."""
        if self._epoch != EPOCH.value:
            self._refresh()
        path = exchange.path
        if exchange.root_path:
            path = below_root(path, exchange.root_path)
        table = self._http if exchange.kind == "http" else self._websocket
        slot = table.slot(path)
        entry = None if slot is None else slot.by_method.get(exchange.method, slot.any_method)
        if entry is None or self._opaque:
            return self._careful(exchange, path, slot, entry)
        return enter(exchange, path, entry)

    def _careful(
        self, exchange: AnyExchange, path: str, slot: Slot | None, entry: Entry | None
    ) -> Coroutine[Any, Any, None]:
        """Where the table alone cannot tell: routes that match by themselves, no match, a match but for
        the method.
        """
        partial: tuple[BaseRoute, Scope] | None = None
        for index, route in self._opaque:
            if entry is not None and index > entry.index:
                break
            match, child_scope = route.matches(exchange.scope)
            if match is Match.FULL:
                return run_opaque(exchange, route, child_scope)
            if match is Match.PARTIAL and partial is None and (slot is None or index < slot.entries[0].index):
                partial = route, child_scope
        if entry is None and slot is not None and exchange.method == "HEAD":
            # RFC 9110 §9.3.2: HEAD is answered as GET would be; the door drops the content.
            entry = slot.pick("GET")
        if entry is not None:
            return enter(exchange, path, entry)
        if partial is not None:
            return run_opaque(exchange, *partial)
        if slot is not None:
            return self._method_not_allowed(exchange, path, slot)
        return self._unmatched(exchange, path)

    async def _method_not_allowed(self, exchange: AnyExchange, path: str, slot: Slot) -> None:
        assert isinstance(exchange, Exchange)  # WebSocket routes take any method
        first = slot.entries[0]
        params = read_params(first, path) or {}
        exchange.matched(first.route, first.endpoint, {**exchange.path_params, **params})
        refuse(exchange, method_not_allowed(slot.methods()))

    async def _unmatched(self, exchange: AnyExchange, path: str) -> None:
        if isinstance(exchange, Exchange) and self.redirect_slashes and path != "/":
            turned = path.rstrip("/") if path.endswith("/") else path + "/"
            if self._knows(exchange, turned):
                redirect(exchange, exchange.path[: len(exchange.path) - len(path)] + turned)
                return
        if isinstance(exchange, Exchange) and (slot := self._last.slot(path + "/")) is not None:
            frontend = slot.entries[0]
            if frontend.params(path + "/")["frontend_path"] == "" and not path.endswith("/"):
                redirect(exchange, exchange.path + "/")
                return
        if isinstance(exchange, Exchange) and (slot := self._last.slot(path)) is not None:
            await enter(exchange, path, slot.entries[0])
            return
        if getattr(self.default, "__func__", None) is not Router.not_found:
            await handler_of(self.default)(exchange)
        else:
            await no_such_resource(exchange)

    def _knows(self, exchange: Exchange, path: str) -> bool:
        if self._http.slot(path) is not None:
            return True
        if not self._opaque:
            return False
        scope = {**exchange.scope, "path": exchange.root_path + path}
        return any(route.matches(scope)[0] is not Match.NONE for _, route in self._opaque)

    async def not_found(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The default of ``default``: 404, or a closed WebSocket."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000, "reason": ""})
        elif "app" in scope:
            raise HTTPError(404)
        else:
            await send_plain(send, 404, b"Not Found")

    # ---- the ASGI door

    async def lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a lifespan scope with ``lifespan_context``."""
        await run_lifespan(self.lifespan_context, scope, receive, send)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            scope.setdefault("router", self)
            await self.lifespan(scope, receive, send)
        else:
            await NativeApp.__call__(self, scope, receive, send)

    __hanok_call__ = __call__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Router) and self.routes == other.routes

    __hash__ = NativeApp.__hash__


class Dispatch(NativeApp):
    """The inside of a router that has middleware of its own, or limits of forms."""

    __slots__ = ("form_limits", "router")

    def __init__(self, router: Router, form_limits: FormLimits | None = None) -> None:
        self.router = router
        self.form_limits = form_limits

    def handle(self, exchange: AnyExchange) -> Coroutine[Any, Any, None]:
        if self.form_limits and isinstance(exchange, Exchange):
            inherit_form_limits(exchange, self.form_limits)
        return self.router.dispatch(exchange)


def enter(exchange: AnyExchange, path: str, entry: Entry) -> Coroutine[Any, Any, None]:
    """Tell the exchange where it has come, and run the route."""
    params = read_params(entry, path)
    if params is None:
        return no_such_resource(exchange)
    if entry.enter is not None:
        entry.enter(exchange, params)
    if exchange.path_params:
        params = {**exchange.path_params, **params}
    exchange.matched(entry.route, entry.endpoint, params)
    if isinstance(exchange, Exchange):
        if entry.max_body_size is not None:
            exchange.body_limit = entry.max_body_size
        if exchange.body_limit is not None and entry.enter is None and too_long(exchange, exchange.body_limit):
            exchange.answer(413, [PLAIN_TEXT], b"Content Too Large")
            return nothing()
    run: Coroutine[Any, Any, None] = entry.route.run(exchange)
    return run


def read_params(entry: Entry, path: str) -> dict[str, Any] | None:
    """The parameters, or None where a text has the right form and still is no value: an int of 5,000 digits."""
    try:
        return entry.params(path)
    except ValueError:
        return None


async def no_such_resource(exchange: AnyExchange) -> None:
    """404, or a closed WebSocket."""
    if isinstance(exchange, WebSocketExchange):
        await exchange.send({"type": "websocket.close", "code": 1000, "reason": ""})
    else:
        refuse(exchange, HTTPError(404))


def run_opaque(exchange: AnyExchange, route: BaseRoute, child_scope: Scope) -> Coroutine[Any, Any, None]:
    """Run a route that has told by itself that it matches; its child scope says where that brings the
    exchange.
    """
    scope = exchange.scope
    scope.update(told_of(route))
    scope.update(child_scope)
    exchange.read_scope()
    read_placed(exchange, scope)
    return route.run(exchange) if isinstance(route, BaseRoute) else ForeignApp(route.handle).handle(exchange)


def redirect(exchange: Exchange, path: str) -> None:
    """307 to another path of the same origin: an absolute URL, so that a path of two slashes names no
    host.
    """
    from urllib.parse import quote

    from hanok.http.url import request_url

    written = quote(path.encode("utf-8", "surrogateescape"), safe=PATH_CHARACTERS)
    url = request_url(exchange.scheme, exchange.server, written, b"", exchange.raw_headers).encode("latin-1")
    location = url + b"?" + exchange.query if exchange.query else url
    exchange.answer(307, [(b"content-length", b"0"), (b"location", location)], b"")


async def finish(run: Awaitable[None]) -> None:
    """A coroutine of what may be any awaitable."""
    await run


async def nothing() -> None:
    """What is left to run once an exchange has been answered."""
