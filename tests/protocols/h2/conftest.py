import asyncio
import contextlib
import logging
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import hpack
import pytest

from hanok.gateways import NativeApp
from hanok.server.config import Config
from hanok.server.threaded import Server

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
END_STREAM = ACK = 1
END_HEADERS = 4

GET = ((b":method", b"GET"), (b":path", b"/"), (b":scheme", b"http"), (b":authority", b"localhost"))


class Received(NamedTuple):
    kind: int
    flags: int
    stream: int
    payload: bytes

    @property
    def code(self) -> int:
        """The error code of RST_STREAM or GOAWAY."""
        start = 4 if self.kind == GOAWAY else 0
        return int(struct.unpack_from(">I", self.payload, start)[0])


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    return struct.pack(">I", len(payload))[1:] + bytes((kind, flags)) + struct.pack(">I", stream) + payload


def integer(value: int, bits: int, first: int = 0) -> bytes:
    """An integer of RFC 7541 §5.1 behind a prefix."""
    most = (1 << bits) - 1
    if value < most:
        return bytes((first | value,))
    found = bytearray((first | most,))
    value -= most
    while value >= 128:
        found.append(value & 127 | 128)
        value >>= 7
    found.append(value)
    return bytes(found)


def literal(name: bytes, value: bytes) -> bytes:
    """A literal field without indexing and without Huffman coding (RFC 7541 §6.2.2)."""
    return b"\0" + integer(len(name), 7) + name + integer(len(value), 7) + value


def block(*fields: tuple[bytes, bytes]) -> bytes:
    return b"".join(literal(name, value) for name, value in fields)


def get(path: bytes, *more: tuple[bytes, bytes], method: bytes = b"GET") -> tuple[tuple[bytes, bytes], ...]:
    """The fields of a request."""
    return ((b":method", method), (b":path", path), *GET[2:], *more)


class Wire:
    """A raw connection: says frames, hears frames."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.decoder = hpack.Decoder()
        self.buffer = b""

    def say(self, *data: bytes) -> None:
        self.socket.sendall(b"".join(data))

    def greet(self, *settings: tuple[int, int]) -> None:
        """Preface and SETTINGS, and ours acknowledged."""
        self.say(PREFACE, frame(SETTINGS, 0, 0, b"".join(struct.pack(">HI", *one) for one in settings)))
        while (heard := self.hear()).kind != SETTINGS or heard.flags & ACK:
            pass
        self.say(frame(SETTINGS, ACK, 0))
        # One round trip: whatever comes now is in the state that the greeting has made.
        self.say(frame(PING, 0, 0, b"greeting"))
        while self.hear().payload != b"greeting":
            pass

    def exactly(self, size: int) -> bytes:
        while len(self.buffer) < size:
            try:
                piece = self.socket.recv(65536)
            except ConnectionResetError:
                raise EOFError from None
            if not piece:
                raise EOFError
            self.buffer += piece
        found, self.buffer = self.buffer[:size], self.buffer[size:]
        return found

    def hear(self, *kinds: int) -> Received:
        """The next frame, or the next of these kinds. Raises EOFError at the end of the connection."""
        while True:
            high, low, kind, flags, stream = struct.unpack(">HBBBI", self.exactly(9))
            heard = Received(kind, flags, stream & 0x7FFFFFFF, self.exactly(high << 8 | low))
            if kind == HEADERS:
                heard = heard._replace(payload=self.decoder.decode(heard.payload, raw=True))
            if not kinds or kind in kinds:
                return heard

    frame = staticmethod(frame)
    get = staticmethod(get)
    block = staticmethod(block)
    DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8

    def request(self, stream: int, *fields: tuple[bytes, bytes], end: bool = True) -> None:
        self.say(frame(HEADERS, END_HEADERS | (END_STREAM if end else 0), stream, block(*(fields or GET))))

    def post(self, stream: int, path: bytes, *more: tuple[bytes, bytes]) -> None:
        """The head of a request whose body follows."""
        self.request(stream, *get(path, *more, method=b"POST"), end=False)

    def data(self, stream: int, data: bytes = b"", end: bool = False) -> None:
        self.say(frame(DATA, END_STREAM if end else 0, stream, data))

    def trailers(self, stream: int, *fields: tuple[bytes, bytes]) -> None:
        self.say(frame(HEADERS, END_HEADERS | END_STREAM, stream, block(*fields)))

    def window(self, increment: int, *streams: int) -> None:
        """Let the server send so much more on these streams; 0 is the connection."""
        self.say(*[frame(WINDOW_UPDATE, 0, stream, struct.pack(">I", increment)) for stream in streams])

    def reset(self, stream: int, code: int = 8) -> None:
        self.say(frame(RST_STREAM, 0, stream, struct.pack(">I", code)))

    def answer(self, stream: int) -> tuple[int, dict[bytes, bytes], bytes]:
        """One answer: status, headers, body. What other streams are told meanwhile is skipped."""
        body, headers = b"", {}
        while True:
            heard = self.hear(HEADERS, DATA, RST_STREAM, GOAWAY)
            if heard.stream != stream:
                continue
            assert heard.kind != RST_STREAM, f"reset with {heard.code}"
            if heard.kind == HEADERS and b":status" not in headers:
                headers = dict(heard.payload)
                if headers[b":status"][:1] == b"1":
                    headers = {}
            elif heard.kind == DATA:
                body += heard.payload
            if heard.flags & END_STREAM:
                return int(headers[b":status"]), headers, body

    def is_alive(self) -> bool:
        """Whether the connection answers a PING."""
        self.say(frame(PING, 0, 0, b"are you?"))
        while True:
            heard = self.hear(PING, GOAWAY)
            if heard.kind == GOAWAY:
                return False
            if heard.payload == b"are you?":
                return True

    def rest(self) -> list[Received]:
        """Everything until the server closes."""
        found = []
        with contextlib.suppress(EOFError):
            while True:
                found.append(self.hear())
        return found

    def close(self) -> None:
        self.socket.close()


class Calls(NativeApp):
    """An application that is one function."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self.function = function

    async def handle(self, exchange: Any) -> None:
        await self.function(exchange)


