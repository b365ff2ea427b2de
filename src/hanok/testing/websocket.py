"""A WebSocket session of a test: the application in its event loop, the test in its thread."""

from __future__ import annotations

import json
import queue
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Literal, Self

import anyio

from hanok.testing.http_client import httpx
from hanok.websockets import WebSocketDisconnect

if TYPE_CHECKING:
    from hanok.testing.transport import PortalFactory
    from hanok.types import ASGIApp, Message, RawHeaders, Scope

# How long an application may take to come to its end after the session was closed, before it is cancelled.
GRACE = 0.1


class WebSocketDenialResponse(httpx.Response, WebSocketDisconnect):  # type: ignore[misc]  # both have a __setstate__
    """The application answered the handshake with an HTTP response: that response, raised."""


class WebSocketSession:
    """What a test says and hears on a WebSocket. The doors give ``send`` and ``receive`` of ASGI messages."""

    accepted_subprotocol: str | None = None
    extra_headers: RawHeaders | None = None

    def send(self, message: Message) -> None:
        """Give the application an ASGI message."""
        raise NotImplementedError

    def receive(self) -> Message:
        """The next ASGI message of the application; waits for it."""
        raise NotImplementedError

    def send_text(self, data: str) -> None:
        self.send({"type": "websocket.receive", "text": data})

    def send_bytes(self, data: bytes) -> None:
        self.send({"type": "websocket.receive", "bytes": data})

    def send_json(self, data: Any, mode: Literal["text", "binary"] = "text") -> None:
        text = json.dumps(data, separators=(",", ":"), ensure_ascii=False)
        if mode == "text":
            self.send_text(text)
        else:
            self.send_bytes(text.encode())

    def close(self, code: int = 1000, reason: str | None = None) -> None:
        self.send({"type": "websocket.disconnect", "code": code, "reason": reason})

    def receive_text(self) -> str:
        """The next message as text. Raises WebSocketDisconnect when the application closes instead."""
        text: str = self._receive_data()["text"]
        return text

    def receive_bytes(self) -> bytes:
        """The next message as bytes. Raises WebSocketDisconnect when the application closes instead."""
        data: bytes = self._receive_data()["bytes"]
        return data

    def receive_json(self, mode: Literal["text", "binary"] = "text") -> Any:
        """The next message, read as JSON. Raises WebSocketDisconnect when the application closes instead."""
        return json.loads(self.receive_text() if mode == "text" else self.receive_bytes())

    def _receive_data(self) -> Message:
        message = self.receive()
        raise_on_close(message)
        return message


def raise_on_close(message: Message) -> None:
    if message["type"] == "websocket.close":
        raise WebSocketDisconnect(message.get("code", 1000), message.get("reason", ""))


class WebSocketTestSession(WebSocketSession):
    """A WebSocket of an application in memory; open it with ``with``."""

    def __init__(self, app: ASGIApp, scope: Scope, portal_factory: PortalFactory) -> None:
        self.app = app
        self.scope = scope
        self.portal_factory = portal_factory
        # None in its place: the application has returned or raised.
        self._answers: queue.SimpleQueue[Message | None] = queue.SimpleQueue()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self.portal = stack.enter_context(self.portal_factory())
            self._requests, self._requests_out = anyio.create_memory_object_stream[Any](float("inf"))
            stack.callback(self._requests_out.close)
            stack.callback(self._requests.close)
            self._task = self.portal.start_task_soon(self._run)
            stack.callback(self._finish)
            self.send({"type": "websocket.connect"})
            message = self.receive()
            raise_on_close(message)
            if message["type"] == "websocket.http.response.start":
                raise self._denial(message)
            self.accepted_subprotocol = message.get("subprotocol", None)
            self.extra_headers = message.get("headers", None)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *exc_info: Any) -> bool | None:
        with self._stack:
            self.close(1000)
        return None

    def send(self, message: Message) -> None:
        self.portal.call(self._deliver, message)

    def receive(self) -> Message:
        message = self._answers.get()
        if message is None:
            self._answers.put(None)
            self._task.result()
            # RFC 6455 §7.4.1: 1006 stands for a connection that ended without a close frame.
            return {"type": "websocket.close", "code": 1006, "reason": "the application returned"}
        return message

    async def _run(self) -> None:
        try:
            with anyio.CancelScope() as self._cancel_scope:
                await self.app(self.scope, self._requests_out.receive, self._accept)
        finally:
            self._answers.put(None)

    async def _accept(self, message: Message) -> None:
        self._answers.put(message)

    async def _deliver(self, message: Message) -> None:
        self._requests.send_nowait(message)

    def _denial(self, head: Message) -> WebSocketDenialResponse:
        body = []
        more = True
        while more and (message := self._answers.get()) is not None:
            body.append(message.get("body", b""))
            more = message.get("more_body", False)
        return WebSocketDenialResponse(head["status"], headers=head.get("headers"), content=b"".join(body))

    def _finish(self) -> None:
        """End the application's run, and raise what it raised."""
        try:
            self._task.exception(GRACE)
        except TimeoutError:
            self.portal.call(self._cancel_scope.cancel)
        self._task.result()
