"""Gateways to other contracts: an ASGI call becomes an Exchange, an Exchange becomes an ASGI call.

What enters: ``(scope, receive, send)`` from a server, a test client or a foreign middleware; or an Exchange whose handler
is a foreign ASGI application. What leaves: the other form. Read ``asgi_in`` first, then ``asgi_out``.

``event_loop`` is what the rooms above need of asyncio or trio, whichever runs them; the server half is on asyncio always.

``NativeApp`` is the base of everything that handles exchanges and can also be called as an ASGI application;
``handler_of(app)`` is how a native thing calls whatever stands behind it, native or not.
"""

from hanok.gateways.asgi_in import AsgiExchange, AsgiWebSocketExchange, NativeApp, exchange_of
from hanok.gateways.asgi_out import ForeignApp, Handler, handler_of

__all__ = [
    "AsgiExchange",
    "AsgiWebSocketExchange",
    "ForeignApp",
    "Handler",
    "NativeApp",
    "exchange_of",
    "handler_of",
]
