"""Peers repeat themselves. What is not read again because its bytes are those of the request before means what they say."""

from __future__ import annotations

import asyncio

import hpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanok.protocols.h1.answer import Heads
from hanok.protocols.h2 import http2
from hanok.protocols.h2.block import keeps_table
from hanok.protocols.h2.guard import Guard
from hanok.protocols.services import Services
from hanok.server.config import Config

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0"  # and SETTINGS, without any
DATA, HEADERS, RST_STREAM, CONTINUATION = 0, 1, 3, 9
END_STREAM, END_HEADERS, PADDED, PRIORITY = 1, 4, 8, 32


def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big") + payload


# ---- a block alone


def number(value: int, bits: int, first: int) -> bytes:
    """RFC 7541 §5.1."""
    most = (1 << bits) - 1
    if value < most:
        return bytes([first | value])
    value -= most
    found = [first | most]
    while value >= 128:
        found.append(value % 128 + 128)
        value //= 128
    return bytes([*found, value])


def string(text: bytes) -> bytes:
    return number(len(text), 7, 0) + text


def literal(first: int, bits: int, index: int, value: bytes) -> bytes:
    name = b"" if index else string(b"x-" + value[:3].hex().encode())
    return number(index, bits, first) + name + string(value)


# Every representation of RFC 7541 §6.
REPRESENTATIONS = st.one_of(
    st.integers(1, 64).map(lambda index: number(index, 7, 0x80)),
    st.builds(literal, st.just(0x40), st.just(6), st.integers(0, 64), st.binary(max_size=130)),
    st.builds(literal, st.sampled_from([0x00, 0x10]), st.just(4), st.integers(0, 64), st.binary(max_size=130)),
    st.integers(0, 4096).map(lambda size: number(size, 5, 0x20)),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(REPRESENTATIONS, max_size=6).map(b"".join))
def test_a_block_that_keeps_the_table_means_the_same_fields_again(block: bytes) -> None:
    decoder = hpack.Decoder()
    decoder.decode(hpack.Encoder().encode([("x-one", "1"), ("x-two", "2"), ("x-three", "3")]))
    before = list(decoder.header_table.dynamic_entries)
    try:
        first = decoder.decode(block, raw=True)
    except hpack.HPACKError:
        return
    if keeps_table(block):
        assert list(decoder.header_table.dynamic_entries) == before
        assert decoder.decode(block, raw=True) == first


@pytest.mark.parametrize(
    ("block", "kept"),
    [
        (b"", True),
        (b"\x82\x86\x84\xbe", True),  # fields of the tables
        (b"\x82\x04\x05/json\x86", True),  # a path that is not added
        (b"\x10\x01a\x01b", True),  # never to be added, with a name of its own
        (b"\xff\x00\x82", False),  # numbers of several bytes
        (b"\x0f\x00\x01a", False),
        (b"\x04\x7f\x00" + b"x" * 127, False),
        (b"\x41\x01a", False),  # added
        (b"\x20\x82", False),  # the table is emptied
        (b"\x04\x05/js", False),  # cut short
        (b"\x04", False),
        (b"\x00\x01a", False),
    ],
)
def test_which_blocks_keep_the_table(block: bytes, kept: bool) -> None:
    assert keeps_table(block) is kept


# ---- a connection

PSEUDO = b"\x82\x86" + b"\x04" + string(b"/") + b"\x01" + string(b"localhost")
AGAIN = PSEUDO + b"\xbe"  # and whatever was added to the table last
OTHER = b"\x82\x86" + b"\x04" + string(b"/other") + b"\x01" + string(b"localhost") + b"\xbe"
BAD = b"\x82\x86" + b"\x04" + string(b"other") + b"\x01" + string(b"localhost") + b"\xbe"
POST = b"\x83\x86" + b"\x04" + string(b"/post") + b"\x01" + string(b"localhost") + b"\xbe"
WHOLE = END_STREAM | END_HEADERS
KINDS = (
    "again", "again", "again", "other", "added", "padded", "priority", "continued", "resized", "trailers", "reset", "bad",
)  # fmt: skip


