"""What a dependency ends, it ends in peace: the end is shielded from the cancellation of its request."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Literal

import anyio
import anyio.lowlevel
import pytest

from hanok import Depends, Hanok

Scope = Literal["function", "request"]
SCOPE = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": []}


async def call(app: Any) -> None:
    async def receive() -> Any:
        await anyio.sleep_forever()

    async def send(message: Any) -> None: ...

    await app(dict(SCOPE), receive, send)


@pytest.mark.parametrize("scope", ["function", "request"])
@pytest.mark.parametrize("during_the_call", [True, False])
def test_a_cancelled_request_still_ends_its_dependencies(scope: Scope, during_the_call: bool) -> None:
    events: list[str] = []
    outside: list[anyio.CancelScope] = []

    async def resource() -> AsyncIterator[None]:
        try:
            yield
        finally:
            await anyio.lowlevel.checkpoint()
            events.append("ended")

    app = Hanok(dependencies=[Depends(resource, scope=scope)])

    @app.get("/")
    async def endpoint() -> None:
        outside[0].cancel()
        if during_the_call:
            await anyio.lowlevel.checkpoint()

    async def main() -> None:
        with anyio.CancelScope() as cancel:
            outside.append(cancel)
            await call(app)
        assert cancel.cancelled_caught

    asyncio.run(main())
    assert events == ["ended"]


@pytest.mark.parametrize("owner_scope", ["function", "request"])
def test_a_dependency_may_hold_a_cancel_scope_open_whatever_ends_before_it(owner_scope: Scope) -> None:
    events: list[str] = []

    async def owner() -> AsyncIterator[None]:
        with anyio.CancelScope():
            yield
            await anyio.lowlevel.checkpoint()
        events.append("owner")

    async def plain() -> AsyncIterator[None]:
        yield
        events.append("plain")

    other: Scope = "request" if owner_scope == "function" else "function"
    app = Hanok(dependencies=[Depends(owner, scope=owner_scope), Depends(plain, scope=other)])

    @app.get("/")
    async def endpoint() -> None: ...

    asyncio.run(call(app))
    assert sorted(events) == ["owner", "plain"]
    assert events[0] == ("owner" if owner_scope == "function" else "plain")
