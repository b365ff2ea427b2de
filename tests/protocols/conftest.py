"""A server of its own for each test, with raw clients. Which ones, the folder says: ``connect_to``."""

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from hanok.gateways import NativeApp
from hanok.server.config import Config
from hanok.server.threaded import Server


class Calls(NativeApp):
    """An application that is one function."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self.function = function

    async def handle(self, exchange: Any) -> None:
        await self.function(exchange)


class House:
    """Servers and clients of one test; all are ended with it."""

    def __init__(self, stack: contextlib.ExitStack, loop: str, connect_to: Callable[[int], Any]) -> None:
        self.stack = stack
        self.loop = loop
        self.connect_to = connect_to

    def serve(self, function: Callable[[Any], Any], **options: Any) -> Server:
        options = {"loop": self.loop, "port": 0, "access_log": False, "timeout_graceful_shutdown": 0.5, **options}
        server = Server(Calls(function), Config(**options))
        self.stack.callback(server.stop, quick=True)
        return server.start()

    def connect(self, server: Server) -> Any:
        client = self.connect_to(server.port)
        self.stack.callback(client.close)
        return client

    def client(self, function: Callable[[Any], Any], **options: Any) -> Any:
        """A client of a server of its own."""
        return self.connect(self.serve(function, **options))

    def wire(self, function: Callable[[Any], Any], *settings: tuple[int, int], **options: Any) -> Any:
        """The same over HTTP/2, greeted."""
        wire = self.client(function, **options)
        wire.greet(*settings)
        return wire

    @staticmethod
    def run(server: Server, function: Callable[[], Any]) -> Any:
        """The result of a function called in the server's thread."""

        async def call() -> Any:
            return function()

        return asyncio.run_coroutine_threadsafe(call(), server._loop).result(20)


@pytest.fixture(params=["asyncio", "uvloop"])
def house(request, connect_to) -> Iterator[House]:
    with contextlib.ExitStack() as stack:
        yield House(stack, request.param, connect_to)


class Errors(logging.Handler):
    """What the server logs as errors."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.records: list[logging.LogRecord] = []
        self.changed = threading.Condition()

    def emit(self, record: logging.LogRecord) -> None:
        with self.changed:
            self.records.append(record)
            self.changed.notify_all()

    def wait(self, count: int) -> list[logging.LogRecord]:
        """The records, once there are ``count``; a client may see an answer before its error is logged."""
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.records) >= count, 20)
            assert len(self.records) == count
            return self.records


@pytest.fixture
def errors() -> Iterator[Errors]:
    logger, handler = logging.getLogger("hanok.error"), Errors()
    logger.addHandler(handler)
    yield handler
    logger.removeHandler(handler)
