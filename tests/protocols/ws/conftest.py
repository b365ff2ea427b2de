"""A server on a real socket: the HTTP/1.1 connection that hands over, and the one that it hands over to."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from hanok.gateways import Handler
from hanok.protocols.forwarded import Forwarded
from hanok.protocols.h1.answer import Heads
from hanok.protocols.h1.connection import H1Connection
from hanok.protocols.services import Services
from hanok.protocols.ws import upgrade
from hanok.server.config import Config


class Server:
    """Runs in a thread of its own, with its own loop, so that blocking clients can talk to it."""

    def __init__(self, handler: Handler, options: dict[str, Any], loop_name: str) -> None:
        self.ready = threading.Event()
        self.handler = handler
        self.options = options
        self.state: dict[str, Any] | None = {"db": "open"}
        self.thread = threading.Thread(target=self.run, args=(loop_name,), daemon=True)

    def run(self, loop_name: str) -> None:
        module = pytest.importorskip(loop_name)
        with asyncio.Runner(loop_factory=module.new_event_loop) as runner:
            runner.run(self.main())

    async def main(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.stopping = asyncio.Event()
        heads = Heads(extra=[("x-house", "hanok")])
        self.log: list[tuple[str, int]] = []
        settings = Config(**self.options)
        self.services = Services(self.loop, self.handler, settings, heads, websocket=upgrade, state=self.state)
        self.services.forwarded = Forwarded(["127.0.0.1"])
        self.services.access = lambda exchange: self.log.append((exchange.path, exchange.status))
        listener = await self.loop.create_server(lambda: H1Connection(self.services), "127.0.0.1", 0)
        self.port = listener.sockets[0].getsockname()[1]
        self.ready.set()
        await self.stopping.wait()
        listener.close()
        for connection in list(self.services.connections):
            connection.abort()
        while self.services.connections or self.services.tasks:  # noqa: ASYNC110
            await asyncio.sleep(0)

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/"

    def call(self, function: Callable[..., Any], *arguments: Any) -> None:
        """Call in the server's loop, soon."""
        self.loop.call_soon_threadsafe(function, *arguments)

    def drain(self) -> None:
        def every() -> None:
            for connection in list(self.services.connections):
                connection.drain()

        self.call(every)


@pytest.fixture(params=["asyncio", "uvloop"])
def serve(request: pytest.FixtureRequest) -> Iterator[Callable[..., Server]]:
    """``serve(handler, **options)`` starts a server; all of them are ended after the test."""
    logging.getLogger("websockets").setLevel(logging.ERROR)
    servers: list[Server] = []

    def start(handler: Handler, **options: Any) -> Server:
        server = Server(handler, options, request.param)
        servers.append(server)
        server.thread.start()
        assert server.ready.wait(10)
        return server

    yield start
    for server in servers:
        with contextlib.suppress(RuntimeError):
            server.call(server.stopping.set)
        server.thread.join(10)
        assert not server.thread.is_alive()
