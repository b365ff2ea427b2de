"""The head of a request: bytes → ``RequestHead``, in one call and without I/O (RFC 9112 §2–3, §5–7).

``parse_head`` is the whole interface, so that a compiled parser can take its place.

It is strict where leniency lets two servers see two different requests (RFC 9112 §11.2): lines end in CRLF
and nothing else, no folded lines, no space before the colon, no bytes outside the grammar, one Host, one
length. What is refused is refused with ``RemoteProtocolError`` and its status; the connection cannot be used
after that.

One expression, ``HEAD``, is the grammar of a good head; a head that it does not match goes to ``unusual``,
which finds out what is wrong with it, or that it is only incomplete. A second expression picks out the few
fields that decide about framing. The list of all headers is made when somebody reads it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hanok.protocols.h1.grammar import (
    DECIDING,
    DEFAULT_LIMITS,
    FIELDS,
    HEAD,
    HOST,
    LENGTH,
    METHOD,
    HeadLimits,
    check_sizes,
    refuse,
)

if TYPE_CHECKING:
    from hanok.types import RawHeaders

__all__ = ["DEFAULT_LIMITS", "NEED_MORE", "HeadLimits", "RequestHead", "parse_head"]

NEED_MORE: Final = None  # what parse_head returns while the head is incomplete

COMMON_METHODS = "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE"
METHODS = {name.encode(): name for name in COMMON_METHODS}

# Names of headers as they are usually written → lower-case. Others are lowered one by one; nothing is added
# at run time.
COMMON_NAMES = """
    Accept Accept-Charset Accept-Encoding Accept-Language Access-Control-Request-Headers
    Access-Control-Request-Method Authorization Cache-Control Connection Content-Encoding Content-Length
    Content-Type Cookie DNT Expect Forwarded Host If-Match If-Modified-Since If-None-Match If-Range
    If-Unmodified-Since Keep-Alive Origin Pragma Priority Proxy-Authorization Range Referer Sec-CH-UA
    Sec-CH-UA-Mobile Sec-CH-UA-Platform Sec-Fetch-Dest Sec-Fetch-Mode Sec-Fetch-Site Sec-Fetch-User TE
    Traceparent Tracestate Transfer-Encoding Upgrade Upgrade-Insecure-Requests User-Agent Via X-API-Key
    X-Forwarded-For X-Forwarded-Host X-Forwarded-Port X-Forwarded-Proto X-Real-IP X-Request-ID X-Request-Id
    X-Requested-With
