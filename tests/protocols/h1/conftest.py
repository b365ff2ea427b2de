import asyncio
import contextlib
import logging
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from hanok.gateways import NativeApp
from hanok.server.config import Config
from hanok.server.threaded import Server


class Client:
    """A raw connection: says bytes, hears bytes."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)

    def say(self, data: bytes) -> None:
        self.socket.sendall(data)

    def hear(self, until: bytes) -> bytes:
        """Everything up to and including ``until``."""
        found = b""
        while not found.endswith(until):
            piece = self.socket.recv(1)
            assert piece, f"the connection ended after {found!r}"
            found += piece
        return found

    def answer(self) -> tuple[int, dict[str, str], bytes]:
        """One answer: status, headers, body by its content-length or chunks."""
        head = self.hear(b"\r\n\r\n").decode("latin-1")
        line, *fields = head[:-4].split("\r\n")
        headers = dict(field.split(": ", 1) for field in fields)
        if headers.get("transfer-encoding") == "chunked":
            body = b""
            while size := int(self.hear(b"\r\n"), 16):
                body += self.exactly(size)
                assert self.exactly(2) == b"\r\n"
            assert self.exactly(2) == b"\r\n"
        else:
            body = self.exactly(int(headers.get("content-length", 0)))
        return int(line.split()[1]), headers, body

    def exactly(self, size: int) -> bytes:
        found = b""
        while len(found) < size:
            piece = self.socket.recv(size - len(found))
            assert piece, f"the connection ended after {found!r}"
            found += piece
        return found

    def rest(self) -> bytes:
        """Everything until the server closes. A reset is told by ConnectionResetError."""
        found = b""
        while piece := self.socket.recv(65536):
            found += piece
        return found

    def reset(self) -> None:
        """Vanish without a goodbye."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.socket.close()

    def close(self) -> None:
        self.socket.close()


class Calls(NativeApp):
    """An application that is one function."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self.function = function

    async def handle(self, exchange: Any) -> None:
        await self.function(exchange)


class House:
    """Servers and clients of one test; all are ended with it."""

    def __init__(self, stack: contextlib.ExitStack, loop: str) -> None:
        self.stack = stack
        self.loop = loop

    def serve(self, function: Callable[[Any], Any], **options: Any) -> Server:
        options = {"loop": self.loop, "port": 0, "access_log": False, "timeout_graceful_shutdown": 0.5, **options}
        server = Server(Calls(function), Config(**options))
        self.stack.callback(server.stop, quick=True)
        return server.start()

    def connect(self, server: Server) -> Client:
        client = Client(server.port)
        self.stack.callback(client.close)
        return client

    def client(self, function: Callable[[Any], Any], **options: Any) -> Client:
        return self.connect(self.serve(function, **options))

    @staticmethod
    def run(server: Server, function: Callable[[], Any]) -> Any:
        """The result of a function called in the server's thread."""

        async def call() -> Any:
            return function()

        return asyncio.run_coroutine_threadsafe(call(), server._loop).result(20)


@pytest.fixture(params=["asyncio", "uvloop"])
def house(request) -> Iterator[House]:
    with contextlib.ExitStack() as stack:
        yield House(stack, request.param)


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
