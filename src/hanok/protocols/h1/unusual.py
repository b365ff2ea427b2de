"""Heads that are not plainly good: incomplete, of a rare form, or wrong, and then in what (RFC 9112 §2.2, §3.2)."""

from __future__ import annotations

from hanok.protocols.h1.grammar import (
    ABSOLUTE,
    HOST,
    METHOD,
    ONE_FIELD,
    TARGET,
    VERSION,
    HeadLimits,
    check_sizes,
    refuse,
)
from hanok.protocols.h1.head import NEED_MORE, RequestHead, other_method, parse_head


def explain(data: bytes, start: int, limits: HeadLimits) -> RequestHead | None:
    """Why ``HEAD`` did not match: the head is incomplete, or it is of a rare form, or something is wrong with
    it.
    """
    if data.startswith(b"\r\n", start):
        # RFC 9112 §2.2: an empty line before the request line is ignored. A few are, not a stream of them.
        begin = start
        while data.startswith(b"\r\n", begin):
            begin += 2
            if begin - start > 8:
                refuse("empty lines instead of a request")
        return parse_head(data, begin, limits)
    end = data.find(b"\r\n\r\n", start)
    if end < 0:
        _check_beginning(data, start, limits)
        return NEED_MORE
    lines = data[start:end].split(b"\r\n")
    check_sizes(lines, limits)
    parts = lines[0].split(b" ")
    if len(parts) != 3:
        refuse("the request line is not: method, space, target, space, version")
    method, target, version = parts
    if METHOD.fullmatch(method) is None:
        refuse("the method is not a token")
    if VERSION.fullmatch(version) is None:
        refuse("the request line does not end in an HTTP version")
    if version not in (b"HTTP/1.1", b"HTTP/1.0"):
        refuse("this server speaks HTTP/1.1 and HTTP/1.0", 505)
    if TARGET.fullmatch(target) is None:
        refuse("the request target has bytes that a target cannot have")
    for line in lines[1:]:
        if ONE_FIELD.fullmatch(line) is None:
            refuse("a header line is not: name, colon, value")
    return _other_form(data, start, end, method, target, limits)


def _other_form(
    data: bytes, start: int, end: int, method: bytes, target: bytes, limits: HeadLimits
) -> RequestHead | None:
    """A good head whose target is in absolute-form or asterisk-form (RFC 9112 §3.2.2, §3.2.4)."""
    if method == b"CONNECT":
        other_method(method)
    rest = start + len(method) + 1 + len(target)
    if target == b"*" and method == b"OPTIONS":
        head = parse_head(method + b" /" + data[rest : end + 4], 0, limits)
        assert head is not None
        head.path, head.raw_path = "*", b"*"
    else:
        absolute = ABSOLUTE.fullmatch(target)
        if absolute is None or HOST.fullmatch(absolute[1]) is None:
            refuse("the request target is neither a path nor an http URL")
        form = b" " + (absolute[2] or b"/") + (b"" if absolute[3] is None else b"?" + absolute[3])
        head = parse_head(method + form + data[rest : end + 4], 0, limits)
        assert head is not None
        # The authority of the target replaces Host.
        head._fields = ((b"host", absolute[1]), *(pair for pair in head.headers if pair[0] != b"host"))
        head.block = b""  # it does not tell the fields any more
    head.target = target
    head.end = end + 4
    return head


def _check_beginning(data: bytes, start: int, limits: HeadLimits) -> None:
    """Refuse early what can no longer become a request, instead of waiting for the rest of it."""
    size = len(data) - start
    if size == 0 or data[start:] == b"\r":
        return
    if size > limits.line and data.find(b"\r\n", start, start + limits.line + 2) < 0:
        refuse(f"the request line is longer than {limits.line} bytes", 414)
    if size > limits.head:
        refuse(f"the request head is larger than {limits.head} bytes", 431)
    if METHOD.match(data, start) is None:
        refuse("this does not begin like HTTP")  # a TLS handshake, for one
    lines = data.count(b"\n", start)
    if lines != data.count(b"\r\n", start):
        refuse("a line that does not end in CRLF")
    if lines > limits.fields + 1:
        refuse(f"more than {limits.fields} header fields", 431)
