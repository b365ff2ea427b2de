"""The WebSocket object and its endpoint class.

What enters: a WebSocketExchange, or an ASGI scope with its two channels. What leaves: text, bytes and JSON to the endpoint,
and ASGI WebSocket messages to the peer. Read ``state`` first (who may say what when), then ``websocket``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hanok.lazy import lazy_names

if TYPE_CHECKING:
    from hanok.websockets.close import WebSocketClose
    from hanok.websockets.endpoint import WebSocketEndpoint
    from hanok.websockets.errors import WebSocketDisconnect, WebSocketDisconnected
    from hanok.websockets.state import WebSocketState
    from hanok.websockets.websocket import WebSocket

# Loaded when first named.
__getattr__ = lazy_names(
    __name__,
    {
        "WebSocket": ".websocket",
        "WebSocketClose": ".close",
        "WebSocketDisconnect": ".errors",
        "WebSocketDisconnected": ".errors",
        "WebSocketEndpoint": ".endpoint",
        "WebSocketState": ".state",
    },
)

__all__ = [
    "WebSocket",
    "WebSocketClose",
    "WebSocketDisconnect",
    "WebSocketDisconnected",
    "WebSocketEndpoint",
    "WebSocketState",
]
