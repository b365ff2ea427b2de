"""What a server has to refuse, and what it must not, section by section of RFC 9113 and RFC 7541.

Each case is a few bytes after the greeting, and the first thing that the server must do about them. Written from
the text of the RFCs.
"""

import contextlib
import struct
from typing import Any, NamedTuple

import hpack
import pytest

from hanok.gateways import NativeApp
from hanok.server.config import Config
from hanok.server.threaded import Server

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
ACK = END_STREAM = 0x1
END_HEADERS, PADDED, WITH_PRIORITY = 0x4, 0x8, 0x20
WHOLE = END_STREAM | END_HEADERS

NO_ERROR, PROTOCOL_ERROR, INTERNAL_ERROR, FLOW_CONTROL_ERROR, SETTINGS_TIMEOUT, STREAM_CLOSED = range(6)
FRAME_SIZE_ERROR, REFUSED_STREAM, CANCEL, COMPRESSION_ERROR, CONNECT_ERROR, ENHANCE_YOUR_CALM = range(6, 12)


GET = ((b":method", b"GET"), (b":path", b"/"), (b":scheme", b"http"), (b":authority", b"localhost"))


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


class Goaway(NamedTuple):
    """The connection ends with one of these codes."""

    codes: tuple[int, ...]


class Reset(NamedTuple):
    """Stream 1 ends with this code. RFC 9113 §5.4.1 lets the whole connection end with it instead."""

    code: int


class Status(NamedTuple):
    """Stream 1 is answered with this status."""

    status: int


class Alive(NamedTuple):
    """Nothing happens: the connection goes on."""


class Case(NamedTuple):
    section: str
    name: str
    data: bytes
    expected: Goaway | Reset | Status | Alive


def goaway(*codes: int) -> Goaway:
    return Goaway(codes)


ALIVE, OK = Alive(), Status(200)
REQUEST = block(*GET)
WAITING = block(*get(b"/wait"))  # is answered when the peer has gone
POST = block(*get(b"/", method=b"POST"))
SMALL = block(*get(b"/", (b"content-length", b"4"), method=b"POST"))


def head(payload: bytes, flags: int = WHOLE, stream: int = 1) -> bytes:
    return frame(HEADERS, flags, stream, payload)


def data(payload: bytes = b"", flags: int = 0, stream: int = 1) -> bytes:
    return frame(DATA, flags, stream, payload)


def setting(number: int, value: int) -> bytes:
    return frame(SETTINGS, 0, 0, struct.pack(">HI", number, value))


def window(increment: int, stream: int = 0) -> bytes:
    return frame(WINDOW_UPDATE, 0, stream, struct.pack(">I", increment))


def depends(on: int, weight: int = 15) -> bytes:
    return struct.pack(">IB", on, weight)


def without(name: bytes) -> bytes:
    return block(*[pair for pair in GET if pair[0] != name])


def plus(*more: tuple[bytes, bytes]) -> bytes:
    return block(*GET, *more)


def swapped(name: bytes, value: bytes) -> bytes:
    return block(*[(key, value if key == name else old) for key, old in GET])


def reset(code: int = CANCEL, stream: int = 1) -> bytes:
    return frame(RST_STREAM, 0, stream, struct.pack(">I", code))


UPLOAD = head(POST, END_HEADERS)
HALF = head(WAITING)  # stream 1 is half-closed (remote) after it
CLOSED = UPLOAD + reset()  # and closed after this
CONNECT = ((b":method", b"CONNECT"), (b":authority", b"localhost"))
WEBSOCKET = (*get(b"/", (b"sec-websocket-version", b"13"), method=b"CONNECT"),)
EXTENDED = ((b":protocol", b"websocket"), *WEBSOCKET)

FRAMES = [
    Case("4.1", "a frame of an unknown type is ignored", frame(0xBB, 0xFF, 0, b"whatever"), ALIVE),
    Case("4.1", "a frame of an unknown type on a stream is ignored", frame(0xBB, 0, 77, b""), ALIVE),
    Case("4.1", "flags without a meaning are ignored", frame(PING, 0xF6, 0, b"12345678"), ALIVE),
    Case("4.1", "the reserved bit is ignored", frame(PING, 0, 0x8000_0000, b"12345678"), ALIVE),
    Case("4.1", "the reserved bit of a request is ignored", head(REQUEST, WHOLE, 0x8000_0001), OK),
    Case("4.2", "DATA of 16,384 bytes", UPLOAD + data(bytes(16384), END_STREAM), OK),
    Case("4.2", "DATA above the size", UPLOAD + data(bytes(16385), END_STREAM), goaway(FRAME_SIZE_ERROR)),
    Case("4.2", "HEADERS above the size", head(REQUEST + bytes(16384)), goaway(FRAME_SIZE_ERROR)),
    Case("4.2", "SETTINGS above the size", frame(SETTINGS, 0, 0, bytes(16386)), goaway(FRAME_SIZE_ERROR)),
    Case("4.2", "an unknown frame above the size", frame(0xBB, 0, 0, bytes(16385)), goaway(FRAME_SIZE_ERROR)),
    Case("4.3", "a header block that cannot be decoded", head(b"\x80"), goaway(COMPRESSION_ERROR)),
    Case("4.3", "a header block interrupted by PRIORITY",
         head(REQUEST, END_STREAM) + frame(PRIORITY, 0, 1, depends(0)), goaway(PROTOCOL_ERROR)),
    Case("4.3", "a header block interrupted by another stream",
         head(REQUEST, END_STREAM) + head(REQUEST, WHOLE, 3), goaway(PROTOCOL_ERROR)),
    Case("4.3", "a header block interrupted by DATA", head(POST, 0) + data(b"x"), goaway(PROTOCOL_ERROR)),
    Case("4.3", "a header block interrupted by PING",
         head(POST, 0) + frame(PING, 0, 0, b"12345678"), goaway(PROTOCOL_ERROR)),
    Case("5.5", "a header block interrupted by an unknown frame", head(POST, 0) + frame(0xBB, 0, 1), goaway(PROTOCOL_ERROR)),
    Case("4.3", "a header block continued on another stream",
         head(POST[:5], 0) + frame(CONTINUATION, END_HEADERS, 3, POST[5:]), goaway(PROTOCOL_ERROR)),
]  # fmt: skip

