"""What a WebSocket object takes from its exchange at once is what the ASGI messages would have said."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from hanok.exceptions import LocalProtocolError
from hanok.exchange import WebSocketExchange
from hanok.protocols.h1.answer import Heads
from hanok.protocols.h1.head import HeadLimits, parse_head
from hanok.protocols.services import Services
from hanok.protocols.ws import WsConnection, WsExchange
from hanok.server.config import Config
from hanok.websockets import WebSocket, WebSocketDisconnect, WebSocketDisconnected

HEAD = (
    b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
MASK = b"\x01\x9e\xff\x42"


class Watched(WebSocket):
    """Every message of this one goes through ``receive`` and ``send``."""

    async def receive(self) -> Any:
        return await super().receive()

    async def send(self, message: Any) -> None:
        await super().send(message)


class Wire(asyncio.Transport):
    """A transport that keeps what was written; with ``full`` it is full after each write, until somebody takes it."""

    def __init__(self, full: bool = False) -> None:
        super().__init__()
        self.full = full
        self.written = b""
        self.closing = False
        self.protocol: Any = None

    def write(self, data: Any) -> None:
        self.written += data
        if self.full and not data.startswith(b"HTTP/"):
            self.protocol.pause_writing()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default

    def get_write_buffer_size(self) -> int:
        return 0

    def is_closing(self) -> bool:
        return self.closing

    def can_write_eof(self) -> bool:
        return False

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...

    def close(self) -> None:
        self.abort()

    def abort(self) -> None:
        if not self.closing:
            self.closing = True
            asyncio.get_running_loop().call_soon(self.protocol.connection_lost, None)


def frame(first: int, payload: bytes) -> bytes:
    return bytes((first, 128 | len(payload))) + MASK + bytes(one ^ MASK[at % 4] for at, one in enumerate(payload))


CLOSE = frame(0x88, (3000).to_bytes(2, "big") + b"bye")
Act = Callable[[WebSocket, list[Any]], Awaitable[None]]


def converse(kind: type[WebSocket], act: Act, *pieces: bytes | None, full: bool = False) -> tuple[list[Any], bytes]:
    """What the application has seen, and what was written, when these pieces came; None is the peer's vanishing."""
    seen: list[Any] = []
    wire = Wire(full)

    async def handle(exchange: Any) -> None:
        websocket = kind.of(exchange)
        await websocket.accept()
        try:
            await act(websocket, seen)
        except Exception as error:
            seen.append((type(error), str(error), vars(error)))
        seen.append((websocket.client_state, websocket.application_state))

    async def main() -> None:
        loop = asyncio.get_running_loop()
        services = Services(loop, handle, Config(ws_per_message_deflate=False), Heads())
        head = parse_head(HEAD, 0, HeadLimits.of(services.settings), None)
        assert head is not None
        connection = wire.protocol = WsConnection(head, b"", handle, services)
        connection.connection_made(wire)
        for piece in pieces:
            for _ in range(5):
                await asyncio.sleep(0)
            if piece is None:
                wire.closing = True
                loop.call_soon(connection.connection_lost, None)
            else:
                loop.call_soon(connection.data_received, piece)
        for _ in range(20):
            await asyncio.sleep(0)
            if connection.room is not None:
                seen.append("full")
                connection.resume_writing()
        connection.connection_lost(None)
        for _ in range(5):
            await asyncio.sleep(0)

    asyncio.run(main())
    return seen, wire.written.partition(b"\r\n\r\n")[2]


async def echo_texts(websocket: WebSocket, seen: list[Any]) -> None:
    async for text in websocket.iter_text():
        seen.append(text)
        await websocket.send_text(text)


async def echo_bytes(websocket: WebSocket, seen: list[Any]) -> None:
    async for data in websocket.iter_bytes():
        seen.append(data)
        await websocket.send_bytes(data)


async def texts(websocket: WebSocket, seen: list[Any]) -> None:
    while True:
        seen.append(await websocket.receive_text())
        await websocket.send_text(seen[-1])


async def data(websocket: WebSocket, seen: list[Any]) -> None:
    while True:
        seen.append(await websocket.receive_bytes())
        await websocket.send_bytes(seen[-1])


async def receive_again(websocket: WebSocket, seen: list[Any]) -> None:
    seen.append(await websocket.receive())
    await texts(websocket, seen)


async def after_the_end(websocket: WebSocket, seen: list[Any]) -> None:
    async for text in websocket.iter_text():
        seen.append(text)
    await websocket.receive_text()


async def after_closing(websocket: WebSocket, seen: list[Any]) -> None:
    seen.append(await websocket.receive_text())
    await websocket.close(4000, "enough")
    try:
        await websocket.send_text("more")
    except WebSocketDisconnected as error:
        seen.append(str(error))
    await anext(websocket.iter_text())


async def send_what_is_no_text(websocket: WebSocket, seen: list[Any]) -> None:
    for wrong in (None, "\ud800"):
        try:
            await websocket.send_text(wrong)  # type: ignore[arg-type]
        except (LocalProtocolError, ValueError) as error:
            seen.append(str(error))
    await websocket.send_bytes(bytearray(b"changed"))
    await websocket.send_bytes(memoryview(b"seen"))  # type: ignore[arg-type]


async def send_until_it_fails(websocket: WebSocket, seen: list[Any]) -> None:
    await websocket.receive()
    for _ in range(100):
        await websocket.send_text("x")
        await websocket.send_bytes(b"x")


ONE, TWO, DATA = frame(0x81, "über".encode()), frame(0x81, b"2" * 100), frame(0x82, bytes(range(100)))
FRAGMENTS = frame(0x01, b"frag") + frame(0x89, b"") + frame(0x80, b"ments")

