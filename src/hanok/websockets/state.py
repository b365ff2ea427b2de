"""Who may say what when: the two halves of a WebSocket as tables.

A WebSocket has two states that move apart. ``client_state`` follows what the peer has told us, ``application_state`` what the
application has told the peer; either half may close first (RFC 6455 §7.1.2), or the application may answer the handshake
with an HTTP response instead of accepting it.
"""

from __future__ import annotations

from enum import Enum


class WebSocketState(Enum):
    """How far one half of a WebSocket has come."""

    CONNECTING = 0
    CONNECTED = 1
    DISCONNECTED = 2
    RESPONSE = 3  # the application is denying the handshake with an HTTP response


# state → the messages that may follow in it → the state they lead to.
Table = dict[WebSocketState, dict[str, WebSocketState]]

INCOMING: Table = {
    WebSocketState.CONNECTING: {"websocket.connect": WebSocketState.CONNECTED},
    WebSocketState.CONNECTED: {
        "websocket.receive": WebSocketState.CONNECTED,
        "websocket.disconnect": WebSocketState.DISCONNECTED,
    },
    WebSocketState.DISCONNECTED: {},
}

OUTGOING: Table = {
    WebSocketState.CONNECTING: {
        "websocket.accept": WebSocketState.CONNECTED,
        "websocket.close": WebSocketState.DISCONNECTED,
        "websocket.http.response.start": WebSocketState.RESPONSE,
    },
    WebSocketState.CONNECTED: {
        "websocket.send": WebSocketState.CONNECTED,
        "websocket.close": WebSocketState.DISCONNECTED,
    },
    # The last piece of the body leads on to DISCONNECTED: see WebSocket.send.
    WebSocketState.RESPONSE: {"websocket.http.response.body": WebSocketState.RESPONSE},
    WebSocketState.DISCONNECTED: {},
}


def unexpected(table: Table, state: WebSocketState, kind: str) -> RuntimeError:
    """The error for a message that may not come in this state."""
    *others, last = (f'"{name}"' for name in table[state])
    expected = f"{', '.join(others)} or {last}" if others else last
    return RuntimeError(f"Expected ASGI message {expected}, but got {kind!r}")