STREAMS = [
    Case("5.1", "DATA on an idle stream", data(b"x"), goaway(PROTOCOL_ERROR)),
    Case("5.1", "RST_STREAM on an idle stream", reset(), goaway(PROTOCOL_ERROR)),
    Case("5.1", "WINDOW_UPDATE on an idle stream", window(1, 1), goaway(PROTOCOL_ERROR)),
    Case("5.1", "CONTINUATION on an idle stream", frame(CONTINUATION, 4, 1, REQUEST), goaway(PROTOCOL_ERROR)),
    Case("5.1", "PRIORITY on an idle stream", frame(PRIORITY, 0, 1, depends(0)) + head(REQUEST), OK),
    Case("5.1", "DATA on a half-closed stream", HALF + data(b"x"), goaway(STREAM_CLOSED)),
    Case("5.1", "empty DATA on a half-closed stream", HALF + data(b"", END_STREAM), goaway(STREAM_CLOSED)),
    Case("5.1", "HEADERS on a half-closed stream", HALF + head(REQUEST), goaway(STREAM_CLOSED)),
    Case("5.1", "trailers on a half-closed stream", HALF + head(block((b"x", b"y"))), goaway(STREAM_CLOSED)),
    Case("5.1", "CONTINUATION on a half-closed stream",
         HALF + frame(CONTINUATION, 4, 1, REQUEST), goaway(STREAM_CLOSED, PROTOCOL_ERROR)),
    Case("5.1", "WINDOW_UPDATE on a half-closed stream", HALF + window(1, 1), ALIVE),
    Case("5.1", "PRIORITY on a half-closed stream", HALF + frame(PRIORITY, 0, 1, depends(0)), ALIVE),
    Case("5.1", "RST_STREAM on a half-closed stream", HALF + reset(), ALIVE),
    Case("5.1", "DATA after the body's end", UPLOAD.replace(b"/", b"/", 1) + data(b"x", END_STREAM) + data(b"y"),
         goaway(STREAM_CLOSED)),
    Case("5.1", "DATA on a stream that its sender has reset", CLOSED + data(b"x"), goaway(STREAM_CLOSED)),
    Case("5.1", "HEADERS on a stream that its sender has reset", CLOSED + head(REQUEST), goaway(STREAM_CLOSED)),
    Case("5.1", "CONTINUATION on a stream that its sender has reset",
         CLOSED + frame(CONTINUATION, 4, 1, REQUEST), goaway(STREAM_CLOSED, PROTOCOL_ERROR)),
    Case("5.1", "WINDOW_UPDATE on a closed stream", CLOSED + window(1, 1), ALIVE),
    Case("5.1", "RST_STREAM on a closed stream", CLOSED + reset(), ALIVE),
    Case("5.1", "PRIORITY on a closed stream", CLOSED + frame(PRIORITY, 0, 1, depends(0)), ALIVE),
    Case("5.1.1", "a request on an even stream", head(REQUEST, WHOLE, 2), goaway(PROTOCOL_ERROR)),
    Case("5.1.1", "DATA on an even stream", data(b"x", 0, 2), goaway(PROTOCOL_ERROR)),
    Case("5.1.1", "a request on a lower stream", head(REQUEST, WHOLE, 5) + head(REQUEST, WHOLE, 3),
         goaway(PROTOCOL_ERROR)),
    Case("5.1.1", "a request on a lower stream, after two gaps",
         head(REQUEST, WHOLE, 9) + head(REQUEST, WHOLE, 21) + head(REQUEST, WHOLE, 11), goaway(PROTOCOL_ERROR)),
    Case("5.1.1", "DATA on a stream that was skipped", head(REQUEST, WHOLE, 5) + data(b"x", 0, 3),
         goaway(PROTOCOL_ERROR, STREAM_CLOSED)),
    Case("5.1.1", "the highest stream", head(REQUEST, WHOLE, 0x7FFF_FFFF), ALIVE),
    Case("5.3.1", "a request that depends on itself", head(depends(1) + REQUEST, WHOLE | WITH_PRIORITY),
         Reset(PROTOCOL_ERROR)),
    Case("5.3.1", "a padded request that depends on itself",
         head(b"\2" + depends(1) + REQUEST + b"\0\0", WHOLE | WITH_PRIORITY | PADDED), Reset(PROTOCOL_ERROR)),
    Case("5.3.1", "PRIORITY that depends on itself", frame(PRIORITY, 0, 1, depends(1)), Reset(PROTOCOL_ERROR)),
    Case("5.3.1", "an exclusive PRIORITY that depends on itself",
         frame(PRIORITY, 0, 1, depends(0x8000_0001)), Reset(PROTOCOL_ERROR)),
    Case("5.3.2", "a request with a priority", head(depends(0, 200) + REQUEST, WHOLE | WITH_PRIORITY), OK),
    Case("5.3.2", "a request with a priority that depends on what is not there",
         head(depends(0x8000_0063) + REQUEST, WHOLE | WITH_PRIORITY), OK),
    Case("5.5", "an unknown setting is ignored", setting(0xABCD, 5), ALIVE),
]  # fmt: skip

