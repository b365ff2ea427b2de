"""The parts that do no I/O: guard, budgets, states, heads, answers; and the session, with h2 as its peer."""

import h2.config
import h2.connection
import h2.events
import h2.settings
import hpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanok.exceptions import LocalProtocolError, RemoteProtocolError
from hanok.exchange import Exchange, FixedHeaders
from hanok.protocols.h1.answer import Framing, Heads
from hanok.protocols.h1.grammar import HeadLimits
from hanok.protocols.h2.answer import H2Heads, trailer_fields
from hanok.protocols.h2.engine import DataReceived, RequestReceived, StreamClosed, TrailersReceived
from hanok.protocols.h2.exchange import H2Exchange
from hanok.protocols.h2.frames import PREFACE, ErrorCode, FrameType, goaway
from hanok.protocols.h2.guard import REMEMBERED, Guard
from hanok.protocols.h2.head import TARGET, Malformed, path_end, read_head, same
from hanok.protocols.h2.limits import Budget
from hanok.protocols.h2.output import Output
from hanok.protocols.h2.session import Session
from hanok.protocols.h2.state import RECEIVED, TRANSITIONS, ConnectionState, Event, Frame, StreamState, refusal

LIMITS = HeadLimits()
REQUEST = ((b":method", b"GET"), (b":path", b"/"), (b":scheme", b"http"), (b":authority", b"localhost"))


def frame(kind, flags, stream, payload=b""):
    return len(payload).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big") + payload


def begun():
    guard = Guard(0.0)
    assert guard.feed(PREFACE) == (PREFACE, None)
    return guard


# ---- states


def test_every_frame_has_a_row_and_every_refusal_a_code():
    for one in Frame:
        for state in StreamState:
            assert state in RECEIVED[one] or refusal(state) in (ErrorCode.PROTOCOL_ERROR, ErrorCode.STREAM_CLOSED)


def test_a_connection_ends_in_order():
    assert TRANSITIONS[Event.DRAIN][ConnectionState.OPEN] is ConnectionState.DRAINING
    assert TRANSITIONS[Event.LEAVE][ConnectionState.DRAINING] is ConnectionState.LEAVING
    with pytest.raises(LocalProtocolError, match="DRAIN cannot happen in state CLOSED"):
        TRANSITIONS[Event.DRAIN][ConnectionState.CLOSED]


# ---- budgets


def test_a_budget_is_spent_and_earned_by_time():
    budget = Budget(2, 10, 0.0)
    assert [budget.spend(0.0) for _ in range(3)] == [True, True, False]
    assert [budget.spend(0.25) for _ in range(3)] == [True, True, False]
    assert budget.spend(0.3) is False
    assert [budget.spend(100.0) for _ in range(3)] == [True, True, False]
    budget.earn(100)
    assert [budget.spend(100.0) for _ in range(3)] == [True, True, False]


# ---- the guard


def test_only_whole_frames_pass():
    guard = begun()
    ping = frame(FrameType.PING, 0, 0, b"12345678")
    for byte in ping[:-1]:
        assert guard.feed(bytes((byte,))) == (b"", None)
        assert guard.waits
    assert guard.feed(ping[-1:] + ping[:3]) == (ping, None)
    assert guard.feed(ping[3:]) == (ping, None)
    assert not guard.waits


@given(st.lists(st.integers(1, 60), max_size=40))
@settings(max_examples=50)
def test_it_does_not_matter_how_the_bytes_come(sizes):
    said = PREFACE + b"".join(
        [
            frame(FrameType.SETTINGS, 0, 0),
            frame(FrameType.HEADERS, 0x4, 1, b"x" * 20),
            frame(FrameType.DATA, 0, 1, b"y" * 50),
            frame(FrameType.DATA, 1, 1, b"z"),
            frame(FrameType.HEADERS, 0x5, 7, b"x" * 20),
            frame(FrameType.RST_STREAM, 0, 7, b"\0\0\0\x08"),
        ]
    )
    guard, passed, at = Guard(0.0), b"", 0
    for size in [*sizes, len(said)]:
        good, violation = guard.feed(said[at : at + size])
        assert violation is None
        passed += good
        at += size
    assert passed == said
    assert guard.streams == {1: StreamState.HALF_CLOSED_REMOTE}
    assert (guard.last, guard.state_of(3), guard.state_of(7)) == (7, StreamState.SKIPPED, StreamState.CLOSED)


