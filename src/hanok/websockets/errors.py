"""The two errors of a WebSocket: the peer has left, and the application goes on talking."""

from __future__ import annotations

from hanok.exceptions import HanokError


class WebSocketDisconnect(HanokError):
    """The peer closed the WebSocket, with this code (RFC 6455 §7.4) and reason, or went away (code 1006)."""

    def __init__(self, code: int = 1000, reason: str | None = None) -> None:
        self.code = code
        self.reason = reason or ""


class WebSocketDisconnected(HanokError, RuntimeError):
    """The application used a WebSocket that is not open: never accepted, or already closed."""
