import contextlib
import socket
import struct
from collections.abc import Callable
from typing import NamedTuple

import hpack
import pytest

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


@pytest.fixture
def connect_to() -> Callable[[int], Wire]:
    return Wire