CONVERSATIONS: dict[str, tuple[Act, tuple[bytes | None, ...]]] = {
    "texts": (texts, (ONE, TWO, ONE + TWO + FRAGMENTS, CLOSE)),
    "iterated texts": (echo_texts, (ONE, TWO, ONE + TWO + FRAGMENTS, CLOSE)),
    "bytes": (data, (DATA, DATA + DATA, frame(0x82, b""), frame(0x82, b"1"), CLOSE)),
    "iterated bytes": (echo_bytes, (DATA, DATA + DATA, frame(0x82, b""), frame(0x82, b"1"), CLOSE)),
    "bytes for a text": (texts, (ONE, DATA)),
    "a text for bytes": (data, (ONE,)),
    "bytes for an iterated text": (echo_texts, (ONE, DATA)),
    "a text for iterated bytes": (echo_bytes, (DATA, ONE)),
    "no UTF-8": (texts, (ONE, frame(0x81, b"\xff\xff"))),
    "a vanished peer": (texts, (ONE, None)),
    "an iterated vanished peer": (echo_texts, (ONE, None)),
    "ASGI messages and texts": (receive_again, (ONE, TWO, CLOSE)),
    "after the end": (after_the_end, (ONE, CLOSE)),
    "after closing": (after_closing, (ONE, TWO)),
    "what is no text": (send_what_is_no_text, ()),
    "sending to nobody": (send_until_it_fails, (None,)),
    "sending to one who has closed": (send_until_it_fails, (CLOSE,)),
    "sending meanwhile": (send_until_it_fails, (ONE, None)),
}


@pytest.mark.parametrize("full", [False, True], ids=["room", "full"])
@pytest.mark.parametrize("name", CONVERSATIONS)
def test_the_short_ways_say_what_the_messages_say(name: str, full: bool) -> None:
    act, pieces = CONVERSATIONS[name]
    assert converse(WebSocket, act, *pieces, full=full) == converse(Watched, act, *pieces, full=full)


class Sayings(WebSocketExchange):
    """Has texts and bytes ready, and no messages but the handshake's."""

    def __init__(self, *ready: str | bytes) -> None:
        self.prepare()
        self.ready = list(ready)
        self.given: list[Any] = []

    async def receive(self) -> Any:
        return {"type": "websocket.connect"}

    async def send(self, message: Any) -> None:
        assert message["type"] == "websocket.accept"

    def take(self, kind: type[str | bytes]) -> Any:
        return self.ready.pop(0) if self.ready and type(self.ready[0]) is kind else None

    def give_text(self, text: str) -> None:
        self.given.append(text)

    def give_bytes(self, data: bytes) -> None:
        self.given.append(data)


def test_they_are_taken() -> None:
    async def main() -> list[Any]:
        exchange = Sayings("one", "two", b"3", b"4")
        websocket: WebSocket = WebSocket.of(exchange)
        await websocket.accept()
        await websocket.send_text(await websocket.receive_text())
        await websocket.send_text(await anext(websocket.iter_text()))
        await websocket.send_bytes(await websocket.receive_bytes())
        await websocket.send_bytes(await anext(websocket.iter_bytes()))
        return exchange.given

    assert asyncio.run(main()) == ["one", "two", b"3", b"4"]


def test_who_replaces_a_method_of_the_object_sees_every_message() -> None:
    async def watch(websocket: WebSocket, seen: list[Any]) -> None:
        send, receive = websocket.send, websocket.receive

        async def sending(message: Any) -> None:
            seen.append(message)
            await send(message)

        async def receiving() -> Any:
            seen.append("receive")
            return await receive()

        websocket.send = sending  # type: ignore[method-assign]
        websocket.receive = receiving  # type: ignore[method-assign]
        async for text in websocket.iter_text():
            await websocket.send_text(text)

    seen, _ = converse(WebSocket, watch, ONE, CLOSE)
    assert seen[:3] == ["receive", {"type": "websocket.send", "text": "über"}, "receive"]


def test_two_tasks_do_not_wait_for_the_same_message() -> None:
    async def both(websocket: WebSocket, seen: list[Any]) -> None:
        first = asyncio.create_task(websocket.receive_text())
        await asyncio.sleep(0)
        try:
            await websocket.receive_text()
        except LocalProtocolError as error:
            seen.append(str(error))
        seen.append(await first)

    seen, _ = converse(WebSocket, both, ONE)
    assert seen[:2] == ["two tasks wait for the next message of the same WebSocket", "über"]


def test_a_text_that_was_waited_for_in_vain_is_there_for_the_next() -> None:
    async def impatient(websocket: WebSocket, seen: list[Any]) -> None:
        waiting = asyncio.create_task(websocket.receive_text())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait([waiting])
        seen.append(waiting.cancelled())
        seen.append(await websocket.receive_text())

    seen, _ = converse(WebSocket, impatient, ONE)
    assert seen[:2] == [True, "über"]


def test_the_exchange_leaves_to_the_messages_what_is_no_data() -> None:
    taken: list[Any] = []

    async def act(websocket: WebSocket, seen: list[Any]) -> None:
        exchange = websocket.exchange
        assert isinstance(exchange, WsExchange)
        seen.append(await websocket.receive_text())
        while exchange.inbox:
            taken.append((exchange.take(bytes), exchange.take(str)))
        try:
            while True:
                await websocket.receive_text()
        except WebSocketDisconnect as left:
            seen.append((left.code, left.reason, exchange.take(str)))

    seen, _ = converse(WebSocket, act, ONE + TWO, CLOSE)
    assert taken == [(None, "2" * 100)]
    assert seen[:2] == ["über", (3000, "bye", None)]
