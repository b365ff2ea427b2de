"""The answers that an application gives to errors by default. Users wrap and replace them."""

from __future__ import annotations

from hanok.exceptions import HTTPError, RequestValidationError, WebSocketRequestValidationError
from hanok.exchange import body_allowed
from hanok.http import JSONResponse, Request, Response, status
from hanok.serialization import jsonable_encoder
from hanok.websockets import WebSocket


async def http_exception_handler(request: Request, exc: HTTPError) -> Response:
    """``{"detail": …}`` with the status and headers of the exception."""
    headers = dict(exc.headers) if exc.headers else None
    if not body_allowed(exc.status_code):
        return Response(status_code=exc.status_code, headers=headers)
    return JSONResponse({"detail": exc.detail}, status_code=exc.status_code, headers=headers)


async def request_validation_exception_handler(request: Request, exc: RequestValidationError) -> JSONResponse:
    """422 with every fault of the request."""
    return JSONResponse(status_code=422, content={"detail": jsonable_encoder(exc.errors())})


async def websocket_request_validation_exception_handler(
    websocket: WebSocket, exc: WebSocketRequestValidationError
) -> None:
    """A close with 1008 (policy violation, RFC 6455 §7.4.1) and every fault of the handshake."""
    await websocket.close(code=status.WS_1008_POLICY_VIOLATION, reason=jsonable_encoder(exc.errors()))
