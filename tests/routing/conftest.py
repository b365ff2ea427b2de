"""What the routing tests need: one ASGI call to an application, and what came back."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest


@dataclass
class Answer:
    messages: list[dict[str, Any]]
    scope: dict[str, Any]
    error: BaseException | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for message in self.messages:
            if message["type"] == "http.response.start":
                self.headers = {name.decode(): value.decode("latin-1") for name, value in message["headers"]}

    @property
    def status(self) -> int:
        return next(m["status"] for m in self.messages if m["type"] == "http.response.start")

    @property
    def body(self) -> bytes:
        return b"".join(m.get("body", b"") for m in self.messages if m["type"] == "http.response.body")

    @property
    def text(self) -> str:
        return self.body.decode()


def ask(
    app: Any,
    method: str,
    path: str,
    /,
    *,
    kind: str = "http",
    host: str | None = "example.org",
    headers: tuple[tuple[bytes, bytes], ...] = (),
    body: bytes = b"",
    events: list[dict[str, Any]] | None = None,
    **scope: Any,
) -> Answer:
    whole: dict[str, Any] = {
        "type": kind,
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "scheme": "http",
        "server": ("server", 80),
        "client": ("client", 1),
        "headers": [*headers, *([(b"host", host.encode())] if host is not None else [])],
    }
    if kind == "http":
        whole["method"] = method
    first = {"type": "websocket.connect"} if kind == "websocket" else {"type": "http.request", "body": body}
    waiting = [first] if events is None else list(events)
    whole |= scope
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return waiting.pop(0) if waiting else {"type": f"{kind}.disconnect", "code": 1000}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    async def run() -> BaseException | None:
        try:
            await app(whole, receive, send)
        except Exception as error:
            return error
        return None

    error = asyncio.run(run())
    return Answer(sent, whole, error)


@pytest.fixture(name="ask")
def ask_fixture() -> Any:
    return ask
