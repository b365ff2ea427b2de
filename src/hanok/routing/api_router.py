"""APIRouter: collects operations under a prefix, and includes other routers."""

from __future__ import annotations

import functools
import inspect
import os
import warnings
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Literal, TypeVar, Unpack

from hanok.exceptions import DeclarationError
from hanok.gateways import NativeApp
from hanok.routing.api_route import APIRoute, APIWebSocketRoute
from hanok.routing.base import BaseRoute, Match
from hanok.routing.included import INCLUDED, IncludedRouter, first_match, next_chosen
from hanok.routing.inherited import Inherited
from hanok.routing.lifespan import as_lifespan, both_lifespans, call_each
from hanok.routing.options import (
    AddOptions,
    RouterOptions,
    check_form_limits,
    check_max_body_size,
    complete,
    takes,
)
from hanok.routing.router import Router
from hanok.routing.verbs import Verbs
from hanok.types import ASGIApp, Receive, Scope, Send

if TYPE_CHECKING:
    from hanok.routing.frontend import Fallback

F = TypeVar("F", bound=Callable[..., Any])


class APIRouterOptions(RouterOptions, total=False):
    """As ``APIRouter`` itself."""

    routes: list[BaseRoute] | None
    redirect_slashes: bool
    default: ASGIApp | None
    dependency_overrides_provider: Any
    route_class: type[APIRoute]
    on_startup: Sequence[Callable[[], Any]] | None
    on_shutdown: Sequence[Callable[[], Any]] | None
    lifespan: Any
    strict_content_type: bool


def is_own(method: Any, ours: Any) -> bool:
    """Whether a bound method is ours, and not a subclass's or one that was set."""
    return getattr(method, "__func__", None) is ours


