"""Counters and histograms by route: a middleware that finds the template of the route that a request took."""

from __future__ import annotations

import re

from fastapi import APIRouter, FastAPI, HTTPException
from fastapi.testclient import TestClient
from prometheus_client import CollectorRegistry
from prometheus_fastapi_instrumentator import Instrumentator


def main() -> None:
    app = FastAPI()
    below = APIRouter(prefix="/v1")

    @below.get("/items/{item_id}")
    async def item(item_id: int) -> dict[str, int]:
        if item_id == 0:
            raise HTTPException(404)
        return {"id": item_id}

    app.include_router(below)
    Instrumentator(registry=CollectorRegistry()).instrument(app, metric_namespace="shop").expose(app)

    with TestClient(app) as client:
        for number in (1, 2, 3, 0):
            client.get(f"/v1/items/{number}")
        client.get("/nowhere")
        text = client.get("/metrics").text
    lines = text.splitlines()
    found = [line for line in lines if line.startswith("shop_http_requests_total{")]
    counted = {frozenset(re.findall(r'\w+="([^"]*)"', line)): float(line.split()[-1]) for line in found}
    assert counted[frozenset(("/v1/items/{item_id}", "GET", "2xx"))] == 3.0, counted
    assert counted[frozenset(("/v1/items/{item_id}", "GET", "4xx"))] == 1.0, counted
    assert counted[frozenset(("none", "GET", "4xx"))] == 1.0, counted
    sizes = [line for line in lines if line.startswith("shop_http_response_size_bytes_sum")]
    assert any("item_id" in line for line in sizes), text
