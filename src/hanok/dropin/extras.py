"""Names that their packages offer and no room of ours needs: types for annotations, a logger, a version."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterable, Awaitable, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, ParamSpec, Protocol, TypeAlias, TypeVar

import pydantic
from pydantic_core import PydanticUndefined

from hanok.types import ASGIApp, Receive, Scope, Send

AppType = TypeVar("AppType")
P = ParamSpec("P")

# Generic, so that annotations evaluated at run time may say Lifespan[App].
StatelessLifespan = Callable[[AppType], AbstractAsyncContextManager[None]]
StatefulLifespan = Callable[[AppType], AbstractAsyncContextManager[Mapping[str, Any]]]
Lifespan = StatelessLifespan[AppType] | StatefulLifespan[AppType]

HTTPExceptionHandler: TypeAlias = Callable[[Any, Exception], Any]
WebSocketExceptionHandler: TypeAlias = Callable[[Any, Exception], Awaitable[None]]
ExceptionHandler: TypeAlias = HTTPExceptionHandler | WebSocketExceptionHandler

Content: TypeAlias = str | bytes | memoryview
SyncContentStream: TypeAlias = Iterable[Content]
AsyncContentStream: TypeAlias = AsyncIterable[Content]
ContentStream: TypeAlias = AsyncContentStream | SyncContentStream

ASGIInstance: TypeAlias = Callable[[Receive, Send], Awaitable[None]]
ASGI2App: TypeAlias = Callable[[Scope], ASGIInstance]
ASGI3App: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]


class MiddlewareFactory(Protocol[P]):
    """What can be declared as a middleware: called with the application first."""

    def __call__(self, app: ASGIApp, /, *args: P.args, **kwargs: P.kwargs) -> ASGIApp: ...


logger = logging.getLogger("fastapi")

Undefined = PydanticUndefined
PYDANTIC_VERSION = pydantic.VERSION
PYDANTIC_VERSION_MINOR_TUPLE = tuple(int(part) for part in pydantic.VERSION.split(".")[:2])
