"""Requests that two servers could read differently, over a real socket (RFC 9112 §11.2).

Each is followed by another request. It has to be answered with its status and the connection closed, and the application
must never see the other request.
"""

import contextlib
import re
import socket
from dataclasses import dataclass

import pytest

from hanok.server.config import Config
from hanok.server.threaded import Server


@dataclass(frozen=True)
class Case:
    name: str
    section: str  # of RFC 9112, if it is not said otherwise
    data: bytes
    status: int = 400


def get(*fields: bytes, line: bytes = b"GET / HTTP/1.1", host: bytes = b"Host: a\r\n") -> bytes:
    return line + b"\r\n" + host + b"".join(field + b"\r\n" for field in fields) + b"\r\n"


def post(*fields: bytes, body: bytes = b"") -> bytes:
    return get(*fields, line=b"POST / HTTP/1.1") + body


def chunked(body: bytes) -> bytes:
    return post(b"Transfer-Encoding: chunked", body=body)


def framed(name: str, section: str, *fields: bytes, status: int = 400, body: bytes = b"0\r\n\r\n") -> Case:
    return Case(name, section, post(*fields, body=body), status)


TE, CL = b"Transfer-Encoding: chunked", b"Content-Length: 5"
GOOD = b"0\r\n\r\n"

REFUSED = [
    # ---- how long is the body?
    framed("two lengths", "6.3", b"Content-Length: 5", b"Content-Length: 6"),
    framed("the same length twice", "6.3", b"Content-Length: 5", b"Content-Length: 5"),
    framed("a list of lengths", "6.3", b"Content-Length: 5, 5"),
    framed("a list of different lengths", "6.3", b"Content-Length: 5, 6"),
    framed("a length with a plus", "9110 8.6", b"Content-Length: +5"),
    framed("a length with a minus", "9110 8.6", b"Content-Length: -5"),
    framed("a hexadecimal length", "9110 8.6", b"Content-Length: 0x5"),
    framed("an octal length", "9110 8.6", b"Content-Length: 0o5"),
    framed("a length with an underscore", "9110 8.6", b"Content-Length: 1_0"),
    framed("a length with a space in it", "9110 8.6", b"Content-Length: 1 0"),
    framed("a length with a fraction", "9110 8.6", b"Content-Length: 5.0"),
    framed("a length with an exponent", "9110 8.6", b"Content-Length: 1e1"),
    framed("an empty length", "9110 8.6", b"Content-Length:"),
    framed("a length in other digits", "9110 8.6", b"Content-Length: \xd9\xa5"),
    framed("a length beyond 64 bits", "9110 8.6", b"Content-Length: 18446744073709551621"),
    framed("a length that nobody means", "9110 8.6", b"Content-Length: 99999999999999", status=413),
    framed("a length and chunks", "6.3", CL, TE),
    framed("chunks and a length", "6.3", TE, CL),
    framed("chunks and a length of 0", "6.3", TE, b"Content-Length: 0"),
    framed("chunks and a broken length", "6.3", TE, b"Content-Length: x"),
    framed("chunked twice in a field", "6.1", b"Transfer-Encoding: chunked, chunked"),
    framed("chunked in two fields", "6.1", TE, b"Transfer-Encoding: chunked"),
    framed("chunked, then another coding", "6.3", b"Transfer-Encoding: chunked, gzip"),
    framed("chunked, then identity", "6.3", TE, b"Transfer-Encoding: identity"),
    framed("another coding, then chunked", "6.1", b"Transfer-Encoding: gzip, chunked", status=501),
    framed("identity", "6.1", b"Transfer-Encoding: identity", status=501),
    framed("a coding that sounds like it", "6.1", b"Transfer-Encoding: xchunked", status=501),
    framed("a coding that begins like it", "6.1", b"Transfer-Encoding: chunkedfoo", status=501),
    framed("an empty coding", "7", b"Transfer-Encoding:"),
    framed("an empty first coding", "7", b"Transfer-Encoding: ,chunked"),
    framed("an empty last coding", "7", b"Transfer-Encoding: chunked,"),
    framed("a coding with a parameter", "7", b"Transfer-Encoding: chunked;q=1"),
    framed("a coding in quotes", "7", b'Transfer-Encoding: "chunked"'),
    framed("two words for a coding", "7", b"Transfer-Encoding: chunked chunked"),
    framed("a coding after a vertical tab", "9110 5.5", b"Transfer-Encoding:\x0bchunked"),
    framed("a coding before a NUL", "9110 5.5", b"Transfer-Encoding: chunked\x00"),
    framed("a coding with a Latin-1 space", "7", b"Transfer-Encoding: \xa0chunked"),
    Case("a coding in HTTP/1.0", "6.1", get(TE, line=b"POST / HTTP/1.0") + GOOD),
    Case(
        "a coding in HTTP/1.0 that persists", "6.1", get(TE, b"Connection: keep-alive", line=b"POST / HTTP/1.0") + GOOD
    ),
    # ---- how is a header line made?
    framed("a space before the colon of a length", "5.1", b"Content-Length : 5"),
    framed("a space before the colon of a coding", "5.1", b"Transfer-Encoding : chunked"),
    framed("a tab before the colon", "5.1", b"Transfer-Encoding\t: chunked"),
    framed("a space before the name", "5.2", b" Transfer-Encoding: chunked"),
    framed("a name with a space", "5.1", b"Transfer Encoding: chunked"),
    framed("a name with a NUL", "5.1", b"Transfer\x00-Encoding: chunked"),
    framed("a name with a control character", "5.1", b"Transfer-Encoding\x0b: chunked"),
    framed("a name of Latin-1", "5.1", b"Transf\xe9r-Encoding: chunked"),
    framed("a name in brackets", "5.1", b"[Transfer-Encoding]: chunked"),
    framed("an empty name", "5.1", b": chunked"),
    framed("no colon", "5.1", b"Transfer-Encoding chunked"),
    framed("a folded value", "5.2", b"Transfer-Encoding:\r\n chunked"),
    framed("a value folded by a tab", "5.2", b"X: y\r\n\tTransfer-Encoding: chunked"),
    framed("a folded first field", "2.2", b"X: y\r\n z", CL),
    Case("a space before the first field", "2.2", get(host=b" Host: a\r\nHost: a\r\n")),
    framed("a bare CR in a value", "2.2", b"X: a\rTransfer-Encoding: chunked"),
    framed("a bare LF in a value", "2.2", b"X: a\nTransfer-Encoding: chunked"),
    framed("a bare CR in a name", "2.2", b"Transfer-\rEncoding: chunked"),
    framed("a CR before the CRLF", "2.2", b"X: a\r"),
    framed("a NUL in a value", "9110 5.5", b"X: a\x00b"),
    framed("a DEL in a value", "9110 5.5", b"X: a\x7fb"),
    framed("an escape in a value", "9110 5.5", b"X: \x1b[0m"),
    Case("bare LFs", "2.2", b"GET / HTTP/1.1\nHost: a\n\n"),
    Case("a bare LF after the request line", "2.2", b"GET / HTTP/1.1\nHost: a\r\n\r\n"),
    Case("a bare LF at the end of the head", "2.2", b"GET / HTTP/1.1\r\nHost: a\r\n\n"),
    Case("an LF before the CR", "2.2", b"GET / HTTP/1.1\n\rHost: a\r\n\r\n"),
    Case("a bare CR for the empty line", "2.2", b"GET / HTTP/1.1\r\nHost: a\r\n\r\r\n"),
    # ---- the chunks
    *(
        Case(name, "7.1", chunked(size + b"\r\nhello\r\n0\r\n\r\n"))
        for name, size in [
            ("an empty chunk size", b""),
            ("a chunk size that is no number", b"x"),
            ("a chunk size with 0x", b"0x5"),
            ("a chunk size with a plus", b"+5"),
            ("a chunk size with a minus", b"-5"),
            ("a space before a chunk size", b" 5"),
            ("a space after a chunk size", b"5 "),
            ("a tab after a chunk size", b"5\t"),
            ("a chunk size with an underscore", b"0_5"),
            ("a chunk size with a comma", b"5,5"),
            ("a chunk size beyond 64 bits", b"10000000000000005"),
            ("a chunk size of many zeros", b"0" * 40 + b"5"),
            ("a chunk size with h", b"5h"),
            ("a bare CR after a chunk size", b"5\r"),
            ("a NUL after a chunk size", b"5\x00"),
            ("an extension without a name", b"5;"),
            ("an extension with a space before it", b"5 ;a"),
            ("an extension with a space in it", b"5; a"),
            ("an extension with an empty value", b"5;a="),
            ("an extension with a bare CR", b"5;a\rb"),
            ("an extension with a NUL", b"5;a\x00"),
            ("an extension with an open quote", b'5;a="b'),
            ("an extension of Latin-1", b"5;\xe9"),
            ("an extension that is too long", b"5;" + b"a" * 2000),
            ("a size in other digits", b"\xb5"),
        ]
    ),
    Case("a chunk size that ends in LF", "7.1", chunked(b"5\nhello\r\n0\r\n\r\n")),
    Case("an extension that ends in LF", "7.1.1", chunked(b"5;a\nhello\r\n0\r\n\r\n")),
    Case("a chunk that is longer than its size", "7.1", chunked(b"4\r\nhello\r\n0\r\n\r\n")),
    Case("a chunk that is shorter than its size", "7.1", chunked(b"6\r\nhello\r\n0\r\n\r\n")),
    Case("a chunk without its CRLF", "7.1", chunked(b"5\r\nhello0\r\n\r\n")),
    Case("a chunk that ends in LF", "7.1", chunked(b"5\r\nhello\n0\r\n\r\n")),
    Case("a chunk that ends in CR", "7.1", chunked(b"5\r\nhello\r0\r\n\r\n")),
    Case("chunks that end in LF", "7.1", chunked(b"0\r\n\nx")),
    Case("a last chunk that ends in LF", "7.1", chunked(b"0\n\r\n")),
    Case("a minus before the last chunk", "7.1", chunked(b"-0\r\n\r\n")),
    Case("extensions without an end", "7.1.1", chunked((b"1;" + b"a" * 1000 + b"\r\nx\r\n") * 40)),
    # ---- the trailers
    Case("a length in a trailer", "9110 6.5.1", chunked(b"0\r\nContent-Length: 5\r\n\r\n")),
    Case("a coding in a trailer", "9110 6.5.1", chunked(b"0\r\ntransfer-ENCODING: chunked\r\n\r\n")),
    Case("a trailer with a space before its colon", "5.1", chunked(b"0\r\nX : y\r\n\r\n")),
    Case("a folded trailer", "5.2", chunked(b"0\r\nX: y\r\n z\r\n\r\n")),
    Case("a trailer with a bare LF", "2.2", chunked(b"0\r\nX: y\nGET /smuggled HTTP/1.1\r\n\r\n")),
    Case("a request for a trailer", "5", chunked(b"0\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n")),
    Case("too many trailers", "9110 5.4", chunked(b"0\r\n" + b"X: y\r\n" * 65 + b"\r\n"), 431),
    Case("trailers that are too large", "9110 5.4", chunked(b"0\r\nX: " + b"y" * 20000 + b"\r\n\r\n"), 431),
    # ---- the request line
    Case("no version", "3", get(line=b"GET /")),
    Case("two spaces", "3", get(line=b"GET  / HTTP/1.1")),
    Case("a tab for a space", "3", get(line=b"GET\t/ HTTP/1.1")),
    Case("a space at the end", "3", get(line=b"GET / HTTP/1.1 ")),
    Case("a space at the beginning", "3", get(line=b" GET / HTTP/1.1")),
    Case("a space in the target", "3.2", get(line=b"GET /a b HTTP/1.1")),
    Case("a second request in the target", "3.2", get(line=b"GET / HTTP/1.1\r /smuggled HTTP/1.1")),
    Case("a method that is no token", "3.1", get(line=b"G@T / HTTP/1.1")),
    Case("a NUL in the target", "3.2", get(line=b"GET /\x00 HTTP/1.1")),
    Case("Latin-1 in the target", "3.2", get(line=b"GET /\xe9 HTTP/1.1")),
    Case("a fragment", "3.2", get(line=b"GET /#x HTTP/1.1")),
    Case("a relative target", "3.2", get(line=b"GET a HTTP/1.1")),
    Case("a query for a target", "3.2", get(line=b"GET ?a HTTP/1.1")),
    Case("an asterisk for another method", "3.2.4", get(line=b"GET * HTTP/1.1")),
    Case("an authority for another method", "3.2.3", get(line=b"GET a:80 HTTP/1.1")),
    Case("another scheme", "3.2.2", get(line=b"GET ftp://a/ HTTP/1.1")),
    Case("an absolute target without a host", "3.2.2", get(line=b"GET http:///x HTTP/1.1")),
    Case("an absolute target with a user", "9110 4.2.4", get(line=b"GET http://a@b/ HTTP/1.1")),
    Case("CONNECT to an authority", "3.2.3", get(line=b"CONNECT a:443 HTTP/1.1"), 501),
    Case("CONNECT to a path", "3.2.3", get(line=b"CONNECT /smuggled HTTP/1.1"), 501),
    Case("CONNECT to a URL", "3.2.3", get(line=b"CONNECT http://a/smuggled HTTP/1.1"), 501),
    Case("version 0.9", "2.3", get(line=b"GET / HTTP/0.9"), 505),
    Case("version 1.2", "2.3", get(line=b"GET / HTTP/1.2"), 505),
    Case("version 2.0", "2.3", get(line=b"GET / HTTP/2.0"), 505),
    Case("version 3.0", "2.3", get(line=b"GET / HTTP/3.0"), 505),
    Case("a version of two digits", "2.3", get(line=b"GET / HTTP/1.10")),
    Case("a version in small letters", "2.3", get(line=b"GET / http/1.1")),
    Case("a version with a space", "2.3", get(line=b"GET / HTTP/ 1.1")),
    Case("a stream of empty lines", "2.2", b"\r\n" * 20 + get()),
    Case("a bare LF before the request", "2.2", b"\n" + get()),
    Case("a bare CR before the request", "2.2", b"\r" + get()),
    # ---- the host
    Case("no host", "3.2", get(host=b"")),
    Case("two hosts", "3.2", get(b"Host: a")),
    Case("two different hosts", "3.2", get(b"Host: b")),
    Case("two hosts in HTTP/1.0", "3.2", get(b"Host: b", line=b"GET / HTTP/1.0")),
    Case("no host beside an absolute target", "3.2", get(line=b"GET http://a/ HTTP/1.1", host=b"")),
    Case("two hosts beside an absolute target", "3.2", get(b"Host: b", line=b"GET http://a/ HTTP/1.1")),
    *(
        Case(name, "3.2", get(host=b"Host: " + host + b"\r\n"))
        for name, host in [
            ("a host with a path", b"a/b"),
            ("a host with a user", b"u@a"),
            ("a host with a space", b"a b"),
            ("a host with a query", b"a?b"),
            ("a host with a scheme", b"http://a"),
            ("a host with a word for a port", b"a:b"),
            ("a host with a long port", b"a:999999"),
            ("a host with two ports", b"a:80:80"),
            ("a host with an open bracket", b"[::1"),
            ("a host with half an escape", b"a%2"),
            ("a host with a backslash", b"a\\b"),
            ("a host of Latin-1", b"\xe9"),
        ]
    ),
    # ---- expectations
    Case("an expectation that cannot be met", "9110 10.1.1", get(b"Expect: x"), 417),
]

