"""How many round trips to PostgreSQL a request costs with asyncpg, counted on the wire: docs/databases.md has what it prints.

    bench/.env/python/bin/python -m bench.round_trips

A proxy stands between the driver and the server and counts the messages after which the driver waits for an answer: Sync, Flush
and Query (PostgreSQL's documentation, "Message Flow"). No times are taken.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Awaitable, Callable
from typing import Any

from bench.postgres import cluster

READ_ROW = "SELECT id, randomnumber FROM world WHERE id = $1"
REQUESTS = 10
WAITS = (b"S", b"H", b"Q")  # Sync, Flush, Query

Handler = Callable[[Any], Awaitable[object]]


class Proxy:
    """Counts the messages after which a client waits."""

    def __init__(self, behind: str) -> None:
        self.behind = behind
        self.waits = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up_reader, up_writer = await asyncio.open_unix_connection(self.behind)
        await asyncio.gather(self.count(reader, up_writer), self.pass_on(up_reader, writer))

    async def pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
        writer.close()

    async def count(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A message is a byte for its kind and its length, four bytes that count themselves; the first has no kind."""
        try:
            size = await reader.readexactly(4)
            writer.write(size + await reader.readexactly(int.from_bytes(size) - 4))
            while True:
                kind, size = await reader.readexactly(1), await reader.readexactly(4)
                writer.write(kind + size + await reader.readexactly(int.from_bytes(size) - 4))
                self.waits += kind in WAITS
        except asyncio.IncompleteReadError:
            writer.close()


async def one_row(pool: Any) -> None:
    async with pool.acquire() as connection:
        await connection.fetchrow(READ_ROW, 5)


async def one_row_by_the_pool(pool: Any) -> None:
    await pool.fetchrow(READ_ROW, 5)


async def twenty_rows(pool: Any) -> None:
    async with pool.acquire() as connection:
        for number in range(1, 21):
            await connection.fetchrow(READ_ROW, number)


async def twenty_rows_from_the_pool(pool: Any) -> None:
    for number in range(1, 21):
        await pool.fetchrow(READ_ROW, number)


async def twenty_rows_together(pool: Any) -> None:
    async with pool.acquire() as connection:
        await connection.fetchmany(READ_ROW, [(number,) for number in range(1, 21)])


async def one_row_in_a_transaction(pool: Any) -> None:
    async with pool.acquire() as connection, connection.transaction():
        await connection.fetchrow(READ_ROW, 5)


async def leave_as_it_is(connection: Any) -> None:
    """Nothing to put back."""


USUAL: dict[str, Any] = {}
NO_RESET: dict[str, Any] = {"reset": leave_as_it_is}
NO_CACHE: dict[str, Any] = {"statement_cache_size": 0}
TRIED: tuple[tuple[str, dict[str, Any], Handler], ...] = (
    ("one row, `async with pool.acquire()`", USUAL, one_row),
    ("one row, `pool.fetchrow()`", USUAL, one_row_by_the_pool),
    ("one row, no reset", NO_RESET, one_row),
    ("one row, `statement_cache_size=0`", NO_CACHE, one_row),
    ("one row in a transaction", USUAL, one_row_in_a_transaction),
    ("one row in a transaction, no reset", NO_RESET, one_row_in_a_transaction),
    ("twenty rows, each from the pool", USUAL, twenty_rows_from_the_pool),
    ("twenty rows, one connection", USUAL, twenty_rows),
    ("twenty rows, one connection, no reset", NO_RESET, twenty_rows),
    ("twenty rows, `fetchmany`", USUAL, twenty_rows_together),
    ("twenty rows, `fetchmany`, no reset", NO_RESET, twenty_rows_together),
)


async def count(proxy: Proxy, folder: str, options: dict[str, Any], handler: Handler) -> float:
    """Round trips of one request, when the connection has seen the statement before."""
    import asyncpg

    async with asyncpg.create_pool(host=folder, min_size=1, max_size=1, **options) as pool:
        await handler(pool)
        await handler(pool)
        before = proxy.waits
        for _ in range(REQUESTS):
            await handler(pool)
        return (proxy.waits - before) / REQUESTS


async def count_all(behind: str) -> list[tuple[str, float]]:
    proxy = Proxy(f"{behind}/.s.PGSQL.5432")
    with tempfile.TemporaryDirectory(prefix="pg-") as folder:
        server = await asyncio.start_unix_server(proxy.serve, f"{folder}/.s.PGSQL.5432")
        async with server:
            return [(name, await count(proxy, folder, options, handler)) for name, options, handler in TRIED]


def main() -> None:
    with cluster() as database:
        os.environ.update(database.environment)
        print("| | round trips |\n|---|--:|")
        for name, trips in asyncio.run(count_all(database.folder)):
            print(f"| {name} | {trips:g} |")


if __name__ == "__main__":
    main()