def test_what_came_before_a_violation_passes():
    guard = begun()
    good = frame(FrameType.PING, 0, 0, b"12345678")
    passed, violation = guard.feed(good + frame(FrameType.DATA, 0, 1, b"x"))
    assert passed == good
    assert violation is not None
    assert (violation.code, violation.reason) == (ErrorCode.PROTOCOL_ERROR, "DATA on stream 1, which is IDLE")


def test_streams_are_followed_through_our_half_too():
    guard = begun()
    guard.feed(frame(FrameType.HEADERS, 0x4, 1) + frame(FrameType.HEADERS, 0x4, 3) + frame(FrameType.HEADERS, 0x5, 5))
    guard.sent_end(1)
    assert guard.state_of(1) is StreamState.HALF_CLOSED_LOCAL
    assert guard.feed(frame(FrameType.DATA, 0, 1, b"x"))[1] is None
    assert guard.feed(frame(FrameType.DATA, 1, 1, b"x"))[1] is None
    assert guard.state_of(1) is StreamState.CLOSED
    guard.sent_reset(3)
    assert guard.state_of(3) is StreamState.RESET
    assert guard.feed(frame(FrameType.DATA, 0, 3, b"x") + frame(FrameType.HEADERS, 0x5, 3))[1] is None
    assert guard.forget(3) is StreamState.RESET
    assert guard.state_of(3) is StreamState.RESET
    guard.sent_end(5)
    assert guard.forget(5) is StreamState.CLOSED
    assert guard.state_of(5) is StreamState.CLOSED
    guard.sent_end(7)
    guard.sent_reset(7)
    assert guard.forget(7) is None


def test_what_is_remembered_of_streams_is_bounded():
    guard = begun()
    for stream in range(1, 4 * REMEMBERED, 4):
        guard.feed(frame(FrameType.HEADERS, 0x4, stream))
        guard.sent_reset(stream)
        guard.forget(stream)
    assert guard.state_of(1) is StreamState.RESET
    for stream in range(4 * REMEMBERED + 1, 4 * REMEMBERED + 9, 4):
        guard.feed(frame(FrameType.HEADERS, 0x4, stream))
        guard.sent_reset(stream)
        guard.forget(stream)
    assert guard.state_of(1) is StreamState.CLOSED
    assert guard.state_of(3) is StreamState.CLOSED  # it was skipped, too long ago
    assert guard.state_of(4 * REMEMBERED - 1) is StreamState.SKIPPED


def test_goaway_is_a_frame():
    assert (
        goaway(5, ErrorCode.ENHANCE_YOUR_CALM, b"why") == bytes.fromhex("00000b0700000000000000000500 00000b") + b"why"
    )


# ---- heads


def head_of(*fields, limits=LIMITS, previous=None):
    return read_head(fields, limits, previous)


def test_the_order_of_pseudo_header_fields_does_not_matter():
    head = head_of(*reversed(REQUEST), (b"x", b"y"))
    assert (head.method, head.path, head.authority, head.fields) == ("GET", "/", b"localhost", ((b"x", b"y"),))


def test_a_head_before_is_believed_only_of_equal_fields():
    first = head_of(*REQUEST, (b"x-forwarded-for", b"1.2.3.4"), (b"content-length", b"7"), (b"expect", b"100-Continue"))
    assert (first.forwarded, first.content_length, first.expect_continue) == (True, 7, True)
    same = head_of(*REQUEST, *first.fields, previous=first)
    assert (same.forwarded, same.content_length, same.expect_continue) == (True, 7, True)
    other = head_of(*REQUEST, previous=first)
    assert (other.forwarded, other.content_length, other.expect_continue) == (False, None, False)
    with pytest.raises(Malformed):
        head_of(*REQUEST[:3], (b":authority", b"no host"), *first.fields, previous=first)


def test_headers_are_a_new_list_each_time():
    head = head_of(*REQUEST)
    head.headers.append((b"x", b"y"))
    assert head.headers == [(b"host", b"localhost")]


@pytest.mark.parametrize(
    ("limits", "status"),
    [
        (HeadLimits(line=64), 414),
        (HeadLimits(fields=1), 431),
        (HeadLimits(field_size=64), 431),
        (HeadLimits(head=128), 431),
    ],
)
def test_limits_are_those_of_http_1(limits, status):
    fields = [(b":method", b"GET"), (b":path", b"/" + b"x" * 70), *REQUEST[2:], (b"a", b"b" * 70), (b"c", b"d")]
    with pytest.raises(RemoteProtocolError) as refused:
        head_of(*fields, limits=limits)
    assert refused.value.status == status


