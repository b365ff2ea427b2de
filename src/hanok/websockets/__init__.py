"""The WebSocket object and its endpoint class.

What enters: a WebSocketExchange, or an ASGI scope with its two channels. What leaves: text, bytes and JSON to the endpoint,
and ASGI WebSocket messages to the peer. Read ``state`` first (who may say what when), then ``websocket``.
"""

from hanok.websockets.close import WebSocketClose
from hanok.websockets.endpoint import WebSocketEndpoint
from hanok.websockets.errors import WebSocketDisconnect, WebSocketDisconnected
from hanok.websockets.state import WebSocketState
from hanok.websockets.websocket import WebSocket

__all__ = [
    "WebSocket",
    "WebSocketClose",
    "WebSocketDisconnect",
    "WebSocketDisconnected",
    "WebSocketEndpoint",
    "WebSocketState",
]
