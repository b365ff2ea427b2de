"""TrustedHostMiddleware: only requests for our own names (RFC 9110 §7.2: the Host is the client's claim)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hanok.http.connection import HTTPConnection
from hanok.http.redirect import RedirectResponse
from hanok.http.response import PlainTextResponse
from hanok.http.url import split_authority
from hanok.middleware.base import NativeMiddleware

WILDCARD_FORM = "Domain wildcard patterns must be like '*.example.com'."


class TrustedHostMiddleware(NativeMiddleware):
    """Refuses requests for other hosts with a 400.

    ``allowed_hosts`` are names, ``"*.example.com"`` for all names below one, or ``"*"``. With ``www_redirect`` a request
    for a name of which only ``www.`` in front is allowed is sent there.
    """

    def __init__(self, app: Any, allowed_hosts: Sequence[str] | None = None, www_redirect: bool = True) -> None:
        super().__init__(app)
        hosts = ["*"] if allowed_hosts is None else [host.lower() for host in allowed_hosts]
        for host in hosts:
            if "*" in host and host != "*" and (host.rfind("*") > 0 or not host.startswith("*.")):
                raise AssertionError(WILDCARD_FORM)
        self.allowed_hosts = hosts
        self.allow_any = "*" in hosts
        self.names = frozenset(host for host in hosts if "*" not in host)
        self.suffixes = tuple(host[1:] for host in hosts if host.startswith("*."))
        self.www_redirect = www_redirect

    async def handle(self, exchange: Any) -> None:
        if self.allow_any:
            await self.inner(exchange)
            return
        claimed = split_authority((exchange.header(b"host") or b"").decode("latin-1"))
        host = claimed[0].lower() if claimed else ""
        if host in self.names or (host and host.endswith(self.suffixes)):
            await self.inner(exchange)
        elif host and self.www_redirect and f"www.{host}" in self.names:
            url = HTTPConnection.of(exchange).url
            await RedirectResponse(str(url.replace(netloc=f"www.{url.netloc}"))).send(exchange)
        else:
            await PlainTextResponse("Invalid host header", status_code=400).send(exchange)
