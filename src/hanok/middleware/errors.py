"""Where exceptions become answers: one hook around the router, one around everything."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from hanok import http, websockets
from hanok.exceptions import ClientDisconnect, HTTPError, WebSocketException
from hanok.exchange import body_allowed
from hanok.http.inspection import is_async_callable, is_inline
from hanok.http.response import PlainTextResponse, Response
from hanok.middleware.base import NativeMiddleware, send_response

if TYPE_CHECKING:
    from hanok.exchange import AnyExchange
    from hanok.http import Request
    from hanok.websockets import WebSocket

# (request, exception) → Response for HTTP; (websocket, exception) → None for a WebSocket. Sync ones run in a thread.
ExceptionHandler: TypeAlias = Callable[[Any, Any], Any]


class ExceptionMiddleware(NativeMiddleware):
    """Answers exceptions by handlers, found by status for an HTTPError, then by the class and its ancestors.

    HTTPError and WebSocketException have handlers from the start. What has none travels on, and so does what comes after
    the answer has begun, as a RuntimeError.
    """

    def __init__(self, app: Any, handlers: Mapping[Any, ExceptionHandler] | None = None, debug: bool = False) -> None:
        super().__init__(app)
        self.debug = debug
        self.by_status: dict[int, ExceptionHandler] = {}
        self.by_class: dict[type[BaseException], ExceptionHandler] = {
            HTTPError: self.http_exception,
            WebSocketException: self.websocket_exception,
        }
        self._exception_handlers = self.by_class  # the name by which monitoring packages look for them
        for key, handler in (handlers or {}).items():
            self.add_exception_handler(key, handler)

    def add_exception_handler(self, exc_class_or_status_code: int | type[Exception], handler: ExceptionHandler) -> None:
        if isinstance(exc_class_or_status_code, int):
            self.by_status[exc_class_or_status_code] = handler
        elif issubclass(exc_class_or_status_code, Exception):
            self.by_class[exc_class_or_status_code] = handler
        else:
            raise AssertionError(f"{exc_class_or_status_code!r} is neither a status nor an exception class")

    def find(self, error: Exception) -> ExceptionHandler | None:
        """The handler for this exception."""
        if isinstance(error, HTTPError):
            handler = self.by_status.get(error.status_code)
            if handler is not None:
                return handler
        for cls in type(error).__mro__:
            handler = self.by_class.get(cls)
            if handler is not None:
                return handler
        return None

    async def handle(self, exchange: AnyExchange) -> None:
        try:
            await self.inner(exchange)
        except Exception as error:
            if not await self.answered(exchange, error):
                raise

    async def answered(self, exchange: AnyExchange, error: Exception) -> bool:
        """Whether there was a handler for this error, which has answered then."""
        handler = self.find(error)
        if handler is None:
            return False
        if exchange.kind == "http" and exchange.answer_state:
            raise RuntimeError("Caught handled exception, but response already started.") from error
        if self.debug:
            handler = helpful(handler, exchange, error)
        await answer_by(handler, exchange, error)
        let_go(error)
        return True

    async def http_exception(self, request: Request, exc: Exception) -> Response:
        """The detail as plain text."""
        assert isinstance(exc, HTTPError)
        if not body_allowed(exc.status_code):
            return Response(status_code=exc.status_code, headers=exc.headers)
        return PlainTextResponse(exc.detail, status_code=exc.status_code, headers=exc.headers)

    async def websocket_exception(self, websocket: WebSocket, exc: Exception) -> None:
        """A close with the code and the reason."""
        assert isinstance(exc, WebSocketException)
        await websocket.close(code=exc.code, reason=exc.reason)


class ServerErrorMiddleware(NativeMiddleware):
    """The outermost hook: answers what nobody handled with a 500, then raises it on, for the server to log.

    The answer is that of ``handler``; in debug mode a page with the traceback, as HTML to browsers and as text or JSON to
    others.
    """

    def __init__(self, app: Any, handler: ExceptionHandler | None = None, debug: bool = False) -> None:
        super().__init__(app)
        self.handler = handler
        self.debug = debug

    async def handle(self, exchange: AnyExchange) -> None:
        try:
            await self.inner(exchange)
        except Exception as error:
            await self.answer(exchange, error)
            raise

    async def answer(self, exchange: AnyExchange, error: Exception) -> None:
        """Say that it is our fault, if nothing was said yet; the application's own handler is told in any case."""
        if exchange.kind != "http":
            return
        if exchange.answer_state:
            if self.handler is not None and not self.debug and not isinstance(error, ClientDisconnect):
                await call_handler(self.handler, http.Request.of(exchange), error)
        else:
            handler = self.debug_response if self.debug else self.handler or self.error_response
            await answer_by(handler, exchange, error)
            await exchange.drain()

    async def debug_response(self, request: Request, exc: Exception) -> Response:
        """The traceback."""
        from hanok.middleware.debug.error_page import error_response

        return error_response(request, exc)

    async def error_response(self, request: Request, exc: Exception) -> Response:
        """Nothing that would help an attacker."""
        return PlainTextResponse("Internal Server Error", status_code=500)


def let_go(error: BaseException | None) -> None:
    """Part an exception that was dealt with, and those it came from, from the frames of its request.

    Frames keep what was in them: an exception may be kept and raised again, and one that a frame of its own names is a ring
    that stays until the garbage collector finds it.
    """
    while error is not None and error.__traceback__ is not None:
        error.__traceback__ = None
        error = error.__context__


def helpful(handler: ExceptionHandler, exchange: AnyExchange, error: Exception) -> ExceptionHandler:
    """In debug mode: what tells a browser more about a path that nothing answers; else the handler itself."""
    if exchange.kind == "http" and isinstance(error, HTTPError) and error.status_code in (404, 405):
        from hanok.middleware.debug.not_found import instead_of

        return instead_of(handler, exchange, error)
    return handler


async def call_handler(handler: ExceptionHandler, connection: Any, error: Exception) -> Any:
    """What an exception handler returns; a sync one runs in a thread, unless it is marked as inline."""
    if is_async_callable(handler):
        return await handler(connection, error)
    if is_inline(handler):
        return handler(connection, error)
    return await http.run_in_threadpool(handler, connection, error)


async def answer_by(handler: ExceptionHandler, exchange: Any, error: Exception) -> None:
    """Call an exception handler, and answer with what it returns."""
    connection: Any
    if exchange.kind == "http":
        connection = http.Request.of(exchange)
    else:
        connection = exchange.websocket or websockets.WebSocket.of(exchange)
    response = await call_handler(handler, connection, error)
    if response is None:
        return
    if exchange.kind == "websocket" and connection.application_state is not websockets.WebSocketState.CONNECTING:
        raise error  # an open WebSocket cannot be answered with an HTTP response
    await send_response(response, exchange)
