"""WebSocketExchange: one WebSocket, from its handshake to its close."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any

from hanok.exchange.incoming import Incoming, Interface

if TYPE_CHECKING:
    from hanok.types import Message


class WebSocketExchange(Incoming, Interface):
    """One WebSocket from its handshake to its close, spoken in ASGI's WebSocket messages.

    ``receive`` gives ``websocket.connect`` first, then ``websocket.receive``, and ``websocket.disconnect`` last.
    ``send`` takes ``websocket.accept``, ``.send``, ``.close`` and the denial ``websocket.http.response.*``.
    """

    __slots__ = ("websocket",)  # the WebSocket object that speaks on it, once there is one

    kind = "websocket"

    websocket: Any

    def prepare(self) -> None:
        """As ``Exchange.prepare``."""
        self._scope = self.websocket = None
        self.method = ""
        self.app = self.app_root_path = self.endpoint = self.route = self.router = self.session = None
        self.cookies_cache = self.headers_cache = self.query_cache = None
        self.path_params = {}
        self.root_path = ""
        self.state = None
        self.sent = 0
        self.started = 0.0

    @abstractmethod
    async def receive(self) -> Message: ...

    @abstractmethod
    async def send(self, message: Message) -> None: ...

    # The short ways of data, for a WebSocket object whose both halves are connected. A door need not have them.

    def take(self, kind: type[str | bytes]) -> str | bytes | Awaitable[None] | None:
        """The data of the next message, if it is of this kind.

        An awaitable if nothing has come yet: wait, and take again. None for all else: ``receive`` says what is next.
        """
        return None

    def give_text(self, text: str) -> Awaitable[None] | None:
        """Send it. What is returned, if anything is, has to be awaited, and raises what ``send`` would."""
        return self.send({"type": "websocket.send", "text": text})

    def give_bytes(self, data: bytes) -> Awaitable[None] | None:
        """As ``give_text``."""
        return self.send({"type": "websocket.send", "bytes": data})
