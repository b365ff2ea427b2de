"""How a WebSocket's end is told: to the peer, and in the log."""

from __future__ import annotations

from hanok.exceptions import ClientDisconnect


def is_farewell(error: BaseException) -> bool:
    """Whether an exception only says that the peer has gone: nothing to report, once it has."""
    if isinstance(error, BaseExceptionGroup):
        return all(is_farewell(one) for one in error.exceptions)
    # Starlette's and ours: rooms above this one, or not ours at all, so told by name.
    return isinstance(error, ClientDisconnect) or type(error).__name__ == "WebSocketDisconnect"


def shorten(reason: str) -> str:
    """A control frame holds 125 bytes, two of them the code (RFC 6455 §5.5)."""
    return reason.encode()[:123].decode("utf-8", "ignore")
