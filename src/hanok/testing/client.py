"""TestClient: an httpx client whose server is an application in memory."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urljoin

import anyio.from_thread

from hanok.exceptions import HanokDeprecationWarning
from hanok.testing.asgi_version import as_asgi3
from hanok.testing.http_client import httpx
from hanok.testing.lifespan import LifespanRun
from hanok.testing.transport import WEBSOCKET_SESSION, AppTransport

if TYPE_CHECKING:
    from typing import Self

    from anyio.from_thread import BlockingPortal

    from hanok.testing.websocket import WebSocketTestSession
    from hanok.types import ASGIApp


class TestClient(httpx.Client):
    """A client of ``app``, without a socket between them.

    Everything an ``httpx.Client`` does it does, and ``websocket_connect``. As a context manager it runs the lifespan of the
    application too, and every call in one event loop; ``portal`` gives access to that loop.

    Errors of the application are raised in the test, after the answer if there was one; with
    ``raise_server_exceptions=False`` the test sees what a client would.
    """

    __test__ = False  # pytest: not a test class

    portal: BlockingPortal | None = None

    def __init__(
        self,
        app: ASGIApp,
        base_url: str = "http://testserver",
        raise_server_exceptions: bool = True,
        root_path: str = "",
        backend: Literal["asyncio", "trio"] = "asyncio",
        backend_options: dict[str, Any] | None = None,
        cookies: Any = None,
        headers: Mapping[str, str] | None = None,
        follow_redirects: bool = True,
        client: tuple[str, int] = ("testclient", 50000),
    ) -> None:
        self.app = as_asgi3(app)
        self.app_state: dict[str, Any] = {}
        self.backend = backend
        self.backend_options = backend_options or {}
        sent = httpx.Headers(headers)
        sent.setdefault("user-agent", "testclient")
        super().__init__(
            base_url=base_url,
            headers=sent,
            cookies=cookies,
            follow_redirects=follow_redirects,
            transport=AppTransport(
                self.app,
                self._portal,
                raise_server_exceptions=raise_server_exceptions,
                root_path=root_path,
                client=client,
                app_state=self.app_state,
            ),
        )

    @contextlib.contextmanager
    def _portal(self) -> Iterator[BlockingPortal]:
        """The way into the event loop: the running one within ``with``, else one for this call."""
        if self.portal is not None:
            yield self.portal
        else:
            with anyio.from_thread.start_blocking_portal(self.backend, self.backend_options) as portal:
                yield portal

    def request(self, method: str, url: httpx.URL | str, **options: Any) -> httpx.Response:
        """As ``httpx.Client.request``. ``timeout`` has no effect: there is no line that could be slow."""
        timeout = options.get("timeout", httpx.USE_CLIENT_DEFAULT)
        if timeout is not httpx.USE_CLIENT_DEFAULT:
            warnings.warn(
                "You should not use the 'timeout' argument with the TestClient. It has no effect.",
                HanokDeprecationWarning,
                stacklevel=2,
            )
        return super().request(method, url, **options)

    def websocket_connect(
        self, url: str, subprotocols: Sequence[str] | None = None, **options: Any
    ) -> WebSocketTestSession:
        """A WebSocket session, opened by ``with``. ``options`` are those of a request: ``params``, ``headers``, ...

        Opening it raises WebSocketDenialResponse or WebSocketDisconnect when the application refuses.
        """
        headers = httpx.Headers(options.pop("headers", None))
        headers.setdefault("connection", "upgrade")
        headers.setdefault("sec-websocket-key", "testserver==")
        headers.setdefault("sec-websocket-version", "13")
        if subprotocols is not None:
            headers.setdefault("sec-websocket-protocol", ", ".join(subprotocols))
        response = self.request("GET", urljoin("ws://testserver", url), headers=headers, **options)
        session: WebSocketTestSession = response.extensions[WEBSOCKET_SESSION]
        return session

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            self.portal = stack.enter_context(self._portal())
            stack.callback(setattr, self, "portal", None)
            lifespan = LifespanRun(self.app, self.app_state, self.portal)
            lifespan.startup()
            stack.callback(lifespan.shutdown)
            stack.callback(self._transport.close)
            self._running = stack.pop_all()
        return self

    def __exit__(self, *exc_info: Any) -> None:
        self._running.close()