STATUS_LINE = re.compile(rb"HTTP/1\.1 \d{3} ")
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"


class Seen:
    def __init__(self, server: Server, paths: list[str]) -> None:
        self.server = server
        self.paths = paths

    def ask(self, data: bytes, *, in_bytes: bool = False) -> bytes:
        """Everything that the server says to this."""
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=20) as peer:
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            # After a refusal it may have stopped to listen before we are through.
            with contextlib.suppress(ConnectionError):
                for piece in (data[at : at + 1] for at in range(len(data))) if in_bytes else (data,):
                    peer.sendall(piece)
            found = b""
            while piece := peer.recv(65536):
                found += piece
            return found


@pytest.fixture(scope="module", params=["asyncio", "uvloop"])
def seen(request):
    from hanok.gateways import NativeApp

    paths: list[str] = []

    class App(NativeApp):
        async def handle(self, exchange):
            paths.append(exchange.path)
            body = await exchange.read()
            trailers = b"".join(b"%b=%b;" % pair for pair in exchange.request_trailers)
            host = exchange.header(b"host") or b""
            exchange.answer(200, [(b"x-host", host), (b"x-path", exchange.path.encode())], body + trailers)

    config = Config(port=0, loop=request.param, access_log=False, log_level="critical")
    with Server(App(), config) as server:
        yield Seen(server, paths)


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.name)
def test_a_request_that_can_be_read_in_two_ways_is_refused(seen, case):
    del seen.paths[:]
    answer = seen.ask(case.data + SMUGGLED)
    assert answer.startswith(b"HTTP/1.1 %d " % case.status), answer[:200]
    assert b"\r\nconnection: close\r\n" in answer
    assert len(STATUS_LINE.findall(answer)) == 1
    assert "/smuggled" not in seen.paths


