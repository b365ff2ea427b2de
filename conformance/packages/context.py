"""Values of the request that everybody can read: both middleware classes of the package, pure ASGI and BaseHTTPMiddleware."""

from __future__ import annotations

from collections.abc import AsyncIterator

from fastapi import BackgroundTasks, Depends, FastAPI, Request
from fastapi.responses import StreamingResponse
from fastapi.testclient import TestClient
from starlette_context import context, plugins, request_cycle_context
from starlette_context.middleware import ContextMiddleware, RawContextMiddleware


def main() -> None:
    for middleware in (ContextMiddleware, RawContextMiddleware):
        app = FastAPI()
        app.add_middleware(middleware, plugins=(plugins.RequestIdPlugin(), plugins.UserAgentPlugin()))

        @app.get("/async")
        async def in_loop() -> dict[str, str]:
            context["seen"] = "yes"
            return {"agent": context["User-Agent"], "seen": context["seen"]}

        @app.get("/sync")
        def in_thread(request: Request) -> str:
            return context["X-Request-ID"]

        app.state.later = []

        def note(seen: list[str]) -> None:
            seen.append(context["X-Request-ID"])

        @app.get("/later")
        async def in_background(request: Request, tasks: BackgroundTasks) -> str:
            tasks.add_task(note, request.app.state.later)
            return context["X-Request-ID"]

        @app.get("/pieces")
        async def in_pieces() -> StreamingResponse:
            async def pieces() -> AsyncIterator[str]:
                for _ in range(2):
                    yield context["X-Request-ID"]

            return StreamingResponse(pieces())

        with TestClient(app) as client:
            assert client.get("/later").json() == app.state.later[0]
            answer = client.get("/pieces")
            assert answer.text == answer.headers["X-Request-ID"] * 2
            assert client.get("/async", headers={"User-Agent": "us"}).json() == {"agent": "us", "seen": "yes"}
            answer = client.get("/sync")
            assert answer.json() == answer.headers["X-Request-ID"]
            assert client.get("/sync", headers={"X-Request-ID": "not an id"}).status_code == 400

    async def around():
        with request_cycle_context({"tree": "yew"}):
            yield

    app = FastAPI(dependencies=[Depends(around)])

    @app.get("/")
    async def read() -> str:
        return context["tree"]

    assert TestClient(app).get("/").json() == "yew"
