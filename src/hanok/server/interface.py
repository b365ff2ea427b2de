"""How an application is called: natively, by ASGI 3, by ASGI 2, or by WSGI.

All of them become a native handler, so the connection knows one way only. ``auto`` looks at what the application takes:
scope, receive and send (ASGI 3), the scope alone (ASGI 2), or environ and start_response (WSGI).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from hanok.exceptions import ConfigError
from hanok.gateways import ForeignApp, Handler, NativeApp, handler_of
from hanok.types import ASGIApp, Receive, Scope, Send

WSGI_THREADS = 40  # as many as run the plain functions of an application
# The number of positional arguments → what is called with so many.
TAKES = {3: "asgi3", 2: "wsgi", 1: "asgi2"}


def adapted(app: Any, interface: str = "auto") -> tuple[ASGIApp, Handler]:
    """The application as one of ASGI 3, for its lifespan, and its native handler, for all the rest.

    Raises ConfigError if it cannot be called that way.
    """
    if interface == "auto":
        interface = "native" if isinstance(app, NativeApp) else interface_of(app)
    if interface == "native":
        if not isinstance(app, NativeApp):
            raise ConfigError(
                f"--interface native: a {type(app).__name__} is no native application; give auto or asgi3."
            )
        return app, handler_of(app)
    called = CALLS[interface](app)
    return called, ForeignApp(called).handle


def interface_of(app: Any) -> str:
    """``asgi3``, ``asgi2`` or ``wsgi``, from the signature; ``asgi3`` where that tells nothing."""
    try:
        parameters = inspect.signature(app).parameters.values()
    except (TypeError, ValueError):
        return "asgi3"
    if any(one.kind is one.VAR_POSITIONAL for one in parameters):
        return "asgi3"
    positional = [one for one in parameters if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
    wanted = [one for one in positional if one.default is one.empty]
    return TAKES.get(len(wanted), "asgi3") if len(positional) != 3 else "asgi3"


def asgi2(app: Any) -> ASGIApp:
    """ASGI 2: the application is called with the scope, and gives what is called with receive and send."""

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        await app(scope)(receive, send)

    return call


def wsgi(app: Any) -> ASGIApp:
    """WSGI (PEP 3333) in a thread. Bodies go both ways piece by piece."""
    try:
        from a2wsgi import WSGIMiddleware
    except ImportError:
        raise ConfigError("A WSGI application needs a2wsgi: pip install 'hanok[wsgi]'.") from None
    bridge: Any = WSGIMiddleware(app, workers=WSGI_THREADS)

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            raise RuntimeError("WSGI has no lifespan")  # which is fine, unless --lifespan on demands one
        await bridge(scope, receive, send)

    return call


def asgi3(app: Any) -> ASGIApp:
    """Its own ``__call__``, whatever it is."""
    called: ASGIApp = app
    return called


CALLS: dict[str, Callable[[Any], ASGIApp]] = {"asgi3": asgi3, "asgi2": asgi2, "wsgi": wsgi}