TYPES = [
    Case("6.1", "DATA on stream 0", data(b"x", 0, 0), goaway(PROTOCOL_ERROR)),
    Case("6.1", "padded DATA", UPLOAD + data(b"\3abc\0\0\0", END_STREAM | PADDED), OK),
    Case("6.1", "DATA that is nothing but padding", UPLOAD + data(b"\xff" + bytes(255), END_STREAM | PADDED), OK),
    Case("6.1", "DATA with more padding than payload", UPLOAD + data(b"\6abcde", END_STREAM | PADDED),
         goaway(PROTOCOL_ERROR)),
    Case("6.1", "DATA with as much padding as payload", UPLOAD + data(b"\5abcd", END_STREAM | PADDED),
         goaway(PROTOCOL_ERROR)),
    Case("6.1", "padded DATA without the length of its padding", UPLOAD + data(b"", END_STREAM | PADDED),
         goaway(FRAME_SIZE_ERROR, PROTOCOL_ERROR)),
    Case("6.2", "HEADERS on stream 0", head(REQUEST, WHOLE, 0), goaway(PROTOCOL_ERROR)),
    Case("6.2", "padded HEADERS", head(b"\2" + REQUEST + b"\0\0", WHOLE | PADDED), OK),
    Case("6.2", "padded HEADERS with a priority",
         head(b"\2" + depends(0) + REQUEST + b"\0\0", WHOLE | PADDED | WITH_PRIORITY), OK),
    Case("6.2", "HEADERS with more padding than payload", head(b"\xff" + REQUEST, WHOLE | PADDED),
         goaway(PROTOCOL_ERROR)),
    Case("6.2", "padded HEADERS without the length of its padding", head(b"", WHOLE | PADDED),
         goaway(FRAME_SIZE_ERROR, PROTOCOL_ERROR)),
    Case("6.2", "HEADERS too short for their priority", head(b"\0\0\0", WHOLE | WITH_PRIORITY),
         goaway(FRAME_SIZE_ERROR, PROTOCOL_ERROR)),
    Case("6.3", "PRIORITY on stream 0", frame(PRIORITY, 0, 0, depends(1)), goaway(PROTOCOL_ERROR)),
    Case("6.3", "PRIORITY of 4 bytes", frame(PRIORITY, 0, 1, b"\0\0\0\0"), Reset(FRAME_SIZE_ERROR)),
    Case("6.3", "PRIORITY of 6 bytes", UPLOAD + frame(PRIORITY, 0, 1, bytes(6)), Reset(FRAME_SIZE_ERROR)),
    Case("6.4", "RST_STREAM on stream 0", reset(CANCEL, 0), goaway(PROTOCOL_ERROR)),
    Case("6.4", "RST_STREAM of 3 bytes", UPLOAD + frame(RST_STREAM, 0, 1, b"\0\0\0"), goaway(FRAME_SIZE_ERROR)),
    Case("6.4", "RST_STREAM of 5 bytes", UPLOAD + frame(RST_STREAM, 0, 1, bytes(5)), goaway(FRAME_SIZE_ERROR)),
    Case("6.5", "SETTINGS with ACK and a payload", frame(SETTINGS, ACK, 0, bytes(6)), goaway(FRAME_SIZE_ERROR)),
    Case("6.5", "SETTINGS on a stream", frame(SETTINGS, 0, 1), goaway(PROTOCOL_ERROR)),
    Case("6.5", "SETTINGS of 5 bytes", frame(SETTINGS, 0, 0, bytes(5)), goaway(FRAME_SIZE_ERROR)),
    Case("6.5.2", "SETTINGS_ENABLE_PUSH of 2", setting(2, 2), goaway(PROTOCOL_ERROR)),
    Case("6.5.2", "SETTINGS_INITIAL_WINDOW_SIZE of 2^31", setting(4, 2**31), goaway(FLOW_CONTROL_ERROR)),
    Case("6.5.2", "SETTINGS_MAX_FRAME_SIZE of 16,383", setting(5, 16383), goaway(PROTOCOL_ERROR)),
    Case("6.5.2", "SETTINGS_MAX_FRAME_SIZE of 2^24", setting(5, 2**24), goaway(PROTOCOL_ERROR)),
    Case("6.5.2", "SETTINGS_HEADER_TABLE_SIZE of nothing", setting(1, 0) + head(REQUEST), OK),
    Case("6.5.2", "SETTINGS_HEADER_TABLE_SIZE of very much", setting(1, 2**32 - 1) + head(REQUEST), OK),
    Case("6.5.2", "the same setting twice",
         frame(SETTINGS, 0, 0, struct.pack(">HIHI", 4, 1, 4, 65535)) + head(REQUEST), OK),
    Case("6.5.3", "an ACK for SETTINGS that were not sent", frame(SETTINGS, ACK, 0), goaway(PROTOCOL_ERROR)),
    Case("6.6", "PUSH_PROMISE from a client",
         UPLOAD + frame(PUSH_PROMISE, END_HEADERS, 1, struct.pack(">I", 2) + REQUEST), goaway(PROTOCOL_ERROR)),
    Case("6.6", "PUSH_PROMISE on stream 0",
         frame(PUSH_PROMISE, END_HEADERS, 0, struct.pack(">I", 2) + REQUEST), goaway(PROTOCOL_ERROR)),
    Case("6.7", "an ACK for a PING that was not sent", frame(PING, ACK, 0, b"invented"), ALIVE),
    Case("6.7", "PING on a stream", frame(PING, 0, 1, b"12345678"), goaway(PROTOCOL_ERROR)),
    Case("6.7", "PING of 7 bytes", frame(PING, 0, 0, b"1234567"), goaway(FRAME_SIZE_ERROR)),
    Case("6.7", "PING of 9 bytes", frame(PING, 0, 0, b"123456789"), goaway(FRAME_SIZE_ERROR)),
    Case("6.8", "GOAWAY on a stream", frame(GOAWAY, 0, 1, bytes(8)), goaway(PROTOCOL_ERROR)),
    Case("6.8", "GOAWAY of 7 bytes", frame(GOAWAY, 0, 0, bytes(7)), goaway(FRAME_SIZE_ERROR)),
    Case("6.8", "a request before GOAWAY is answered", head(REQUEST) + frame(GOAWAY, 0, 0, bytes(8)), OK),
    Case("6.9", "WINDOW_UPDATE by nothing", window(0), goaway(PROTOCOL_ERROR)),
    Case("6.9", "WINDOW_UPDATE by nothing on a stream", HALF + window(0, 1), Reset(PROTOCOL_ERROR)),
    Case("6.9", "WINDOW_UPDATE of 3 bytes", frame(WINDOW_UPDATE, 0, 0, b"\0\0\1"), goaway(FRAME_SIZE_ERROR)),
    Case("6.9", "WINDOW_UPDATE of 5 bytes on a stream", HALF + frame(WINDOW_UPDATE, 0, 1, bytes(5)),
         goaway(FRAME_SIZE_ERROR)),
    Case("6.9.1", "a window of 2^31", window(2**31 - 1), goaway(FLOW_CONTROL_ERROR)),
    Case("6.9.1", "a window of 2^31, step by step", window(2**30) + window(2**30), goaway(FLOW_CONTROL_ERROR)),
    Case("6.9.1", "a stream's window of 2^31", HALF + window(2**31 - 1, 1), Reset(FLOW_CONTROL_ERROR)),
    Case("6.9.1", "a stream's window of 2^31, step by step", HALF + window(2**30, 1) + window(2**30, 1),
         Reset(FLOW_CONTROL_ERROR)),
    Case("6.9.2", "SETTINGS that make a stream's window 2^31",
         HALF + window(2**30, 1) + setting(4, 2**31 - 1), goaway(FLOW_CONTROL_ERROR)),
    Case("6.9.2", "SETTINGS that make the window of the connection smaller",
         setting(4, 0) + head(REQUEST) + setting(4, 100), OK),
    Case("6.10", "a header block in three frames",
         head(REQUEST[:9], END_STREAM) + frame(CONTINUATION, 0, 1, REQUEST[9:20])
         + frame(CONTINUATION, END_HEADERS, 1, REQUEST[20:]), OK),
    Case("6.10", "empty CONTINUATION frames in a block",
         head(REQUEST, END_STREAM) + frame(CONTINUATION, 0, 1) * 3 + frame(CONTINUATION, END_HEADERS, 1), OK),
    Case("6.10", "CONTINUATION after END_HEADERS", HALF + frame(CONTINUATION, END_HEADERS, 1, REQUEST),
         goaway(PROTOCOL_ERROR)),
    Case("6.10", "CONTINUATION on stream 0", head(REQUEST, 1) + frame(CONTINUATION, 4, 0, b""), goaway(PROTOCOL_ERROR)),
    Case("6.10", "CONTINUATION after DATA", UPLOAD + data(b"x") + frame(CONTINUATION, 4, 1, b""), goaway(PROTOCOL_ERROR)),
    Case("7", "RST_STREAM with an unknown code", UPLOAD + reset(0xABCDEF), ALIVE),
]  # fmt: skip


