"""The pings of one WebSocket: whether the peer is still there."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hanok.protocols.ws.connection import WsConnection


class KeepAlive:
    """Every ``ws_ping_interval`` the peer is pinged, and whatever it sends within ``ws_ping_timeout`` proves that it lives.

    While we do not read, silence proves nothing.
    """

    __slots__ = ("_connection", "_ping", "pong")

    def __init__(self, connection: WsConnection) -> None:
        self._connection = connection
        self._ping: asyncio.TimerHandle | None = None
        self.pong: asyncio.TimerHandle | None = None  # runs while a ping waits for its pong

    def start(self) -> None:
        """Wait for the next ping."""
        self.stop()
        interval = self._connection.services.settings.ws_ping_interval
        if interval:
            self._ping = self._connection.loop.call_later(interval, self._send)

    def heard(self) -> None:
        """The peer has said something."""
        if self.pong is not None:
            self.start()

    def stop(self) -> None:
        for timer in (self._ping, self.pong):
            if timer is not None:
                timer.cancel()
        self._ping = self.pong = None

    def _send(self) -> None:
        connection = self._connection
        connection.ping()
        timeout = connection.services.settings.ws_ping_timeout
        if timeout:
            self.pong = connection.loop.call_later(timeout, self._missing)
        else:
            self.start()

    def _missing(self) -> None:
        if self._connection.reading:
            self._connection.fall_silent()
        else:
            self.start()