class Peer:
    """Says requests, and knows what each of them means."""

    def __init__(self) -> None:
        self.decoder = hpack.Decoder()
        self.stream = -1
        self.count = 0
        self.meant: list[tuple[str, bytes]] = []

    def added(self) -> bytes:
        self.count += 1
        return b"\x40" + string(b"x-count") + string(b"%d" % self.count)

    def say(self, kind: str) -> bytes:
        self.stream += 2
        stream = self.stream
        block = {"other": OTHER, "bad": BAD, "trailers": POST}.get(kind, AGAIN)
        if kind == "added":
            block = PSEUDO + self.added()
        elif kind == "resized":
            block = number(4096, 5, 0x20) + block
        fields = dict(self.decoder.decode(block, raw=True))
        if kind not in ("reset", "bad"):
            self.meant.append((fields[b":path"].decode(), fields[b"x-count"]))
        if kind == "padded":
            return frame(HEADERS, WHOLE | PADDED, stream, b"\2" + block + b"\0\0")
        if kind == "priority":
            return frame(HEADERS, WHOLE | PRIORITY, stream, b"\0\0\0\0\1" + block)
        if kind == "continued":
            return frame(HEADERS, END_STREAM, stream, block[:3]) + frame(CONTINUATION, END_HEADERS, stream, block[3:])
        if kind == "trailers":
            last = self.added()
            self.decoder.decode(last)
            return (
                frame(HEADERS, END_HEADERS, stream, block)
                + frame(DATA, 0, stream, b"body")
                + frame(HEADERS, WHOLE, stream, last)
            )
        if kind == "reset":
            return frame(HEADERS, WHOLE, stream, block) + frame(RST_STREAM, 0, stream, b"\0\0\0\x08")
        return frame(HEADERS, WHOLE, stream, block)


class Nowhere(asyncio.Transport):
    def write(self, data: object) -> None: ...

    def get_extra_info(self, name: str, default: object = None) -> object:
        return default

    def is_closing(self) -> bool:
        return False


def seen_by_the_application(said: list[bytes]) -> list[tuple[str, bytes]]:
    """Each of ``said`` arrives at once."""
    seen = []

    async def handle(exchange) -> None:
        seen.append((exchange.path, dict(exchange.raw_headers)[b"x-count"]))
        exchange.answer(200, [], b"")

    async def main() -> None:
        connection = http2(Services(asyncio.get_running_loop(), handle, Config(), Heads()))
        connection.connection_made(Nowhere())
        for data in said:
            connection.data_received(data)
        assert connection.session.over is None

    asyncio.run(main())
    return seen


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(st.sampled_from(KINDS), min_size=1, max_size=6), max_size=6))
def test_each_request_means_what_its_bytes_say(turns: list[list[str]]) -> None:
    peer = Peer()
    said = [PREFACE + peer.say("added")] + [b"".join([peer.say(kind) for kind in turn]) for turn in turns]
    assert seen_by_the_application(said) == peer.meant


@pytest.mark.parametrize("between", [kind for kind in KINDS if kind != "again"])
def test_what_comes_between_requests_that_repeat_themselves(between: str) -> None:
    kinds = ["again", "again", between, "again", "again", "other", "other", between, "other", "other"]
    for together in (True, False):
        peer = Peer()
        said = [PREFACE + peer.say("added"), *map(peer.say, kinds)]
        assert seen_by_the_application([b"".join(said)] if together else said) == peer.meant


def test_the_guard_says_since_when_requests_repeat_themselves() -> None:
    guard = Guard(0.0)
    peer = Peer()
    guard.feed(PREFACE + peer.say("added"))
    none = guard.repeats_since
    assert none > peer.stream
    guard.feed(peer.say("again") + peer.say("again"))
    # Uncompiled it does not look: comparing the fields is faster there.
    assert guard.repeats_since in (3, none)
    guard.feed(peer.say("reset"))
    assert guard.repeats_since == none