class House:
    """Servers and clients of one test; all are ended with it."""

    def __init__(self, stack: contextlib.ExitStack, loop: str) -> None:
        self.stack = stack
        self.loop = loop

    def serve(self, function: Callable[[Any], Any], **options: Any) -> Server:
        options = {"loop": self.loop, "port": 0, "access_log": False, "timeout_graceful_shutdown": 0.5, **options}
        server = Server(Calls(function), Config(**options))
        self.stack.callback(server.stop, quick=True)
        return server.start()

    def connect(self, server: Server) -> Wire:
        wire = Wire(server.port)
        self.stack.callback(wire.close)
        return wire

    def wire(self, function: Callable[[Any], Any], *settings: tuple[int, int], **options: Any) -> Wire:
        """A connection, greeted, to a server of its own."""
        wire = self.connect(self.serve(function, **options))
        wire.greet(*settings)
        return wire

    @staticmethod
    def run(server: Server, function: Callable[[], Any]) -> Any:
        """The result of a function called in the server's thread."""

        async def call() -> Any:
            return function()

        return asyncio.run_coroutine_threadsafe(call(), server._loop).result(20)


@pytest.fixture
def connect_to() -> Callable[[int], Wire]:
    return Wire


@pytest.fixture(params=["asyncio", "uvloop"])
def house(request) -> Iterator[House]:
    with contextlib.ExitStack() as stack:
        yield House(stack, request.param)


class Errors(logging.Handler):
    """What the server logs as errors."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.records: list[logging.LogRecord] = []
        self.changed = threading.Condition()

    def emit(self, record: logging.LogRecord) -> None:
        with self.changed:
            self.records.append(record)
            self.changed.notify_all()

    def wait(self, count: int) -> list[logging.LogRecord]:
        """The records, once there are ``count``; a client may see an answer before its error is logged."""
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.records) >= count, 20)
            assert len(self.records) == count
            return self.records


@pytest.fixture
def errors() -> Iterator[Errors]:
    logger, handler = logging.getLogger("hanok.error"), Errors()
    logger.addHandler(handler)
    yield handler
    logger.removeHandler(handler)
