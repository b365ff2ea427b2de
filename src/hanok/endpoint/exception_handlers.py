"""The answers that an application gives to errors by default. Users wrap and replace them."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any

from hanok import serialization
from hanok.exceptions import HTTPError, RequestValidationError, WebSocketRequestValidationError
from hanok.exchange import body_allowed
from hanok.http.json_response import JSONResponse
from hanok.http.response import Response

if TYPE_CHECKING:
    from hanok.http import Request
    from hanok.websockets import WebSocket

POLICY_VIOLATION = 1008  # RFC 6455 §7.4.1

DEEPEST = 50  # levels of what was sent that an answer repeats if it cannot repeat all


async def http_exception_handler(request: Request, exc: HTTPError) -> Response:
    """``{"detail": …}`` with the status and headers of the exception."""
    headers = dict(exc.headers) if exc.headers else None
    if not body_allowed(exc.status_code):
        return Response(status_code=exc.status_code, headers=headers)
    return JSONResponse({"detail": exc.detail}, status_code=exc.status_code, headers=headers)


async def request_validation_exception_handler(request: Request, exc: RequestValidationError) -> JSONResponse:
    """422 with every fault of the request."""
    try:
        return JSONResponse(status_code=422, content={"detail": serialization.jsonable_encoder(exc.errors())})
    except (ValueError, RecursionError):
        return JSONResponse(
            status_code=422, content={"detail": serialization.jsonable_encoder(repeatable(exc.errors()))}
        )


def repeatable(value: Any, depth: int = 0) -> Any:
    """What was sent, as far as an answer can repeat it.

    Parsers let in what JSON in UTF-8 cannot carry back: NaN and the infinities become null, half a surrogate pair a question
    mark, and what is nested too deeply an ellipsis.
    """
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, (dict, list, tuple)) and depth > DEEPEST:
        return "…"
    if isinstance(value, dict):
        return {repeatable(key): repeatable(one, depth + 1) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [repeatable(one, depth + 1) for one in value]
    return value


async def websocket_request_validation_exception_handler(
    websocket: WebSocket, exc: WebSocketRequestValidationError
) -> None:
    """A close with 1008 (policy violation) and every fault of the handshake."""
    await websocket.close(code=POLICY_VIOLATION, reason=serialization.jsonable_encoder(exc.errors()))
