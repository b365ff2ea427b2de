"""``@app.middleware("http")``: a function of the request that calls the rest of the application and sees its answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from hanok.gateways import AsgiExchange, ForeignApp
from hanok.gateways.event_loop import on_trio
from hanok.gateways.scopes import open_scope
from hanok.http.request import Request
from hanok.middleware.base import NativeMiddleware, send_response
from hanok.middleware.capture import CaptureExchange
from hanok.middleware.captured_response import CapturedResponse
from hanok.middleware.downstream import Downstream
from hanok.middleware.rewired import RewiredExchange

if TYPE_CHECKING:
    from hanok.exchange import Exchange
    from hanok.gateways import Handler
    from hanok.http.response import Response

RequestResponseEndpoint: TypeAlias = "Callable[[Request], Awaitable[Response]]"
DispatchFunction: TypeAlias = "Callable[[Request, RequestResponseEndpoint], Awaitable[Response]]"


class CallNext:
    """``await call_next(request)``: the rest of the application, up to its answer. Raises what the application raises."""

    __slots__ = ("downstream", "exchange", "middleware", "scope")

    def __init__(self, middleware: BaseHTTPMiddleware, exchange: Exchange) -> None:
        self.middleware = middleware
        self.exchange = exchange
        self.scope = open_scope()
        self.downstream: Downstream | None = None

    async def __call__(self, request: Request) -> CapturedResponse:
        if self.downstream is not None:
            raise RuntimeError("call_next() may be called once for a request: the application answers it once.")
        exchange = self.exchange
        if exchange._scope is not None:
            exchange.read_scope()
        if getattr(request, "rewired", False):
            capture: CaptureExchange = RewiredExchange(exchange, request.exchange)
        else:
            capture = CaptureExchange(exchange)
        downstream = self.downstream = Downstream(self.way(), capture)
        try:
            # Most answer without waiting for anything.
            if not downstream.begin():
                await downstream.go_on()
        finally:
            capture.give_back()
        if not capture.answer_state:
            raise RuntimeError("No response returned.")
        return CapturedResponse(downstream)

    def way(self) -> Handler:
        """The handler of the application; in a task of its own if the function has opened a cancel scope around us.

        On trio it always has a task of its own: cancel scopes of one task must nest there, across its answer too.
        """
        if open_scope() is self.scope and not on_trio():
            return self.middleware.inner
        return ForeignApp(self.middleware.app).handle


class BaseHTTPMiddleware(NativeMiddleware):
    """Calls ``dispatch(request, call_next)`` for every HTTP request and answers with what it returns.

    Give the function, or override the method. Background tasks and request-scoped dependencies of the application run
    after the answer was sent, whichever answer that was.
    """

    def __init__(self, app: Any, dispatch: DispatchFunction | None = None) -> None:
        super().__init__(app)
        self.dispatch_func: DispatchFunction = self.dispatch if dispatch is None else dispatch

    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        raise NotImplementedError

    async def handle(self, exchange: Any) -> None:
        if exchange.kind != "http":
            await self.inner(exchange)
            return
        call_next = CallNext(self, exchange)
        try:
            response = await self.dispatch_func(Request.of(exchange), call_next)
            if type(response) is CapturedResponse and response.is_plain and type(exchange) is not AsgiExchange:
                exchange.answer(response.status_code, response.raw_headers, bytes(response.body))
            else:
                await send_response(response, exchange)
            downstream = call_next.downstream
            if downstream is None or downstream.is_over:
                return
            await exchange.drain()
            if not downstream.done and isinstance(exchange, AsgiExchange):
                from anyio.lowlevel import checkpoint

                await checkpoint()  # who runs beside us may answer before what comes after our answer begins
        except BaseException as error:
            if call_next.downstream is not None:
                await call_next.downstream.break_off(error)
            raise
        await downstream.finish()
