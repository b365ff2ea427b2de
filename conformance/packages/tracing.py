"""Spans with the template of the route: the package puts a middleware around the application that is there already."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter


def main() -> None:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    app = FastAPI()
    below = APIRouter(prefix="/v1")

    @below.get("/items/{item_id}")
    async def item(item_id: int) -> int:
        if item_id == 0:
            raise RuntimeError("nothing")
        return item_id

    app.include_router(below)
    FastAPIInstrumentor.instrument_app(app, tracer_provider=provider)
    client = TestClient(app, raise_server_exceptions=False)
    assert client.get("/v1/items/1").json() == 1
    assert client.get("/v1/items/0").status_code == 500
    spans = [span for span in exporter.get_finished_spans() if span.kind.name == "SERVER"]
    assert [span.name for span in spans] == ["GET /v1/items/{item_id}"] * 2, [span.name for span in spans]
    assert spans[0].attributes["http.route"] == "/v1/items/{item_id}"
    FastAPIInstrumentor.uninstrument_app(app)
    exporter.clear()
    client.get("/v1/items/1")
    assert not exporter.get_finished_spans()
