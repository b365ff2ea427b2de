"""Requests to begin with, and the ways to spoil them. All of it follows from the random generator that is given."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

HOST = b"Host: example.org\r\n"
GOOD_CHUNKS = b"4\r\nWiki\r\n5;name=value\r\npedia\r\n0\r\n\r\n"

CORPUS = (
    b"GET / HTTP/1.1\r\n" + HOST + b"\r\n",
    b"GET /a/b?c=d&e HTTP/1.1\r\n" + HOST + b"Accept: */*\r\nUser-Agent: x\r\n\r\n",
    b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    b"HEAD /x HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n",
    b"GET http://example.org/x?y HTTP/1.1\r\n" + HOST + b"\r\n",
    b"CONNECT example.org:443 HTTP/1.1\r\n" + HOST + b"\r\n",
    b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\n\r\nhello",
    b"PUT /x HTTP/1.1\r\n" + HOST + b"Content-Type: text/plain\r\nContent-Length: 0\r\n\r\n",
    b"POST / HTTP/1.1\r\n" + HOST + b"Expect: 100-continue\r\nContent-Length: 3\r\n\r\nabc",
    b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n" + GOOD_CHUNKS,
    b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n0\r\nTrailer-Field: x\r\nOther: y\r\n\r\n",
    b"POST / HTTP/1.1\r\n" + HOST + b'Transfer-Encoding: chunked\r\n\r\n3;a="b c";d\r\nabc\r\n0;e\r\n\r\n',
    b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n" + GOOD_CHUNKS,
    b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: gzip, chunked\r\n\r\n" + GOOD_CHUNKS,
    b"GET /ws HTTP/1.1\r\n" + HOST + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    b"\r\nGET / HTTP/1.1\r\n" + HOST + b"\r\n",
)

NASTY = (
    b"\r", b"\n", b"\r\n", b"\0", b" ", b"\t", b"\x0b", b"\x0c", b"\x1f", b"\x7f", b"\x80", b"\x85", b"\xa0", b"\xff",
    b":", b";", b",", b'"', b"\\", b"(", b"#", b"?", b"/", b"\r\r\n", b"\n\r", b"\r\n\r\n", b"\r\n ", b"0", b"a", b"%",
)  # fmt: skip

FIELDS = (
    b"Content-Length: 0", b"Content-Length: 5", b"Content-Length: 00005", b"Content-Length: +5", b"Content-Length: -1",
    b"Content-Length: 0x5", b"Content-Length: 5, 5", b"Content-Length: 5 5", b"Content-Length:", b"Content-Length: 5\t",
    b"Content-Length: 5_0", b"Content-Length: 99999999999999999999", b"Content-Length: 18446744073709551621",
    b"content-length: 3", b"Content-Length : 5", b"Content-Length\t: 5", b"Content_Length: 5", b" Content-Length: 5",
    b"Transfer-Encoding: chunked", b"transfer-encoding: CHUNKED", b"Transfer-Encoding: identity", b"Transfer-Encoding:",
    b"Transfer-Encoding: gzip", b"Transfer-Encoding: chunked, gzip", b"Transfer-Encoding: gzip, chunked",
    b"Transfer-Encoding: chunked, chunked", b"Transfer-Encoding: ,chunked", b"Transfer-Encoding: chunked,",
    b"Transfer-Encoding: xchunked", b"Transfer-Encoding: chunkedx", b"Transfer-Encoding : chunked",
    b"Transfer-Encoding:\x0bchunked", b"Transfer-Encoding: chunked;q=1", b"Transfer-Encoding: \"chunked\"",
    b"Transfer-Encoding: cow", b"Transfer-Encoding:chunked", b"Transfer-Encoding:\tchunked \t",
    b"Transfer\x00-Encoding: chunked", b"Transfer-Encoding: chun\r\n ked", b"X: y\r\n Transfer-Encoding: chunked",
    b"Host: other.example", b"Host:", b"Host: a b", b"Host: a@b", b"Host: [::1]:80", b"Host: a:b", b"Host: a, b",
    b"Host: a/b", b"Host: a:99999999", b"Host: a%zz", b"Connection: close", b"Connection: keep-alive",
    b"Connection: Upgrade", b"Connection: close, keep-alive", b"Connection: x", b"Upgrade: websocket", b"Upgrade: h2c",
    b"Expect: 100-continue", b"Expect: x", b"X: \x80\xff", b"X: a\x00b", b"X:", b"X", b": x", b"", b"X-Long: " + b"a" * 300,
    b"Content-Length: 5\nX: y", b"X: a\rTransfer-Encoding: chunked", b"TE: trailers", b"Trailer: x",
)  # fmt: skip

LINES = (
    b"GET / HTTP/1.1", b"GET /", b"GET / HTTP/0.9", b"GET / HTTP/1.2", b"GET / HTTP/2.0", b"GET / HTTP/1.10", b"get / HTTP/1.1",
    b"GET  / HTTP/1.1", b"GET\t/ HTTP/1.1", b"GET / http/1.1", b"GET / HTTP/1.1 ", b" GET / HTTP/1.1", b"GET /a b HTTP/1.1",
    b"POST / HTTP/1.1", b"POST / HTTP/1.0", b"BREW /pot HTTP/1.1", b"GET /\x80 HTTP/1.1", b"GET /#x HTTP/1.1",
    b"GET * HTTP/1.1", b"GET example.org:80 HTTP/1.1", b"CONNECT / HTTP/1.1", b"CONNECT a:1 HTTP/1.1", b"PRI * HTTP/2.0",
    b"GET http:///x HTTP/1.1", b"GET http://a@b/ HTTP/1.1", b"GET https://a HTTP/1.1", b"GET ftp://a/ HTTP/1.1",
    b"GET //a/b HTTP/1.1", b"GET ?a HTTP/1.1", b"GET /\"<>^`{|} HTTP/1.1", b"", b"\x16\x03\x01",
)  # fmt: skip

SIZES = (
    b"0", b"00", b"5", b"05", b"0x5", b"+5", b"-5", b" 5", b"5 ", b"5\t", b"5;", b"5;a", b"5;a=b", b"5;a=\"b\"", b"5 ;a",
    b"5; a",
    b"5;a =b", b"5;a\x00", b"5;\"", b"5_0", b"", b"g", b"5\r", b"fffffffffffffffff", b"7fffffffffffffff", b"10000000000000005",
    b"5,5", b"5.0", b"\xb55", b"5;a\n", b"5;a\rb", b"5;;", b"5;a=\"\\\"\"", b"5;a=\"\r\n\"", b"5;=x",
)  # fmt: skip

SENTINEL = b"GET /sentinel HTTP/1.1\r\nHost: sentinel\r\n\r\n"


def case(random: Random) -> bytes:
    """A stream: one request, changed up to four times, or none; then a good one, that shows where the first ended."""
    data = random.choice(CORPUS)
    for _ in range(random.choice((0, 1, 1, 1, 2, 2, 3, 4))):
        data = random.choice(CHANGES)(random, data)
    if random.random() < 0.1:
        data += random.choice(CORPUS)
    return data + SENTINEL


def _split(data: bytes) -> tuple[list[bytes], bytes]:
    head, _, body = data.partition(b"\r\n\r\n")
    return head.split(b"\r\n"), body


def _joined(lines: list[bytes], body: bytes) -> bytes:
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def add_field(random: Random, data: bytes) -> bytes:
    lines, body = _split(data)
    lines.insert(random.randint(1, len(lines)), random.choice(FIELDS))
    return _joined(lines, body)


def drop_line(random: Random, data: bytes) -> bytes:
    lines, body = _split(data)
    if len(lines) > 1:
        del lines[random.randrange(1, len(lines))]
    return _joined(lines, body)


def repeat_line(random: Random, data: bytes) -> bytes:
    lines, body = _split(data)
    lines.insert(random.randint(1, len(lines)), random.choice(lines[1:] or FIELDS))
    return _joined(lines, body)


def change_line(random: Random, data: bytes) -> bytes:
    lines, body = _split(data)
    place = random.randrange(len(lines))
    line = lines[place]
    how = random.randrange(6)
    if how == 0:
        line = line.swapcase()
    elif how == 1:
        line = line.replace(b":", random.choice((b" :", b"\t:", b"::", b": \t", b":", b"", b"\x0b:", b":\r\n ")), 1)
    elif how == 2:
        line += random.choice((b" ", b"\t", b"\x0b", b"\xa0", b",", b"\0", b";", b"\r"))
    elif how == 3:
        line = random.choice((b" ", b"\t", b"\x0b", b"\r", b"\n")) + line
    elif how == 4:
        line = line.replace(b" ", random.choice((b"  ", b"\t", b"", b"\x0c", b"\r\n ")), 1)
    else:
        line = random.choice(LINES) if place == 0 else random.choice(FIELDS)
    lines[place] = line
    return _joined(lines, body)


def change_request_line(random: Random, data: bytes) -> bytes:
    lines, body = _split(data)
    lines[0] = random.choice(LINES)
    return _joined(lines, body)


def change_ends(random: Random, data: bytes) -> bytes:
    """Another line end somewhere."""
    places = [at for at in range(len(data)) if data.startswith(b"\r\n", at)]
    if not places:
        return data
    at = random.choice(places)
    return data[:at] + random.choice((b"\n", b"\r", b"\r\r\n", b"\n\r", b"\r\n\r\n", b"", b" \r\n")) + data[at + 2 :]


def insert_bytes(random: Random, data: bytes) -> bytes:
    at = random.randint(0, len(data))
    return data[:at] + random.choice(NASTY) + data[at:]


def replace_byte(random: Random, data: bytes) -> bytes:
    if not data:
        return data
    at = random.randrange(len(data))
    new = bytes([random.randrange(256)]) if random.random() < 0.5 else random.choice(NASTY)
    return data[:at] + new + data[at + 1 :]


def delete_bytes(random: Random, data: bytes) -> bytes:
    at = random.randint(0, len(data))
    return data[:at] + data[at + random.choice((1, 1, 2, 5)) :]


def truncate(random: Random, data: bytes) -> bytes:
    return data[: random.randint(0, len(data))]


def change_chunks(random: Random, data: bytes) -> bytes:
    """Make the body chunked, with one part of it unusual."""
    lines, _ = _split(data)
    lines = [line for line in lines if not line.lower().startswith((b"content-length", b"transfer-encoding"))]
    lines.insert(random.randint(1, len(lines)), b"Transfer-Encoding: chunked")
    size, end, after = b"5", b"\r\n", b"\r\n"
    last, trailers = b"0\r\n", b""
    how = random.randrange(5)
    if how <= 1:
        size = random.choice(SIZES)
    elif how == 2:
        end = random.choice((b"\n", b"\r", b"", b"\r\n\r\n", b" \r\n", b"\r\r\n"))
    elif how == 3:
        after = random.choice((b"\n", b"\r", b"", b"x\r\n", b"\r\n\r\n", b"\rx", b"\r\r\n"))
    else:
        last = random.choice((b"0\n", b"0 \r\n", b"00\r\n", b"0;a=b\r\n", b"0", b"-0\r\n", b"0x0\r\n", b"0\r\n"))
        trailers = b"".join(random.choice(FIELDS) + b"\r\n" for _ in range(random.randrange(3)))
    return _joined(
        lines, size + end + b"hello" + after + last + trailers + random.choice((b"\r\n", b"\r\n", b"\n", b""))
    )


CHANGES: tuple[Callable[[Random, bytes], bytes], ...] = (
    add_field, add_field, add_field, drop_line, repeat_line, change_line, change_line, change_request_line, change_ends,
    insert_bytes, insert_bytes, replace_byte, replace_byte, delete_bytes, truncate, change_chunks, change_chunks,
)  # fmt: skip