def malformed(section: str, name: str, fields: bytes) -> Case:
    return Case(section, name, head(fields), Reset(PROTOCOL_ERROR))


MESSAGES = [
    Case("8.1", "trailers", UPLOAD + data(b"x") + head(block((b"x-sum", b"1"))), OK),
    Case("8.1", "trailers that do not end the stream", UPLOAD + data(b"x") + head(block((b"x", b"y")), END_HEADERS),
         Reset(PROTOCOL_ERROR)),
    Case("8.1", "DATA after trailers", UPLOAD + head(block((b"x", b"y"))) + data(b"x"), goaway(STREAM_CLOSED)),
    Case("8.1", "trailers with a pseudo-header field", UPLOAD + data(b"x") + head(block((b":method", b"GET"))),
         Reset(PROTOCOL_ERROR)),
    Case("8.1.1", "less than Content-Length", head(SMALL, END_HEADERS) + data(b"abc", END_STREAM), Reset(PROTOCOL_ERROR)),
    Case("8.1.1", "more than Content-Length", head(SMALL, END_HEADERS) + data(b"abcde", END_STREAM),
         Reset(PROTOCOL_ERROR)),
    Case("8.1.1", "more than Content-Length in pieces", head(SMALL, END_HEADERS) + data(b"abc") + data(b"de", END_STREAM),
         Reset(PROTOCOL_ERROR)),
    Case("8.1.1", "less than Content-Length, then trailers",
         head(SMALL, END_HEADERS) + data(b"abc") + head(block((b"x", b"y"))), Reset(PROTOCOL_ERROR)),
    Case("8.1.1", "Content-Length and nothing", head(SMALL), Reset(PROTOCOL_ERROR)),
    Case("8.1.1", "exactly Content-Length in pieces", head(SMALL, END_HEADERS) + data(b"abc") + data(b"d", END_STREAM), OK),
    malformed("8.1.1", "two lengths", plus((b"content-length", b"0"), (b"content-length", b"1"))),
    malformed("8.1.1", "a length that is no number", plus((b"content-length", b"+0"))),
    malformed("8.2", "a name in upper case", plus((b"X-Test", b"1"))),
    malformed("8.2.1", "a name with a space", plus((b"x test", b"1"))),
    malformed("8.2.1", "a name with a colon", plus((b"x:test", b"1"))),
    malformed("8.2.1", "a name with a control character", plus((b"x\x01", b"1"))),
    malformed("8.2.1", "a name outside ASCII", plus((b"x\xe9", b"1"))),
    malformed("8.2.1", "an empty name", plus((b"", b"1"))),
    malformed("8.2.1", "a value with NUL", plus((b"x", b"a\0b"))),
    malformed("8.2.1", "a value with a line feed", plus((b"x", b"a\nb"))),
    malformed("8.2.1", "a value with a carriage return", plus((b"x", b"a\rb"))),
    malformed("8.2.1", "a value that begins with a space", plus((b"x", b" a"))),
    malformed("8.2.1", "a value that ends with a tab", plus((b"x", b"a\t"))),
    malformed("8.2.2", "Connection", plus((b"connection", b"keep-alive"))),
    malformed("8.2.2", "Keep-Alive", plus((b"keep-alive", b"timeout=5"))),
    malformed("8.2.2", "Proxy-Connection", plus((b"proxy-connection", b"keep-alive"))),
    malformed("8.2.2", "Transfer-Encoding", plus((b"transfer-encoding", b"chunked"))),
    malformed("8.2.2", "Upgrade", plus((b"upgrade", b"h2c"))),
    malformed("8.2.2", "TE with something else", plus((b"te", b"trailers, deflate"))),
    Case("8.2.2", "TE with trailers", head(plus((b"te", b"trailers"))), OK),
    malformed("8.3", "an unknown pseudo-header field", block((b":test", b"1"), *GET)),
    malformed("8.3", "the pseudo-header field of an answer", block((b":status", b"200"), *GET)),
    malformed("8.3", "a pseudo-header field after the others", block((b"x", b"y"), *GET)),
    malformed("8.3", "one pseudo-header field after the others", without(b":path") + block((b"x", b"y"), (b":path", b"/"))),
    malformed("8.3.1", "no :method", without(b":method")),
    malformed("8.3.1", "no :scheme", without(b":scheme")),
    malformed("8.3.1", "no :path", without(b":path")),
    malformed("8.3.1", "an empty :path", swapped(b":path", b"")),
    malformed("8.3.1", "two :method", block((b":method", b"GET"), *GET)),
    malformed("8.3.1", "two :scheme", block((b":scheme", b"http"), *GET)),
    malformed("8.3.1", "two :path", block((b":path", b"/"), *GET)),
    malformed("8.3.1", "two :authority", block((b":authority", b"localhost"), *GET)),
    malformed("8.3.1", "a :method that is no token", swapped(b":method", b"G T")),
    malformed("8.3.1", "an empty :method", swapped(b":method", b"")),
    malformed("8.3.1", "a :path without its slash", swapped(b":path", b"x")),
    malformed("8.3.1", "a :path that is a URL", swapped(b":path", b"http://localhost/")),
    malformed("8.3.1", "a :path with a fragment", swapped(b":path", b"/#x")),
    malformed("8.3.1", "a :path with a space", swapped(b":path", b"/a b")),
    malformed("8.3.1", "a :path outside ASCII", swapped(b":path", b"/\xe9")),
    malformed("8.3.1", "an asterisk without OPTIONS", swapped(b":path", b"*")),
    malformed("8.3.1", "user information in :authority", swapped(b":authority", b"user@localhost")),
    malformed("8.3.1", "an :authority that is no host", swapped(b":authority", b"local host")),
    malformed("8.3.1", "neither :authority nor Host", without(b":authority")),
    malformed("8.3.1", "Host is another than :authority", plus((b"host", b"other"))),
    malformed("8.3.1", "two Host fields", plus((b"host", b"localhost"), (b"host", b"localhost"))),
    Case("8.3.1", "Host instead of :authority", head(without(b":authority") + literal(b"host", b"localhost")), OK),
    Case("8.3.1", "Host as :authority, in other letters", head(plus((b"host", b"LocalHost"))), OK),
    Case("8.3.1", "an asterisk with OPTIONS", head(block(*get(b"*", method=b"OPTIONS"))), OK),
    Case("8.3.1", "an unusual method", head(swapped(b":method", b"BREW")), OK),
    Case("8.5", "CONNECT", head(block(*CONNECT), END_HEADERS), Status(501)),
    malformed("8.5", "CONNECT with a :path", block(*CONNECT, (b":path", b"/"))),
    malformed("8.5", "CONNECT with a :scheme", block(*CONNECT, (b":scheme", b"http"))),
    malformed("8.5", "CONNECT without an :authority", block((b":method", b"CONNECT"))),
    malformed("RFC 8441 §4", ":protocol without CONNECT", block((b":protocol", b"websocket"), *GET)),
    malformed("RFC 8441 §4", "an extended CONNECT without a :path",
              block(*[pair for pair in EXTENDED if pair[0] != b":path"])),
    malformed("RFC 8441 §4", "an extended CONNECT that says nothing more", block(*EXTENDED)),
    Case("RFC 8441 §4", "a protocol that is not known",
         head(block((b":protocol", b"connect-udp"), *WEBSOCKET), END_HEADERS), Status(501)),
    Case("RFC 9110 §10.1.1", "an expectation that cannot be met", head(plus((b"expect", b"200-ok"))), Status(417)),
    Case("RFC 9218 §7", "PRIORITY_UPDATE", frame(0x10, 0, 0, struct.pack(">I", 1) + b"u=1") + head(REQUEST), OK),
    Case("RFC 9218 §7.1", "PRIORITY_UPDATE on a stream", frame(0x10, 0, 1, struct.pack(">I", 1)), goaway(PROTOCOL_ERROR)),
    Case("RFC 9218 §5", "a Priority field that is no structured field", head(plus((b"priority", b"u=9;;;"))), OK),
]  # fmt: skip

