"""HTTPEndpoint: a class whose methods are the HTTP methods."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from hanok.exceptions import HTTPError
from hanok.http import PlainTextResponse, Request, is_async_callable, run_in_threadpool
from hanok.http.inspection import is_inline
from hanok.types import Receive, Scope, Send

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY")


class HTTPEndpoint:
    """One request to a class-based endpoint: an instance is made and awaited for each.

    Give it methods named ``get``, ``post`` and so on, async or not, that take the request and return a
    response.
    """

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise AssertionError("an HTTPEndpoint takes HTTP requests only")
        self.scope = scope
        self.receive = receive
        self.send = send
        # RFC 9110 §9.3.2: without a method for HEAD, GET answers it.
        self._allowed_methods = [
            name for name in METHODS if hasattr(self, name.lower()) or (name == "HEAD" and hasattr(self, "get"))
        ]

    def __await__(self) -> Generator[Any, None, None]:
        return self.dispatch().__await__()

    async def dispatch(self) -> None:
        """Call the method that the request names and send what it returns."""
        request: Any = Request(self.scope, receive=self.receive, send=self.send)
        handler: Callable[[Any], Any] = self.method_not_allowed
        if request.method in self._allowed_methods:
            handler = getattr(self, self._handler_name(request.method))
        if is_async_callable(handler):
            response = await handler(request)
        elif is_inline(handler):
            response = handler(request)
        else:
            response = await run_in_threadpool(handler, request)
        await response(self.scope, self.receive, self.send)

    def _handler_name(self, method: str) -> str:
        if method == "HEAD" and not hasattr(self, "head"):
            return "get"
        return method.lower()

    async def method_not_allowed(self, request: Any) -> Any:
        """The response to a method that the class does not have: 405 (RFC 9110 §15.5.6)."""
        headers = {"Allow": ", ".join(self._allowed_methods)}
        if "app" in self.scope:
            raise HTTPError(405, headers=headers)
        return PlainTextResponse("Method Not Allowed", status_code=405, headers=headers)
