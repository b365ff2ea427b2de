"""One row by asyncpg with no framework: what is left is the server and the driver."""

from __future__ import annotations

import json
import os
from collections.abc import Awaitable, Callable
from random import randint
from typing import Any

import asyncpg

POOL = int(os.environ["BENCH_POOL"])
ROWS = 10_000
READ_ROW = "SELECT id, randomnumber FROM world WHERE id = $1"

dumps = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

pool: Any = None


async def app(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
    elif scope["path"] == "/db":
        async with pool.acquire() as connection:
            row = await connection.fetchrow(READ_ROW, randint(1, ROWS))
        await answer(send, b"application/json", dumps({"id": row[0], "randomNumber": row[1]}))
    elif scope["path"] == "/json":
        await answer(send, b"application/json", dumps({"message": "Hello, World!"}))
    else:
        await answer(send, b"text/plain; charset=utf-8", "Hello, World!")


async def lifespan(receive: Receive, send: Send) -> None:
    global pool
    await receive()
    pool = await asyncpg.create_pool(min_size=POOL, max_size=POOL)
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await pool.close()
    await send({"type": "lifespan.shutdown.complete"})


async def answer(send: Send, kind: bytes, text: str) -> None:
    body = text.encode()
    headers = [(b"content-type", kind), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
