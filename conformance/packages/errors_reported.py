"""Errors and transactions reported: the package changes classes and functions of the framework while it runs."""

from __future__ import annotations

from typing import Any

import sentry_sdk
from fastapi import APIRouter, FastAPI, HTTPException
from fastapi.testclient import TestClient
from sentry_sdk.transport import Transport


class Kept(Transport):
    def __init__(self) -> None:
        super().__init__({"dsn": "http://key@127.0.0.1/1"})
        self.items: list[dict[str, Any]] = []

    def capture_envelope(self, envelope: Any) -> None:
        self.items += [item.payload.json for item in envelope.items if item.payload.json]


def main() -> None:
    kept = Kept()
    sentry_sdk.init(dsn="http://key@127.0.0.1/1", transport=kept, traces_sample_rate=1.0)
    app = FastAPI()
    below = APIRouter(prefix="/v1")

    @below.get("/broken/{number}")
    async def broken(number: int) -> float:
        return 1 / number

    @below.get("/threaded/{number}")
    def threaded(number: int) -> float:
        return 1 / number

    @below.get("/missing")
    async def missing() -> None:
        raise HTTPException(404)

    @below.get("/away")
    async def away() -> None:
        raise HTTPException(503)

    app.include_router(below)
    client = TestClient(app, raise_server_exceptions=False)
    assert client.get("/v1/broken/2").json() == 0.5
    assert client.get("/v1/broken/0").status_code == 500
    assert client.get("/v1/threaded/0").status_code == 500
    assert client.get("/v1/missing").status_code == 404
    assert client.get("/v1/away").status_code == 503
    sentry_sdk.flush()
    errors = [item for item in kept.items if "exception" in item]
    assert [error["exception"]["values"][-1]["type"] for error in errors] == ["ZeroDivisionError"] * 2 + [
        "HTTPException"
    ], errors
    assert errors[0]["request"]["url"] == "http://testserver/v1/broken/0"
    named = [item["transaction"] for item in kept.items if item.get("type") == "transaction"]
    assert named == ["/v1/broken/{number}"] * 2 + ["/v1/threaded/{number}", "/v1/missing", "/v1/away"], named
    sentry_sdk.init()
