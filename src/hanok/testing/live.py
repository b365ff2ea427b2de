"""LiveServer: the application behind a real socket, in a thread, and a client bound to it."""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from typing import Any, Self

from hanok.server.threaded import Server
from hanok.testing.http_client import httpx
from hanok.testing.live_websocket import LiveWebSocketSession


class LiveServer:
    """Serves ``app`` on a free port of the loopback interface while the ``with`` lasts. ``options`` are those of the server.

    ``url`` is its address, ``client`` an ``httpx`` client of it, with ``websocket_connect`` as ``TestClient`` has it.
    """

    def __init__(self, app: Any, **options: Any) -> None:
        self.server = Server(app, **options)

    def __enter__(self) -> Self:
        self.server.start()
        host, port = self.server.sockets[0].getsockname()[:2]
        self.address = (host, port)
        self.client = LiveClient(self.address, base_url=self.url, scheme=httpx.URL(self.url).scheme)
        return self

    def __exit__(self, *exc_info: Any) -> None:
        self.client.close()
        self.server.stop()

    @property
    def url(self) -> str:
        return self.server.url

    @property
    def port(self) -> int:
        return self.server.port


class LiveClient(httpx.Client):
    """An ``httpx`` client of one server. Whatever host a URL names, its requests go there, as with ``TestClient``."""

    def __init__(
        self,
        address: tuple[str, int],
        base_url: str = "http://testserver",
        cookies: Any = None,
        headers: Mapping[str, str] | None = None,
        follow_redirects: bool = True,
        scheme: str = "http",
    ) -> None:
        self.address = address
        sent = httpx.Headers(headers)
        sent.setdefault("user-agent", "testclient")
        super().__init__(
            base_url=base_url,
            headers=sent,
            cookies=cookies,
            follow_redirects=follow_redirects,
            transport=AddressTransport(scheme, address),
            trust_env=False,
        )

    def websocket_connect(
        self, url: str, subprotocols: Sequence[str] | None = None, **options: Any
    ) -> LiveWebSocketSession:
        """As ``TestClient.websocket_connect``."""
        request = self.build_request("GET", url, **options)
        scheme = "wss" if request.url.scheme in ("https", "wss") else "ws"
        sock = socket.create_connection(self.address, timeout=10)
        sock.settimeout(None)
        return LiveWebSocketSession(request.url.copy_with(scheme=scheme), request.headers, subprotocols, sock)


class AddressTransport(httpx.BaseTransport):
    """Sends every request to one address; its Host header keeps the name that the URL had."""

    def __init__(self, scheme: str, address: tuple[str, int]) -> None:
        self.scheme = scheme
        self.host, self.port = address
        # The server is our own, and its certificate one made for the test; reading the system's takes 15 ms.
        self.transport = httpx.HTTPTransport(verify=False)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        there = httpx.Request(
            request.method,
            request.url.copy_with(scheme=self.scheme, host=self.host, port=self.port),
            headers=request.headers,
            stream=request.stream,
            extensions=request.extensions,
        )
        return self.transport.handle_request(there)

    def close(self) -> None:
        self.transport.close()
