"""What a WebSocket's exchange is told of the request that asked for it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from hanok.protocols.connection import address
from hanok.protocols.ws.exchange import WsExchange

if TYPE_CHECKING:
    from hanok.protocols.h1.head import RequestHead
    from hanok.protocols.h2.head import H2Head
    from hanok.protocols.services import Services


def describe(
    exchange: WsExchange, head: RequestHead | H2Head, transport: asyncio.Transport, services: Services
) -> None:
    """Fill the request side of the exchange."""
    info = transport.get_extra_info
    exchange.raw_headers = head.headers
    exchange.http_version = head.http_version
    exchange.root_path = root = services.settings.root_path
    exchange.path = root + head.path
    exchange.raw_path = root.encode() + head.raw_path
    exchange.query = head.query
    exchange.state = None if services.state is None else services.state.copy()
    name = info("sockname")
    exchange.server = address(name) or ((name, None) if isinstance(name, str) and name else None)
    exchange.client = client = address(info("peername"))
    proxied, forwarded = info("proxy_header"), services.forwarded
    is_tls = info("sslcontext") is not None or (proxied is not None and proxied.is_tls)
    exchange.scheme = "wss" if is_tls else "ws"
    if forwarded is not None and head.forwarded and forwarded.trusts(client[0] if client else None):
        forwarded.introduce(exchange)
