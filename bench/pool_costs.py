"""What a pool of asyncpg costs this process, in microseconds of processor time: docs/databases.md has what it prints.

    bench/.env/python/bin/python -m bench.pool_costs

Sixteen tasks read one row after the other, each from a connection of its own, and all ways to read take turns; the least of the
rounds counts, since what others do on the machine only adds. PostgreSQL's own time is not in it, nor is the wait.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

from bench.postgres import cluster
from bench.round_trips import NO_RESET, READ_ROW, USUAL

SIZE = 16
REQUESTS = 40  # of each task in one round
ROUNDS = 60
NO_TIMER: dict[str, Any] = {"max_inactive_connection_lifetime": 0}
Read = Callable[[], Awaitable[object]]

POOLS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("a pool", USUAL),
    ("a pool, no timer", NO_TIMER),
    ("a pool, no reset", NO_RESET),
    ("a pool, no reset, no timer", {**NO_RESET, **NO_TIMER}),
)
ALONE = "connections alone, without a pool"
TRIED = (*(name for name, _ in POOLS), ALONE)


def from_pool(pool: Any) -> Read:
    async def read() -> None:
        async with pool.acquire() as connection:
            await connection.fetchrow(READ_ROW, 5)

    return read


def from_connections(free: list[Any]) -> Read:
    async def read() -> None:
        connection = free.pop()
        await connection.fetchrow(READ_ROW, 5)
        free.append(connection)

    return read


async def cost(read: Read) -> float:
    """Of one, in microseconds."""

    async def again() -> None:
        for _ in range(REQUESTS):
            await read()

    before = time.process_time()
    await asyncio.gather(*(again() for _ in range(SIZE)))
    return (time.process_time() - before) / REQUESTS / SIZE * 1e6


async def measure() -> dict[str, float]:
    import asyncpg

    async with AsyncExitStack() as stack:
        ways: dict[str, Read] = {}
        for name, options in POOLS:
            pool = await stack.enter_async_context(asyncpg.create_pool(min_size=SIZE, max_size=SIZE, **options))
            ways[name] = from_pool(pool)
        free = [await asyncpg.connect() for _ in range(SIZE)]
        for connection in free:
            stack.push_async_callback(connection.close)
        ways[ALONE] = from_connections(free)
        rounds = [{name: await cost(read) for name, read in ways.items()} for _ in range(ROUNDS)]
    return {name: min(found[name] for found in rounds[1:]) for name in ways}


def main() -> None:
    import uvloop

    with cluster(connections=SIZE * len(TRIED) + 10) as database:
        os.environ.update(database.environment)
        print("| one row from | µs |\n|---|--:|")
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            for name, microseconds in runner.run(measure()).items():
                print(f"| {name} | {microseconds:.1f} |")


if __name__ == "__main__":
    main()
