"""Limits as dependencies: an object that is called with the request and the response."""

from __future__ import annotations

from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient
from fastapi_limiter.depends import RateLimiter
from pyrate_limiter import Duration, Limiter, Rate


def main() -> None:
    app = FastAPI()

    @app.get("/two", dependencies=[Depends(RateLimiter(limiter=Limiter(Rate(2, Duration.HOUR))))])
    async def two() -> str:
        return "ok"

    @app.get("/free")
    async def free() -> str:
        return "ok"

    with TestClient(app) as client:
        assert [client.get("/two").status_code for _ in range(3)] == [200, 200, 429]
        assert client.get("/two").json() == {"detail": "Too Many Requests"}
        assert [client.get("/free").status_code for _ in range(3)] == [200] * 3
