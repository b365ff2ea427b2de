"""The asyncio side: handshakes that cannot be, broken frames, flow control, pings, a server that stops."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import queue
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from hanok.protocols.ws import connection as ws_connection

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
HEADERS = {
    "Host": "localhost",
    "Connection": "keep-alive, Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Key": KEY,
    "Sec-WebSocket-Version": "13",
}
ACCEPT = {"type": "websocket.accept"}


def handshake(method: str = "GET", **changes: str | None) -> bytes:
    headers = {**HEADERS, **{name.replace("_", "-"): value for name, value in changes.items()}}
    lines = [f"{method} / HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items() if v is not None)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def frame(opcode: int, payload: bytes = b"", *, fin: bool = True, masked: bool = True) -> bytes:
    """One frame of a client; the mask is zero, so the payload stays legible."""
    length = len(payload)
    mask_bit = 128 if masked else 0
    if length < 126:
        size = struct.pack("!B", mask_bit | length)
    else:
        size = struct.pack("!BQ", mask_bit | 127, length)
    return bytes([fin * 128 | opcode]) + size + (b"\0\0\0\0" if masked else b"") + payload


TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


class RawClient:
    """Raw bytes in, frames out."""

    def __init__(self, port: int, request: bytes) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.socket.sendall(request)
        self.file = self.socket.makefile("rb")

    def send(self, *frames: bytes) -> None:
        self.socket.sendall(b"".join(frames))

    def head(self) -> bytes:
        lines = []
        while (line := self.file.readline()) not in (b"\r\n", b""):
            lines.append(line)
        return b"".join(lines)

    def frame(self) -> tuple[int, bytes]:
        first, length = self.file.read(2)
        if length == 126:
            length = int.from_bytes(self.file.read(2), "big")
        elif length == 127:
            length = int.from_bytes(self.file.read(8), "big")
        return first & 15, self.file.read(length)

    def closed(self) -> tuple[int, str]:
        """The close frame that must come next, and nothing after it."""
        opcode, payload = self.frame()
        assert opcode == CLOSE
        assert self.file.read() == b""
        return int.from_bytes(payload[:2], "big"), payload[2:].decode()


@contextmanager
def raw(port: int, request: bytes | None = None) -> Iterator[RawClient]:
    client = RawClient(port, handshake() if request is None else request)
    try:
        yield client
    finally:
        client.file.close()
        client.socket.close()


async def echo(ws: Any) -> None:
    await ws.receive()
    await ws.send(ACCEPT)
    while (message := await ws.receive())["type"] == "websocket.receive":
        await ws.send({**message, "type": "websocket.send"})


def recording(heard: queue.Queue[Any]) -> Any:
    async def app(ws: Any) -> None:
        await ws.receive()
        await ws.send(ACCEPT)
        while True:
            heard.put(await ws.receive())
            if heard.queue[-1]["type"] == "websocket.disconnect":
                return

    return app


# ---- handshakes


def test_the_accept_key_is_that_of_the_rfc(serve: Any) -> None:
    with raw(serve(echo).port) as client:
        head = client.head().lower()
    assert head.startswith(b"http/1.1 101 switching protocols\r\n")
    assert b"sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo=" in head  # RFC 6455 §1.3
    assert b"upgrade: websocket" in head
    assert b"connection: upgrade" in head


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({"Sec_WebSocket_Key": None}, 400, "missing Sec-WebSocket-Key"),
        ({"Sec_WebSocket_Key": "short"}, 400, "Sec-WebSocket-Key"),
        ({"Sec_WebSocket_Version": None}, 400, "missing Sec-WebSocket-Version"),
        ({"Sec_WebSocket_Version": "8"}, 426, "this server speaks 13"),
    ],
)
def test_a_bad_handshake_is_answered_as_http(serve: Any, changes: Any, status: int, words: str) -> None:
    with raw(serve(echo).port, handshake(**changes)) as client:
        answer = http.client.HTTPResponse(client.socket)
        answer.begin()
        assert answer.status == status
        assert words in answer.read().decode()
        assert answer.getheader("connection") == "close"
        if status == 426:
            assert answer.getheader("upgrade") == "websocket"
        if status == 426:
            assert answer.getheader("sec-websocket-version") == "13"


def test_frames_in_the_same_packet_as_the_handshake_are_heard(serve: Any) -> None:
    with raw(serve(echo).port, handshake() + frame(TEXT, b"early")) as client:
        client.head()
        assert client.frame() == (TEXT, b"early")


def test_frames_that_come_before_the_answer_wait_for_it(serve: Any) -> None:
    may_accept: queue.Queue[asyncio.Event] = queue.Queue()

    async def app(ws: Any) -> None:
        event = asyncio.Event()
        may_accept.put(event)
        await event.wait()
        await echo(ws)

    server = serve(app)
    payload = b"x" * 40_000
    with raw(server.port) as client:
        event = may_accept.get(timeout=10)
        client.send(*[frame(BINARY, payload)] * 6)
        server.call(event.set)
        client.head()
        for _ in range(6):
            assert client.frame() == (BINARY, payload)


# ---- frames


def test_a_ping_is_answered_with_its_payload(serve: Any) -> None:
    with raw(serve(echo).port) as client:
        client.head()
        client.send(frame(PING, b"are you there"))
        assert client.frame() == (PONG, b"are you there")


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        ([frame(TEXT, b"\xff\xfe")], 1007),
        ([frame(TEXT, "한".encode()[:2], fin=False), frame(0, b"x")], 1007),
        ([frame(TEXT, b"not masked", masked=False)], 1002),
        ([frame(3)], 1002),
        ([frame(0, b"no beginning")], 1002),
        ([frame(BINARY, b"x" * 2000)], 1009),
        ([frame(BINARY, b"x" * 600, fin=False), frame(0, b"x" * 600)], 1009),
    ],
)
def test_a_broken_frame_closes_with_its_code(serve: Any, frames: list[bytes], code: int) -> None:
    heard: queue.Queue[Any] = queue.Queue()
    with raw(serve(recording(heard), ws_max_size=1000).port) as client:
        client.head()
        client.send(*frames, frame(TEXT, b"never read"))
        assert client.closed()[0] == code
    message = heard.get(timeout=10)
    assert (message["type"], message["code"]) == ("websocket.disconnect", code)


def test_a_close_without_a_code_is_1005(serve: Any) -> None:
    heard: queue.Queue[Any] = queue.Queue()
    with raw(serve(recording(heard)).port) as client:
        client.head()
        client.send(frame(CLOSE))
        assert client.frame() == (CLOSE, b"")
    assert heard.get(timeout=10) == {"type": "websocket.disconnect", "code": 1005, "reason": ""}


def test_a_peer_that_only_stops_sending_is_gone(serve: Any) -> None:
    heard: queue.Queue[Any] = queue.Queue()
    with raw(serve(recording(heard)).port) as client:
        client.head()
        client.socket.shutdown(socket.SHUT_WR)
        assert client.file.read() == b""
    assert heard.get(timeout=10)["code"] == 1006


def test_a_peer_that_ignores_our_close_is_cut(serve: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(ws_connection, "CLOSE_TIMEOUT", 0.01)

    async def app(ws: Any) -> None:
        await ws.receive()
        await ws.send(ACCEPT)
        await ws.send({"type": "websocket.close", "code": 1000})
        assert (await ws.receive())["code"] == 1006

    server = serve(app)
    with raw(server.port) as client:
        client.head()
        assert client.frame()[0] == CLOSE
        client.send(frame(TEXT, b"I do not listen"))
        with contextlib.suppress(ConnectionResetError):
            assert client.socket.recv(100) == b""


# ---- flow control


def test_reading_stops_while_messages_wait_and_goes_on_after(serve: Any) -> None:
    seen: queue.Queue[Any] = queue.Queue()

    async def app(ws: Any) -> None:
        await ws.receive()
        await ws.send(ACCEPT)
        go = asyncio.Event()
        seen.put((ws, go))
        await go.wait()
        while (message := await ws.receive())["type"] == "websocket.receive":
            seen.put(len(message["bytes"]))

    server = serve(app, ws_max_queue=4)
    with raw(server.port) as client:
        client.head()
        ws, go = seen.get(timeout=10)
        client.socket.settimeout(0.2)
        sent = 0
        with pytest.raises(TimeoutError):  # noqa: PT012 - all buffers on the way are full: nobody reads
            while True:
                sent += client.socket.send(frame(BINARY, b"x" * 60_000)[sent % 60_014 :])
        assert len(ws.inbox) < 20
        server.call(go.set)
        client.socket.settimeout(10)
        client.send(frame(BINARY, b"x" * 60_000)[sent % 60_014 :])
        client.send(frame(CLOSE))
        for _ in range(sent // 60_014 + 1):
            assert seen.get(timeout=10) == 60_000


def test_send_waits_for_a_peer_that_is_slow(serve: Any) -> None:
    sent: queue.Queue[int] = queue.Queue()

    async def app(ws: Any) -> None:
        await ws.receive()
        await ws.send(ACCEPT)
        for number in range(200):
            await ws.send({"type": "websocket.send", "bytes": b"x" * 100_000})
            sent.put(number)

    with raw(serve(app, ws_per_message_deflate=False).port) as client:
        client.head()
        assert sent.get(timeout=10) == 0
        last = 0
        with pytest.raises(queue.Empty):  # noqa: PT012
            while True:
                last = sent.get(timeout=0.3)
        assert last < 199
        for _ in range(200):
            assert client.frame() == (BINARY, b"x" * 100_000)
        assert client.frame()[0] == CLOSE


def test_a_send_that_waits_is_released_when_the_peer_vanishes(serve: Any) -> None:
    ended: queue.Queue[Any] = queue.Queue()

    async def app(ws: Any) -> None:
        await ws.receive()
        await ws.send(ACCEPT)
        try:
            while True:
                await ws.send({"type": "websocket.send", "bytes": b"x" * 100_000})
        except OSError as error:
            ended.put(error)

    with raw(serve(app, ws_per_message_deflate=False).port) as client:
        client.head()
    assert isinstance(ended.get(timeout=10), OSError)


# ---- pings


def test_a_silent_peer_is_pinged_and_lives_by_its_pong(serve: Any) -> None:
    heard: queue.Queue[Any] = queue.Queue()
    with raw(serve(recording(heard), ws_ping_interval=0.02, ws_ping_timeout=20).port) as client:
        client.head()
        for _ in range(3):
            opcode, payload = client.frame()
            assert opcode == PING
            client.send(frame(PONG, payload))
        client.send(frame(TEXT, b"here"))
        assert heard.get(timeout=10)["text"] == "here"


def test_a_peer_that_gives_no_pong_is_closed_with_1011(serve: Any) -> None:
    heard: queue.Queue[Any] = queue.Queue()
    with raw(serve(recording(heard), ws_ping_interval=0.02, ws_ping_timeout=0.02).port) as client:
        client.head()
        assert client.frame()[0] == PING
        assert client.closed() == (1011, "keepalive ping timeout")
    assert heard.get(timeout=10)["code"] == 1006


def test_without_a_ping_timeout_pings_only_keep_the_way_open(serve: Any) -> None:
    with raw(serve(echo, ws_ping_interval=0.02, ws_ping_timeout=None).port) as client:
        client.head()
        for _ in range(3):
            assert client.frame()[0] == PING


def test_silence_proves_nothing_while_we_do_not_read(serve: Any) -> None:
    seen: queue.Queue[Any] = queue.Queue()

    async def app(ws: Any) -> None:
        await ws.receive()
        await ws.send(ACCEPT)
        go = asyncio.Event()
        seen.put(go)
        await go.wait()
        await ws.receive()
        await ws.send({"type": "websocket.send", "text": "still here"})
        await ws.receive()

    server = serve(app, ws_max_queue=1, ws_ping_interval=0.02, ws_ping_timeout=0.02)
    with raw(server.port) as client:
        client.head()
        client.send(frame(TEXT, b"1"))
        for _ in range(3):
            assert client.frame() == (PING, b"hanok")  # none of them is answered
        server.call(seen.get(timeout=10).set)
        opcode, payload = client.frame()
        while opcode == PING:
            opcode, payload = client.frame()
        assert (opcode, payload) == (TEXT, b"still here")


# ---- a server that stops


def test_drain_closes_with_1012_and_tells_the_application(serve: Any) -> None:
    heard: queue.Queue[Any] = queue.Queue()
    server = serve(recording(heard))
    with connect(server.url) as client:
        client.send("hello")
        assert heard.get(timeout=10)["text"] == "hello"
        server.drain()
        with pytest.raises(ConnectionClosed):
            client.recv(timeout=10)
        assert client.close_code == 1012
    message = heard.get(timeout=10)
    assert message == {"type": "websocket.disconnect", "code": 1012, "reason": "Service Restart"}


def test_drain_answers_a_handshake_that_waits_with_503(serve: Any) -> None:
    waiting: queue.Queue[Any] = queue.Queue()

    async def app(ws: Any) -> None:
        await ws.receive()
        waiting.put(True)
        assert (await ws.receive())["code"] == 1012

    server = serve(app)
    with raw(server.port) as client:
        assert waiting.get(timeout=10)
        server.drain()
        assert client.head().startswith(b"HTTP/1.1 503 ")


def test_abort_cancels_the_application(serve: Any) -> None:
    seen: queue.Queue[Any] = queue.Queue()

    async def app(ws: Any) -> None:
        await ws.receive()
        await ws.send(ACCEPT)
        seen.put("open")
        try:
            await asyncio.get_running_loop().create_future()
        except asyncio.CancelledError:
            seen.put("cancelled")
            raise

    server = serve(app)
    with raw(server.port) as client:
        client.head()
        assert seen.get(timeout=10) == "open"
        server.call(lambda: [connection.abort() for connection in list(server.services.connections)])
        assert seen.get(timeout=10) == "cancelled"


def test_the_application_runs_in_a_task_and_a_context_of_its_own(serve: Any) -> None:
    import contextvars

    variable = contextvars.ContextVar("variable", default=0)
    seen: queue.Queue[Any] = queue.Queue()

    async def app(ws: Any) -> None:
        seen.put((asyncio.current_task(), variable.get()))
        variable.set(variable.get() + 1)
        await echo(ws)

    server = serve(app)
    with connect(server.url), connect(server.url):
        pass
    (one, before_one), (two, before_two) = seen.get(timeout=10), seen.get(timeout=10)
    assert one is not None
    assert one is not two
    assert before_one == before_two == 0