# ---- answers


@pytest.fixture
def heads():
    return H2Heads(Heads(server=True, date=False))


def test_fixed_headers_are_put_together_once_a_second(heads):
    fixed = FixedHeaders([(b"Content-Type", b"text/plain")])
    first, has_body = heads.whole(200, fixed, 5, False)
    assert first == (
        (b":status", b"200"), (b"content-type", b"text/plain"), (b"server", b"hanok"), (b"content-length", b"5"),
    )  # fmt: skip
    assert has_body
    assert heads.whole(200, fixed, 5, False) == (first, True)
    assert heads.whole(200, list(fixed), 5, False) == (first, True)
    again, _ = heads.whole(200, fixed, 6, True)
    assert again == (*first[:-1], (b"content-length", b"6"))


@given(
    st.one_of(
        st.binary(max_size=12), st.from_regex(TARGET, fullmatch=True), st.from_regex(rb"/[!-?a]{0,9}", fullmatch=True)
    )
)
@settings(max_examples=300, deadline=None)
def test_a_target_is_what_the_grammar_says_in_either_form(target):
    match = TARGET.fullmatch(target)
    assert path_end(target) == (0 if match is None else match.end(1))


FIELDS = st.lists(st.tuples(st.sampled_from([b"a", b"b", b"ab"]), st.sampled_from([b"", b"a", b"b"])), max_size=3).map(
    tuple
)


@given(FIELDS, FIELDS)
@settings(max_examples=300, deadline=None)
def test_header_sections_are_the_same_if_they_are_equal_in_either_form(one, other):
    assert same(one, other) == (one == other)
    assert same(one, tuple([(bytes(bytearray(name)), value) for name, value in one]))


def test_an_equal_host_is_looked_at_once_and_another_again():
    head = head_of(*REQUEST)
    fields = tuple((name, b"a b" if name == b":authority" else value) for name, value in REQUEST)
    with pytest.raises(Malformed):
        read_head(fields, LIMITS, head)


def test_fixed_headers_of_other_servers_do_not_mix():
    fixed = FixedHeaders([])
    first, second = H2Heads(Heads(True, False)), H2Heads(Heads(False, False))
    for _ in range(2):
        assert (b"server", b"hanok") in first.whole(200, fixed, 0, False)[0]
        assert (b"server", b"hanok") not in second.whole(200, fixed, 0, False)[0]


def test_the_length_that_is_promised_counts_for_head(heads):
    fields, has_body = heads.whole(200, [(b"content-length", b"99")], 0, True)
    assert fields[-1] == (b"content-length", b"99")
    assert not has_body
    assert heads.streamed(200, [(b"content-length", b"99")], True)[1] is Framing.EMPTY


def test_trailers_are_fields_that_may_be_some():
    assert trailer_fields([(b"X-Sum", b" 1 "), (b"Host", b"x"), (b"Transfer-Encoding", b"y")]) == ((b"x-sum", b"1"),)


def test_the_exchange_is_prepared_as_every_exchange_is():
    connection = Output.__new__(Output)
    connection.client = connection.server = None
    connection.scheme = "http"
    exchange, prepared = H2Exchange(), H2Exchange()
    for one in (exchange, prepared):
        one.fill(connection, 1, head_of(*REQUEST), b"")
    names = [name for owner in Exchange.__mro__ for name in getattr(owner, "__slots__", ())]
    for name in names:
        setattr(prepared, name, "untouched")
    prepared.prepare()
    for name in names:
        if getattr(prepared, name) != "untouched":
            assert getattr(exchange, name) == getattr(prepared, name), name


# ---- the session, against h2


class Pair:
    """A session and its peer, in memory."""

    def __init__(self):
        self.session = Session(LIMITS, 100, True, 0.0)
        self.peer = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True, header_encoding=None))
        self.peer.initiate_connection()
        self.heard = []

    def turn(self):
        """Exchange everything; the events of the session."""
        events = self.session.receive(self.peer.data_to_send(), 0.0)
        said = self.session.take(2**20)
        self.heard += self.peer.receive_data(said)
        return events + self.session.engine.events()


