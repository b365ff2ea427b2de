"""Context: what one call of an endpoint needs beside its arguments, made only for plans that need it."""

from __future__ import annotations

from typing import Any

from hanok.dependencies import Exits, Node
from hanok.exchange import AnyExchange
from hanok.http import BackgroundTasks, Request, Response


class Context:
    """The exits of this request, and the Response and BackgroundTasks that were injected."""

    __slots__ = ("background", "exchange", "function_exits", "request", "request_exits", "response")

    def __init__(self, exchange: AnyExchange) -> None:
        self.exchange = exchange
        self.request: Request | None = None  # the one that a wrapped handler was called with
        self.request_exits: Exits | None = None
        self.function_exits: Exits | None = None
        self.response: Response | None = None
        self.background: BackgroundTasks | None = None

    async def enter(self, node: Node, arguments: dict[str, Any]) -> Any:
        """Run a dependency that yields to its ``yield``; its end is kept for the end of its scope."""
        dependant = node.dependant
        if dependant.ends == "function":
            exits = self.function_exits
            if exits is None:
                exits = self.function_exits = Exits()
        else:
            exits = self.request_exits
            if exits is None:
                exits = self.request_exits = Exits()
        return await exits.enter(dependant.call, dependant.kind, arguments, dependant.limit)

    def injected_response(self) -> Response:
        """The Response whose headers and status code become the answer's."""
        response = self.response
        if response is None:
            response = self.response = Response()
            del response.headers["content-length"]
            response.status_code = None  # type: ignore[assignment]
        return response

    def injected_background(self) -> BackgroundTasks:
        """The BackgroundTasks of this request."""
        if self.background is None:
            self.background = BackgroundTasks()
        return self.background

    async def close_function(self, error: BaseException | None) -> BaseException | None:
        """End what lasts as long as the function."""
        if self.function_exits is None:
            return error
        return await self.function_exits.close(error)

    async def close_request(self, error: BaseException | None) -> BaseException | None:
        """End what lasts as long as the request."""
        if self.request_exits is None:
            return error
        return await self.request_exits.close(error)
