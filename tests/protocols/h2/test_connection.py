"""Behaviour of a connection, seen from the wire."""

import asyncio
import struct
import threading

import pytest

from hanok.exceptions import ClientDisconnect, HTTPError, LocalProtocolError
from hanok.exchange import FixedHeaders

JSON = FixedHeaders([(b"content-type", b"application/json")])


async def hello(exchange):
    exchange.answer(200, JSON, b"hello")


async def echo(exchange):
    exchange.answer(200, [], await exchange.read())


# ---- requests and answers


def test_a_request_is_answered(house):
    wire = house.wire(hello)
    wire.request(1)
    status, headers, body = wire.answer(1)
    assert (status, body) == (200, b"hello")
    assert list(headers) == [b":status", b"content-type", b"server", b"date", b"content-length"]
    assert headers[b"server"] == b"hanok"
    assert headers[b"content-length"] == b"5"


def test_the_application_sees_the_request_as_in_http_1(house):
    seen = {}

    async def look(exchange):
        for name in (
            "method",
            "path",
            "raw_path",
            "query",
            "http_version",
            "scheme",
            "client",
            "server",
            "raw_headers",
        ):
            seen[name] = getattr(exchange, name)
        seen["type"] = exchange.scope["type"]
        exchange.answer(204, [], b"")

    wire = house.wire(look)
    fields = [(b"cookie", b"a=1"), (b"x-id", b"7"), (b"cookie", b"b=2"), (b"host", b"LOCALHOST")]
    wire.request(1, *wire.get(b"/a%20b/c?d=e%20f", *fields, method=b"PATCH"))
    status, headers, _ = wire.answer(1)
    assert status == 204
    assert b"content-length" not in headers
    assert seen["client"][0] == seen["server"][0] == "127.0.0.1"
    del seen["client"], seen["server"]
    assert seen == {
        "method": "PATCH",
        "path": "/a b/c",
        "raw_path": b"/a%20b/c",
        "query": b"d=e%20f",
        "http_version": "2",
        "scheme": "http",
        # RFC 9113 §8.2.3, §8.3.1
        "raw_headers": [(b"host", b"localhost"), (b"cookie", b"a=1; b=2"), (b"x-id", b"7")],
        "type": "http",
    }


def test_requests_repeat_themselves(house):
    async def tell(exchange):
        exchange.answer(200, [], b"%d %r" % (len(exchange.raw_headers), exchange.body))

    wire = house.wire(tell)
    for stream in (1, 3, 5):
        wire.request(stream, *wire.get(b"/%d" % stream, (b"cookie", b"a"), (b"cookie", b"b")))
        assert wire.answer(stream)[2] == b"2 b''"
    wire.request(7, *wire.get(b"/", (b"x", b"y")))
    assert wire.answer(7)[2] == b"2 b''"


def test_answers_come_as_they_are_ready(house):
    go = threading.Event()

    async def some(exchange):
        if exchange.path == "/slow":
            await asyncio.get_running_loop().run_in_executor(None, go.wait)
        exchange.answer(200, [], exchange.path.encode())

    wire = house.wire(some)
    wire.request(1, *wire.get(b"/slow"))
    wire.request(3, *wire.get(b"/quick"))
    heard = wire.hear(wire.DATA)
    assert (heard.stream, heard.payload) == (3, b"/quick")
    go.set()
    assert wire.answer(1)[2] == b"/slow"


def test_head_is_answered_without_a_body(house):
    wire = house.wire(hello)
    wire.request(1, *wire.get(b"/", method=b"HEAD"))
    heard = wire.hear(wire.HEADERS)
    assert heard.flags & 1  # END_STREAM
    assert dict(heard.payload)[b"content-length"] == b"5"


def test_a_streamed_answer_to_head_has_no_body(house):
    async def stream(exchange):
        exchange.start(200, [])
        await exchange.write(b"unseen")
        await exchange.finish()

    wire = house.wire(stream)
    wire.request(1, *wire.get(b"/", method=b"HEAD"))
    assert wire.answer(1)[2] == b""
    assert wire.is_alive()