def test_h2_understands_the_session():
    pair = Pair()
    pair.turn()
    settings_of = pair.peer.remote_settings
    assert settings_of.max_concurrent_streams == 100
    assert settings_of.enable_connect_protocol
    pair.peer.send_headers(1, [*REQUEST, (b"x", b"y")])
    pair.peer.send_data(1, b"body")
    pair.peer.send_headers(1, [(b"x-sum", b"1")], end_stream=True)
    kinds = [type(event) for event in pair.turn()]
    assert [kind for kind in kinds if kind in (RequestReceived, DataReceived, TrailersReceived)] == [
        RequestReceived, DataReceived, TrailersReceived,
    ]  # fmt: skip
    pair.session.engine.send_response(1, ((b":status", b"200"), (b"content-length", b"2")))
    pair.session.engine.send_data(1, b"ok", end_stream=True)
    for event in pair.turn():
        if isinstance(event, StreamClosed):
            pair.session.closed(event)
    assert [type(event) for event in pair.heard if getattr(event, "stream_id", 0) == 1] == [
        h2.events.ResponseReceived, h2.events.DataReceived, h2.events.StreamEnded,
    ]  # fmt: skip
    assert pair.session.streams == {}


@given(
    st.lists(
        st.tuples(
            st.from_regex(rb"x-[a-z0-9]{1,12}", fullmatch=True),
            st.from_regex(rb"([!-~]([ -~]{0,20}[!-~])?)?", fullmatch=True),
            st.booleans(),
        ),
        max_size=30,
    ),
    st.integers(0, 4096),
)
@settings(max_examples=100, deadline=None)
def test_fields_survive_hpack_of_another_make(fields, table):
    session, encoder, decoder = Session(LIMITS, 100, False, 0.0), hpack.Encoder(), hpack.Decoder()
    session.receive(PREFACE + frame(FrameType.SETTINGS, 0, 0), 0.0)
    encoder.header_table_size = table
    said = [(name, value) for name, value, _ in fields]
    for stream in (1, 3):
        given_fields = list(REQUEST)
        for name, value, never in fields:
            given_fields.append(hpack.NeverIndexedHeaderTuple(name, value) if never else (name, value))
        block = encoder.encode(given_fields)
        events = session.receive(frame(FrameType.HEADERS, 0x5, stream, block), 0.0)
        assert [tuple(map(tuple, event.headers)) for event in events if isinstance(event, RequestReceived)] == [
            (*REQUEST, *said)
        ]
        session.engine.send_response(stream, ((b":status", b"200"), *said), end_stream=True)
    sent = session.take(2**20)
    found = []
    while sent:
        size, kind = int.from_bytes(sent[:3], "big"), sent[3]
        if kind == FrameType.HEADERS:
            found.append(decoder.decode(sent[9 : 9 + size], raw=True))
        sent = sent[9 + size :]
    assert found == [[(b":status", b"200"), *said]] * 2


def test_last_words_are_not_said_within_a_frame():
    session = Session(LIMITS, 100, False, 0.0)
    settings_frame = frame(FrameType.SETTINGS, 0, 0, b"\0\4\x7f\xff\xff\xff" + b"\0\5\0\xff\xff\xff")
    block = hpack.Encoder().encode(REQUEST)
    session.receive(PREFACE + settings_frame + frame(FrameType.HEADERS, 0x5, 1, block), 0.0)
    session.engine.send_response(1, ((b":status", b"200"),))
    session.engine.send_data(1, bytes(100_000))
    session.take(100)
    session.receive(frame(FrameType.HEADERS, 0x5, 3, block + b"\0\1x\1y" * 1000), 0.0)
    assert session.over is not None
    assert session.over.code is ErrorCode.ENHANCE_YOUR_CALM
    assert session.take(2**20) == b""
    session.reset(1, ErrorCode.CANCEL)
    assert session.is_out(1)


def test_last_words_are_a_goaway():
    session = Session(LIMITS, 100, False, 0.0)
    block = hpack.Encoder().encode(REQUEST)
    session.receive(PREFACE + frame(FrameType.SETTINGS, 0, 0), 0.0)
    session.take(2**20)
    session.receive(frame(FrameType.HEADERS, 0x5, 1, block + b"\0\1x\1y" * 1000), 0.0)
    said = session.take(2**20)
    assert (said[3], said[9:17]) == (FrameType.GOAWAY, b"\0\0\0\1\0\0\0\x0b")
    assert session.take(2**20) == b""