"""
NAMES = {name: name.lower() for word in COMMON_NAMES.split() for name in (word.encode(), word.lower().encode())}

is_host = HOST.fullmatch


class RequestHead:
    """The request line and the header section, with what they say about the body and the connection."""

    __slots__ = (
        "_fields",
        "block",  # the header section: CRLF before each field, one at the end
        "chunked",  # whether the body comes in chunks
        "content_length",  # of the body; None: not said, which means no body unless chunked
        "end",  # where in the buffer the head ended
        "expect_continue",  # whether the peer waits for a 100 before it sends the body
        "forwarded",  # whether a proxy says something of its client
        "http_version",  # "1.0" | "1.1"
        "keep_alive",  # whether the peer wants the connection to persist (RFC 9112 §9.3)
        "method",
        "path",  # percent-decoded
        "query",
        "raw_path",  # without the query
        "target",  # as sent
        "trailers",  # fields after a body in chunks, once it is complete; only of a chunked request
        "upgrade",  # lower-case value of Upgrade if Connection names it, else None
    )

    block: bytes
    chunked: bool
    content_length: int | None
    end: int
    expect_continue: bool
    forwarded: bool
    http_version: str
    keep_alive: bool
    method: str
    path: str
    query: bytes
    raw_path: bytes
    target: bytes
    trailers: list[tuple[bytes, bytes]]
    upgrade: bytes | None
    _fields: tuple[tuple[bytes, bytes], ...] | None

    @property
    def headers(self) -> RawHeaders:
        """Lower-case names and values without outer whitespace, in the order of their coming; a new list."""
        fields = self._fields
        if fields is None:
            fields = self._fields = tuple(fields_of(self.block))
        return list(fields)

    def take_decisions(self, previous: RequestHead) -> None:
        """Copy what is decided by the header section from a head with the same one."""
        self._fields = previous._fields
        self.forwarded = previous.forwarded
        self.content_length = previous.content_length
        self.chunked = previous.chunked
        self.keep_alive = previous.keep_alive
        self.upgrade = previous.upgrade
        self.expect_continue = previous.expect_continue


def fields_of(block: bytes) -> RawHeaders:
    """The fields of a block whose lines were validated: CRLF before each, one at the end."""
    pairs = FIELDS.findall(block)
    if b" \r\n" in block or b"\t\r\n" in block:
        pairs = [(name, value.rstrip(b" \t")) for name, value in pairs]
    known = NAMES.get
    return [(known(name) or name.lower(), value) for name, value in pairs]


def parse_head(
    data: bytes,
    start: int = 0,
    limits: HeadLimits = DEFAULT_LIMITS,
    previous: RequestHead | None = None,
) -> RequestHead | None:
    """The request head that begins at ``start``; ``NEED_MORE`` while its end has not arrived.

    ``previous`` is the head of the request before it on the connection: peers repeat their header sections, and what was
    decided about one is true of equal bytes. The request line is read each time.

    Raises RemoteProtocolError, with the status that answers it.
    """
    match = HEAD.match(data, start)
    if match is None:
        from hanok.protocols.h1.unusual import explain  # imports this module

        return explain(data, start, limits)
    head = RequestHead()
    head.end = end = match.end()
    method, head.target, head.raw_path, query, minor, block = match.groups()
    head.block = block
    if end - start > limits.unchecked:
        check_sizes(data[start : end - 4].split(b"\r\n"), limits)
    head.method = METHODS.get(method) or other_method(method)
    head.query = query or b""
    head.http_version = "1.1" if minor == b"1" else "1.0"
    path = head.raw_path.decode("ascii")
    head.path = path if "%" not in path else unquoted(path)
    if previous is not None and previous.block == block and previous.http_version == head.http_version:
        head.take_decisions(previous)
    else:
        head._fields = None
        decide(head, DECIDING.findall(block))
    return head


def other_method(method: bytes) -> str:
    if method == b"CONNECT":
        refuse("this server is no proxy: it has no CONNECT", 501)
    if method == b"PRI":
        # RFC 9113 §3.4, §11.6: never a request. Who reads the preface of HTTP/2 in it sees other requests after it.
        refuse("PRI is the beginning of HTTP/2 and no method")
    return method.decode("ascii")


def unquoted(path: str) -> str:
    from urllib.parse import unquote

    return unquote(path)


def decide(head: RequestHead, found: list[tuple[bytes, bytes]]) -> None:
    """What the deciding fields say together."""
    is_11 = head.http_version == "1.1"
    host = length = coding = upgrade = expect = connection = None
    head.forwarded = False
    for name, value in found:
        name = NAMES.get(name) or name.lower()
        if name == b"host":
            if host is not None:
                refuse("two Host fields")
            host = value
            if is_host(value) is None and is_host(value.rstrip(b" \t")) is None:
                refuse("the Host field is not a host")
        elif name == b"connection":
            connection = value if connection is None else connection + b"," + value
        elif name == b"content-length":
            # RFC 9112 §6.3 lets equal values said twice be refused; a peer that does that is broken or
            # hostile.
            if length is not None or LENGTH.fullmatch(value.rstrip(b" \t")) is None:
                refuse("Content-Length is not one number")
            length = int(value)
        elif name == b"transfer-encoding":
            coding = value if coding is None else coding + b"," + value
        elif name == b"upgrade":
            upgrade = value
        elif name == b"expect":
            expect = value
        else:
            head.forwarded = True
    if host is None and is_11:
        refuse("HTTP/1.1 requires a Host field")  # RFC 9112 §3.2
    head.content_length = length
    head.chunked = coding is not None
    if coding is not None:
        _check_coding(coding, is_11, length)
    head.keep_alive = is_11
    head.upgrade = None
    if connection is not None:
        _connection(head, connection.lower(), upgrade)
    head.expect_continue = False
    if expect is not None and is_11:  # RFC 9110 §10.1.1: ignored in HTTP/1.0
        if expect.strip(b" \t").lower() != b"100-continue":
            refuse("the only expectation that can be met is 100-continue", 417)
        head.expect_continue = True


def _connection(head: RequestHead, connection: bytes, upgrade: bytes | None) -> None:
    """RFC 9110 §7.6.1, §7.8."""
    if connection == b"keep-alive":
        head.keep_alive = True
        return
    options = [option.strip(b" \t") for option in connection.split(b",")]
    if b"close" in options:
        head.keep_alive = False
    elif b"keep-alive" in options:
        head.keep_alive = True
    if upgrade is not None and b"upgrade" in options and head.http_version == "1.1":
        head.upgrade = upgrade.strip(b" \t").lower() or None


def _check_coding(coding: bytes, is_11: bool, length: int | None) -> None:
    """RFC 9112 §6.1 and §6.3: chunked, alone, without a Content-Length, in HTTP/1.1."""
    if not is_11:
        refuse("Transfer-Encoding in HTTP/1.0")
    if length is not None:
        refuse("both Transfer-Encoding and Content-Length")
    codings = [one.strip(b" \t").lower() for one in coding.split(b",")]
    if any(METHOD.fullmatch(one) is None for one in codings):
        refuse("Transfer-Encoding is not a list of transfer codings")
    if codings != [b"chunked"]:
        if b"chunked" in codings[:-1]:
            refuse("chunked is not the last transfer coding")
        refuse("the only transfer coding of this server is chunked", 501)


if not __file__.endswith(".py"):  # compiled: one walk over the bytes takes the place of the expressions
    from hanok.protocols.h1 import scan

    parse_head = scan.scan_head
    is_host = scan.scan_host  # type: ignore[assignment]
