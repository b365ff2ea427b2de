"""Metrics by route: an ASGI middleware that finds the route of a request by asking every route, sub-applications included."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient
from prometheus_client import REGISTRY
from starlette_exporter import PrometheusMiddleware, handle_metrics


def main() -> None:
    app = FastAPI()
    router = APIRouter(prefix="/trees")

    @router.get("/{name}")
    async def tree(name: str) -> str:
        return name

    @app.get("/broken")
    async def broken() -> None:
        raise ValueError("broken")

    below = FastAPI()

    @below.get("/leaf/{number}")
    async def leaf(number: int) -> int:
        return number

    app.include_router(router)
    app.mount("/below", below)
    app.add_middleware(PrometheusMiddleware, app_name="woods", filter_unhandled_paths=True)
    app.add_route("/metrics", handle_metrics)
    with TestClient(app, raise_server_exceptions=False) as client:
        for path in ("/trees/yew", "/trees/oak", "/below/leaf/1", "/nowhere"):
            client.get(path)
        assert client.get("/broken").status_code == 500
        text = client.get("/metrics").text
    assert 'path="/below/leaf/{number}"' in text
    assert "nowhere" not in text

    def counted(path: str, status: str) -> float | None:
        labels = {"app_name": "woods", "method": "GET", "path": path, "status_code": status}
        return REGISTRY.get_sample_value("starlette_requests_total", labels)

    assert counted("/trees/{name}", "200") == 2, text
    assert counted("/broken", "500") == 1, text
