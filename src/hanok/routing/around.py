"""Middleware around one route, mount or router, which sees the answers to exceptions, not the exceptions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from hanok.exchange import Exchange
from hanok.gateways import NativeApp, handler_of
from hanok.types import ASGIApp

if TYPE_CHECKING:
    from hanok.exchange import AnyExchange
    from hanok.middleware import ExceptionMiddleware


def wrap(app: ASGIApp, middleware: Sequence[Any] | None) -> ASGIApp:
    """Put ``Middleware`` declarations around an application, the first one outermost."""
    if not middleware:
        return app
    app = Handled(app)
    for cls, args, kwargs in reversed(middleware):
        app = cls(app, *args, **kwargs)
    return app


class Handled(NativeApp):
    """Answers exceptions by the exception handlers of the application that the exchange is in.

    Those stand outside of the router. Without this, middleware of a route would be passed by an exception on its
    way to them, and could add nothing to the answer.
    """

    __slots__ = ("app", "inner")

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.inner = handler_of(app)

    async def handle(self, exchange: AnyExchange) -> None:
        try:
            await self.inner(exchange)
        except Exception as error:
            hook = hook_of(exchange.app)
            handler = None if hook is None else hook.find(error)
            # Too late for an answer, or nobody's: the hooks outside say so.
            if handler is None or (isinstance(exchange, Exchange) and exchange.answer_state):
                raise
            from hanok.middleware.errors import answer_by

            await answer_by(handler, exchange, error)


def hook_of(app: Any) -> ExceptionMiddleware | None:
    """The exception handlers of an application, put in order. What answers 500 stays with the outermost hook."""
    handlers = getattr(app, "exception_handlers", None)
    if handlers is None:
        return None
    from hanok.middleware import ExceptionMiddleware

    inner = {key: handler for key, handler in handlers.items() if key not in (500, Exception)}
    return ExceptionMiddleware(app, handlers=inner)
