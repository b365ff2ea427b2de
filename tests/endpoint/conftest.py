"""Exchanges made by hand, for tests of one endpoint without an application around it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hanok.gateways import AsgiExchange


@pytest.fixture(scope="session")
def make_exchange() -> Callable[..., AsgiExchange]:
    def make(
        query: bytes = b"",
        headers: dict[str, str] | None = None,
        body: bytes = b"",
        path_params: dict[str, Any] | None = None,
    ) -> AsgiExchange:
        sent: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "method": "POST",
            "path": "/",
            "query_string": query,
            "headers": [(k.lower().encode(), v.encode("latin-1")) for k, v in (headers or {}).items()],
            "path_params": path_params or {},
            "sent": sent,
        }
        return AsgiExchange(scope, receive, send)

    return make