BOMB = b"\x40" + integer(1, 7) + b"x" + integer(4000, 7) + b"y" * 4000  # 4,000 bytes for the dynamic table

FLOODS = [
    Case("10.5", "streams opened and reset (CVE-2023-44487)",
         b"".join(head(WAITING, WHOLE, one) + reset(CANCEL, one) for one in range(1, 801, 2)), goaway(ENHANCE_YOUR_CALM)),
    Case("10.5", "streams that have to be reset (CVE-2025-8671)",
         b"".join(head(WAITING, WHOLE, one) + window(0, one) for one in range(1, 801, 2)),
         goaway(ENHANCE_YOUR_CALM, PROTOCOL_ERROR)),
    Case("10.5", "SETTINGS (CVE-2019-9515)", setting(4, 65535) * 200, goaway(ENHANCE_YOUR_CALM)),
    Case("10.5", "empty SETTINGS", frame(SETTINGS, 0, 0) * 200, goaway(ENHANCE_YOUR_CALM)),
    Case("10.5", "SETTINGS with very many entries", frame(SETTINGS, 0, 0, struct.pack(">HI", 4, 65535) * 1000),
         goaway(ENHANCE_YOUR_CALM)),
    Case("10.5", "PING (CVE-2019-9512)", frame(PING, 0, 0, b"12345678") * 1000, goaway(ENHANCE_YOUR_CALM)),
    Case("10.5", "PRIORITY (CVE-2019-9513)", frame(PRIORITY, 0, 1, depends(0)) * 2000, goaway(ENHANCE_YOUR_CALM)),
    Case("10.5", "PRIORITY_UPDATE", frame(0x10, 0, 0, struct.pack(">I", 1)) * 2000, goaway(ENHANCE_YOUR_CALM)),
    Case("10.5", "unknown frames", frame(0xBB, 0, 0) * 2000, goaway(ENHANCE_YOUR_CALM)),
    Case("10.5", "WINDOW_UPDATE", window(1) * 3000, goaway(ENHANCE_YOUR_CALM)),
    Case("10.5", "empty DATA (CVE-2019-9518)", UPLOAD + data() * 300, goaway(ENHANCE_YOUR_CALM)),
    Case("10.5", "padded DATA without data", UPLOAD + data(b"\0", PADDED) * 300, goaway(ENHANCE_YOUR_CALM)),
    Case("10.5", "CONTINUATION (CVE-2024-27316)",
         head(POST, 0) + frame(CONTINUATION, 0, 1, block((b"x", b"y"))) * 100, goaway(ENHANCE_YOUR_CALM)),
    Case("10.5", "empty CONTINUATION", head(POST, 0) + frame(CONTINUATION, 0, 1) * 300, goaway(ENHANCE_YOUR_CALM)),
    Case("10.5", "fields that grow when they are decoded (CVE-2016-6581)", head(REQUEST + BOMB + b"\xbe" * 10000),
         goaway(ENHANCE_YOUR_CALM)),
    Case("10.5.1", "a head above the limit",
         head(REQUEST + literal(b"x", b"y" * 16000) * 1, END_STREAM)
         + frame(CONTINUATION, 0, 1, literal(b"x", b"y" * 16000)) * 4
         + frame(CONTINUATION, END_HEADERS, 1, b""), Status(431)),
    Case("10.5.1", "a field above the limit",
         head(REQUEST, END_STREAM) + frame(CONTINUATION, 0, 1, (long := literal(b"x", b"y" * 16400))[:16000])
         + frame(CONTINUATION, END_HEADERS, 1, long[16000:]), Status(431)),
    Case("10.5.1", "too many fields", head(REQUEST + literal(b"x", b"y") * 101), Status(431)),
    Case("10.5.1", "far too many fields", head(REQUEST + literal(b"x", b"y") * 2000), goaway(ENHANCE_YOUR_CALM)),
    Case("10.5.1", "a :path above the limit",
         head(block(*get(b"/")[:1]), END_STREAM) + frame(CONTINUATION, 0, 1, (long := literal(b":path", b"/" * 16400))[:16000])
         + frame(CONTINUATION, END_HEADERS, 1, long[16000:] + block(*GET[2:])), Status(414)),
]  # fmt: skip


