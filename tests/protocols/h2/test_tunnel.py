"""WebSockets over HTTP/2 (RFC 8441)."""

import asyncio
import contextlib
import threading

import pytest
from websockets.client import ClientProtocol
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
from websockets.frames import Opcode
from websockets.protocol import State
from websockets.uri import parse_uri


class WebSocket:
    """The client's end of one, on a stream of a raw connection."""

    def __init__(self, wire, stream=1, path=b"/", *more, deflate=False, version=b"13"):
        self.wire, self.stream = wire, stream
        fields = [(b":method", b"CONNECT"), (b":protocol", b"websocket"), (b":path", path), (b":scheme", b"http")]
        fields += [(b":authority", b"localhost"), (b"sec-websocket-version", version), *more]
        extensions = [ClientPerMessageDeflateFactory()] if deflate else None
        if deflate:
            fields.append((b"sec-websocket-extensions", b"permessage-deflate"))
        wire.request(stream, *fields, end=False)
        head = wire.hear(wire.HEADERS)
        assert head.stream == stream
        self.heard = 0
        self.events = []
        self.headers = dict(head.payload)
        self.status = int(self.headers[b":status"])
        self.protocol = ClientProtocol(parse_uri("ws://localhost/"), state=State.OPEN)
        if deflate:
            self.protocol.extensions = [extensions[0].process_response_params([], [])]

    def send(self, text):
        self.protocol.send_text(text.encode())
        self.flush()

    def close(self, code=1000):
        self.protocol.send_close(code)
        self.flush()

    def flush(self):
        for data in self.protocol.data_to_send():
            for start in range(0, len(data), 16384):
                self.wire.data(self.stream, data[start : start + 16384])
            if not data:
                self.wire.data(self.stream, end=True)

    def receive(self, window=True):
        """The next frame. With ``window`` the server may send as much again."""
        while True:
            self.events += self.protocol.events_received()
            if self.events:
                return self.events.pop(0)
            heard = self.wire.hear(self.wire.DATA, self.wire.RST_STREAM)
            if heard.stream != self.stream:
                continue
            assert heard.kind == self.wire.DATA, f"reset with {heard.code}"
            if heard.payload:
                self.protocol.receive_data(heard.payload)
                self.heard += len(heard.payload)
                if window:
                    self.wire.window(len(heard.payload), 0, self.stream)
            if heard.flags & 1:
                self.protocol.receive_eof()


async def echo(exchange):
    assert (await exchange.receive())["type"] == "websocket.connect"
    await exchange.send({"type": "websocket.accept"})
    while (message := await exchange.receive())["type"] == "websocket.receive":
        await exchange.send({"type": "websocket.send", "text": "echo " + message["text"]})


