"""What a native middleware is: a handler of exchanges around another."""

from __future__ import annotations

from typing import Any

from hanok.gateways import NativeApp, handler_of
from hanok.types import Receive, Scope, Send


class NativeMiddleware(NativeApp):
    """Around ``app``, native or not. Subclasses give ``handle``: look at the exchange, add a filter for its answer, and
    ``await self.inner(exchange)``.
    """

    def __init__(self, app: Any) -> None:
        self.app = app
        self.inner = handler_of(app)

    async def handle(self, exchange: Any) -> None:
        await self.inner(exchange)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            await super().__call__(scope, receive, send)
        else:
            await self.app(scope, receive, send)  # the lifespan is no exchange

    # Tells handler_of() that this call adds nothing to ``handle``.
    __hanok_call__ = __call__


async def send_response(response: Any, exchange: Any) -> None:
    """Answer with a response of ours, or of another framework by its ASGI call."""
    if isinstance(response, NativeApp):
        await response.send(exchange)  # type: ignore[attr-defined]  # has it: checked just above
    elif callable(response):
        await handler_of(response)(exchange)
    else:
        raise TypeError(f"a middleware or an exception handler must give a Response, not {response!r}")
