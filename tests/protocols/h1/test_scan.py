"""The head parser that is compiled, run uncompiled here, says what the expressions say."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanok.exceptions import RemoteProtocolError
from hanok.protocols.h1 import scan
from hanok.protocols.h1.grammar import DECIDING, DEFAULT_LIMITS, HEAD, HOST
from hanok.protocols.h1.head import RequestHead
from hanok.protocols.h1.head import parse_head as parse
from hanok.protocols.h1.scan import scan_head, scan_host

ATTRIBUTES = (
    "block", "chunked", "content_length", "end", "expect_continue", "forwarded", "http_version", "keep_alive", "method",
    "path", "query", "raw_path", "target", "upgrade", "headers",
)  # fmt: skip

GOOD = b"GET /items/5?q=a HTTP/1.1\r\nHost: a.example:8000\r\nUser-Agent: x\r\nConnection: keep-alive\r\n\r\n"
PIECES = [
    b"GET", b"get", b"POST", b" ", b"  ", b"/", b"/a%20b", b"/a?b=c", b"?", b"#", b"*", b"http://a/", b"HTTP/1.1", b"HTTP/1.0",
    b"HTTP/1.2", b"HTTP/2.0", b"\r\n", b"\r", b"\n", b"\r\n\r\n", b"\r\n ", b"\t", b"\0", b"\x7f", b"\x80", b"\xff", b":",
    b"Host: a", b"host:b:80", b"Host: [::1]", b"Host : a", b"Host: a b", b"Content-Length: 5", b"content-length: +5",
    b"Transfer-Encoding: chunked", b"Transfer-Encoding: gzip, chunked", b"Connection: close", b"connection: upgrade",
    b"Upgrade: websocket", b"Expect: 100-continue", b"X-Forwarded-For: 1.2.3.4", b"x-forwarded-proto: https",
    b"X-Forwarded-Host: h", b"X-Forwarded-Prefix: /p", b"Forwarded: for=1", b"Accept: */*", b"A-name-of-17-bytes: 1",
    b"x" * 450, b"@", b"()", b"%", b",",
]  # fmt: skip


def by_expressions(data: bytes, start: int = 0) -> object:
    """What the expressions of the grammar find: fields of the request line, the header section, what decides, the end."""
    match = HEAD.match(data, start)
    if match is None:
        return None
    method, target, raw_path, query, minor, block = match.groups()
    found = [(name.lower(), value) for name, value in DECIDING.findall(block)]
    return method, target, raw_path, query or b"", minor, block, found, match.end()


def by_walking(data: bytes, monkeypatch: pytest.MonkeyPatch, start: int = 0) -> object:
    """The same, of ``scan``."""
    seen: list[tuple[bytes, bytes]] = []

    def decide(head: RequestHead, found: list[tuple[bytes, bytes]]) -> None:
        seen.extend(found)

    with monkeypatch.context() as patched:
        patched.setattr(scan, "decide", decide)
        patched.setattr(scan, "other_method", bytes.decode)
        patched.setattr(scan, "check_sizes", lambda lines, limits: None)
        head = scan._scan(data, start, DEFAULT_LIMITS, None)
    if head is None:
        return None
    minor = head.http_version[-1:].encode()
    return head.method.encode(), head.target, head.raw_path, head.query, minor, head.block, seen, head.end


def outcome(parser: object, data: bytes, start: int = 0, previous: RequestHead | None = None) -> object:
    """Every attribute of the head that a parser makes, or what it refuses with."""
    try:
        head = parser(data, start, DEFAULT_LIMITS, previous)  # type: ignore[operator]
    except RemoteProtocolError as error:
        return error.status, str(error)
    return None if head is None else {name: getattr(head, name) for name in ATTRIBUTES}


heads = st.lists(st.sampled_from(PIECES), max_size=14).map(b"".join)
lines = st.lists(st.sampled_from(PIECES), max_size=6).map(
    lambda found: b"GET / HTTP/1.1\r\n" + b"\r\n".join(found) + b"\r\n\r\n"
)
cut = st.integers(0, len(GOOD))
changed = st.tuples(cut, st.binary(max_size=2), cut).map(lambda t: GOOD[: t[0]] + t[1] + GOOD[t[2] :])

uncompiled = pytest.mark.skipif(scan.COMPILED, reason="the names of a compiled module cannot be replaced")


@uncompiled
@settings(max_examples=300, deadline=None)
@given(st.one_of(heads, lines, changed, st.binary(max_size=40)))
def test_it_accepts_what_the_grammar_accepts_and_nothing_else(data: bytes) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        assert by_walking(data, monkeypatch) == by_expressions(data)


@settings(max_examples=300, deadline=None)
@given(st.one_of(heads, lines, changed), st.sampled_from([b"", b"\r\n", b"xx"]))
def test_whole_heads_come_out_alike(data: bytes, before: bytes) -> None:
    start = len(before)
    assert outcome(scan_head, before + data, start) == outcome(parse, before + data, start)


@settings(max_examples=300, deadline=None)
@given(st.one_of(lines, changed))
def test_a_head_is_cut_where_the_grammar_cuts_it(data: bytes) -> None:
    match = HEAD.match(data)
    told = outcome(scan_head, data)
    if match is not None and isinstance(told, dict):
        names = "method", "target", "raw_path", "query", "block", "end"
        method, target, raw_path, query, _, block = match.groups()
        assert [told[name] for name in names] == [method.decode(), target, raw_path, query or b"", block, match.end()]


@settings(max_examples=200, deadline=None)
@given(lines, st.one_of(lines, changed))
def test_what_was_decided_about_the_request_before_changes_nothing(first: bytes, second: bytes) -> None:
    try:
        previous = scan_head(first)
    except RemoteProtocolError:
        previous = None
    for data in (first, second):
        assert outcome(scan_head, data, 0, previous) == outcome(scan_head, data)


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=12),
        st.lists(st.sampled_from([b"a", b"1", b".", b":", b"-", b"_", b"[", b"]", b"%41", b" ", b"12345"])).map(
            b"".join
        ),
    )
)
def test_hosts_are_those_of_the_grammar(value: bytes) -> None:
    assert (scan_host(value) is None) == (HOST.fullmatch(value) is None)


@uncompiled
@pytest.mark.parametrize("end", range(len(GOOD)))
def test_a_head_that_is_not_complete_is_awaited(end: int) -> None:
    assert scan._scan(GOOD[:end], 0, DEFAULT_LIMITS, None) is None


@uncompiled
def test_the_fields_that_decide_are_those_of_the_grammar() -> None:
    for name in scan.FIELDS_THAT_DECIDE:
        assert DECIDING.findall(b"\r\n" + name.upper() + b": v") == [(name.upper(), b"v")]
    assert len(scan.FIELDS_THAT_DECIDE) == DECIDING.pattern.count(b"|") + 1