class APIRouter(Verbs, Router):
    """Routes with something in common: a prefix, tags, dependencies, responses and so on.

    ``include_router`` makes the routes of another router part of this one, those that are added to it later
    too.
    """

    prefix: str
    tags: list[Any]
    dependencies: list[Any]
    default_response_class: Any
    responses: dict[int | str, dict[str, Any]]
    callbacks: list[Any]
    deprecated: bool | None
    include_in_schema: bool
    generate_unique_id_function: Any
    strict_content_type: Any
    form_limits: Any
    route_class: type[APIRoute]
    dependency_overrides_provider: Any

    @takes(APIRouterOptions, route_class=APIRoute)
    def __init__(self, **options: Unpack[APIRouterOptions]) -> None:
        given: Any = complete(options, APIRouterOptions, "APIRouter")
        check_prefix(given["prefix"])
        check_max_body_size(given["max_body_size"])
        given["form_limits"] = check_form_limits(given["form_limits"])
        # FastAPI takes bare generators without a word.
        lifespan = given.pop("lifespan")
        if lifespan is not None:
            lifespan = as_lifespan(lifespan, warn=False)
        super().__init__(
            given.pop("routes"),
            given.pop("redirect_slashes"),
            given.pop("default"),
            lifespan,
            max_body_size=given["max_body_size"],
            form_limits=given["form_limits"],
        )
        for name in ("tags", "dependencies", "callbacks", "on_startup", "on_shutdown"):
            given[name] = list(given[name] or ())
        given["responses"] = dict(given["responses"] or {})
        given["route_class"] = given["route_class"] or APIRoute
        self.__dict__.update(given)
        self.on_startup: list[Callable[[], Any]] = given["on_startup"]
        self.on_shutdown: list[Callable[[], Any]] = given["on_shutdown"]
        if lifespan is None:
            self.lifespan_context = self._events

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        own = cls.__dict__.get("handle")
        if own is not None and len(inspect.signature(own).parameters) > 2:
            cls.handle = in_both_forms(own)  # type: ignore[method-assign]  # a subclass of users may define either form

    # ---- HTTP operations

    @takes(AddOptions)
    def add_api_route(self, path: str, endpoint: Callable[..., Any], **options: Unpack[AddOptions]) -> None:
        """Add one operation, with what the router gives to all of its own."""
        given: Any = complete(options, AddOptions, "add_api_route")
        route_class = given.pop("route_class_override") or self.route_class
        given["form_limits"] = check_form_limits(given["form_limits"])
        merged = self._own().around(Inherited.of(given))
        if route_class.__init__ is APIRoute.__init__:
            for name in [name for name in given if name not in options]:
                del given[name]
        self.routes.append(route_class(self.prefix + path, endpoint=endpoint, **given | merged.as_options()))

    def _declare(self, path: str, method: str | None, kind: type, options: Any) -> Callable[[F], F]:
        given: Any = complete(options, kind, method.lower() if method else "api_route")
        methods: Any = {} if method is None else {"methods": [method]}
        # A subclass's own add_api_route is told every option, for it may ask for any.
        told = options if is_own(self.add_api_route, APIRouter.add_api_route) else given

        def decorator(function: F) -> F:
            self.add_api_route(path, function, **told | methods)
            return function

        return decorator

    # ---- everything else that has a path

    def add_api_websocket_route(
        self,
        path: str,
        endpoint: Callable[..., Any],
        name: str | None = None,
        *,
        dependencies: Sequence[Any] | None = None,
    ) -> None:
        """Add a WebSocket."""
        self.routes.append(
            APIWebSocketRoute(
                self.prefix + path,
                endpoint=endpoint,
                name=name,
                dependencies=[*self.dependencies, *(dependencies or ())],
                dependency_overrides_provider=self.dependency_overrides_provider,
            )
        )

    def websocket(
        self, path: str, name: str | None = None, *, dependencies: Sequence[Any] | None = None
    ) -> Callable[[F], F]:
        """Declare a WebSocket."""

        def decorator(function: F) -> F:
            self.add_api_websocket_route(path, function, name=name, dependencies=dependencies)
            return function

        return decorator

    def websocket_route(self, path: str, name: str | None = None) -> Callable[[F], F]:
        """Declare a plain WebSocketRoute."""

        def decorator(function: F) -> F:
            self.add_websocket_route(path, function, name=name)
            return function

        return decorator

    def route(
        self,
        path: str,
        methods: Collection[str] | None = None,
        name: str | None = None,
        include_in_schema: bool = True,
    ) -> Callable[[F], F]:
        """Declare a plain Route."""

        def decorator(function: F) -> F:
            self.add_route(path, function, methods=methods, name=name, include_in_schema=include_in_schema)
            return function

        return decorator

    def frontend(
        self,
        path: str,
        *,
        directory: str | os.PathLike[str],
        fallback: Fallback = "auto",
        check_dir: bool | Literal["auto"] = "auto",
    ) -> None:
        """Serve a built frontend below ``path``, for what no route takes; see ``FrontendRoute``."""
        from hanok.routing.frontend import FrontendRoute

        if not path:
            raise AssertionError("A frontend path cannot be empty")
        if not path.startswith("/"):
            raise AssertionError("A frontend path must start with '/'")
        self._frontends.append(
            FrontendRoute(
                self.prefix + path.rstrip("/"),
                directory=directory,
                fallback=fallback,
                check_dir=check_dir,
                dependencies=self.dependencies,
                dependency_overrides_provider=self.dependency_overrides_provider,
                max_body_size=self.max_body_size,
            )
        )

    # ---- other routers

    @takes(RouterOptions)
    def include_router(self, router: APIRouter, **options: Unpack[RouterOptions]) -> None:
        """Make the routes of ``router`` routes of this one, below a prefix and with more in common.

        Raises AssertionError for a prefix that is none and for a router within itself, DeclarationError for
        a route that would have no path at all.
        """
        given: Any = complete(options, RouterOptions, "include_router")
        if router is self:
            raise AssertionError(
                "Cannot include the same APIRouter instance into itself. Did you mean to include a different router?"
            )
        if any(below is self for below in routers_below(router)):
            raise AssertionError(
                "Cannot include an APIRouter instance that already includes this router. "
                "Did you mean to include a different router?"
            )
        check_prefix(given["prefix"])
        check_max_body_size(given["max_body_size"])
        given["form_limits"] = check_form_limits(given["form_limits"])
        if not given["prefix"]:
            for route in router.routes:
                if getattr(route, "path", None) == "":
                    raise DeclarationError(f"Prefix and path cannot be both empty (path operation: {route.name})")
        inherited = self._own(prefix=self.prefix).around(Inherited.of(given))
        self.routes.append(IncludedRouter(router, inherited))
        self.lifespan_context = both_lifespans(self.lifespan_context, router)

    def _own(self, prefix: str = "") -> Inherited:
        """What this router gives to every route of its own."""
        return Inherited.of({**vars(self), "prefix": prefix})

    # ---- asked as a route

    @property
    def is_customised(self) -> bool:
        """Whether a subclass decides by itself what matches or how it is handled."""
        cls = type(self)
        return cls.matches is not APIRouter.matches or cls.handle is not APIRouter.handle

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """The first of the routes that takes this request, as ``BaseRoute.matches``; asked by a router that includes this one.

        Anywhere else a router is an application, and takes part in no match.
        """
        included: IncludedRouter | None = scope.get(INCLUDED)
        if included is None or included.original_router is not self:
            return Match.NONE, {}
        return first_match(included.kept_routes(), scope)

    async def _handle_scope(self, scope: Scope, receive: Receive, send: Send) -> None:
        chosen = next_chosen(scope)
        if chosen is not None:
            await chosen.handle(scope, receive, send)
        else:
            await NativeApp.__call__(self, scope, receive, send)

    # ---- the lifespan

    @asynccontextmanager
    async def _events(self, app: Any) -> Any:
        """The lifespan of a router that has none: its startup and shutdown handlers."""
        await call_each(self.on_startup)
        yield None
        await call_each(self.on_shutdown)

    def add_event_handler(self, event_type: str, func: Callable[[], Any]) -> None:
        """Call ``func`` on "startup" or "shutdown", unless the router has a lifespan."""
        if event_type not in ("startup", "shutdown"):
            raise AssertionError(f"an event is 'startup' or 'shutdown', not {event_type!r}")
        (self.on_startup if event_type == "startup" else self.on_shutdown).append(func)

    def on_event(self, event_type: str) -> Callable[[F], F]:
        """Deprecated: declare a handler of "startup" or "shutdown"."""
        warnings.warn("on_event is deprecated, use lifespan event handlers instead.", DeprecationWarning, stacklevel=2)

        def decorator(function: F) -> F:
            self.add_event_handler(event_type, function)
            return function

        return decorator


def in_both_forms(handle: Any) -> Any:
    """A subclass's ``handle(scope, receive, send)``, called with a lone exchange as well.

    Its author meant it for requests that come through an including router. A router that is mounted, or an
    application itself, is given exchanges, and those go the usual way.
    """

    @functools.wraps(handle)
    def both(self: APIRouter, exchange: Any, receive: Any = None, send: Any = None) -> Any:
        if receive is None:
            return APIRouter.handle(self, exchange)
        return handle(self, exchange, receive, send)

    return both


def check_prefix(prefix: str) -> None:
    if prefix and not prefix.startswith("/"):
        raise AssertionError("A path prefix must start with '/'")
    if prefix.endswith("/"):
        raise AssertionError("A path prefix must not end with '/', as the routes will start with '/'")


def routers_below(router: Any) -> Iterator[Any]:
    """The routers that a router includes, at any depth."""
    for route in router.routes:
        if isinstance(route, IncludedRouter):
            yield route.original_router
            yield from routers_below(route.original_router)
