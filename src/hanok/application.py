"""Application: a router, what surrounds it, and one handler compiled from both.

    handle ─► server errors ─► the user's middleware ─► exception handlers ─► router ─► route

It knows nothing of OpenAPI or of typed endpoints: ``Hanok`` adds those. A later declaration drops the handler, and the next
request compiles it again; routes are versioned by the router itself.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from hanok.exceptions import HTTPError
from hanok.exchange import AnyExchange, Exchange
from hanok.gateways import Handler, NativeApp, handler_of
from hanok.http import State
from hanok.middleware import ExceptionMiddleware, Middleware, ServerErrorMiddleware
from hanok.middleware.base import NativeMiddleware
from hanok.routing import Router
from hanok.routing.base import PLAIN_TEXT
from hanok.types import ASGIApp, Receive, Scope, Send

if TYPE_CHECKING:
    from hanok.http.url import URLPath

ExceptionHandler = Callable[..., Any]


async def _failing(error: Exception) -> None:
    raise error


class Application(NativeApp):
    """Routes, middleware, exception handlers and a lifespan: what Starlette calls an application."""

    router: Any
    root_path = ""
    _handler: Handler | None

    def __init__(
        self,
        debug: bool = False,
        routes: Sequence[Any] | None = None,
        middleware: Sequence[Middleware] | None = None,
        exception_handlers: Mapping[Any, ExceptionHandler] | None = None,
        lifespan: Any = None,
        *,
        max_body_size: int | None = None,
    ) -> None:
        router = Router(routes, lifespan=lifespan, max_body_size=max_body_size)
        self._assemble(router, debug, middleware, exception_handlers)

    def _assemble(
        self,
        router: Router,
        debug: bool,
        middleware: Sequence[Middleware] | None,
        exception_handlers: Mapping[Any, ExceptionHandler] | None,
    ) -> None:
        self.router = router
        self.debug = debug
        self.state: State = State()
        self.user_middleware: list[Middleware] = list(middleware or ())
        self.exception_handlers: dict[Any, ExceptionHandler] = dict(exception_handlers or {})
        self.middleware_stack = None

    # ---- answering

    # Returns the coroutine of the layer below: one layer less.
    def handle(self, exchange: AnyExchange) -> Awaitable[None]:  # type: ignore[override]  # one coroutine less
        """Answer an exchange."""
        handler = self._handler
        if handler is None:
            try:
                handler = self._compile()
            except Exception as error:
                return _failing(error)  # as every other failure of the application: whoever awaits it is told
        exchange.app = self
        scope = exchange._scope
        if scope is not None:
            scope["app"] = self
        if self.root_path and not exchange.root_path:
            exchange.place("root_path", self.root_path)
        return handler(exchange)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            scope["app"] = self
            if self._handler is None:
                self._compile()
            await self.middleware_stack(scope, receive, send)  # type: ignore[misc]  # compiled just above
        else:
            await NativeApp.__call__(self, scope, receive, send)

    __hanok_call__ = __call__  # a subclass with a __call__ of its own is called through it

    def __hanok_prepare__(self) -> None:
        """For servers: put together what requests will go through, in the event loop that serves them."""
        if self._handler is None:
            self._compile()

    def _compile(self) -> Handler:
        if self.middleware_stack is None:
            self.middleware_stack = self.build_middleware_stack()
        stack = self.middleware_stack
        self._handler = stack.native_handler() if type(stack) is Outermost else handler_of(stack)
        return self._handler

    @property
    def middleware_stack(self) -> ASGIApp | None:
        """What ``build_middleware_stack`` has built; None until it is needed. Another one may be set."""
        return self._middleware_stack

    @middleware_stack.setter
    def middleware_stack(self, stack: ASGIApp | None) -> None:
        self._middleware_stack = stack
        self._handler = None

    def build_middleware_stack(self) -> NativeApp:
        """The layers around the router, the outermost first in a request's way."""
        server_error: ExceptionHandler | None = None
        handlers: dict[Any, ExceptionHandler] = {}
        for key, handler in self.exception_handlers.items():
            if key in (500, Exception):
                server_error = handler
            else:
                handlers[key] = handler
        app: Any = self.router
        # Declared like the others: monitoring packages replace Middleware.__init__ to learn of every class.
        innermost = Middleware(ExceptionMiddleware, handlers=handlers, debug=self.debug)
        for each in reversed([*self.user_middleware, innermost]):
            cls, args, kwargs = each
            try:
                app = cls(app, *args, **kwargs)
            except Exception as error:
                name = getattr(cls, "__qualname__", None)
                error.add_note(
                    f"The middleware {f'{cls.__module__}.{name}' if name else cls} cannot be made as it was added."
                )
                raise
        if self.user_middleware and self.router.max_body_size is not None:
            app = LimitsBodies(app, self.router.max_body_size)
        return Outermost(app, handler=server_error, debug=self.debug)

    # ---- declaring

    def add_middleware(self, middleware_class: Any, *args: Any, **kwargs: Any) -> None:
        """Put a middleware around everything declared so far."""
        if self.middleware_stack is not None:
            raise RuntimeError("Cannot add middleware after an application has started")
        self.user_middleware.insert(0, Middleware(middleware_class, *args, **kwargs))

    def add_exception_handler(self, exc_class_or_status_code: int | type[Exception], handler: ExceptionHandler) -> None:
        """Answer errors of a class, or HTTP exceptions of a status, with ``handler(request, error)``."""
        self.exception_handlers[exc_class_or_status_code] = handler
        self.middleware_stack = None

    @property
    def routes(self) -> list[Any]:
        routes: list[Any] = self.router.routes
        return routes

    def url_path_for(self, name: str, /, **path_params: Any) -> URLPath:
        """The path of a route by its name; raises NoMatchFound."""
        found: URLPath = self.router.url_path_for(name, **path_params)
        return found

    def mount(self, path: str, app: ASGIApp, name: str | None = None) -> None:
        """Give everything below ``path`` to another application."""
        self.router.mount(path, app=app, name=name)

    def host(self, host: str, app: ASGIApp, name: str | None = None) -> None:
        """Give everything asked of ``host`` to another application."""
        self.router.host(host, app=app, name=name)

    def add_route(
        self,
        path: str,
        route: Callable[..., Any],
        methods: Any = None,
        name: str | None = None,
        include_in_schema: bool = True,
    ) -> None:
        """Add a plain route: a function of a Request, or an ASGI application."""
        self.router.add_route(path, route, methods=methods, name=name, include_in_schema=include_in_schema)


