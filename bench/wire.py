"""One connection inside the process: requests go in as bytes, answers come out as bytes, and no socket is there.

``bench.gate`` and ``bench.profile`` count what happens between the two. Every request has other header bytes than the one
before: what is counted is the whole road, not its shortcuts.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bench.inprocess import load
from bench.works import WORKS, Question


@dataclass(frozen=True)
class Route:
    """The application's BENCH_WORK, the request, and where the application is."""

    work: str
    question: Question
    file: str = "app.py"
    is_http2: bool = False


REFUSED = Question("/items/five", status=range(422, 423))
NOWHERE = Question("/nowhere", status=range(404, 405))
ROUTES: dict[str, Route] = {
    **{
        name: Route(name, WORKS[name].question)
        for name in ("json", "params", "model", "dependencies", "middleware", "routes1000")
    },
    "refused": Route("params", REFUSED),
    "not found": Route("params", NOWHERE),
    "inline": Route("sync", WORKS["sync"].question, file="inline.py"),
    "h2": Route("json", WORKS["json"].question, is_http2=True),
}


def fields_of(question: Question, number: int) -> dict[str, str]:
    """What the request carries; each number has other headers."""
    fields = {"user-agent": f"gate/{number}", "accept": "application/json", "accept-encoding": "gzip, br",
              "cookie": "theme=dark", **question.sent}  # fmt: skip
    if question.body:
        fields["content-length"] = str(len(question.body))
    return fields


def message(question: Question, number: int) -> bytes:
    """The request of HTTP/1.1 as bytes."""
    fields = {"host": "127.0.0.1:8000", **fields_of(question, number)}
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"{question.method} {question.path} HTTP/1.1\r\n{lines}\r\n".encode() + (question.body or b"")


class Sink(asyncio.Transport):
    """A transport that keeps what is written until it is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []

    def write(self, data: Any) -> None:
        self.written.append(bytes(data))

    def writelines(self, pieces: Any) -> None:
        self.written.append(b"".join(pieces))

    def is_closing(self) -> bool:
        return False

    def get_write_buffer_size(self) -> int:
        return 0

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return ("127.0.0.1", 50000) if name in ("peername", "sockname") else default


class Wire:
    """A connection of the route's application, made inside a running event loop."""

    def __init__(self, name: str) -> None:
        self.route = ROUTES[name]
        self.name = name
        os.environ["BENCH_WORK"] = self.route.work
        self.app = load("hanok", self.route.file)
        self.sink = Sink()
        self.connection = self.connect(self.sink)

    def connect(self, sink: Sink) -> Any:
        from hanok.gateways import handler_of
        from hanok.protocols.h1.answer import Heads
        from hanok.protocols.h1.connection import H1Connection
        from hanok.protocols.services import Services
        from hanok.server.config import Config

        services = Services(asyncio.get_running_loop(), handler_of(self.app), Config(), Heads())
        if self.route.is_http2:
            from hanok.protocols.h2 import http2

            connection: Any = http2(services)
        else:
            connection = H1Connection(services)
        connection.connection_made(sink)
        return connection

    async def requests(self, count: int) -> list[bytes]:
        """So many requests, made before anything is counted."""
        if self.route.is_http2:
            return await self.recorded(count)
        return [message(self.route.question, number) for number in range(count)]

    async def recorded(self, count: int) -> list[bytes]:
        """What a client of HTTP/2 says: to another connection, and to be said again to ours."""
        import ngh2

        sink = Sink()
        connection = self.connect(sink)
        client = ngh2.Connection(ngh2.Role.CLIENT, ngh2.Configuration())
        client.initiate_connection()
        client.receive_data(b"".join(sink.written))  # its settings come first
        client.events()
        question = self.route.question
        pseudo = {":method": question.method, ":path": question.path, ":scheme": "http", ":authority": "127.0.0.1:8000"}
        said = []
        for number in range(count):
            fields = pseudo | fields_of(question, number)
            client.send_request([(name.encode(), value.encode()) for name, value in fields.items()], end_stream=True)
            said.append(client.data_to_send())
            await self.ask(said[-1], connection, sink)
            for data in sink.written:
                client.receive_data(data)
            client.events()
        return said

    async def ask(self, request: bytes, connection: Any = None, sink: Sink | None = None) -> None:
        """Say it, and wait until something is answered."""
        sink = sink or self.sink
        sink.written.clear()
        (connection or self.connection).data_received(request)
        while not sink.written:  # noqa: ASYNC110 - an event would add to what is counted
            await asyncio.sleep(0)

    def check(self) -> None:
        """Whether the last answer is the one that the work asks for. Raises SystemExit."""
        said = b"".join(self.sink.written)
        if self.route.is_http2:
            right = b"Hello, World!" in said
        else:
            right = int(said.split(b" ", 2)[1]) in self.route.question.status
        if not right:
            raise SystemExit(f"{self.name} was answered with {said[:200]!r}")


async def replay(wire: Wire, requests: Sequence[bytes]) -> None:
    """Say one after the other: what is counted."""
    for request in requests:
        await wire.ask(request)
