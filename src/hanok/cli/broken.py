"""BrokenApp: what is served while the application that is being written cannot be imported, or does not start."""

from __future__ import annotations

from typing import Any

from hanok.gateways import NativeApp


class BrokenApp(NativeApp):
    """Answers each request as a request would be answered whose endpoint raises ``error``, in debug mode: with a 500 and the
    page that shows the failing line and what to do. WebSockets are refused.
    """

    def __init__(self, error: BaseException) -> None:
        self.error = error

    async def handle(self, exchange: Any) -> None:
        if exchange.kind == "websocket":
            from hanok.websockets import WebSocket

            await WebSocket.of(exchange).close(1011)  # before it is accepted: the handshake is refused
            return
        from hanok.http.request import Request
        from hanok.middleware.debug.error_page import error_response

        await error_response(Request.of(exchange), self.error).send(exchange)