def broken(section: str, name: str, fields: bytes) -> Case:
    return Case(f"RFC 7541 §{section}", name, head(fields), goaway(COMPRESSION_ERROR))


HUFFMAN = hpack.Encoder().encode(list(GET))  # Huffman-coded, and added to the table

COMPRESSION = [
    Case("RFC 7541 §6.1", "indexed fields of the static table", head(b"\x82\x84\x86" + literal(b":authority", b"x")), OK),
    Case("RFC 7541 §5.2", "Huffman-coded strings", head(HUFFMAN), OK),
    Case("RFC 7541 §6.2.1", "fields of the dynamic table",
         head(WAITING[:0] + b"\x82\x84\x86\x41\x01x\x40\x01a\x01b" + b"\xbe\xbf", WHOLE), Reset(PROTOCOL_ERROR)),
    Case("RFC 7541 §6.2.1", "a field of the dynamic table", head(b"\x82\x84\x86\x41\x01x\x40\x01a\x01b\xbe"), OK),
    Case("RFC 7541 §6.2.3", "a field that is never indexed", head(b"\x82\x84\x86\x11\x01x"), OK),
    Case("RFC 7541 §6.3", "a table of no size", head(b"\x20" + REQUEST), OK),
    Case("RFC 7541 §4.2", "two changes of the table's size", head(b"\x20\x3f\xe1\x1f" + REQUEST), OK),
    broken("2.3.3", "an index beyond both tables", REQUEST + b"\xbe"),
    broken("2.3.3", "a name's index beyond both tables", REQUEST + b"\x7e\x01x"),
    broken("6.1", "index 0", REQUEST + b"\x80"),
    broken("4.2", "a change of the table's size after a field", REQUEST + b"\x20"),
    broken("4.2", "a table larger than was allowed", b"\x3f\xe2\x1f" + REQUEST),
    broken("4.4", "a field that was evicted", b"\x82\x84\x86\x41\x01x\x40\x01a\x01b\x20\xbe"),
    broken("5.1", "an integer without end", REQUEST + b"\xff" + b"\xff" * 20),
    broken("5.1", "an index above 2^32", REQUEST + b"\xff\xff\xff\xff\xff\x7f"),
    broken("5.2", "a string longer than its block", REQUEST + b"\x00\x7f\x00abc"),
    broken("5.2", "a field that is cut off", REQUEST[:-3]),
    broken("5.2", "Huffman padding of 8 bits", REQUEST + b"\x00\x82\x1f\xff\x01x"),
    broken("5.2", "Huffman padding that is not EOS", REQUEST + b"\x00\x81\x18\x01x"),
    broken("5.2", "Huffman coding with EOS in it", REQUEST + b"\x00\x84\xff\xff\xff\xff\x01x"),
]  # fmt: skip

