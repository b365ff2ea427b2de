"""A WebSocket session over a real socket, with the interface of the one in memory."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from typing import Any, Self

from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from hanok.testing.http_client import httpx
from hanok.testing.websocket import WebSocketDenialResponse, WebSocketSession
from hanok.types import Message

# The handshake has its own (RFC 6455 §4.1).
_OF_THE_HANDSHAKE = frozenset(("host", "connection", "upgrade", "user-agent", "accept-encoding", "accept"))

# RFC 6455 §7.4.1: a close frame without a code, and no close frame at all.
NO_STATUS, ABNORMAL = 1005, 1006


class LiveWebSocketSession(WebSocketSession):
    """A WebSocket to a server; open it with ``with``."""

    def __init__(
        self,
        url: httpx.URL,
        headers: httpx.Headers,
        subprotocols: Sequence[str] | None,
        sock: socket.socket,
    ) -> None:
        self.url = url
        self.headers = [
            (name, value)
            for name, value in headers.multi_items()
            if name not in _OF_THE_HANDSHAKE and not name.startswith("sec-websocket-")
        ]
        self.user_agent = headers.get("user-agent")
        self.subprotocols = None if subprotocols is None else [Subprotocol(name) for name in subprotocols]
        self.sock = sock
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        try:
            opening = connect(
                str(self.url),
                sock=self.sock,
                subprotocols=self.subprotocols,
                additional_headers=self.headers,
                user_agent_header=self.user_agent,
                max_size=None,
            )
            self.connection: ClientConnection = self._stack.enter_context(opening)
        except (InvalidStatus, ValueError) as error:
            # A ValueError is a redirect, which it will not follow on a socket of ours.
            refused = error if isinstance(error, InvalidStatus) else error.__cause__
            if not isinstance(refused, InvalidStatus):
                raise
            response = refused.response
            raise WebSocketDenialResponse(
                response.status_code,
                headers=list(response.headers.raw_items()),
                content=bytes(response.body or b""),
            ) from None
        finally:
            if not hasattr(self, "connection"):
                self.sock.close()
        self.accepted_subprotocol = self.connection.subprotocol
        assert self.connection.response is not None
        self.extra_headers = [
            (name.lower().encode("latin-1"), value.encode("latin-1"))
            for name, value in self.connection.response.headers.raw_items()
        ]
        return self

    def __exit__(self, *exc_info: Any) -> None:
        self._stack.close()

    def send(self, message: Message) -> None:
        if message["type"] == "websocket.disconnect":
            self.connection.close(message.get("code", 1000), message.get("reason") or "")
            return
        text = message.get("text")
        with suppress(ConnectionClosed):  # as in memory: nobody hears it any more
            self.connection.send(message["bytes"] if text is None else text)

    def receive(self) -> Message:
        try:
            data = self.connection.recv()
        except ConnectionClosed as closed:
            frame = closed.rcvd
            if frame is None:
                return {"type": "websocket.close", "code": ABNORMAL, "reason": ""}
            return {"type": "websocket.close", "code": frame.code or NO_STATUS, "reason": frame.reason}
        return {"type": "websocket.send", "text" if isinstance(data, str) else "bytes": data}
