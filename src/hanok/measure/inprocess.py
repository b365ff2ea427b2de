"""One application in this process: requests as bytes into the server's connection, answers as bytes out of it, and no socket.

Three passes for each request: how long it takes, with nobody watching; how that time is shared among the stages; how memory is.
The share is what the watched passes are for, the time is that of the first.
"""

from __future__ import annotations

import asyncio
import tracemalloc
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import perf_counter_ns
from typing import Any

from hanok.exceptions import ConfigError
from hanok.measure.meter import MemoryMeter, Meter, TimeMeter, own_cost
from hanok.measure.requests import Sent
from hanok.measure.stages import Stage, Stages
from hanok.measure.watching import threads_prepared, watching
from hanok.protocols.h1.answer import Heads
from hanok.protocols.h1.connection import H1Connection
from hanok.protocols.services import Services
from hanok.server.config import Config
from hanok.server.interface import adapted
from hanok.server.lifespan import Lifespan
from hanok.server.worker import loop_factory

PATIENCE = 5.0  # seconds for one answer
WARM_UP = 20
BATCHES, BATCH_SECONDS = 5, 0.1
ROUNDS, WATCHED, WEIGHED = 5, 20, 20


@dataclass(frozen=True)
class StageCost:
    """Of one stage of one request: calls of functions, Python's and C's; nanoseconds; bytes and blocks of memory."""

    calls: float
    nanoseconds: float
    bytes: float
    blocks: float


@dataclass(frozen=True)
class Measured:
    """One request: how it was answered, how long it takes, and the share of every stage."""

    sent: Sent
    status: int
    length: int  # bytes of the answer, head and body
    nanoseconds: float
    stages: dict[Stage, StageCost]

    @property
    def calls(self) -> float:
        return sum(stage.calls for stage in self.stages.values())

    @property
    def bytes(self) -> float:
        return sum(stage.bytes for stage in self.stages.values())

    @property
    def blocks(self) -> float:
        return sum(stage.blocks for stage in self.stages.values())


@dataclass(frozen=True)
class Failed:
    """A request that is not measured: what it was answered with says nothing of the route."""

    sent: Sent
    reason: str


class Wire(asyncio.Transport):
    """A transport that leads nowhere. It counts what is written and keeps the beginning of an answer."""

    def __init__(self) -> None:
        super().__init__()
        self.head = b""
        self.length = 0
        self.closed = False

    def write(self, data: Any) -> None:
        if not self.length:
            self.head = bytes(data[:64])
        self.length += len(data)

    def writelines(self, parts: Iterable[Any]) -> None:
        for data in parts:
            self.write(data)

    def close(self) -> None:
        self.closed = True

    abort = close

    def is_closing(self) -> bool:
        return self.closed

    def can_write_eof(self) -> bool:
        return False

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass

    def get_write_buffer_size(self) -> int:
        return 0

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return ("127.0.0.1", 50000) if name in ("peername", "sockname") else default


