"""Limits by decorator and for all routes: the endpoint is wrapped, and headers are added to its answer."""

from __future__ import annotations

from fastapi import FastAPI, Request, Response
from fastapi.testclient import TestClient
from slowapi import Limiter, _rate_limit_exceeded_handler
from slowapi.errors import RateLimitExceeded
from slowapi.middleware import SlowAPIMiddleware
from slowapi.util import get_remote_address


def main() -> None:
    limiter = Limiter(key_func=get_remote_address, default_limits=["3/minute"], headers_enabled=True)
    app = FastAPI()
    app.state.limiter = limiter
    app.add_exception_handler(RateLimitExceeded, _rate_limit_exceeded_handler)
    app.add_middleware(SlowAPIMiddleware)

    @app.get("/own")
    @limiter.limit("2/minute")
    async def own(request: Request, response: Response) -> dict[str, bool]:
        return {"ok": True}

    @app.get("/threaded")
    @limiter.limit("1/minute")
    def threaded(request: Request, response: Response) -> dict[str, bool]:
        return {"ok": True}

    @app.get("/default")
    async def default() -> dict[str, bool]:
        return {"ok": True}

    @app.get("/free")
    @limiter.exempt
    async def free() -> dict[str, bool]:
        return {"ok": True}

    client = TestClient(app)
    answers = [client.get("/own") for _ in range(3)]
    assert [each.status_code for each in answers] == [200, 200, 429], answers
    assert answers[0].headers["X-RateLimit-Remaining"] == "1"
    assert answers[2].json() == {"error": "Rate limit exceeded: 2 per 1 minute"}
    assert answers[2].headers["Retry-After"]
    assert [client.get("/threaded").status_code for _ in range(2)] == [200, 429]
    assert [client.get("/default").status_code for _ in range(4)] == [200, 200, 200, 429]
    assert [client.get("/free").status_code for _ in range(5)] == [200] * 5
