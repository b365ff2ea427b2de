"""An id for every request: a pure ASGI middleware that wraps send, and a context variable that endpoints and logs see."""

from __future__ import annotations

import logging

from asgi_correlation_id import CorrelationIdFilter, CorrelationIdMiddleware
from asgi_correlation_id.context import correlation_id
from fastapi import FastAPI
from fastapi.testclient import TestClient


class Kept(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str | None] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.ids.append(record.correlation_id)  # type: ignore[attr-defined]


def main() -> None:
    app = FastAPI()
    app.add_middleware(CorrelationIdMiddleware, header_name="X-Request-ID")
    log, kept = logging.getLogger("forest"), Kept()
    kept.addFilter(CorrelationIdFilter())
    log.addHandler(kept)

    @app.get("/async")
    async def in_loop() -> str | None:
        log.warning("here")
        return correlation_id.get()

    @app.get("/sync")
    def in_thread() -> str | None:
        log.warning("here")
        return correlation_id.get()

    given = "7e8ad4c2-9a1d-4b0e-8e4a-4d53f55a31a5"
    with TestClient(app) as client:
        for path in ("/async", "/sync"):
            answer = client.get(path, headers={"X-Request-ID": given})
            assert answer.json() == answer.headers["X-Request-ID"] == given
        made = client.get("/async")
        assert made.json() == made.headers["X-Request-ID"] != given
        assert client.get("/nowhere").headers["X-Request-ID"]
    assert kept.ids == [given, given, made.json()]
