"""The head of a request: the engine's fields → ``H2Head``, without I/O (RFC 9113 §8).

The engine has checked what holds for every header section: names are lower-case tokens, values have no line
breaks, pseudo-header fields are known, single and first, fields that belong to one connection are absent
(§8.2, §8.3). Here is what remains: the values of the pseudo-header fields, our limits, and the few fields
that decide something.

Two kinds of refusal: ``Malformed`` resets the stream (§8.1.1), ``RemoteProtocolError`` has a status that
answers the request.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hanok.protocols.h1.grammar import HOST, PATH, HeadLimits, refuse
from hanok.protocols.h1.head import METHODS, unquoted

if TYPE_CHECKING:
    from hanok.types import RawHeaders

Fields = tuple[tuple[bytes, bytes], ...]

COMPILED = not __file__.endswith(".py")

QUERY = rb"[!\"$-~]"
TARGET = re.compile(rb"(/" + PATH + rb"*+)(?:\?(" + QUERY + rb"*+))?")
IN_PATH, IN_QUERY = 1, 2
_KINDS = bytes(
    IN_PATH * bool(re.fullmatch(PATH, byte)) + IN_QUERY * bool(re.fullmatch(QUERY, byte))
    for byte in (bytes([number]) for number in range(256))
)
KINDS = _KINDS  # a pointer, when compiled
DECIDING = frozenset(
    b"content-length cookie expect forwarded host x-forwarded-for x-forwarded-host x-forwarded-prefix"
    b" x-forwarded-proto".split()
)


class Malformed(Exception):
    """The request breaks the protocol; its stream is reset with PROTOCOL_ERROR."""


class H2Head:
    """The pseudo-header fields and the header section, with what they say. The face of ``h1.head.RequestHead``
    as far as exchanges and WebSockets read it.
    """

    __slots__ = (
        "_raw",
        "authority",  # what :authority or Host says
        "content_length",
        "expect_continue",
        "fields",  # the header section without the pseudo-header fields
        "forwarded",
        "has_cookies",  # more than one Cookie field
        "has_host",
        "method",
        "path",
        "protocol",  # of an extended CONNECT (RFC 8441), else None
        "query",
        "raw_path",
        "section",  # everything that the peer sent
        "trailers",  # fields after the body, once it is complete; None: there were none
        "whole",  # the request ended with it: nothing about it will change, and an equal one may be the same
    )

    http_version = "2"

    authority: bytes | None
    content_length: int | None
    expect_continue: bool
    fields: Fields
    forwarded: bool
    has_cookies: bool
    has_host: bool
    method: str
    path: str
    protocol: bytes | None
    query: bytes
    raw_path: bytes
    section: Fields
    trailers: Fields | None
    whole: bool
    _raw: Fields | None

    @property
    def headers(self) -> RawHeaders:
        """The headers as an HTTP/1.1 request would have had them: Host first, Cookie as one; a new list."""
        raw = self._raw
        if raw is None:
            found = [pair for pair in self.fields if pair[0] != b"host"] if self.has_host else list(self.fields)
            if self.has_cookies:
                found = one_cookie(found)  # RFC 9113 §8.2.3
            if self.authority is not None:
                found.insert(0, (b"host", self.authority))  # RFC 9113 §8.3.1
            raw = self._raw = tuple(found)
        return list(raw)


def one_cookie(fields: RawHeaders) -> RawHeaders:
    """All Cookie fields as one, where the first stood."""
    crumbs = b"; ".join([value for name, value in fields if name == b"cookie"])
    found: RawHeaders = []
    for pair in fields:
        if pair[0] != b"cookie":
            found.append(pair)
        elif crumbs:
            found.append((b"cookie", crumbs))
            crumbs = b""
    return found


def read_head(fields: Fields, limits: HeadLimits, previous: H2Head | None = None) -> H2Head:
    """What the fields of a request say. ``previous`` is the head before on the same connection: peers repeat
    themselves, and what was decided about a header section is true of equal fields.
    """
    head = H2Head()
    head._raw = head.trailers = None
    head.section = fields
    head.whole = False
    # Nearly every request begins with exactly these four; the engine lets none come twice.
    method = path = authority = None
    has_scheme = False
    for name, value in fields[:4]:
        if name == b":path":
            path = value
        elif name == b":method":
            method = value
        elif name == b":authority":
            authority = value
        elif name == b":scheme":
            has_scheme = True
    head.fields = fields[4:]
    head.protocol = None
    if (
        method is None
        or path is None
        or authority is None
        or not has_scheme
        or (head.fields and head.fields[0][0] == b":protocol")
    ):
        method, path, authority = _other_form(head, fields)
    head.authority = authority
    head.method = METHODS.get(method) or method.decode("latin-1")
    _target(head, method, path, limits)
    if previous is not None and previous.authority == authority and same(previous.fields, head.fields):
        head.content_length = previous.content_length
        head.expect_continue = previous.expect_continue
        head.forwarded = previous.forwarded
        head.has_cookies = previous.has_cookies
        head.has_host = previous.has_host
    else:
        _decide(head, limits, previous)
    return head


def same(one: Fields, other: Fields) -> bool:
    """Whether two header sections are equal."""
    if not COMPILED:
        return one == other
    # The same in C, without asking each object how it is compared.
    count = len(one)
    if len(other) != count:
        return False
    for place in range(count):
        first, second = one[place], other[place]
        name, value = first
        other_name, other_value = second
        if name != other_name or value != other_value:
            return False
    return True


def _other_form(head: H2Head, fields: Fields) -> tuple[bytes, bytes, bytes | None]:
    """The pseudo-header fields of CONNECT (RFC 9113 §8.5, RFC 8441 §4), and of requests without :authority."""
    count = 0
    while count < len(fields) and fields[count][0].startswith(b":"):
        count += 1
    pseudo = dict(fields[:count])
    head.fields = fields[count:]
    method = pseudo[b":method"]
    head.protocol = protocol = pseudo.get(b":protocol")
    if method == b"CONNECT" and protocol is None:
        refuse("this server is no proxy: it has no CONNECT", 501)
    if protocol is not None and protocol != b"websocket":
        refuse("the only protocol that CONNECT has here is websocket", 501)  # RFC 9220 §3
    authority = pseudo.get(b":authority")
    if authority is None:
        authority = next((value for name, value in head.fields if name == b"host"), None)
    return method, pseudo[b":path"], authority


def path_end(target: bytes) -> int:
    """Where the path of a target ends, and its query may begin; 0 if it is no path with a query."""
    if not COMPILED:
        match = TARGET.fullmatch(target)
        return 0 if match is None else match.end(1)
    # The same as a walk over the bytes.
    text = target
    size = len(target)
    if not size or text[0] != 0x2F:  # "/"
        return 0
    end = 1
    while end < size and KINDS[text[end]] & IN_PATH:
        end += 1
    if end < size:
        if text[end] != 0x3F:  # "?"
            return 0
        for at in range(end + 1, size):
            if not KINDS[text[at]] & IN_QUERY:
                return 0
    return end


def _target(head: H2Head, method: bytes, path: bytes, limits: HeadLimits) -> None:
    """RFC 9113 §8.3.1."""
    if len(path) > limits.line:
        refuse(f"the request target is longer than {limits.line} bytes", 414)
    end = path_end(path)
    if end > 0:
        head.raw_path, head.query = path[:end], path[end + 1 :]
    elif path == b"*" and method == b"OPTIONS":
        head.raw_path, head.query = path, b""
    else:
        raise Malformed("the :path is no path")
    text = head.raw_path.decode("ascii")
    head.path = text if "%" not in text else unquoted(text)


def _decide(head: H2Head, limits: HeadLimits, previous: H2Head | None) -> None:
    """The limits, and what the deciding fields say together."""
    head.content_length = None
    head.expect_continue = head.forwarded = head.has_cookies = head.has_host = False
    fields, authority = head.fields, head.authority
    count = len(fields)
    if count > limits.fields:
        refuse(f"more than {limits.fields} header fields", 431)
    size = 4 * count  # as its line would have: colon, space, CRLF
    cookies = 0
    most = limits.field_size
    for name, value in fields:
        length = len(name) + len(value)
        if length > most:
            refuse(f"a header field is longer than {most} bytes", 431)
        size += length
        if (COMPILED and name[0] not in b"cefhx") or name not in DECIDING:
            continue
        if name == b"content-length":
            head.content_length = int(value)  # the engine has checked it, and that it is true
        elif name == b"host":
            head.has_host = True
            if value.lower() != (authority or value).lower():
                raise Malformed("Host and :authority differ")  # RFC 9113 §8.3.1
        elif name == b"cookie":
            cookies += 1
        elif name == b"expect":
            if value.lower() != b"100-continue":
                refuse("the only expectation that can be met is 100-continue", 417)
            head.expect_continue = True
        else:
            head.forwarded = True
    if size + len(head.raw_path) > limits.head:
        refuse(f"the request head is larger than {limits.head} bytes", 431)
    seen = previous is not None and authority == previous.authority
    if authority is not None and not seen and HOST.fullmatch(authority) is None:
        raise Malformed("the :authority is no host")  # no user information either: RFC 9113 §8.3.1
    head.has_cookies = cookies > 1