@pytest.mark.parametrize(
    ("status", "headers", "length"),
    [
        (204, [], None),
        (205, [], b"0"),
        (304, [(b"content-length", b"10")], b"10"),
        (304, [], None),
        (200, [], b"0"),
    ],
)
@pytest.mark.parametrize("streamed", [False, True])
def test_answers_without_content(house, status, headers, length, streamed):
    async def answer(exchange):
        if streamed and status != 200:
            exchange.start(status, headers)
            await exchange.finish()
        else:
            exchange.answer(status, headers, b"")

    wire = house.wire(answer)
    wire.request(1)
    found = wire.answer(1)
    assert (found[0], found[1].get(b"content-length"), found[2]) == (status, length, b"")


def test_a_streamed_answer(house):
    async def stream(exchange):
        exchange.start(200, [(b"content-type", b"text/plain")])
        for piece in (b"one ", b"", b"two "):
            await exchange.write(piece)
        await exchange.finish(b"three")

    wire = house.wire(stream)
    wire.request(1)
    status, headers, body = wire.answer(1)
    assert (status, body) == (200, b"one two three")
    assert b"content-length" not in headers


def test_a_streamed_answer_with_its_length(house):
    async def stream(exchange):
        exchange.start(200, [(b"content-length", b"4")])
        await exchange.write(b"four")
        await exchange.finish()

    wire = house.wire(stream)
    wire.request(1)
    _, headers, body = wire.answer(1)
    assert (headers[b"content-length"], body) == (b"4", b"four")


@pytest.mark.parametrize("pieces", [[b"abc"], [b"abc", b"def"]], ids=["too little", "too much"])
def test_a_streamed_answer_that_breaks_its_promise_is_reset(house, errors, pieces):
    async def stream(exchange):
        exchange.start(200, [(b"content-length", b"4")])
        for piece in pieces:
            await exchange.write(piece)
        await exchange.finish()

    wire = house.wire(stream)
    wire.request(1)
    heard = wire.hear(wire.RST_STREAM)
    assert (heard.stream, heard.code) == (1, 2)  # INTERNAL_ERROR
    assert isinstance(errors.wait(1)[0].exc_info[1], LocalProtocolError)
    assert wire.is_alive()


def test_fields_of_http_1_are_not_sent(house):
    async def answer(exchange):
        headers = [
            (b"Connection", b"close"),
            (b"Transfer-Encoding", b"chunked"),
            (b"Keep-Alive", b"1"),
            (b"X-Own", b" a "),
        ]
        exchange.answer(200, [*headers, (b"Date", b"today"), (b"Server", b"other"), (b"Content-Length", b"2")], b"ok")

    wire = house.wire(answer)
    wire.request(1)
    headers = wire.answer(1)[1]
    assert headers == {
        b":status": b"200", b"x-own": b"a", b"date": b"today", b"server": b"other", b"content-length": b"2",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        (200, [(b"x", b"a\r\nb: c")], b""),
        (200, [(b"a b", b"c")], b""),
        (200, [(b"content-length", b"x")], b""),
        (200, [(b"content-length", b"1"), (b"content-length", b"2")], b"1"),
        (200, [(b"content-length", b"1")], b"22"),
        (99, [], b""),
    ],
)
def test_an_answer_that_cannot_be_sent_is_an_error_of_the_application(house, errors, status, headers, body):
    async def answer(exchange):
        exchange.answer(status, headers, body)

    wire = house.wire(answer)
    wire.request(1)
    assert wire.answer(1)[0] == 500
    assert isinstance(errors.wait(1)[0].exc_info[1], LocalProtocolError)


def test_a_header_section_that_is_too_large_to_send_resets_the_stream(house, errors):
    async def answer(exchange):
        exchange.answer(200, [(b"x", b"y" * 70000)], b"")

    wire = house.wire(answer)
    wire.request(1)
    assert wire.hear(wire.RST_STREAM).code == 2
    errors.wait(1)
    assert wire.is_alive()


