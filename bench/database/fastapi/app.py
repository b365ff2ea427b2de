"""The six classic tests on PostgreSQL, by asyncpg. FastAPI and Hanok get the same application but for its imports.

BENCH_SETTINGS=recommended: a pool whose connections need neither a reset nor a timer, the queries of one request sent
together, a template whose file is not looked at again for each page; see docs/databases.md.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from operator import itemgetter
from pathlib import Path
from random import randint, sample
from typing import Any

import asyncpg
from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse
from fastapi.templating import Jinja2Templates

POOL = int(os.environ["BENCH_POOL"])
RECOMMENDED = os.environ.get("BENCH_SETTINGS") == "recommended"
ROWS = 10_000

READ_ROW = "SELECT id, randomnumber FROM world WHERE id = $1"
READ_FORTUNES = "SELECT id, message FROM fortune"
WRITE_ROWS = (
    "UPDATE world SET randomnumber = new.n FROM unnest($1::int[], $2::int[]) AS new (id, n) WHERE world.id = new.id"
)
ADDED = (0, "Additional fortune added at request time.")
FOLDER = Path(__file__).parents[1] / "templates"  # one template for both


async def leave_as_it_is(connection: Any) -> None:
    """No session state is changed here, so there is nothing to put back."""


@asynccontextmanager
async def lifespan(app: Any) -> AsyncIterator[None]:
    options = {"reset": leave_as_it_is, "max_inactive_connection_lifetime": 0} if RECOMMENDED else {}
    async with asyncpg.create_pool(min_size=POOL, max_size=POOL, **options) as app.state.pool:
        yield


templates = Jinja2Templates(FOLDER)
if RECOMMENDED:
    templates.env.auto_reload = False
app = FastAPI(lifespan=lifespan)


def clamped(text: str | None) -> int:
    try:
        return min(max(int(text or ""), 1), 500)
    except ValueError:
        return 1


async def read_rows(connection: Any, numbers: list[int]) -> list[dict[str, int]]:
    """A SELECT for each row: one after the other, or all of them in one go."""
    if RECOMMENDED:
        found = await connection.fetchmany(READ_ROW, [(number,) for number in numbers])
    else:
        found = [await connection.fetchrow(READ_ROW, number) for number in numbers]
    return [{"id": row[0], "randomNumber": row[1]} for row in found]


@app.get("/json")
async def hello() -> Any:
    return {"message": "Hello, World!"}


@app.get("/plaintext")
async def plaintext() -> PlainTextResponse:
    return PlainTextResponse("Hello, World!")


@app.get("/db")
async def one_row(request: Request) -> Any:
    async with request.app.state.pool.acquire() as connection:
        row = await connection.fetchrow(READ_ROW, randint(1, ROWS))
    return {"id": row[0], "randomNumber": row[1]}


@app.get("/queries")
async def some_rows(request: Request, queries: str | None = None) -> Any:
    numbers = [randint(1, ROWS) for _ in range(clamped(queries))]
    async with request.app.state.pool.acquire() as connection:
        return await read_rows(connection, numbers)


@app.get("/fortunes")
async def fortunes(request: Request) -> Any:
    async with request.app.state.pool.acquire() as connection:
        found = [*await connection.fetch(READ_FORTUNES), ADDED]
    found.sort(key=itemgetter(1))
    return templates.TemplateResponse(request, "fortunes.html", {"fortunes": found})


@app.get("/updates")
async def updates(request: Request, queries: str | None = None) -> Any:
    numbers = sorted(sample(range(1, ROWS + 1), clamped(queries)))  # in order: two requests cannot wait for each other
    async with request.app.state.pool.acquire() as connection:
        rows = await read_rows(connection, numbers)
        for row in rows:
            row["randomNumber"] = randint(1, ROWS)
        await connection.execute(WRITE_ROWS, [row["id"] for row in rows], [row["randomNumber"] for row in rows])
    return rows