CASES = [*FRAMES, *STREAMS, *TYPES, *MESSAGES, *FLOODS, *COMPRESSION]


class Application(NativeApp):
    async def handle(self, exchange: Any) -> None:
        if exchange.path == "/wait":
            await exchange.wait_disconnect()
            return
        body = await exchange.read()
        exchange.answer(200, [(b"content-type", b"text/plain")], b"%d" % len(body))


@pytest.fixture(scope="module", params=["asyncio", "uvloop"])
def server(request):
    config = Config(loop=request.param, port=0, access_log=False, timeout_graceful_shutdown=0.1, log_level="error")
    with Server(Application(), config) as running:
        yield running


@pytest.fixture
def wire(server, connect_to):
    wire = connect_to(server.port)
    with contextlib.closing(wire):
        wire.greet()
        yield wire


def outcome(wire: Any) -> Any:
    """The first thing that the server does about what it was sent."""
    try:
        while True:
            heard = wire.hear()
            if heard.kind == GOAWAY:
                return Goaway((heard.code,))
            if heard.stream == 1 and heard.kind == RST_STREAM:
                return Reset(heard.code)
            if heard.stream == 1 and heard.kind == HEADERS:
                return Status(int(dict(heard.payload)[b":status"]))
            if heard.kind == PING and heard.payload == b"the end.":
                return ALIVE
    except EOFError:
        return "closed without a word"


