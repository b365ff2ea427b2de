"""WebSockets under pressure: many frames, few reads, a peer that takes nothing."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

HEAD = (
    b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
)
DEFLATE = b"Sec-WebSocket-Extensions: permessage-deflate\r\n"
CONT, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10


def frame(opcode: int, payload: bytes = b"", *, fin: bool = True, rsv1: bool = False) -> bytes:
    """One frame of a client; the mask is zero, so the payload stays legible."""
    size = len(payload)
    length = struct.pack("!B", 128 | size) if size < 126 else struct.pack("!BQ", 255, size)
    return bytes([fin * 128 | rsv1 * 64 | opcode]) + length + b"\0\0\0\0" + payload


class Peer:
    def __init__(self, sock: socket.socket) -> None:
        self.socket = sock
        self.file = sock.makefile("rb")
        while self.file.readline() != b"\r\n":
            pass

    def say(self, *frames: bytes) -> None:
        self.socket.sendall(b"".join(frames))

    def frame(self) -> tuple[int, bytes]:
        first, size = self.file.read(2)
        if size == 126:
            size = int.from_bytes(self.file.read(2), "big")
        elif size == 127:
            size = int.from_bytes(self.file.read(8), "big")
        return first & 15, self.file.read(size)


@contextmanager
def peer(port: int, extra: bytes = b"", room: int | None = None) -> Iterator[Peer]:
    """``room``: bytes of its receive buffer, set before it connects. A window that shrinks later loses acknowledgements."""
    with socket.socket() as sock:
        sock.settimeout(20)
        if room is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
        sock.connect(("127.0.0.1", port))
        sock.sendall(HEAD + extra + b"\r\n")
        found = Peer(sock)
        yield found
        found.file.close()


async def echo(ws: Any) -> None:
    await ws.receive()
    await ws.send({"type": "websocket.accept"})
    while (message := await ws.receive())["type"] == "websocket.receive":
        await ws.send({**message, "type": "websocket.send"})


def waiting(seen: list[Any], go: threading.Event) -> Callable[[Any], Any]:
    """Accepts, reads nothing before ``go``, then everything."""

    async def app(ws: Any) -> None:
        await ws.receive()
        await ws.send({"type": "websocket.accept"})
        seen.append(ws)
        while not go.is_set():  # noqa: ASYNC110 - set by another thread
            await asyncio.sleep(0.001)
        while (message := await ws.receive())["type"] == "websocket.receive":
            await ws.send({**message, "type": "websocket.send"})

    return app


def until(condition: Callable[[], Any]) -> None:
    while not condition():
        pass


def connection_of(server: Any) -> Any:
    until(lambda: [one for one in server.services.connections if type(one).__name__ == "WsConnection"])
    return next(one for one in server.services.connections if type(one).__name__ == "WsConnection")


def test_small_frames_in_one_packet_do_not_get_past_the_queue(serve: Any) -> None:
    seen: list[Any] = []
    go = threading.Event()
    server = serve(waiting(seen, go), ws_max_queue=4)
    count = 30_000
    with peer(server.port) as client:
        sender = threading.Thread(target=client.say, args=[frame(TEXT, b"x")] * count)
        sender.start()
        connection = connection_of(server)
        until(lambda: not connection.reading)
        assert len(seen[0].inbox) < 16384 // 7 + 10  # what one slice holds
        go.set()
        for _ in range(count):
            assert client.frame() == (TEXT, b"x")
        sender.join()
        client.say(frame(CLOSE, b"\x03\xe8"))
        assert client.frame() == (CLOSE, b"\x03\xe8")


def test_large_messages_wait_by_their_size(serve: Any) -> None:
    seen: list[Any] = []
    go = threading.Event()
    server = serve(waiting(seen, go), ws_max_size=100_000)
    with peer(server.port) as client:
        sender = threading.Thread(target=client.say, args=[frame(BINARY, b"x" * 60_000)] * 20)
        sender.start()
        connection = connection_of(server)
        until(lambda: not connection.reading)
        assert seen[0].inbox_size <= 200_000
        go.set()
        for _ in range(20):
            assert client.frame() == (BINARY, b"x" * 60_000)
        sender.join()


def test_a_peer_that_pings_and_takes_no_pong_is_not_read_and_then_cut(serve: Any) -> None:
    server = serve(echo, timeout_send=0.2, ws_ping_interval=None)
    with peer(server.port, room=4096) as client:
        connection = connection_of(server)

        def flood() -> None:
            with contextlib.suppress(OSError):
                while True:
                    client.say(frame(PING, b"x" * 125) * 100)

        sender = threading.Thread(target=flood)
        sender.start()
        second = server.services.loop.time()
        most = 0

        def sweep() -> None:
            nonlocal most
            most = max(most, connection.transport.get_write_buffer_size())
            connection.sweep(second)
            swept.set()

        while server.services.connections:  # each look comes a second later than the one before
            swept = threading.Event()
            server.call(sweep)
            assert swept.wait(10)
            second += 1
        assert 0 < most < 2**20
        sender.join()


def test_empty_fragments_cost_nothing(serve: Any) -> None:
    with peer(serve(echo).port) as client:
        client.say(frame(TEXT, b"a", fin=False), frame(CONT, fin=False) * 20_000, frame(CONT, b"b"))
        assert client.frame() == (TEXT, b"ab")
        client.say(frame(BINARY, fin=False), frame(CONT, b"\0", fin=False) * 1000, frame(CONT))
        assert client.frame() == (BINARY, bytes(1000))


def test_line_ends_in_fragments_stay_as_they_are(serve: Any) -> None:
    with peer(serve(echo).port) as client:
        client.say(frame(TEXT, b"a\r", fin=False), frame(CONT, b"\nb\r\nc\n", fin=False), frame(CONT, b"\r"))
        assert client.frame() == (TEXT, b"a\r\nb\r\nc\n\r")


def test_a_close_between_fragments_is_a_clean_close(serve: Any) -> None:
    with peer(serve(echo).port) as client:
        client.say(frame(TEXT, b"a", fin=False), frame(CLOSE, b"\x03\xe8bye"), frame(CONT, b"b"))
        assert client.frame() == (CLOSE, b"\x03\xe8bye")
        assert client.file.read() == b""


def test_a_compressed_message_that_is_too_large_is_not_unpacked(serve: Any) -> None:
    compressor = zlib.compressobj(wbits=-12)
    packed = compressor.compress(bytes(50_000_000)) + compressor.flush(zlib.Z_SYNC_FLUSH)
    with peer(serve(echo, ws_max_size=1_000_000).port, DEFLATE) as client:
        client.say(frame(BINARY, packed[:-4], rsv1=True))
        opcode, payload = client.frame()
        assert (opcode, int.from_bytes(payload[:2], "big")) == (CLOSE, 1009)


@pytest.mark.parametrize("deflate", [b"", DEFLATE])
def test_a_message_that_comes_in_many_slices_is_whole(serve: Any, deflate: bytes) -> None:
    payload = bytes(range(256)) * 2000
    with peer(serve(echo).port, deflate) as client:
        client.say(frame(BINARY, payload))
        opcode, data = client.frame()
        assert opcode == BINARY
        if deflate:
            data = zlib.decompressobj(wbits=-12).decompress(data + b"\0\0\xff\xff")
        assert data == payload


def test_an_application_that_closes_before_it_has_read_all_hears_the_answer(serve: Any) -> None:
    closed = threading.Event()

    async def app(ws: Any) -> None:
        await ws.receive()
        await ws.send({"type": "websocket.accept"})
        await ws.receive()
        # The handler returns; what waits in the queue is for nobody any more.
        closed.set()

    server = serve(app, ws_max_queue=2)
    with peer(server.port) as client:
        client.say(frame(TEXT, b"x" * 1000) * 1000)
        assert client.frame() == (CLOSE, b"\x03\xe8")
        client.say(frame(CLOSE, b"\x03\xe8"))
        assert client.file.read() == b""
        assert closed.wait(10)
