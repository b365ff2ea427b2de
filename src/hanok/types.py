"""The ASGI types that cross our doors (ASGI specification 3.0, HTTP and WebSocket message format 2.5)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeAlias

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
ASGIApp: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

RawHeaders: TypeAlias = list[tuple[bytes, bytes]]
HeaderPairs: TypeAlias = Iterable[tuple[bytes, bytes]]

Lifespan: TypeAlias = Callable[[Any], AbstractAsyncContextManager[Any]]
DecoratedCallable: TypeAlias = Callable[..., Any]
