"""Routing: (path, method) → route.

What enters: an Exchange, and the routes that the application has declared. What leaves: the same exchange
with its route, endpoint and path parameters, given to the route to run; or 404, 405, a redirect to the other
slash. Read ``table`` first (how a route is found), then ``router`` (what happens then), ``template`` (what a
path means), ``template_route``, ``plain`` and ``mount`` for the routes of Starlette's kind; then ``declared_route``,
``api_route`` and ``api_router`` for operations, ``inherited`` and ``included`` for what including a router does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from hanok.lazy import lazy_names

if TYPE_CHECKING:
    from hanok.routing.api_route import APIRoute, APIWebSocketRoute
    from hanok.routing.api_router import APIRouter
    from hanok.routing.base import BaseRoute, Match, RouteContext, get_name, get_route_path
    from hanok.routing.convertors import CONVERTOR_TYPES, Convertor, register_url_convertor
    from hanok.routing.endpoints import HTTPEndpoint
    from hanok.routing.included import IncludedRouter, iter_route_contexts
    from hanok.routing.mount import Host, Mount
    from hanok.routing.options import RouteOptions, generate_unique_id
    from hanok.routing.plain import Route, WebSocketRoute, request_response, websocket_session
    from hanok.routing.router import Router
    from hanok.routing.template import compile_path, replace_params

# Loaded when first named.
__getattr__ = lazy_names(
    __name__,
    {
        "APIRoute": ".api_route",
        "APIRouter": ".api_router",
        "APIWebSocketRoute": ".api_route",
        "BaseRoute": ".base",
        "CONVERTOR_TYPES": ".convertors",
        "Convertor": ".convertors",
        "HTTPEndpoint": ".endpoints",
        "Host": ".mount",
        "IncludedRouter": ".included",
        "Match": ".base",
        "Mount": ".mount",
        "Route": ".plain",
        "RouteContext": ".base",
        "RouteOptions": ".options",
        "Router": ".router",
        "WebSocketRoute": ".plain",
        "compile_path": ".template",
        "generate_unique_id": ".options",
        "get_name": ".base",
        "get_route_path": ".base",
        "iter_route_contexts": ".included",
        "register_url_convertor": ".convertors",
        "replace_params": ".template",
        "request_response": ".plain",
        "websocket_session": ".plain",
    },
)


def documented_routes(routes: Iterable[Any]) -> Iterator[APIRoute]:
    """The effective operations among ``routes``, through included routers, in match order."""
    from hanok.routing.api_route import APIRoute
    from hanok.routing.included import iter_route_contexts

    for context in iter_route_contexts(routes):
        if isinstance(route := context.effective_route, APIRoute):
            route.look_up_names()
            yield route


__all__ = [
    "CONVERTOR_TYPES",
    "APIRoute",
    "APIRouter",
    "APIWebSocketRoute",
    "BaseRoute",
    "Convertor",
    "HTTPEndpoint",
    "Host",
    "IncludedRouter",
    "Match",
    "Mount",
    "Route",
    "RouteContext",
    "RouteOptions",
    "Router",
    "WebSocketRoute",
    "compile_path",
    "documented_routes",
    "generate_unique_id",
    "get_name",
    "get_route_path",
    "iter_route_contexts",
    "register_url_convertor",
    "replace_params",
    "request_response",
    "websocket_session",
]