class Door:
    """A connection, and who asks through it."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.loop = services.loop
        self.answered: asyncio.Future[None] | None = None
        self.complete = False
        services.access = self.over
        self.open()

    def open(self) -> None:
        self.wire = Wire()
        self.connection = H1Connection(self.services)
        self.connection.connection_made(self.wire)

    def over(self, exchange: Any) -> None:
        """An answer is complete."""
        self.complete = True
        if self.answered is not None and not self.answered.done():
            self.answered.set_result(None)

    async def ask(self, message: bytes) -> None:
        """Send a request; return when its answer is complete and nothing of it goes on."""
        wire = self.wire
        wire.length = 0
        self.complete = False
        self.connection.data_received(message)
        if not self.complete and not wire.closed:
            self.answered = self.loop.create_future()
            await self.answered
            self.answered = None
        tasks = self.services.tasks
        if tasks:
            await asyncio.sleep(0)  # most have nothing left but to be done
            if tasks:
                await asyncio.wait(tasks)

    async def ask_patiently(self, sent: Sent, number: int) -> tuple[int, int]:
        """As ``ask``; status and length. Raises TimeoutError when the answer does not end."""
        async with asyncio.timeout(PATIENCE):
            await self.ask(sent.message(number))
        status, length = int(self.wire.head[9:12] or 0), self.wire.length
        if self.wire.closed:
            self.close()
            self.open()
        return status, length

    def close(self) -> None:
        self.connection.connection_lost(None)


@asynccontextmanager
async def started(app: Any) -> AsyncIterator[Door]:
    """The application between the two halves of its lifespan. Raises ConfigError when it does not start."""
    config = Config(access_log=False)
    called, handler = adapted(app)
    lifespan = Lifespan(called)
    if not await lifespan.startup():
        raise ConfigError("the application did not start: its lifespan failed; the log says why.")
    try:
        services = Services(asyncio.get_running_loop(), handler, config, Heads(), state=lifespan.shared or None)
        door = Door(services)
        yield door
        door.close()
    finally:
        await lifespan.shutdown()


async def measure(door: Door, sent: Sent, stages: Stages) -> Measured | Failed:
    """One request, warmed up, timed and watched."""
    try:
        status, length = await door.ask_patiently(sent, 0)
    except TimeoutError:
        door.close()
        door.open()
        return Failed(sent, f"its answer did not end within {PATIENCE:g} s")
    if status >= 400 and not sent.given:
        return Failed(sent, f"answered {status}; a request that it likes can be given with --request")
    for number in range(WARM_UP):
        await door.ask_patiently(sent, number)
    if door.wire.closed or length == 0:
        return Failed(sent, "it closed the connection without an answer")
    nanoseconds = await timed(door, sent)
    shares = await shared(door, sent, stages)
    tracemalloc.start()
    try:
        weights = await watched(MemoryMeter, door, sent, stages, WEIGHED)
    finally:
        tracemalloc.stop()
    whole = sum(shares.values()) or 1.0
    found = {
        stage: StageCost(weights[stage][0], share / whole * nanoseconds, *weights[stage][1:])
        for stage, share in shares.items()
    }
    return Measured(sent, status, length, nanoseconds, found)


async def timed(door: Door, sent: Sent) -> float:
    """Nanoseconds of one request: the best of several batches."""
    best = float("inf")
    count = 10
    for _ in range(BATCHES):
        messages = [sent.message(number) for number in range(count)]
        began = perf_counter_ns()
        for message in messages:
            await door.ask(message)
            if door.wire.closed:
                door.open()
        passed = perf_counter_ns() - began
        best = min(best, passed / count)
        count = max(10, min(5000, int(BATCH_SECONDS * 1e9 / best)))
    return best


async def shared(door: Door, sent: Sent, stages: Stages) -> dict[Stage, float]:
    """Nanoseconds by stage while being watched: the least of several rounds, since what a busy machine adds is no cost."""
    rounds = [await watched(TimeMeter, door, sent, stages, WATCHED) for _ in range(ROUNDS)]
    return {stage: min(found[stage][1] for found in rounds) for stage in Stage}


async def watched(
    kind: type[Meter], door: Door, sent: Sent, stages: Stages, count: int
) -> dict[Stage, tuple[float, float, float]]:
    """Calls and the amounts of a meter, by stage, for one request."""
    messages = [sent.message(number) for number in range(count)]
    meter = kind(stages, own_cost(kind, watching))
    with watching(meter):
        meter.restart()
        for message in messages:
            await door.ask(message)
            if door.wire.closed:
                door.open()
        meter.restart()
    return meter.net(count)


def measure_all(app: Any, requests: Iterable[Sent], stages: Stages) -> list[Measured | Failed]:
    """Every request, in an event loop of the kind that the server uses. Raises ConfigError if the application fails."""

    async def run() -> list[Measured | Failed]:
        async with started(app) as door:
            return [await measure(door, sent, stages) for sent in requests]

    with threads_prepared(), asyncio.Runner(loop_factory=loop_factory("auto")) as runner:
        return runner.run(run())
