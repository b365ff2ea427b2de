"""HTTPSRedirectMiddleware: the same address, over TLS."""

from __future__ import annotations

from typing import Any

from hanok.http.connection import HTTPConnection
from hanok.http.redirect import RedirectResponse
from hanok.http.response import PlainTextResponse
from hanok.middleware.base import NativeMiddleware

_SECURE = {"http": "https", "ws": "wss"}


class HTTPSRedirectMiddleware(NativeMiddleware):
    """Sends ``http`` and ``ws`` requests to ``https`` and ``wss`` with a 307."""

    async def handle(self, exchange: Any) -> None:
        secure = _SECURE.get(exchange.scheme)
        if secure is None:
            await self.inner(exchange)
            return
        url = HTTPConnection.of(exchange).url
        if not url.hostname:
            await PlainTextResponse("Invalid host header", status_code=400).send(exchange)
            return
        netloc = url.hostname if url.port in (80, 443) else url.netloc
        await RedirectResponse(str(url.replace(scheme=secure, netloc=netloc))).send(exchange)
