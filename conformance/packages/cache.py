"""Cached answers: the decorator changes the signature of the endpoint, and sets headers of the injected response."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.testclient import TestClient
from fastapi_cache import FastAPICache
from fastapi_cache.backends.inmemory import InMemoryBackend
from fastapi_cache.decorator import cache
from pydantic import BaseModel


class Answer(BaseModel):
    number: int
    calls: int


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    FastAPICache.init(InMemoryBackend(), prefix="test")
    yield
    FastAPICache.reset()


def main() -> None:
    app = FastAPI(lifespan=lifespan)
    calls: list[int] = []

    @app.get("/square/{number}")
    @cache(expire=60)
    async def square(number: int, plus: int = 0) -> Answer:
        calls.append(number)
        return Answer(number=number**2 + plus, calls=len(calls))

    @app.get("/threaded")
    @cache(expire=60)
    def threaded() -> dict[str, int]:
        calls.append(0)
        return {"calls": len(calls)}

    with TestClient(app) as client:
        first = client.get("/square/3")
        again = client.get("/square/3")
        assert first.json() == again.json() == {"number": 9, "calls": 1}
        assert (first.headers["X-FastAPI-Cache"], again.headers["X-FastAPI-Cache"]) == ("MISS", "HIT")
        assert again.headers["Cache-Control"].startswith("max-age=")
        same = client.get("/square/3", headers={"If-None-Match": again.headers["ETag"]})
        assert (same.status_code, same.content) == (304, b"")
        assert client.get("/square/3", params={"plus": 1}).json() == {"number": 10, "calls": 2}
        assert client.get("/square/3", headers={"Cache-Control": "no-store"}).json()["calls"] == 3
        assert client.get("/threaded").json() == client.get("/threaded").json()
        parameters = client.get("/openapi.json").json()["paths"]["/square/{number}"]["get"]["parameters"]
        assert [each["name"] for each in parameters] == ["number", "plus"]