@pytest.mark.parametrize("case", [pytest.param(case, id=f"{case.section} {case.name}") for case in CASES])
def test_the_server_follows_the_rfc(wire, case):
    wire.say(case.data)
    if case.expected is ALIVE:
        wire.say(frame(PING, 0, 0, b"the end."))
    found = outcome(wire)
    if isinstance(case.expected, Reset) and isinstance(found, Goaway):
        assert found == Goaway((case.expected.code,))  # RFC 9113 §5.4.1
    elif isinstance(case.expected, Goaway):
        assert isinstance(found, Goaway), found
        assert found.codes[0] in case.expected.codes
    else:
        assert found == case.expected


def test_a_connection_ends_after_its_goaway(wire):
    wire.say(data(b"x"))
    heard = wire.rest()
    assert heard[-1].kind == GOAWAY


@pytest.mark.parametrize("beginning", [
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\n\r" + frame(SETTINGS, 0, 0),
    b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n",
])  # fmt: skip
def test_a_wrong_preface_ends_the_connection(server, connect_to, beginning):
    wire = connect_to(server.port)
    with contextlib.closing(wire):
        wire.say(beginning)
        heard = wire.rest()
        assert all(one.kind in (SETTINGS, WINDOW_UPDATE, GOAWAY) for one in heard)


@pytest.mark.parametrize("first", [frame(PING, 0, 0, bytes(8)), head(REQUEST), frame(SETTINGS, ACK, 0)])
def test_the_first_frame_has_to_be_settings(server, connect_to, first):
    wire = connect_to(server.port)
    with contextlib.closing(wire):
        wire.say(PREFACE, first)
        assert outcome(wire) == Goaway((PROTOCOL_ERROR,))


def test_the_first_frame_of_the_server_is_settings(server, connect_to):
    wire = connect_to(server.port)
    with contextlib.closing(wire):
        wire.say(PREFACE, frame(SETTINGS, 0, 0))
        assert wire.hear()[:3] == (SETTINGS, 0, 0)


def test_the_preface_may_come_byte_by_byte(server, connect_to):
    wire = connect_to(server.port)
    with contextlib.closing(wire):
        for byte in PREFACE + frame(SETTINGS, 0, 0) + head(REQUEST):
            wire.say(bytes((byte,)))
        assert wire.answer(1)[0] == 200


def test_a_stream_that_we_have_reset_may_still_be_sent_to(wire):
    """RFC 9113 §5.1: frames that were under way when it was reset are ignored."""
    wire.request(1, *get(b"/", (b"content-length", b"1"), method=b"POST"), end=False)
    wire.say(data(b"too much"))
    assert outcome(wire) == Reset(PROTOCOL_ERROR)
    wire.say(data(b"x"), head(block((b"x", b"y"))), window(1, 1), reset())
    assert wire.is_alive()
    wire.request(3)
    assert wire.answer(3)[0] == 200
    # By now the peer must know; the table remembers, and is lenient.
    wire.say(data(b"x"))
    assert wire.is_alive()


def test_frames_on_a_stream_that_was_answered_are_refused(wire):
    wire.request(1)
    assert wire.answer(1)[0] == 200
    wire.say(head(REQUEST))
    assert outcome(wire) == Goaway((STREAM_CLOSED,))


@pytest.mark.parametrize("wrong", [(b"host", b"x"), (b"X", b"x")], ids=["found by us", "found by the engine"])
def test_malformed_requests_are_bounded(wire, wrong):
    for wave in range(10):
        wire.say(*[head(plus(wrong), WHOLE, stream) for stream in range(100 * wave + 1, 100 * wave + 100, 2)])
        for _ in range(50):
            heard = wire.hear(RST_STREAM, GOAWAY)
            if heard.kind == GOAWAY:
                assert heard.code == ENHANCE_YOUR_CALM
                assert wave > 1
                return
    pytest.fail("500 malformed requests were borne")


def test_streams_that_are_refused_before_the_settings_are_acknowledged_are_bounded(server, connect_to):
    wire = connect_to(server.port)
    with contextlib.closing(wire):
        wire.say(PREFACE, frame(SETTINGS, 0, 0))
        wire.say(*[head(WAITING, WHOLE, stream) for stream in range(1, 4001, 2)])
        while (heard := wire.hear(RST_STREAM, GOAWAY)).kind == RST_STREAM:
            assert heard.code == REFUSED_STREAM
        assert heard.code == ENHANCE_YOUR_CALM


def test_every_section_with_rules_for_servers_has_cases():
    assert len(CASES) > 200
    sections = {case.section for case in CASES}
    assert {"4.1", "4.2", "4.3", "5.1", "5.1.1", "5.3.1", "6.1", "6.10", "8.1.1", "8.2.2", "8.3.1", "10.5"} <= sections
