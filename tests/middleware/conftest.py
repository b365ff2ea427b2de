"""The smallest application: one function of the exchange."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from hanok.gateways import NativeApp
from hanok.http import PlainTextResponse, Request


class App(NativeApp):
    """``App(handler)``: what answers is ``await handler(exchange)``."""

    def __init__(self, handler: Callable[[Any], Awaitable[None]]) -> None:
        self.handler = handler

    async def handle(self, exchange: Any) -> None:
        await self.handler(exchange)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "lifespan":
            await super().__call__(scope, receive, send)

    __hanok_call__ = __call__

    @classmethod
    def answering(cls, response: Any = None) -> App:
        """Answers everything with ``response``; at first with "ok"."""

        async def handler(exchange: Any) -> None:
            await (response or PlainTextResponse("ok")).send(exchange)

        return cls(handler)

    @classmethod
    def telling(cls, function: Callable[[Any], Any]) -> App:
        """Answers with the repr of what ``function(request)`` returns."""

        async def handler(exchange: Any) -> None:
            await PlainTextResponse(repr(function(Request.of(exchange)))).send(exchange)

        return cls(handler)


@pytest.fixture
def app() -> type[App]:
    return App
