"""A small client that presses a server: some connections, each of which asks again when it was answered.

It is written in Python and may well be slower than what it presses. So the rate is what the two of them reached together; the
processor time of the server is what one request costs it, whoever waits for whom.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import httptools

from hanok.measure.requests import Sent
from hanok.server.worker import loop_factory

CONNECTIONS = 16
CONNECT_SECONDS = 10.0


@dataclass(frozen=True)
class Load:
    """What the client saw: requests/s, milliseconds."""

    requests: int
    failures: int
    seconds: float
    p50: float
    p99: float

    @property
    def rate(self) -> float:
        return self.requests / self.seconds if self.seconds else 0.0


class Asking(asyncio.Protocol):
    """One connection."""

    def __init__(self, message: bytes, run: Run) -> None:
        self.message = message
        self.run = run
        self.parser: Any = None
        self.began = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport
        self.ask()

    def ask(self) -> None:
        self.parser = httptools.HttpResponseParser(self)
        self.began = perf_counter()
        self.transport.write(self.message)

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_message_complete(self) -> None:
        now = perf_counter()
        self.run.answered(now - self.began, self.parser.get_status_code())
        if now < self.run.deadline:
            # The parser calls us: it must have returned before it is replaced.
            self.run.loop.call_soon(self.ask_again, self.parser.should_keep_alive())
        else:
            self.transport.close()

    def ask_again(self, kept: bool) -> None:
        if kept and not self.transport.is_closing():
            self.ask()
        elif not self.transport.is_closing():
            self.transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        self.run.lost()


class Run:
    """All connections of one load."""

    def __init__(self, loop: asyncio.AbstractEventLoop, seconds: float, status: int) -> None:
        self.loop = loop
        self.deadline = perf_counter() + seconds
        self.status = status
        self.times: list[float] = []
        self.failures = 0
        self.open = CONNECTIONS
        self.over = loop.create_future()

    def answered(self, seconds: float, status: int) -> None:
        self.times.append(seconds)
        self.failures += status != self.status

    def lost(self) -> None:
        self.open -= 1
        if not self.open and not self.over.done():
            self.over.set_result(None)


def press(port: int, sent: Sent, status: int, seconds: float) -> Load:
    """Ask for ``seconds``; answers with another status are failures. Raises TimeoutError when they stay away."""

    async def run() -> Load:
        loop = asyncio.get_running_loop()
        load = Run(loop, seconds, status)
        began = perf_counter()
        async with asyncio.timeout(seconds + CONNECT_SECONDS):
            transports = [
                (await loop.create_connection(lambda at=at: Asking(sent.message(at), load), "127.0.0.1", port))[0]  # type: ignore[misc]
                for at in range(CONNECTIONS)
            ]
            try:
                await load.over
            finally:
                for transport in transports:
                    transport.abort()
        passed = perf_counter() - began
        times = sorted(load.times) or [0.0]
        return Load(
            requests=len(load.times),
            failures=load.failures,
            seconds=passed,
            p50=times[len(times) // 2] * 1e3,
            p99=times[min(len(times) - 1, len(times) * 99 // 100)] * 1e3,
        )

    with asyncio.Runner(loop_factory=loop_factory("auto")) as runner:
        return runner.run(run())