class LimitsBodies(NativeMiddleware):
    """Sets the limit of the application's bodies before its middleware, which may read them before the router sets it."""

    def __init__(self, app: Any, limit: int) -> None:
        super().__init__(app)
        self.limit = limit

    def handle(self, exchange: AnyExchange) -> Awaitable[None]:  # type: ignore[override]  # one coroutine less
        if isinstance(exchange, Exchange):
            exchange.body_limit = self.limit
        return self.inner(exchange)


class Outermost(ServerErrorMiddleware):
    """Answers what nobody handled, and closes uploaded files after everything else of the request has ended.

    One layer for both: each layer is a coroutine that every request pays for.
    """

    def native_handler(self) -> Handler:
        """``handle``; or the same together with the layer below, where nobody has put middleware between the two."""
        if type(self.app) is not ExceptionMiddleware:
            return self.handle
        inner, answered = self.app.inner, self.app.answered

        async def handle(exchange: AnyExchange) -> None:
            try:
                try:
                    await inner(exchange)
                except Exception as error:
                    if not await answered(exchange, error):
                        raise
            except Exception as error:
                if not await self.failed(exchange, error):
                    raise
            finally:
                if exchange.kind == "http" and exchange.exits:
                    await close_all(exchange.exits)

        return handle

    async def handle(self, exchange: AnyExchange) -> None:
        try:
            await self.inner(exchange)
        except Exception as error:
            if not await self.failed(exchange, error):
                raise
        finally:
            if exchange.kind == "http" and exchange.exits:
                await close_all(exchange.exits)

    async def failed(self, exchange: AnyExchange, error: Exception) -> bool:
        """Answer what nobody has handled. Whether that is all: it is raised on, for the server to log, if not."""
        if isinstance(exchange, Exchange) and is_above_limit(exchange, error):
            exchange.answer(413, [PLAIN_TEXT], b"Content Too Large")
            return True
        await self.answer(exchange, error)
        return False


async def close_all(files: list[Any]) -> None:
    """Close uploaded files, the last one first."""
    while files:
        await files.pop().close()


def is_above_limit(exchange: Exchange, error: Exception) -> bool:
    """Whether middleware has failed for nothing else than that the body it read was too long, and may be answered so."""
    if exchange.answer_state or exchange.body_limit is None:
        return False
    # Applications raise the subclass; the class itself is what the exchange raises.
    return type(error) is HTTPError and error.status_code == 413