def test_early_hints_come_before_the_answer(house):
    async def hint(exchange):
        await exchange.early_hints([(b"link", b"</style.css>; rel=preload")])
        exchange.answer(200, [], b"")
        await exchange.early_hints([(b"link", b"too late")])

    wire = house.wire(hint)
    wire.request(1)
    first = dict(wire.hear(wire.HEADERS).payload)
    assert first == {b":status": b"103", b"link": b"</style.css>; rel=preload"}
    assert wire.answer(1)[0] == 200


def test_trailers_go_out(house):
    async def stream(exchange):
        assert "http.response.trailers" in exchange.scope["extensions"]
        exchange.answer_trailers = []
        exchange.start(200, [])
        await exchange.write(b"body")
        exchange.answer_trailers += [(b"X-Sum", b"42"), (b"content-length", b"4")]
        await exchange.finish()

    wire = house.wire(stream)
    wire.request(1)
    wire.hear(wire.HEADERS)
    assert wire.hear(wire.DATA).payload == b"body"
    heard = wire.hear(wire.HEADERS)
    assert heard.flags & 1
    assert list(heard.payload) == [(b"x-sum", b"42")]


# ---- bodies of requests


@pytest.mark.parametrize("length", [True, False])
@pytest.mark.parametrize("size", [0, 5, 60000, 200000])
def test_bodies_arrive(house, length, size):
    wire = house.wire(echo)
    body = bytes(range(256)) * (size // 256 + 1)
    body = body[:size]
    wire.post(1, b"/", *([(b"content-length", b"%d" % size)] if length else []))
    wire.window(2**20, 0, 1)
    for start in range(0, size, 16384):
        wire.data(1, body[start : start + 16384])
    wire.data(1, b"", end=True)
    assert wire.answer(1)[2] == body


def test_a_small_body_is_whole_when_the_handler_starts(house):
    seen = []

    async def look(exchange):
        seen.append(exchange.body)
        exchange.answer(200, [], b"")

    wire = house.wire(look)
    wire.post(1, b"/", (b"content-length", b"10"))
    wire.data(1, b"01234")
    assert wire.is_alive()
    assert not seen
    wire.data(1, b"56789", end=True)
    wire.answer(1)
    assert seen == [b"0123456789"]


def test_a_body_of_unknown_length_that_comes_with_its_head_is_whole(house):
    seen = []

    async def look(exchange):
        seen.append(exchange.body)
        exchange.answer(200, [], b"")

    wire = house.wire(look)
    head = wire.frame(wire.HEADERS, 4, 1, wire.block(*wire.get(b"/", method=b"POST")))
    wire.say(head, wire.frame(wire.DATA, 0, 1, b"ab"), wire.frame(wire.DATA, 1, 1, b"cd"))
    wire.answer(1)
    assert seen == [b"abcd"]


def test_a_long_body_is_read_as_it_comes(house):
    pieces = []

    async def read(exchange):
        async for piece in exchange.stream():
            pieces.append(piece)
            await exchange.early_hints([(b"link", piece)])  # one interim answer for each piece
        exchange.answer(200, [], b"%d" % exchange.body_read)

    wire = house.wire(read)
    wire.post(1, b"/")
    for piece in (b"one", b"two"):
        wire.data(1, piece)
        wire.hear(wire.HEADERS)
    wire.data(1, b"", end=True)
    assert wire.answer(1)[2] == b"6"
    assert pieces == [b"one", b"two"]


def test_trailers_come_in(house):
    async def read(exchange):
        body = await exchange.read()
        exchange.answer(200, [], body + repr(exchange.request_trailers).encode())

    wire = house.wire(read)
    wire.post(1, b"/")
    wire.data(1, b"body")
    wire.trailers(1, (b"x-sum", b"42"))
    assert wire.answer(1)[2] == b"body[(b'x-sum', b'42')]"


def test_the_peer_is_told_to_continue_when_the_body_is_asked_for(house):
    wire = house.wire(echo)
    wire.post(1, b"/", (b"expect", b"100-continue"), (b"content-length", b"4"))
    assert dict(wire.hear(wire.HEADERS).payload) == {b":status": b"100"}
    wire.data(1, b"body", end=True)
    assert wire.answer(1)[2] == b"body"


def test_the_peer_is_not_told_to_continue_when_nobody_asks(house):
    wire = house.wire(hello)
    wire.post(1, b"/", (b"expect", b"100-continue"), (b"content-length", b"4"))
    assert dict(wire.hear(wire.HEADERS).payload)[b":status"] == b"200"


def test_two_tasks_cannot_read_one_body(house):
    async def read(exchange):
        first = asyncio.ensure_future(exchange.next_chunk())
        await asyncio.sleep(0)
        try:
            await exchange.next_chunk()
        except RuntimeError as error:
            exchange.answer(200, [], str(error).encode())
        first.cancel()

    wire = house.wire(read)
    wire.post(1, b"/")
    assert b"two tasks" in wire.answer(1)[2]


def test_an_answer_that_does_not_await_its_request_stops_it(house):
    """RFC 9113 §8.1: RST_STREAM with NO_ERROR after the whole answer."""
    wire = house.wire(hello)
    wire.post(1, b"/")
    assert wire.answer(1)[2] == b"hello"
    heard = wire.hear(wire.RST_STREAM)
    assert (heard.stream, heard.code) == (1, 0)
    wire.data(1, b"was under way")
    assert wire.is_alive()


def test_a_request_is_not_stopped_before_its_answer_is_out(house):
    async def large(exchange):
        exchange.answer(200, [], bytes(100_000))

    wire = house.wire(large)
    wire.post(1, b"/")
    received = 0
    while received < 65535:
        received += len(wire.hear(wire.DATA, wire.RST_STREAM).payload)
    assert wire.is_alive()
    wire.window(100_000, 0, 1)
    while (heard := wire.hear()).kind != wire.RST_STREAM:
        received += len(heard.payload) if heard.kind == wire.DATA else 0
    assert (received, heard.code) == (100_000, 0)


def test_a_body_above_the_limit_is_refused_by_its_length(house):
    wire = house.wire(echo, max_body_size=10)
    wire.post(1, b"/", (b"content-length", b"11"))
    assert wire.answer(1)[0] == 413
    assert wire.hear(wire.RST_STREAM).code == 0


def test_a_body_above_the_limit_is_refused_when_it_is(house, errors):
    wire = house.wire(echo, max_body_size=10)
    wire.post(1, b"/")
    wire.data(1, b"0123456789")
    assert wire.is_alive()
    wire.data(1, b"x")
    assert wire.answer(1)[0] == 413
    errors.wait(1)


def test_a_body_that_comes_at_once_and_is_above_the_limit(house, errors):
    wire = house.wire(echo, max_body_size=10)
    head = wire.frame(wire.HEADERS, 4, 1, wire.block(*wire.get(b"/", method=b"POST")))
    wire.say(head, wire.frame(wire.DATA, 1, 1, b"0123456789x"))
    assert wire.answer(1)[0] == 413


# ---- flow control


def test_a_slow_application_is_sent_no_more_than_its_window(house):
    go = threading.Event()
    reading = []

    async def read(exchange):
        await asyncio.get_running_loop().run_in_executor(None, go.wait)
        reading.append(await exchange.read())
        exchange.answer(200, [], b"")

    wire = house.wire(read)
    wire.post(1, b"/")
    for _ in range(16):
        wire.data(1, bytes(16384))  # exactly the window
    wire.say(wire.frame(wire.PING, 0, 0, b"no more?"))
    while (heard := wire.hear(wire.WINDOW_UPDATE, wire.PING)).kind != wire.PING:
        assert heard.stream != 1, "window was given before anything was read"
    go.set()
    while wire.hear(wire.WINDOW_UPDATE).stream != 1:
        pass
    wire.data(1, b"x", end=True)
    assert wire.answer(1)[0] == 200
    assert len(reading[0]) == 16 * 16384 + 1


def test_a_peer_that_ignores_the_window_is_refused(house):
    async def wait(exchange):
        await exchange.wait_disconnect()

    wire = house.wire(wait)
    wire.post(1, b"/")
    for _ in range(17):
        wire.data(1, bytes(16384))
    assert wire.hear(wire.RST_STREAM, wire.GOAWAY).code == 3  # FLOW_CONTROL_ERROR


def test_what_is_not_read_gives_its_window_back_to_the_connection(house):
    """Else the connection would stand still after four streams."""
    wire = house.wire(hello)
    for stream in range(1, 31, 2):
        wire.post(stream, b"/")
        for _ in range(8):
            wire.data(stream, bytes(16384))
        while (heard := wire.hear(wire.RST_STREAM)).stream != stream:
            pass
        assert heard.code == 0
    assert wire.is_alive()


def test_a_whole_body_that_is_not_read_gives_its_window_back_too(house):
    arrived = None

    async def ignore(exchange):
        nonlocal arrived
        arrived = arrived or asyncio.Event()
        if exchange.path == "/arrived":
            arrived.set()
        else:
            arrived.clear()
            await arrived.wait()
        exchange.answer(200, [], b"")

    wire = house.wire(ignore)
    for stream in range(1, 40, 4):
        wire.post(stream, b"/")
        for _ in range(12):
            wire.data(stream, bytes(16384))
        wire.data(stream, b"", end=True)
        wire.request(stream + 2, *wire.get(b"/arrived"))
        ended = 0
        while ended < 2:
            ended += wire.hear(wire.HEADERS).flags & 1
    assert wire.is_alive()


def test_a_slow_peer_makes_write_wait(house):
    written = []

    async def stream(exchange):
        exchange.start(200, [])
        for number in range(40):
            await exchange.write(bytes(8192))
            written.append(number)
        await exchange.finish()

    wire = house.wire(stream)
    wire.request(1)
    received = 0
    while received < 65535:
        received += len(wire.hear(wire.DATA).payload)
    assert wire.is_alive()
    assert len(written) * 8192 < 65535 + 3 * 32768
    ended = False
    while not ended:
        wire.window(65536, 0, 1)
        for _ in range(4):
            if not ended:
                piece = wire.hear(wire.DATA)
                received += len(piece.payload)
                ended = piece.flags == 1  # END_STREAM
    assert received == 40 * 8192
    assert len(written) == 40


def test_the_window_that_a_peer_begins_with_counts(house):
    wire = house.wire(hello, (4, 2))
    wire.request(1)
    assert wire.hear(wire.DATA).payload == b"he"
    wire.say(wire.frame(wire.SETTINGS, 0, 0, struct.pack(">HI", 4, 4)))
    assert wire.hear(wire.DATA).payload == b"ll"
    wire.window(10, 1)
    assert wire.hear(wire.DATA).payload == b"o"


def test_a_window_may_become_negative(house):
    """RFC 9113 §6.9.2."""
    wire = house.wire(hello, (4, 3))
    wire.request(1)
    assert wire.hear(wire.DATA).payload == b"hel"
    wire.say(wire.frame(wire.SETTINGS, 0, 0, struct.pack(">HI", 4, 1)))  # now -2
    wire.window(2, 1)
    assert wire.is_alive()
    wire.window(1, 1)
    assert wire.hear(wire.DATA).payload == b"l"


def test_drain_waits_until_the_answer_is_with_the_peer(house):
    drained = threading.Event()

    async def answer(exchange):
        exchange.answer(200, [], bytes(200_000))
        await exchange.drain()
        drained.set()

    wire = house.wire(answer)
    wire.request(1)
    received = 0
    while received < 65535:
        received += len(wire.hear(wire.DATA).payload)
    assert wire.is_alive()
    assert not drained.is_set()
    wire.window(200_000, 0, 1)
    while received < 200_000:
        received += len(wire.hear(wire.DATA).payload)
    assert drained.wait(20)


def test_a_reset_ends_the_wait_for_a_window(house):
    seen = []
    ended = threading.Event()

    async def stream(exchange):
        try:
            exchange.start(200, [])
            while True:
                await exchange.write(bytes(65536))
        except ClientDisconnect as error:
            seen.append(error)
            try:
                await exchange.write(b"more")
            except ClientDisconnect:
                seen.append(exchange.disconnected)
            raise
        finally:
            ended.set()

    wire = house.wire(stream)
    wire.request(1)
    received = 0
    while received < 65535:
        received += len(wire.hear(wire.DATA).payload)
    wire.reset(1)
    assert ended.wait(20)
    assert seen[1:] == [True]
    assert wire.is_alive()


# ---- peers that leave


def test_who_waits_for_the_peer_to_leave_is_told(house):
    told = threading.Event()

    async def wait(exchange):
        await exchange.wait_disconnect()
        await exchange.wait_disconnect()
        assert exchange.disconnected
        told.set()

    wire = house.wire(wait)
    wire.request(1)
    assert wire.is_alive()
    wire.reset(1)
    assert told.wait(20)
    assert wire.is_alive()


def test_a_lost_connection_ends_all_its_requests(house):
    left = threading.Semaphore(0)

    async def read(exchange):
        try:
            await exchange.read()
        except ClientDisconnect:
            left.release()
            raise

    wire = house.wire(read)
    for stream in (1, 3):
        wire.post(stream, b"/")
    assert wire.is_alive()
    wire.close()
    assert left.acquire(timeout=20)
    assert left.acquire(timeout=20)


def test_a_request_that_is_taken_back_in_the_same_breath_is_not_served(house):
    served = []

    async def serve(exchange):
        served.append(exchange.path)
        exchange.answer(200, [], b"")

    wire = house.wire(serve)
    request = wire.frame(wire.HEADERS, 5, 1, wire.block(*wire.get(b"/taken-back")))
    wire.say(request, wire.frame(wire.RST_STREAM, 0, 1, b"\0\0\0\x08"))
    wire.request(3, *wire.get(b"/served"))
    assert wire.answer(3)[0] == 200
    assert served == ["/served"]


def test_handlers_that_outlive_their_streams_are_bounded(house):
    go = threading.Event()

    async def wait(exchange):
        await asyncio.get_running_loop().run_in_executor(None, go.wait)
        exchange.answer(200, [], b"")

    wire = house.wire(wait, http2_max_concurrent_streams=4)
    for stream in range(1, 17, 2):
        wire.request(stream)
        assert wire.is_alive()
        wire.reset(stream)
    wire.request(17)
    assert wire.hear(wire.RST_STREAM).code == 7  # REFUSED_STREAM: it may be tried again
    go.set()


def test_more_streams_than_were_allowed_are_refused(house):
    async def wait(exchange):
        await exchange.wait_disconnect()

    wire = house.wire(wait, http2_max_concurrent_streams=4)
    for stream in range(1, 11, 2):
        wire.request(stream)
    assert wire.hear(wire.RST_STREAM, wire.GOAWAY).code in (1, 7)


# ---- failures of the application


def test_an_exception_is_answered_and_logged(house, errors):
    async def fail(exchange):
        raise ValueError("broken")

    wire = house.wire(fail)
    wire.request(1)
    assert wire.answer(1)[0] == 500
    assert str(errors.wait(1)[0].exc_info[1]) == "broken"
    assert wire.is_alive()


def test_an_http_error_is_answered_with_its_status(house):
    async def fail(exchange):
        raise HTTPError(418)

    wire = house.wire(fail)
    wire.request(1)
    assert wire.answer(1)[0] == 418


def test_no_answer_is_an_error(house, errors):
    async def nothing(exchange):
        pass

    wire = house.wire(nothing)
    wire.request(1)
    assert wire.answer(1)[0] == 500
    assert "returned without answering" in errors.wait(1)[0].getMessage()


@pytest.mark.parametrize("raises", [True, False])
def test_an_answer_that_is_not_finished_is_reset(house, errors, raises):
    async def begin(exchange):
        exchange.start(200, [])
        await exchange.write(b"half")
        if raises:
            raise ValueError("broken")

    wire = house.wire(begin)
    wire.request(1)
    heard = wire.hear(wire.RST_STREAM)
    assert (heard.stream, heard.code) == (1, 2)
    errors.wait(1)
    assert wire.is_alive()


# ---- options


def test_the_concurrency_limit_is_answered_503(house):
    async def wait(exchange):
        await exchange.wait_disconnect()

    wire = house.wire(wait, limit_concurrency=1)
    wire.request(1)
    assert wire.is_alive()
    wire.request(3)
    assert wire.answer(3)[0] == 503


def test_a_root_path_and_the_lifespan_state_are_told(house):
    async def tell(exchange):
        exchange.answer(200, [], f"{exchange.root_path} {exchange.path}".encode() + exchange.raw_path)

    wire = house.wire(tell, root_path="/api")
    wire.request(1, *wire.get(b"/x"))
    assert wire.answer(1)[2] == b"/api /api/x/api/x"


def test_a_trusted_proxy_tells_who_the_client_is(house):
    async def tell(exchange):
        exchange.answer(200, [], f"{exchange.client[0]} {exchange.scheme}".encode())

    wire = house.wire(tell)
    wire.request(1, *wire.get(b"/", (b"x-forwarded-for", b"10.1.2.3"), (b"x-forwarded-proto", b"https")))
    assert wire.answer(1)[2] == b"10.1.2.3 https"


def test_headers_of_the_configuration_are_sent(house):
    wire = house.wire(hello, headers=(("X-Extra", "1"), ("Connection", "close")), server_header=False)
    wire.request(1)
    headers = wire.answer(1)[1]
    assert headers[b"x-extra"] == b"1"
    assert b"server" not in headers
    assert b"connection" not in headers


def test_the_access_log_is_told(house, capfd):
    server = house.serve(hello, access_log=True)
    wire = house.connect(server)
    wire.greet()
    wire.request(1, *wire.get(b"/logged?x=y"))
    wire.answer(1)
    server.stop()
    assert '"GET /logged?x=y HTTP/2" 200' in capfd.readouterr().out


def test_a_worker_stops_after_its_share_of_requests(house):
    server = house.serve(hello, limit_max_requests=2)
    wire = house.connect(server)
    wire.greet()
    wire.request(1)
    wire.request(3)
    assert wire.hear(wire.GOAWAY).code == 0


def test_http2_can_be_turned_off(house):
    wire = house.connect(house.serve(hello, http2=False))
    wire.say(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
    assert wire.exactly(12) == b"HTTP/1.1 505"


def test_the_upgrade_of_http_1_is_ignored(house):
    """RFC 9113 §3.1: the upgrade mechanism is gone."""
    wire = house.connect(house.serve(hello))
    wire.say(
        b"GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAAA\r\n\r\n"
    )
    assert wire.exactly(15) == b"HTTP/1.1 200 OK"


def test_the_preface_is_no_request_in_the_middle_of_a_connection(house):
    wire = house.connect(house.serve(hello))
    wire.say(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
    assert wire.exactly(15) == b"HTTP/1.1 200 OK"
    while not wire.buffer.endswith(b"hello"):
        wire.buffer = wire.exactly(len(wire.buffer) + 1)
    wire.buffer = b""
    wire.say(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
    assert wire.exactly(12) == b"HTTP/1.1 505"
