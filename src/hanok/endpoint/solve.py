"""Solve: the careful way through a plan. Every fault is gathered, in FastAPI's order, before anything is refused.

It starts where the fast path stopped: ``done`` holds the values of the dependencies that have already been called, which are
not called again. A dependency below which something is wrong is not called; all others are, because one of them may refuse
the request for a better reason than a 422.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from hanok.dependencies import CallKind, Dependant, Injected, Node
from hanok.endpoint.body import read_form_params, read_json_params
from hanok.endpoint.context import Context
from hanok.endpoint.operation import BodyKind
from hanok.exceptions import EndpointContext, RequestValidationError, WebSocketRequestValidationError
from hanok.exchange import AnyExchange, WebSocketExchange
from hanok.http import HTTPConnection, Request, run_in_threadpool
from hanok.http.cookies import cookies_of
from hanok.http.headers import headers_of
from hanok.http.query import query_params_of
from hanok.params import Parameter
from hanok.params.models import MISSING
from hanok.params.values import ErrorDetails, read_fields, read_path
from hanok.security import SecurityScopes
from hanok.websockets import WebSocket

if TYPE_CHECKING:
    from hanok.endpoint.plan import Plan


class CookieFields:
    """Cookies with the face of other named values."""

    __slots__ = ("cookies",)

    def __init__(self, cookies: dict[str, str]) -> None:
        self.cookies = cookies

    def get(self, key: str) -> str | None:
        return self.cookies.get(key)

    def getlist(self, key: str) -> list[str]:
        return [self.cookies[key]] if key in self.cookies else []

    def keys(self) -> list[str]:
        return list(self.cookies)


class Overridden(Exception):
    """A request that was begun without a Context needs one now: a dependency has overridden another that comes later."""

    def __init__(self, plan: Plan, body: Any, done: Mapping[int, Any]) -> None:
        self.plan = plan
        self.body = body
        self.done = done


async def solve(plan: Plan, exchange: AnyExchange, given: Context | None, body: Any, done: Mapping[int, Any]) -> Any:
    """What the endpoint returns. Raises (WebSocket)RequestValidationError with every fault of the request."""
    flat = plan.flat
    context = given or Context(exchange)
    values = dict(done)
    errors: list[ErrorDetails] = []
    failed: list[bool] = []
    found: dict[str, Any] = {}
    for occurrence in flat.occurrences:
        node = flat.nodes[occurrence.node]
        if node.index not in values and node is not flat.endpoint and plan.outdated():
            renewed = plan.renewed(node.index)
            if given is None and renewed.needs_context:
                raise Overridden(renewed, body, values)
            return await solve(renewed, exchange, given, body, values)
        own: list[ErrorDetails] = []
        found = await read_arguments(plan, occurrence.dependant, exchange, body, own)
        errors.extend(own)
        failed.append(bool(own) or any(failed[at] for at in occurrence.below))
        if node is flat.endpoint or failed[-1] or node.index in values:
            continue
        values[node.index] = await call_node(node, arguments_of(node, found, values, context), context)
    if errors:
        if isinstance(exchange, WebSocketExchange):
            raise WebSocketRequestValidationError(errors, endpoint_ctx=where_now(plan, exchange))
        raise RequestValidationError(
            errors, body=None if body is MISSING else body, endpoint_ctx=where_now(plan, exchange)
        )
    return await call_endpoint(flat.endpoint, arguments_of(flat.endpoint, found, values, context))


def where_now(plan: Plan, exchange: AnyExchange) -> EndpointContext | None:
    """Where the endpoint stands, with the path as it is below the mounts that lead to it."""
    where = plan.where
    if where is None or not exchange.root_path:
        return where
    method, _, path = where.get("path", "").partition(" ")
    return {**where, "path": f"{method} {exchange.root_path}{path}"}


async def read_arguments(
    plan: Plan, dependant: Dependant, exchange: AnyExchange, body: Any, errors: list[ErrorDetails]
) -> dict[str, Any]:
    """Everything that one callable reads from the request."""
    values: dict[str, Any] = {}
    read_path(dependant.path_params, exchange.path_params, values, errors)
    if dependant.query_params:
        read_fields(dependant.query_params, query_params_of(exchange), values, errors)
    if dependant.header_params:
        read_fields(dependant.header_params, headers_of(exchange), values, errors)
    if dependant.cookie_params:
        read_fields(dependant.cookie_params, CookieFields(cookies_of(exchange)), values, errors)
    if dependant.body_params:
        if plan.body_kind is BodyKind.FORM:
            await read_form_params(dependant, body, plan.embed, values, errors)
        else:
            read_json_params(dependant, body, plan.embed, values, errors)
    return values


def arguments_of(node: Node, found: Mapping[str, Any], values: Mapping[int, Any], context: Context) -> dict[str, Any]:
    """The arguments of one call, from where the plan says they come."""
    arguments: dict[str, Any] = {}
    for name, source in node.sources.items():
        if isinstance(source, Parameter):
            arguments[name] = found[name]
        elif isinstance(source, Injected):
            arguments[name] = inject(source, node, context)
        else:
            arguments[name] = values[source]
    return arguments


def inject(part: Injected, node: Node, context: Context) -> Any:
    """The part of the request that an argument asks for by its type."""
    exchange = context.exchange
    if part is Injected.RESPONSE:
        return context.injected_response()
    if part is Injected.BACKGROUND_TASKS:
        return context.injected_background()
    if part is Injected.SECURITY_SCOPES:
        return SecurityScopes(scopes=node.dependant.oauth_scopes)
    return connection_of(exchange) if context.request is None else context.request


def connection_of(exchange: AnyExchange) -> HTTPConnection:
    """The Request or WebSocket of an exchange."""
    if isinstance(exchange, WebSocketExchange):
        return WebSocket.of(exchange)
    return Request.of(exchange)


async def call_node(node: Node, arguments: dict[str, Any], context: Context) -> Any:
    """Run one dependency in its own way."""
    dependant = node.dependant
    if dependant.kind.yields:
        return await context.enter(node, arguments)
    if dependant.limit is None:
        return await _call(dependant, arguments)
    release = await dependant.limit.acquire()
    try:
        return await _call(dependant, arguments)
    finally:
        release()


async def _call(dependant: Dependant, arguments: dict[str, Any]) -> Any:
    if dependant.kind is CallKind.ASYNC:
        return await dependant.call(**arguments)
    if dependant.kind is CallKind.INLINE:
        return dependant.call(**arguments)
    return await run_in_threadpool(dependant.call, **arguments)


async def call_endpoint(node: Node, arguments: dict[str, Any]) -> Any:
    """Run the endpoint; one that yields gives its generator."""
    if node.dependant.kind.yields:
        return node.dependant.call(**arguments)
    return await _call(node.dependant, arguments)
