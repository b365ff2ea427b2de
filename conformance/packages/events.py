"""A stream of events over a socket: a response class of the package that speaks ASGI itself and watches the client."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient
from sse_starlette import EventSourceResponse, ServerSentEvent

from conformance.packages.live import serve

app = FastAPI()
ended = asyncio.Event()


@app.get("/count/{end}")
async def count(end: int) -> EventSourceResponse:
    async def events() -> AsyncIterator[dict[str, Any]]:
        for number in range(end):
            yield {"event": "number", "id": str(number), "data": json.dumps({"number": number})}

    return EventSourceResponse(events(), headers={"X-Kind": "count"})


@app.get("/forever")
async def forever(request: Request) -> EventSourceResponse:
    async def events() -> AsyncIterator[ServerSentEvent]:
        try:
            while not await request.is_disconnected():
                yield ServerSentEvent("tick", retry=10)
                await asyncio.sleep(0)
        finally:
            ended.set()

    return EventSourceResponse(events())


@app.get("/ended")
async def has_ended() -> bool:
    await asyncio.wait_for(ended.wait(), 10)
    return True


def main() -> None:
    with TestClient(app) as client:
        answer = client.get("/count/2")
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["x-kind"] == "count"
        assert answer.text.replace("\r\n", "\n").split("\n\n")[0].splitlines() == [
            "id: 0",
            "event: number",
            'data: {"number": 0}',
        ]
    with serve(app) as url, httpx.Client(base_url=url, timeout=10) as client:
        assert client.get("/count/3").text.count("event: number") == 3
        with client.stream("GET", "/forever") as stream:
            lines = stream.iter_lines()
            assert [line for line in (next(lines) for _ in range(2)) if line] == ["data: tick", "retry: 10"]
        # The client has left: the generator is closed.
        assert client.get("/ended").json() is True