def test_a_server_says_that_it_has_websockets(house):
    wire = house.connect(house.serve(echo))
    wire.say(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", wire.frame(wire.SETTINGS, 0, 0))
    assert b"\0\x08\0\0\0\1" in wire.hear(wire.SETTINGS).payload  # SETTINGS_ENABLE_CONNECT_PROTOCOL


@pytest.mark.parametrize("deflate", [False, True])
def test_messages_flow_both_ways(house, deflate):
    wire = house.wire(echo)
    socket = WebSocket(wire, deflate=deflate)
    assert socket.status == 200
    assert (b"sec-websocket-extensions" in socket.headers) is deflate
    assert not {b"sec-websocket-accept", b"connection", b"upgrade"} & set(socket.headers)
    for text in ("hello", "x" * 100_000):
        socket.send(text)
        assert socket.receive().data == b"echo " + text.encode()
    socket.close()
    assert socket.receive().opcode is Opcode.CLOSE
    assert wire.is_alive()


def test_requests_and_websockets_share_a_connection(house):
    async def both(exchange):
        if exchange.kind == "websocket":
            await echo(exchange)
        else:
            exchange.answer(200, [], b"http")

    wire = house.wire(both)
    first, second = WebSocket(wire, 1), WebSocket(wire, 3)
    wire.request(5)
    assert wire.answer(5)[2] == b"http"
    first.send("a")
    assert first.receive().data == b"echo a"
    second.send("b")
    assert second.receive().data == b"echo b"


def test_the_application_sees_the_handshake(house):
    seen = {}

    async def look(exchange):
        seen.update(exchange.scope)
        await exchange.receive()
        await exchange.send({"type": "websocket.accept", "subprotocol": "chat", "headers": [(b"X-Own", b"1")]})
        await exchange.send({"type": "websocket.close", "code": 4001})

    wire = house.wire(look)
    socket = WebSocket(wire, 1, b"/room?id=5", (b"sec-websocket-protocol", b"chat, other"))
    assert socket.headers[b"sec-websocket-protocol"] == b"chat"
    assert socket.headers[b"x-own"] == b"1"
    assert socket.receive().data[:2] == b"\x0f\xa1"  # 4001
    assert (seen["type"], seen["http_version"], seen["scheme"], seen["path"]) == ("websocket", "2", "ws", "/room")
    assert (seen["query_string"], seen["subprotocols"]) == (b"id=5", ["chat", "other"])
    assert seen["headers"][0] == (b"host", b"localhost")


def test_a_refused_handshake_is_answered(house):
    async def refuse(exchange):
        await exchange.receive()
        await exchange.send({"type": "websocket.close"})

    wire = house.wire(refuse)
    socket = WebSocket(wire)
    assert socket.status == 403
    assert wire.is_alive()


def test_a_denied_handshake_has_the_answer_of_the_application(house):
    async def deny(exchange):
        await exchange.receive()
        await exchange.send({"type": "websocket.http.response.start", "status": 401, "headers": [(b"X-Why", b"token")]})
        await exchange.send({"type": "websocket.http.response.body", "body": b"no ", "more_body": True})
        await exchange.send({"type": "websocket.http.response.body", "body": b"token"})

    wire = house.wire(deny)
    socket = WebSocket(wire)
    assert (socket.status, socket.headers[b"x-why"]) == (401, b"token")
    body = b""
    while True:
        heard = wire.hear(wire.DATA)
        body += heard.payload
        if heard.flags & 1:
            break
    assert body == b"no token"


def test_another_version_is_refused(house):
    socket = WebSocket(house.wire(echo), version=b"8")
    assert (socket.status, socket.headers[b"sec-websocket-version"]) == (426, b"13")


def test_an_application_that_fails_closes_with_1011(house, errors):
    async def fail(exchange):
        await exchange.receive()
        await exchange.send({"type": "websocket.accept"})
        raise ValueError("broken")

    socket = WebSocket(house.wire(fail))
    assert socket.receive().data[:2] == b"\x03\xf3"
    errors.wait(1)


@pytest.mark.parametrize("how", ["reset", "connection"])
def test_the_application_is_told_that_the_peer_has_gone(house, how):
    told = threading.Event()
    codes = []

    async def wait(exchange):
        await exchange.receive()
        await exchange.send({"type": "websocket.accept"})
        codes.append((await exchange.receive())["code"])
        with contextlib.suppress(OSError):
            await exchange.send({"type": "websocket.send", "text": "late"})
        told.set()

    wire = house.wire(wait)
    WebSocket(wire)
    if how == "reset":
        wire.reset(1)
    else:
        wire.close()
    assert told.wait(20)
    assert codes == [1006]


def test_the_end_of_the_stream_is_the_end_of_the_websocket(house):
    wire = house.wire(echo)
    WebSocket(wire)
    wire.data(1, b"", end=True)
    assert wire.hear(wire.DATA, wire.RST_STREAM).flags & 1
    assert wire.is_alive()


def test_an_application_that_does_not_receive_makes_its_peer_wait(house):
    go = threading.Event()

    async def late(exchange):
        await exchange.receive()
        await exchange.send({"type": "websocket.accept"})
        await asyncio.get_running_loop().run_in_executor(None, go.wait)
        total = 0
        while total < 300_000:
            total += len((await exchange.receive())["text"])
        await exchange.send({"type": "websocket.send", "text": str(total)})
        await exchange.receive()

    wire = house.wire(late, ws_max_queue=2)
    socket = WebSocket(wire)
    for _ in range(26):
        socket.send("x" * 10_000)  # below the window of the stream
    wire.say(wire.frame(wire.PING, 0, 0, b"no more?"))
    given = 0
    while (heard := wire.hear(wire.WINDOW_UPDATE, wire.PING)).kind != wire.PING:
        given += int.from_bytes(heard.payload, "big") if heard.stream == 1 else 0
    assert given < 200_000
    go.set()
    while wire.hear(wire.WINDOW_UPDATE).stream != 1:
        pass
    for _ in range(4):
        socket.send("x" * 10_000)
    assert socket.receive().data == b"300000"


def test_a_peer_that_gives_no_window_makes_the_application_wait(house):
    sent = []

    async def flood(exchange):
        await exchange.receive()
        await exchange.send({"type": "websocket.accept"})
        for number in range(30):
            await exchange.send({"type": "websocket.send", "bytes": bytes(10_000)})
            sent.append(number)
        await exchange.receive()

    wire = house.wire(flood)
    socket = WebSocket(wire)
    received = 0
    while received < 60_000:
        received += len(socket.receive(window=False).data)
    while socket.heard < 65_535:
        piece = wire.hear(wire.DATA).payload
        socket.heard += len(piece)
        socket.protocol.receive_data(piece)
    assert wire.is_alive()
    assert len(sent) < 20
    wire.window(400_000, 0, 1)
    while received < 300_000:
        received += len(socket.receive().data)
    assert received == 300_000


def test_a_draining_server_closes_its_websockets(house):
    server = house.serve(echo)
    wire = house.connect(server)
    wire.greet()
    socket = WebSocket(wire)
    house.run(server, server.worker.stop)
    assert socket.receive().data[:2] == b"\x03\xf4"  # 1012
    socket.flush()
    wire.rest()
    assert server.stop() == 0


def test_a_peer_that_does_not_end_its_half_is_reset(house, monkeypatch):
    monkeypatch.setattr("hanok.protocols.h2.tunnel.FAREWELL", 0.05)

    async def refuse(exchange):
        await exchange.receive()
        await exchange.send({"type": "websocket.close"})

    wire = house.wire(refuse)
    assert WebSocket(wire).status == 403
    assert wire.hear(wire.RST_STREAM).code == 8
    assert wire.is_alive()
