"""Accept applications of both ASGI generations: ``app(scope, receive, send)`` and ``app(scope)(receive, send)``."""

from __future__ import annotations

import functools
import inspect
from typing import Any

from hanok.types import ASGIApp, Receive, Scope, Send


def as_asgi3(app: Any) -> ASGIApp:
    """The application as a single callable of three arguments."""
    if _is_asgi3(app):
        return app  # type: ignore[no-any-return]  # an application of either version

    async def single_callable(scope: Scope, receive: Receive, send: Send) -> None:
        await app(scope)(receive, send)

    return single_callable


def _is_asgi3(app: Any) -> bool:
    if inspect.isclass(app):
        return hasattr(app, "__await__")
    while isinstance(app, functools.partial):
        app = app.func
    # The method itself is wanted, not whether it can be called.
    if inspect.iscoroutinefunction(app) or inspect.iscoroutinefunction(getattr(app, "__call__", None)):  # noqa: B004
        return True
    # A plain callable that returns an awaitable (a decorated or compiled application): its parameters tell.
    try:
        inspect.signature(app).bind({}, None, None)
    except (TypeError, ValueError):
        return False
    return True
