"""APIRoute and APIWebSocketRoute: routes whose endpoints declare what they want and what they return."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Sequence
from contextvars import ContextVar
from functools import cached_property
from typing import TYPE_CHECKING, Any, Unpack

# These rooms, and pydantic with them, are loaded with the first operation that is declared.
from hanok import dependencies as needs
from hanok import endpoint as compiler
from hanok import params, serialization
from hanok.exchange import body_allowed
from hanok.http.default import DefaultPlaceholder
from hanok.http.response import Response
from hanok.routing.base import get_name
from hanok.routing.declared_route import DeclaredRoute, OperationApp
from hanok.routing.inherited import Inherited, value_of
from hanok.routing.options import (
    ApiRouteOptions,
    check_form_limits,
    check_max_body_size,
    complete,
    takes,
)
from hanok.routing.plain import RequestResponse, Route, WebSocketRoute
from hanok.types import ASGIApp

if TYPE_CHECKING:
    from hanok.dependencies import Dependant
    from hanok.endpoint import Endpoint, Operation, StreamKind, WebSocketEndpointPlan
    from hanok.endpoint.run import RequestHandler, Run
    from hanok.params import Parameter

REQUIRED = inspect.Parameter.empty

# The route that is compiled while the one that was declared is asked for its handler.
COMPILED: ContextVar[APIRoute | None] = ContextVar("hanok.compiled", default=None)


class APIRoute(DeclaredRoute, Route):
    """An HTTP operation. Takes the options of ``RouteOptions``, and ``methods``.

    Raises AssertionError and DeclarationError for declarations that cannot work.
    """

    _derived = (
        "dependant",
        "body_field",
        "response_field",
        "response_fields",
        "stream_item_field",
        "compiled_endpoint",
    )

    _request_handler: RequestHandler | None = None  # set from outside, through ``app``

    name: str
    path_format: str
    tags: list[Any]
    responses: dict[int | str, dict[str, Any]]
    response_model: Any
    response_class: Any
    status_code: int | None
    operation_id: str | None
    description: str

    @takes(ApiRouteOptions)
    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Unpack[ApiRouteOptions]) -> None:
        given = complete(options, ApiRouteOptions, "APIRoute")
        if not callable(endpoint):
            raise AssertionError("An endpoint must be a callable")
        check_max_body_size(given["max_body_size"])
        given["form_limits"] = check_form_limits(given["form_limits"])
        self.__dict__.update(given)
        self.path, self.endpoint = path, endpoint
        self.name = get_name(endpoint) if given["name"] is None else given["name"]
        self.methods = {method.upper() for method in given["methods"] or ("GET",)}
        self.tags = list(given["tags"] or ())
        self.dependencies = list(given["dependencies"] or ())
        self.responses = dict(given["responses"] or {})
        if given["status_code"] is not None:
            self.status_code = int(given["status_code"])
        self.description = described(given["description"], endpoint)
        self.place_at(path)
        self._infer_response()
        self._settle()
        for name in self._derived[:-1]:
            getattr(self, name)  # what is declared wrongly shows where it is declared
        self.app = OperationApp(self)

    # ---- what follows from the declaration

    def _infer_response(self) -> None:
        """Where no response model is given, the return annotation is it."""
        self._yields = needs.call_kind(self.endpoint).yields
        self._returns = params.read_return(self.endpoint)
        if not isinstance(self.response_model, DefaultPlaceholder):
            self._returns = REQUIRED
            return
        returns = self._returns
        is_response = isinstance(returns, type) and issubclass(returns, Response)
        self.response_model = None if self._yields or is_response or returns is REQUIRED else returns

    def look_up_names(self) -> None:
        """Also what the endpoint says that it returns."""
        super().look_up_names()
        if self._returns is REQUIRED or not params.has_unknown_names(self._returns):
            return
        named, self._returns = self._returns, params.read_return(self.endpoint)
        if self.response_model is named:
            is_response = isinstance(self._returns, type) and issubclass(self._returns, Response)
            self.response_model = None if is_response else self._returns
        self._forget()
        self._settle()

    def _settle(self) -> None:
        """What depends on the inherited options as well."""
        self.unique_id: str = self.operation_id or value_of(self.generate_unique_id_function)(self)
        self.stream: StreamKind | None = None
        if self._yields:
            is_default = isinstance(self.response_class, DefaultPlaceholder)
            self.stream = compiler.stream_kind(value_of(self.response_class), is_default)
        self.is_sse_stream = self.stream is compiler.StreamKind.EVENTS
        self.is_json_stream = self.stream is compiler.StreamKind.JSON_LINES
        self.stream_item_type = None
        if (self.is_sse_stream or self.is_json_stream) and self._returns is not REQUIRED:
            self.stream_item_type = compiler.item_type(self._returns)

    @cached_property
    def body_field(self) -> Parameter | None:
        """The whole request body as one Parameter."""
        return compiler.body_field(self.dependant, self.unique_id)

    @property
    def _embed_body_fields(self) -> bool:
        # Packages that add a dependency to a declared route ask for it.
        return compiler.should_embed(compiler.unique(needs.merged(self.dependant).body_params))

    @cached_property
    def response_field(self) -> Parameter | None:
        """The response model as a Parameter."""
        if not self.response_model:
            return None
        require_body_allowed(self.status_code)
        return params.outgoing(f"Response_{self.unique_id}", self.response_model)

    @cached_property
    def stream_item_field(self) -> Parameter | None:
        """What a generator endpoint yields, as a Parameter."""
        if self.stream_item_type is None:
            return None
        return params.outgoing(f"StreamItem_{self.unique_id}", self.stream_item_type)

    @cached_property
    def response_fields(self) -> dict[int | str, Parameter]:
        """The models of additional responses."""
        fields = {}
        for status, response in self.responses.items():
            if not isinstance(response, dict):
                raise AssertionError("An additional response must be a dict")
            if model := response.get("model"):
                require_body_allowed(status)
                fields[status] = params.outgoing(f"Response_{status}_{self.unique_id}", model)
        return fields

    # ---- through an included router

    def within(self, inherited: Inherited) -> APIRoute:
        """This route as it is below an including router. The original stays as it is."""
        clone: APIRoute = self._clone(inherited)
        own = Inherited.of(vars(self))
        clone.__dict__.update(inherited.around(own).as_options())
        clone.description = self.description or described(None, self.endpoint)  # it may have got a docstring meanwhile
        clone._settle()
        if not inherited.dependencies and clone.param_convertors == self.param_convertors and self.is_read:
            clone.__dict__["dependant"] = self.dependant
        self._reattach(clone)
        return clone

    # ---- running

    def operation(self) -> Operation:
        """The declaration as the endpoint compiler takes it."""
        return compiler.Operation(
            path=self.path_format,
            dependant=self.dependant,
            name=self.name,
            methods=tuple(sorted(self.methods or ())),
            status_code=self.status_code,
            response_class=value_of(self.response_class),
            chose_class=not isinstance(self.response_class, DefaultPlaceholder),
            response_field=self.response_field,
            dump=serialization.DumpOptions(
                include=self.response_model_include,
                exclude=self.response_model_exclude,
                by_alias=self.response_model_by_alias,
                exclude_unset=self.response_model_exclude_unset,
                exclude_defaults=self.response_model_exclude_defaults,
                exclude_none=self.response_model_exclude_none,
            ),
            strict_content_type=value_of(self.strict_content_type),
            max_body_size=self.max_body_size,
            form_limits=self.form_limits,
            stream=self.stream,
            stream_field=self.stream_item_field,
            overrides=self.dependency_overrides_provider,
        )

    @cached_property
    def compiled_endpoint(self) -> Endpoint:
        """The compiled operation, whose ``plan`` ``hanok explain`` prints."""
        self.look_up_names()
        return compiler.compile_operation(self.operation())

    @property
    def app(self) -> ASGIApp:
        """The ASGI application that the route runs. ``request_response(handler)`` set here takes the place of
        ``get_route_handler()``, and what was changed in the declaration is read again.
        """
        return self._app

    @app.setter
    def app(self, app: ASGIApp) -> None:
        if isinstance(app, RequestResponse):
            self._request_handler = app.endpoint
            self._compiled = None
            self.__dict__.pop("compiled_endpoint", None)
            app = OperationApp(self)
        DeclaredRoute.app.fset(self, app)  # type: ignore[attr-defined]  # the property of the base class

    def _compile(self) -> Run:
        handler = self._request_handler or self._own_handler()
        if compiler.Endpoint.is_bare(handler):
            return self.compiled_endpoint.run
        return self.compiled_endpoint.run_handler(handler)

    def _own_handler(self) -> RequestHandler:
        if self._origin is None or type(self).get_route_handler is APIRoute.get_route_handler:
            return self.get_route_handler()
        # A subclass is asked on the object that was declared: that may count, or remember.
        declared: Any = self._origin
        before = COMPILED.set(self)
        try:
            handler: RequestHandler = declared.get_route_handler()
        finally:
            COMPILED.reset(before)
        return handler

    def get_route_handler(self) -> RequestHandler:
        """``async (request) -> response``. A subclass may override it to stand between the two."""
        route = COMPILED.get()
        if route is None or route.origin is not self:
            route = self
        return get_request_handler(dependant=route.dependant, route=route)

    # The options that only pass through.
    summary: str | None
    response_description: str
    deprecated: bool | None
    response_model_include: Any
    response_model_exclude: Any
    response_model_by_alias: bool
    response_model_exclude_unset: bool
    response_model_exclude_defaults: bool
    response_model_exclude_none: bool
    callbacks: list[Any] | None
    openapi_extra: dict[str, Any] | None
    generate_unique_id_function: Any
    dependency_overrides_provider: Any
    strict_content_type: Any
    form_limits: Any


class APIWebSocketRoute(DeclaredRoute, WebSocketRoute):
    """A WebSocket whose endpoint declares what it wants from the handshake."""

    def __init__(
        self,
        path: str,
        endpoint: Callable[..., Awaitable[Any]],
        *,
        name: str | None = None,
        dependencies: Sequence[Any] | None = None,
        dependency_overrides_provider: Any = None,
    ) -> None:
        self.path, self.endpoint = path, endpoint
        self.name = get_name(endpoint) if name is None else name
        self.dependencies = list(dependencies or ())
        self.dependency_overrides_provider = dependency_overrides_provider
        self.place_at(path)
        self.dependant  # noqa: B018  (what is declared wrongly shows where it is declared)
        self.app = OperationApp(self)

    def within(self, inherited: Inherited) -> APIWebSocketRoute:
        """This route as it is below an including router."""
        clone: APIWebSocketRoute = self._clone(inherited)
        clone.dependencies = [*inherited.dependencies, *self.dependencies]
        clone.dependency_overrides_provider = (
            inherited.dependency_overrides_provider or self.dependency_overrides_provider
        )
        self._reattach(clone)
        return clone

    @cached_property
    def compiled_endpoint(self) -> WebSocketEndpointPlan:
        """The compiled endpoint, whose ``plan`` ``hanok explain`` prints."""
        self.look_up_names()
        return compiler.compile_websocket(self.dependant, self.path_format, self.dependency_overrides_provider)

    _derived = ("dependant", "compiled_endpoint")

    def _compile(self) -> Run:
        return self.compiled_endpoint.run


def get_request_handler(*, dependant: Dependant, route: APIRoute) -> RequestHandler:
    """``async (request) -> response`` of a route. Monitoring packages put another function in the place of this one, which
    may replace ``dependant.call`` before it calls this, and wraps what it gets.
    """
    return route.compiled_endpoint.handler()


def described(given: str | None, endpoint: Callable[..., Any]) -> str:
    """The description of an operation; what follows a form feed is for the source only."""
    return (given or inspect.cleandoc(endpoint.__doc__ or "")).split("\f")[0].strip()


def require_body_allowed(status: int | str | None) -> None:
    code = str(status)
    if code.isdigit() and not body_allowed(int(code)):
        raise AssertionError(f"Status code {status} must not have a response body")