@pytest.mark.parametrize("case", [case for case in REFUSED if len(case.data) < 200], ids=lambda case: case.name)
def test_it_is_refused_in_single_bytes_too(seen, case):
    del seen.paths[:]
    answer = seen.ask(case.data + SMUGGLED, in_bytes=True)
    assert answer.startswith(b"HTTP/1.1 %d " % case.status), answer[:200]
    assert len(STATUS_LINE.findall(answer)) == 1
    assert "/smuggled" not in seen.paths


@pytest.mark.parametrize("case", REFUSED[::7], ids=lambda case: case.name)
def test_a_good_request_before_it_is_answered_first(seen, case):
    del seen.paths[:]
    answer = seen.ask(get(line=b"GET /good HTTP/1.1") + case.data + SMUGGLED)
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert len(STATUS_LINE.findall(answer)) == 2
    assert b"HTTP/1.1 %d " % case.status in answer
    assert seen.paths[0] == "/good"
    assert "/smuggled" not in seen.paths


# ---- what is right, though it is rare, ends where it says


LAST = b"GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


@pytest.mark.parametrize(
    ("data", "path", "host", "body"),
    [
        (get(), b"/", b"a", b""),
        (b"\r\n" + get(), b"/", b"a", b""),
        (get(b"X:"), b"/", b"a", b""),
        (get(b"X: \xe9\x80"), b"/", b"a", b""),
        (get(line=b"GET http://b.example:81/x HTTP/1.1"), b"/x", b"b.example:81", b""),
        (get(line=b"GET HTTPS://b.example HTTP/1.1"), b"/", b"b.example", b""),
        (get(line=b"OPTIONS * HTTP/1.1"), b"*", b"a", b""),
        (get(host=b"Host: [2001:db8::1]:80\r\n"), b"/", b"[2001:db8::1]:80", b""),
        (get(host=b"Host:\r\n"), b"/", b"", b""),
        (get(b"Content-Length: 3") + b"abc", b"/", b"a", b"abc"),
        (post(b"Content-Length: 0003", body=b"abc"), b"/", b"a", b"abc"),
        (post(b"content-LENGTH:\t3 ", body=b"abc"), b"/", b"a", b"abc"),
        (post(b"transfer-ENCODING:\tCHUNKED\t", body=b"3\r\nabc\r\n" + GOOD), b"/", b"a", b"abc"),
        (chunked(b'3;a=b;c="d\\" e"\r\nabc\r\n0003;f\r\ndef\r\n00;g\r\n\r\n'), b"/", b"a", b"abcdef"),
        (chunked(b"A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n"), b"/", b"a", b"0123456789" * 2),
        (
            chunked(b"0\r\nX-Sum: 1\r\nHost: b\r\nAuthorization: c\r\nX-Forwarded-For: d\r\n\r\n"),
            b"/",
            b"a",
            b"x-sum=1;",
        ),
        (get(b"Expect: x", b"Connection: keep-alive", line=b"GET / HTTP/1.0"), b"/", b"a", b""),
        (get(b"Connection: keep-alive", line=b"GET / HTTP/1.0", host=b""), b"/", b"", b""),
        (post(b"Content-Length: 23", body=b"GET /inside HTTP/1.1\r\n\n"), b"/", b"a", b"GET /inside HTTP/1.1\r\n\n"),
    ],
)
@pytest.mark.parametrize("in_bytes", [False, True])
def test_what_is_rare_and_right_is_read_to_its_end(seen, data, path, host, body, in_bytes):
    del seen.paths[:]
    first, _, rest = seen.ask(data + LAST, in_bytes=in_bytes).partition(b"HTTP/1.1 ")[2].partition(b"HTTP/1.1 ")
    head, _, found = first.partition(b"\r\n\r\n")
    assert head.startswith(b"200 ")
    assert b"x-host: " + host + b"\r\n" in head
    assert b"x-path: " + path + b"\r\n" in head
    assert found == body
    assert rest.startswith(b"200 ")
    assert seen.paths == [path.decode(), "/last"]


def test_http_10_is_answered_without_chunks_and_closed(seen):
    answer = seen.ask(get(line=b"GET / HTTP/1.0"))
    assert b"transfer-encoding" not in answer
    assert b"connection: close\r\n" in answer
