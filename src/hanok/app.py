"""Hanok: an application of typed operations, which describes itself in an OpenAPI document.

What it declares is plain data until the first request; ``application`` compiles it and answers exchanges, and is to be read
first.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Unpack

from hanok.application import Application, ExceptionHandler
from hanok.endpoint.exception_handlers import (
    http_exception_handler,
    request_validation_exception_handler,
    websocket_request_validation_exception_handler,
)
from hanok.endpoint.form_limits import FormLimits
from hanok.exceptions import HanokDeprecationWarning, HTTPError, RequestValidationError, WebSocketRequestValidationError
from hanok.exchange import Exchange
from hanok.gateways import NativeApp
from hanok.http.default import Default
from hanok.http.json_response import JSONResponse
from hanok.routing.api_router import APIRouter
from hanok.routing.options import MethodOptions, RouterOptions, takes
from hanok.routing.plain import Route
from hanok.routing.route_list import EPOCH
from hanok.routing.verbs import Verbs
from hanok.types import DecoratedCallable

if TYPE_CHECKING:
    from hanok.dependencies.declared import Depends
    from hanok.http.response import Response
    from hanok.middleware import Middleware
    from hanok.routing.frontend import Fallback


def debug_wanted() -> bool:
    """Whether the environment asks for debug mode: ``HANOK_DEBUG=1``."""
    return os.environ.get("HANOK_DEBUG", "") in ("1", "true", "yes", "on")


class Hanok(Verbs, Application):
    """A typed API application. Every argument is optional and has FastAPI's name and meaning.

    ``debug`` shows tracebacks to clients; ``HANOK_DEBUG=1`` in the environment sets it. ``docs_url``, ``redoc_url`` and
    ``openapi_url`` switch a page off when None. Raises AssertionError for a title or version that is empty while the OpenAPI
    document is on.
    """

    router: APIRouter

    def __init__(
        self,
        *,
        telemetry: Any = None,
        debug: bool = False,
        routes: list[Any] | None = None,
        title: str = "FastAPI",
        summary: str | None = None,
        description: str = "",
        version: str = "0.1.0",
        openapi_url: str | None = "/openapi.json",
        openapi_tags: list[dict[str, Any]] | None = None,
        servers: list[dict[str, str | Any]] | None = None,
        dependencies: Sequence[Depends] | None = None,
        default_response_class: type[Response] = Default(JSONResponse),
        redirect_slashes: bool = True,
        docs_url: str | None = "/docs",
        redoc_url: str | None = "/redoc",
        swagger_ui_oauth2_redirect_url: str | None = "/docs/oauth2-redirect",
        swagger_ui_init_oauth: dict[str, Any] | None = None,
        middleware: Sequence[Middleware] | None = None,
        exception_handlers: Mapping[int | type[Exception], ExceptionHandler] | None = None,
        on_startup: Sequence[Callable[[], Any]] | None = None,
        on_shutdown: Sequence[Callable[[], Any]] | None = None,
        lifespan: Any = None,
        terms_of_service: str | None = None,
        contact: dict[str, str | Any] | None = None,
        license_info: dict[str, str | Any] | None = None,
        root_path: str = "",
        root_path_in_servers: bool = True,
        responses: dict[int | str, dict[str, Any]] | None = None,
        callbacks: list[Any] | None = None,
        webhooks: APIRouter | None = None,
        deprecated: bool | None = None,
        include_in_schema: bool = True,
        swagger_ui_parameters: dict[str, Any] | None = None,
        generate_unique_id_function: Any = None,
        separate_input_output_schemas: bool = True,
        openapi_external_docs: dict[str, Any] | None = None,
        strict_content_type: bool = True,
        max_body_size: int | None = None,
        form_limits: FormLimits | None = None,
    ) -> None:
        self.telemetry = telemetry
        self.title = title
        self.summary = summary
        self.description = description
        self.version = version
        self.terms_of_service = terms_of_service
        self.contact = contact
        self.license_info = license_info
        self.openapi_url = openapi_url
        self.openapi_tags = openapi_tags
        self.openapi_version = "3.1.0"
        self.openapi_schema: dict[str, Any] | None = None
        self._openapi_epoch: int | None = None
        self.openapi_external_docs = openapi_external_docs
        self.docs_url = docs_url
        self.redoc_url = redoc_url
        self.swagger_ui_oauth2_redirect_url = swagger_ui_oauth2_redirect_url
        self.swagger_ui_init_oauth = swagger_ui_init_oauth
        self.swagger_ui_parameters = swagger_ui_parameters
        self.separate_input_output_schemas = separate_input_output_schemas
        self.servers = servers or []
        if root_path:
            warnings.warn(
                "root_path= is deprecated: where an application is mounted, its server knows. Use "
                "`hanok run --root-path` (or `fastapi run --root-path`).",
                HanokDeprecationWarning,
                stacklevel=2,
            )
        self.root_path = root_path.rstrip("/")
        self.root_path_in_servers = root_path_in_servers
        self.max_body_size = max_body_size
        self.dependency_overrides: dict[Callable[..., Any], Callable[..., Any]] = {}
        if openapi_url:
            assert title, "A title must be provided for OpenAPI, e.g.: 'My API'"
            assert version, "A version must be provided for OpenAPI, e.g.: '2.1.0'"
        self.webhooks = webhooks or APIRouter()
        unique_id = (
            {} if generate_unique_id_function is None else {"generate_unique_id_function": generate_unique_id_function}
        )
        router = APIRouter(
            routes=routes,
            redirect_slashes=redirect_slashes,
            dependency_overrides_provider=self,
            on_startup=on_startup,
            on_shutdown=on_shutdown,
            lifespan=lifespan,
            default_response_class=default_response_class,
            dependencies=dependencies,
            callbacks=callbacks,
            deprecated=deprecated,
            include_in_schema=include_in_schema,
            responses=responses,
            strict_content_type=strict_content_type,
            max_body_size=max_body_size,
            form_limits=form_limits,
            **unique_id,
        )
        self._assemble(router, debug or debug_wanted(), middleware, exception_handlers)
        self.exception_handlers.setdefault(HTTPError, http_exception_handler)
        self.exception_handlers.setdefault(RequestValidationError, request_validation_exception_handler)
        self.exception_handlers.setdefault(
            WebSocketRequestValidationError, websocket_request_validation_exception_handler
        )
        self.setup()

    # ---- declaring what surrounds the routes

    def middleware(self, middleware_type: str) -> Callable[[DecoratedCallable], DecoratedCallable]:
        """``@app.middleware("http")``: a function ``(request, call_next) -> response`` around everything."""
        assert middleware_type == "http", 'Currently only middleware("http") is supported.'

        def decorate(function: DecoratedCallable) -> DecoratedCallable:
            from hanok.middleware import BaseHTTPMiddleware

            self.add_middleware(BaseHTTPMiddleware, dispatch=function)
            return function

        return decorate

    def exception_handler(
        self, exc_class_or_status_code: int | type[Exception]
    ) -> Callable[[DecoratedCallable], DecoratedCallable]:
        """Decorator for ``add_exception_handler``."""

        def decorate(function: DecoratedCallable) -> DecoratedCallable:
            self.add_exception_handler(exc_class_or_status_code, function)
            return function

        return decorate

    # ---- declaring routes: all of it is the router's

    @takes(RouterOptions)
    def include_router(self, router: APIRouter, **options: Unpack[RouterOptions]) -> None:
        """Add the routes of another router; see ``APIRouter.include_router``."""
        self.router.include_router(router, **options)

    def _declare(self, path: str, method: str | None, kind: type, options: Any) -> Any:
        return self.router._declare(path, method, kind, options)

    @takes(MethodOptions)
    def add_api_route(self, path: str, endpoint: Callable[..., Any], **options: Unpack[MethodOptions]) -> None:
        """Add one operation."""
        self.router.add_api_route(path, endpoint, **options)

    def websocket(
        self, path: str, name: str | None = None, *, dependencies: Sequence[Depends] | None = None
    ) -> Callable[[DecoratedCallable], DecoratedCallable]:
        """Decorator for a WebSocket endpoint."""
        return self.router.websocket(path, name, dependencies=dependencies)

    def add_api_websocket_route(
        self,
        path: str,
        endpoint: Callable[..., Any],
        name: str | None = None,
        *,
        dependencies: Sequence[Depends] | None = None,
    ) -> None:
        """Add a WebSocket endpoint."""
        self.router.add_api_websocket_route(path, endpoint, name, dependencies=dependencies)

    def websocket_route(self, path: str, name: str | None = None) -> Callable[[DecoratedCallable], DecoratedCallable]:
        """Decorator for a plain WebSocket route: a function of a WebSocket."""
        return self.router.websocket_route(path, name=name)

    def frontend(
        self,
        path: str,
        *,
        directory: str | os.PathLike[str],
        fallback: Fallback = "auto",
        check_dir: bool | Literal["auto"] = "auto",
    ) -> None:
        """Serve a built frontend for what no route takes; see ``APIRouter.frontend``."""
        self.router.frontend(path, directory=directory, fallback=fallback, check_dir=check_dir)

    def on_event(self, event_type: str) -> Callable[[DecoratedCallable], DecoratedCallable]:
        """Deprecated: run a function at "startup" or "shutdown". Write a ``lifespan`` instead."""
        return self.router.on_event(event_type)

    # ---- OpenAPI

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI document; made when first asked for, and again after routes have changed."""
        epoch = EPOCH.value
        if self.openapi_schema is None or self._openapi_epoch not in (None, epoch):
            from hanok.openapi import get_openapi

            self.openapi_schema = get_openapi(
                title=self.title,
                version=self.version,
                openapi_version=self.openapi_version,
                summary=self.summary,
                description=self.description,
                terms_of_service=self.terms_of_service,
                contact=self.contact,
                license_info=self.license_info,
                routes=self.routes,
                webhooks=self.webhooks.routes,
                tags=self.openapi_tags,
                servers=self.servers,
                separate_input_output_schemas=self.separate_input_output_schemas,
                external_docs=self.openapi_external_docs,
            )
            self._openapi_epoch = epoch
        return self.openapi_schema

    def setup(self) -> None:
        """Add the routes of the OpenAPI document and of the pages that show it."""
        if not self.openapi_url:
            return
        pages = {"openapi": self.openapi_url}
        if self.docs_url:
            pages["swagger_ui_html"] = self.docs_url
            if self.swagger_ui_oauth2_redirect_url:
                pages["swagger_ui_redirect"] = self.swagger_ui_oauth2_redirect_url
        if self.redoc_url:
            pages["redoc_html"] = self.redoc_url
        if self.docs_url or self.redoc_url:
            pages["docs_assets"] = f"{(self.docs_url or self.redoc_url or '').rstrip('/')}/assets/{{file:path}}"
        for name, path in pages.items():
            self.router.routes.append(
                Route(path, DocumentationPage(self, name), methods=["GET"], name=name, include_in_schema=False)
            )


class DocumentationPage(NativeApp):
    """One of the pages that an application serves of itself. The room that makes them is imported when one is asked for.

    Called with a request alone it returns the response, as an endpoint does: packages put an endpoint of theirs around it.
    """

    def __init__(self, app: Hanok, name: str) -> None:
        self.app = app
        self.name = self.__name__ = name

    async def __call__(self, scope: Any, receive: Any = None, send: Any = None) -> Any:
        if receive is not None:
            await super().__call__(scope, receive, send)
            return None
        from hanok.http import Response

        messages: list[Any] = []

        async def keep(message: Any) -> None:
            messages.append(message)

        await super().__call__(scope.scope, scope.receive, keep)
        head, *rest = messages
        response = Response(b"".join(each.get("body", b"") for each in rest), head["status"])
        response.raw_headers = list(head["headers"])
        return response

    # Tells handler_of() that this call adds nothing to ``handle``.
    __hanok_call__ = __call__

    async def handle(self, exchange: Exchange) -> None:
        from hanok.openapi import docs_routes

        await next(page.handler for page in docs_routes(self.app) if page.name == self.name)(exchange)


FastAPI = Hanok

__all__ = ["FastAPI", "Hanok"]
