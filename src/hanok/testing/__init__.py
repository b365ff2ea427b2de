"""Testing: talk to an application as a client would.

What enters: an ASGI application and the requests of a test. What leaves: httpx responses and WebSocket sessions, by one of
two doors: ``TestClient`` calls the application in memory, ``LiveServer`` runs it behind a real socket. Read ``client``
first, then ``transport`` (one HTTP call), ``websocket`` (one WebSocket) and ``live``.

``pytest_plugin`` gives the ``live_server`` fixture: ``pytest_plugins = ["hanok.testing.pytest_plugin"]``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hanok.testing.client import TestClient
from hanok.testing.websocket import WebSocketDenialResponse, WebSocketTestSession

if TYPE_CHECKING:
    from hanok.testing.live import LiveServer

__all__ = ["LiveServer", "TestClient", "WebSocketDenialResponse", "WebSocketTestSession"]


def __getattr__(name: str) -> Any:
    # The server half is imported only by those who start one.
    if name == "LiveServer":
        from hanok.testing.live import LiveServer

        return LiveServer
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
