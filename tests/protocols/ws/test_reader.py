"""Frames taken apart: wherever they are cut, and whichever way they go, the messages are the same."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest

from hanok.protocols.h1.answer import Heads
from hanok.protocols.h1.head import HeadLimits, parse_head
from hanok.protocols.services import Services
from hanok.protocols.ws import reader
from hanok.protocols.ws.connection import WsConnection
from hanok.server.config import Config

HEAD = (
    b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
SIZES = (0, 1, 5, 125, 126, 127, 4095, 4096, 65535, 65536, 70000)


class Wire:
    """A transport that keeps what it is given."""

    def __init__(self) -> None:
        self.written = b""
        self.closing = False
        self.paused = 0

    def write(self, data: bytes) -> None:
        assert not self.closing
        self.written += data

    def get_extra_info(self, name: str) -> None:
        return None

    def get_write_buffer_size(self) -> int:
        return 0

    def is_closing(self) -> bool:
        return self.closing

    def close(self) -> None:
        self.closing = True

    abort = close

    def can_write_eof(self) -> bool:
        return False

    def pause_reading(self) -> None:
        self.paused += 1

    def resume_reading(self) -> None:
        pass


def frame(first: int, payload: bytes, mask: bytes = b"\x01\x9e\xff\x42") -> bytes:
    size = len(payload)
    if size < 126:
        head = bytes((first, 128 | size))
    elif size < 65536:
        head = bytes((first, 128 | 126)) + size.to_bytes(2, "big")
    else:
        head = bytes((first, 128 | 127)) + size.to_bytes(8, "big")
    return head + mask + bytes(one ^ mask[at % 4] for at, one in enumerate(payload))


def plain(first: int, payload: bytes) -> bytes:
    """The same, as a server sends it."""
    size = len(payload)
    if size < 126:
        return bytes((first, size)) + payload
    if size < 65536:
        return bytes((first, 126)) + size.to_bytes(2, "big") + payload
    return bytes((first, 127)) + size.to_bytes(8, "big") + payload


async def echo(exchange: Any) -> None:
    await exchange.receive()
    await exchange.send({"type": "websocket.accept"})
    while (message := await exchange.receive())["type"] == "websocket.receive":
        await exchange.send({**message, "type": "websocket.send"})


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def talk(pieces: list[bytes], handler: Any = echo, *, turns: bool = False, **options: Any) -> Wire:
    """Give a WebSocket these bytes, as a transport would, and see what it writes after the handshake."""
    wire = Wire()

    async def main() -> None:
        loop = asyncio.get_running_loop()
        services = Services(loop, handler, Config(**options), Heads())
        head = parse_head(HEAD, 0, HeadLimits.of(services.settings), None)
        assert head is not None
        connection = WsConnection(head, b"", handler, services)
        connection.connection_made(wire)  # type: ignore[arg-type]
        await settle()
        wire.written = b""

        def feed() -> None:
            for piece in pieces:
                connection.data_received(piece)

        if turns:
            for piece in pieces:
                connection.data_received(piece)
                await settle()
        else:
            loop.call_soon(feed)
        for _ in range(10 + sum(map(len, pieces)) // 100 // reader.FRAMES_IN_TURN):
            await settle()
        connection.connection_lost(None)
        await settle()

    asyncio.run(main())
    return wire


@pytest.mark.parametrize("size", SIZES)
def test_a_message_of_any_size_comes_whole_and_leaves_as_one_frame(size: int) -> None:
    data = random.Random(size).randbytes(size)
    text = ("π" * size)[: size // 2].encode() + b"x" * (size % 2)
    for first, payload in ((0x81, text), (0x82, data)):
        sent = frame(first, payload)
        assert talk([sent]).written == plain(first, payload)
        cut = len(sent) * 2 // 3
        assert talk([sent[:cut], sent[cut:]]).written == plain(first, payload)


def test_short_payloads_are_unmasked_and_nothing_else_is_changed() -> None:
    single = [bytes([number]) for number in range(256)]
    payloads = [
        *single,
        *(bytes(range(256)) * 2)[:0:-1].split(b"\x7f"),
        *(b"ab" * 150 + bytes([n]) * n for n in range(256)),
    ]
    payloads += [bytes([size & 255]) * size for size in range(300)]
    sent = b"".join(frame(0x82, payload) for payload in payloads)
    assert talk([sent], ws_max_queue=5000, ws_ping_interval=None).written == b"".join(
        plain(0x82, one) for one in payloads
    )
    assert single == [number.to_bytes(1, "big") for number in range(256)]


def test_frames_may_be_cut_anywhere() -> None:
    sent = frame(0x81, b"one") + frame(0x89, b"ping") + frame(0x82, b"2" * 200) + frame(0x81, b"") + frame(0x82, b"3")
    expected = {
        plain(0x81, b"one"), plain(0x8A, b"ping"), plain(0x82, b"2" * 200), plain(0x81, b""), plain(0x82, b"3")
    }  # fmt: skip
    for at in range(1, len(sent)):
        written = talk([sent[:at], sent[at:]], turns=True).written
        assert len(written) == sum(map(len, expected))
        assert all(each in written for each in expected)
    assert len(talk([bytes([one]) for one in sent], turns=True).written) == sum(map(len, expected))


def test_messages_in_one_packet_are_answered_before_the_next_is_read() -> None:
    sent = b"".join(frame(0x81, b"%d" % number) for number in range(1000))
    wire = talk([sent], ws_max_queue=4)
    assert wire.written == b"".join(plain(0x81, b"%d" % number) for number in range(1000))


def test_messages_around_a_fragmented_one_keep_their_order() -> None:
    sent = (
        frame(0x81, b"a")
        + frame(0x01, b"b")
        + frame(0x89, b"")
        + frame(0x00, b"c")
        + frame(0x80, b"d")
        + frame(0x82, b"e")
    )
    written = talk([sent]).written
    assert written.replace(plain(0x8A, b""), b"") == plain(0x81, b"a") + plain(0x81, b"bcd") + plain(0x82, b"e")


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (frame(0x01, b"begun") + frame(0x81, b"another"), 1002),
        (frame(0x80, b"never begun"), 1002),
        (plain(0x81, b"not masked"), 1002),
        (frame(0xC1, b"an extension that nobody asked for"), 1002),
        (frame(0x83, b"no such opcode"), 1002),
        (frame(0x81, b"\xff"), 1007),
        (frame(0x82, bytes(1001)), 1009),
        (b"\x82\xff" + b"\xff" * 8 + b"\0\0\0\0", 1009),
    ],
)
@pytest.mark.parametrize("turns", [False, True])
def test_what_is_wrong_is_refused_with_its_code(sent: bytes, code: int, turns: bool) -> None:
    """Also behind good frames, and what comes after it is not heard."""
    sent = frame(0x81, b"good") + sent + frame(0x81, b"unheard")
    for pieces in ([sent], [bytes([one]) for one in sent]):
        wire = talk(pieces, turns=turns, ws_max_size=1000)
        assert wire.closing
        assert code.to_bytes(2, "big") in wire.written
        assert b"unheard" not in wire.written


def test_an_application_that_does_not_read_is_no_reason_to_read_on() -> None:
    seen = []

    async def asleep(exchange: Any) -> None:
        await exchange.receive()
        seen.append(exchange)
        await exchange.send({"type": "websocket.accept"})
        await asyncio.get_running_loop().create_future()

    async def ended(exchange: Any) -> None:
        try:
            await asleep(exchange)
        finally:
            seen.append(len(exchange.inbox))

    wire = talk([frame(0x81, b"x") * 1000], ended, ws_max_queue=8)
    assert wire.paused
    assert seen[-1] == 8


def test_what_comes_after_the_application_has_closed_is_for_nobody() -> None:
    async def leaves(exchange: Any) -> None:
        await exchange.receive()
        await exchange.send({"type": "websocket.accept"})
        await exchange.receive()
        await exchange.send({"type": "websocket.close", "code": 3000})

    long = frame(0x82, bytes(70_000))
    sent = frame(0x81, b"first") + long + frame(0x81, b"late") + frame(0x88, b"\x0b\xb8")
    for pieces in ([sent], [sent[:50_000], sent[50_000:]], [long[:50_000], long[50_000:] + sent]):
        wire = talk(pieces, leaves)
        assert wire.written == plain(0x88, b"\x0b\xb8")
        assert wire.closing


def test_a_buffer_that_the_application_may_change_is_copied() -> None:
    async def sends(exchange: Any) -> None:
        await exchange.receive()
        await exchange.send({"type": "websocket.accept"})
        await exchange.receive()
        for size in (3, 200):
            buffer = bytearray(size)
            await exchange.send({"type": "websocket.send", "bytes": memoryview(buffer)})
            buffer[:] = b"x" * size

    written = talk([frame(0x81, b"go")], sends).written
    assert written.startswith(plain(0x82, bytes(3)) + plain(0x82, bytes(200)))
