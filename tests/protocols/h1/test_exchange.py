# ruff: noqa: ASYNC110 - the events that handlers wait for here are set by another thread
import asyncio
import threading

import pytest

from hanok.exceptions import AnswerStateError, HTTPError, LocalProtocolError
from hanok.exchange import Exchange, FixedHeaders
from hanok.protocols.h1.answer import Heads
from hanok.protocols.h1.connection import H1Connection
from hanok.protocols.h1.exchange import H1Exchange
from hanok.protocols.h1.head import parse_head
from hanok.protocols.services import Services
from hanok.server.config import Config

POST = "POST / HTTP/1.1\r\nHost: a\r\n"
GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
BIG = bytes(range(256)) * 800  # 204,800 bytes


def post(*fields: str) -> bytes:
    return (POST + "".join(field + "\r\n" for field in fields) + "\r\n").encode()


def chunks(*pieces: bytes) -> bytes:
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def test_it_is_prepared_as_every_exchange_is():
    class Loop:
        time = staticmethod(lambda: 0.0)

    services = Services(Loop(), None, Config(), Heads())
    made = H1Exchange(H1Connection(services), parse_head(GET), b"")
    prepared = H1Exchange(H1Connection(services), parse_head(GET), b"")
    names = *Exchange.__slots__, *Exchange.__mro__[1].__slots__
    for name in names:
        setattr(prepared, name, "untouched")
    prepared.prepare()
    for name in names:
        if getattr(prepared, name) != "untouched":
            assert getattr(made, name) == getattr(prepared, name), name


# ---- bodies


def test_a_small_body_is_whole_before_the_handler_starts(house):
    seen = []

    async def handler(exchange):
        seen.append(exchange.body)
        exchange.answer(200, [], b"")

    client = house.client(handler)
    client.say(post("Content-Length: 6") + b"abc")
    client.say(b"def")
    client.answer()
    assert seen == [b"abcdef"]


def test_a_large_body_streams(house):
    seen = []

    async def handler(exchange):
        seen.append(exchange.body)
        seen.append(b"".join([piece async for piece in exchange.stream()]))
        exchange.answer(200, [], b"done")

    client = house.client(handler)
    client.say(post(f"Content-Length: {len(BIG)}") + BIG[:1000])
    client.say(BIG[1000:])
    assert client.answer()[2] == b"done"
    assert seen == [None, BIG]


def test_chunks_stream(house):
    async def handler(exchange):
        exchange.answer(200, [], await exchange.read())

    client = house.client(handler)
    client.say(post("Transfer-Encoding: chunked"))
    client.say(chunks(b"abc", BIG, b"x"))
    assert client.answer()[2] == b"abc" + BIG + b"x"
    client.say(post("Transfer-Encoding: chunked") + b"3\r\nabc\r\n")
    client.say(b"0\r\n\r\n" + GET)
    assert client.answer()[2] == b"abc"
    assert client.answer()[2] == b""


def test_a_peer_cannot_send_faster_than_the_handler_reads(house):
    exchanges, go = [], threading.Event()

    async def handler(exchange):
        exchanges.append(exchange)
        while not go.is_set():
            await asyncio.sleep(0.001)
        size = 0
        async for piece in exchange.stream():
            size += len(piece)
        exchange.answer(200, [], str(size).encode())

    size = 32 * 2**20
    server = house.serve(handler)
    client = house.connect(server)
    client.say(post(f"Content-Length: {size}"))
    sender = threading.Thread(target=client.say, args=(bytes(size),))
    sender.start()
    while not (exchanges and exchanges[0].connection._reading_paused):
        pass
    assert exchanges[0].queue.size < 2**20
    go.set()
    assert client.answer()[2] == str(size).encode()
    sender.join()


def test_a_body_may_be_read_by_one_task_at_a_time(house):
    async def handler(exchange):
        first = asyncio.ensure_future(exchange.next_chunk())
        await asyncio.sleep(0)
        with pytest.raises(RuntimeError, match="two tasks"):
            await exchange.next_chunk()
        first.cancel()
        exchange.answer(200, [], b"seen")

    client = house.client(handler)
    client.say(post("Transfer-Encoding: chunked"))
    assert client.answer()[2] == b"seen"


@pytest.mark.parametrize("catch", [True, False])
def test_chunks_above_the_limit_are_413(house, catch):
    async def handler(exchange):
        try:
            await exchange.read()
        except HTTPError as error:
            if not catch:
                raise
            exchange.answer(error.status_code, [], b"ours")

    client = house.client(handler, max_body_size=1000)
    client.say(post("Transfer-Encoding: chunked", "Expect: 100-continue"))
    client.hear(b"100 Continue\r\n\r\n")
    client.say(chunks(b"a" * 900, b"b" * 200) + GET)
    status, headers, body = client.answer()
    assert (status, headers["connection"]) == (413, "close")
    assert (body == b"ours") is catch
    assert client.rest() == b""


def test_chunks_above_the_limit_that_came_with_the_head_are_413(house):
    async def handler(exchange):
        exchange.answer(200, [], await exchange.read())

    client = house.client(handler, max_body_size=1000)
    client.say(post("Transfer-Encoding: chunked") + chunks(b"a" * 1001))
    assert client.answer()[0] == 413
    assert client.rest() == b""


# ---- Expect


def test_100_is_sent_when_the_body_is_first_read(house):
    async def handler(exchange):
        assert (exchange.body is None) is (exchange.method == "POST")
        exchange.answer(200, [], await exchange.read())

    client = house.client(handler)
    client.say(post("Content-Length: 3", "Expect: 100-continue"))
    assert client.hear(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    client.say(b"abc" + GET)
    assert client.answer()[::2] == (200, b"abc")
    assert client.answer()[0] == 200


def test_an_answer_without_reading_spares_the_body(house):
    async def handler(exchange):
        exchange.answer(403, [], b"no")

    client = house.client(handler)
    client.say(post("Content-Length: 3", "Expect: 100-continue"))
    status, headers, _ = client.answer()
    assert (status, headers["connection"]) == (403, "close")
    assert client.rest() == b""


def test_a_peer_that_does_not_wait_for_100_gets_none(house):
    async def handler(exchange):
        exchange.answer(200, [], await exchange.read())

    client = house.client(handler)
    client.say(post("Content-Length: 3", "Expect: 100-continue") + b"abc")
    assert client.answer()[::2] == (200, b"abc")


def test_no_100_after_the_answer_has_begun(house):
    async def handler(exchange):
        exchange.start(200, [])
        await exchange.write(b"begun ")
        await exchange.write(await exchange.read())
        await exchange.finish()

    client = house.client(handler)
    client.say(post("Content-Length: 3", "Expect: 100-continue"))
    client.hear(b"begun \r\n")
    client.say(b"abc")
    assert client.rest() == b"3\r\nabc\r\n0\r\n\r\n"


def test_a_handler_may_take_its_time_before_it_asks_for_the_body(house):
    go = threading.Event()

    async def handler(exchange):
        while not go.is_set():
            await asyncio.sleep(0.001)
        exchange.answer(200, [], await exchange.read())

    server = house.serve(handler, timeout_request_body=0.1)
    client = house.connect(server)
    client.say(post("Content-Length: 3", "Expect: 100-continue"))
    swept = server.worker.services.now + 0.5
    while server.worker.services.now < swept:
        pass
    go.set()
    client.hear(b"100 Continue\r\n\r\n")
    client.say(b"abc")
    assert client.answer()[2] == b"abc"


# ---- answers before the end of the body


async def early(exchange):
    exchange.answer(200, [], b"early")


def test_a_short_rest_of_a_body_is_read_away(house):
    client = house.client(early)
    client.say(post("Content-Length: 70000") + b"a" * 20000)
    assert client.answer()[2] == b"early"
    client.say(b"a" * 50000 + GET)
    assert client.answer()[2] == b"early"


def test_a_long_rest_of_a_body_ends_the_connection_after_the_answer_was_read(house):
    client = house.client(early)
    client.say(post(f"Content-Length: {2**20}") + b"a" * 200000)
    status, headers, body = client.answer()
    assert (status, headers["connection"], body) == (200, "close", b"early")
    client.say(b"a" * 100)
    assert client.rest() == b""


def test_chunks_that_nobody_reads_end_the_connection(house):
    client = house.client(early)
    client.say(post("Transfer-Encoding: chunked") + b"3\r\nabc\r\n")
    assert client.answer()[1]["connection"] == "close"
    assert client.rest() == b""


def test_a_rest_that_never_comes_ends_the_connection(house):
    client = house.client(early, timeout_request_body=0.1)
    client.say(post("Content-Length: 70000"))
    assert client.answer()[2] == b"early"
    assert client.rest() == b""


def test_draining_does_not_wait_for_the_rest_of_a_body(house):
    server = house.serve(early, timeout_graceful_shutdown=20)
    client = house.connect(server)
    client.say(post("Content-Length: 70000"))
    client.answer()
    server._loop.call_soon_threadsafe(server.worker.stop)
    assert client.rest() == b""


# ---- streamed answers


async def stream(exchange):
    exchange.start(200, [(b"content-type", b"text/plain")])
    for piece in (b"one", b"", b"two", BIG):
        await exchange.write(piece)
    await exchange.finish()


def test_a_stream_goes_in_chunks(house):
    client = house.client(stream)
    client.say(GET + GET)
    for _ in range(2):
        status, headers, body = client.answer()
        assert (status, headers["transfer-encoding"]) == (200, "chunked")
        assert body == b"onetwo" + BIG


def test_a_stream_to_http_10_ends_with_the_connection(house):
    client = house.client(stream)
    client.say(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    assert b"connection: close\r\n" in client.hear(b"\r\n\r\n")
    assert client.rest() == b"onetwo" + BIG


def test_head_gets_the_head_alone(house):
    client = house.client(stream)
    client.say(b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert b"transfer-encoding: chunked" in client.hear(b"\r\n\r\n")
    client.say(b"HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    client.hear(b"\r\n\r\n")
    assert client.rest() == b""


def test_head_of_a_whole_answer_has_its_length(house):
    client = house.client(early)
    client.say(b"HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert b"content-length: 5\r\n" in client.hear(b"\r\n\r\n")
    assert client.rest() == b""


def test_a_stream_of_known_length_is_counted(house):
    async def handler(exchange):
        exchange.start(200, [(b"content-length", b"6")])
        await exchange.write(b"abc")
        await exchange.write(b"def")
        await exchange.finish()

    client = house.client(handler)
    client.say(GET + GET)
    assert [client.answer()[2], client.answer()[2]] == [b"abcdef", b"abcdef"]


def test_a_stream_shorter_than_its_length_is_cut_short(house, errors):
    async def handler(exchange):
        exchange.start(200, [(b"content-length", b"6")])
        await exchange.write(b"abc")
        await exchange.finish()

    client = house.client(handler)
    client.say(GET)
    assert client.rest().endswith(b"\r\n\r\nabc")
    assert errors.wait(1)[0].exc_info[0] is LocalProtocolError


@pytest.mark.parametrize("stubborn", [True, False])
def test_a_stream_longer_than_its_length_is_never_sent_longer(house, errors, stubborn):
    async def handler(exchange):
        exchange.start(200, [(b"content-length", b"4")])
        await exchange.write(b"abc")
        try:
            await exchange.write(b"def")
        except LocalProtocolError:
            if not stubborn:
                raise
        await exchange.finish()

    client = house.client(handler)
    client.say(GET)
    assert client.rest().endswith(b"\r\n\r\nabc")
    errors.wait(int(not stubborn))


def test_a_head_is_not_held_back_from_a_waiting_peer(house):
    go = threading.Event()

    async def handler(exchange):
        exchange.start(200, [])
        while not go.is_set():
            await asyncio.sleep(0.001)
        await exchange.finish()

    client = house.client(handler)
    client.say(GET)
    client.hear(b"\r\n\r\n")
    go.set()
    assert client.exactly(5) == b"0\r\n\r\n"


def test_a_writer_waits_for_a_slow_reader(house):
    written = []

    async def handler(exchange):
        exchange.start(200, [])
        for _ in range(400):
            await exchange.write(BIG)
            written.append(1)
        await exchange.drain()
        await exchange.finish()

    client = house.client(handler)
    client.say(GET)
    client.hear(b"\r\n\r\n")
    assert len(written) < 400
    assert len(client.exactly(100000)) == 100000


def test_drain_waits_for_a_slow_reader(house):
    drained = threading.Event()

    async def handler(exchange):
        exchange.answer(200, [], bytes(64 * 2**20))
        await exchange.drain()
        drained.set()

    client = house.client(handler)
    client.say(GET)
    client.hear(b"\r\n\r\n")
    assert not drained.is_set()
    client.exactly(64 * 2**20)
    assert drained.wait(20)


def test_drain_returns_when_the_peer_goes(house):
    drained = threading.Event()

    async def handler(exchange):
        exchange.answer(200, [], bytes(64 * 2**20))
        await exchange.drain()
        drained.set()

    client = house.client(handler)
    client.say(GET)
    client.hear(b"\r\n\r\n")
    client.reset()
    assert drained.wait(20)


def test_a_large_answer_arrives_whole(house):
    async def handler(exchange):
        exchange.answer(200, FixedHeaders(), BIG)

    client = house.client(handler)
    client.say(GET + GET)
    assert [client.answer()[2], client.answer()[2]] == [BIG, BIG]


# ---- the rest of the contract


def test_an_exchange_has_one_answer(house):
    async def handler(exchange):
        exchange.answer(200, [], b"one")
        with pytest.raises(AnswerStateError):
            exchange.answer(200, [], b"two")

    client = house.client(handler)
    client.say(GET)
    assert client.answer()[2] == b"one"


def test_early_hints_come_before_the_answer(house):
    async def handler(exchange):
        await exchange.early_hints([(b"link", b"</a.css>; rel=preload")])
        exchange.answer(200, [], b"")
        await exchange.early_hints([(b"link", b"late")])

    client = house.client(handler)
    client.say(GET)
    assert client.hear(b"\r\n\r\n") == b"HTTP/1.1 103 Early Hints\r\nlink: </a.css>; rel=preload\r\n\r\n"
    assert client.answer()[0] == 200
    client.say(b"GET / HTTP/1.0\r\n\r\n")
    assert client.answer()[0] == 200


def test_waiting_for_the_peer_to_go_ends_with_the_answer(house):
    ended = threading.Event()

    async def handler(exchange):
        waiting = asyncio.ensure_future(exchange.wait_disconnect())
        await asyncio.sleep(0)
        exchange.answer(200, [], b"")
        await waiting
        assert not exchange.disconnected
        await exchange.wait_disconnect()
        ended.set()

    client = house.client(handler)
    client.say(GET)
    client.answer()
    assert ended.wait(20)


def test_finished_answers_are_logged(house):
    server = house.serve(early)
    seen = []

    def log(exchange):
        seen.append((exchange.path, exchange.status))

    house.run(server, lambda: setattr(server.worker.services, "access", log))
    client = house.connect(server)
    client.say(GET)
    client.answer()
    client.say(post("Transfer-Encoding: chunked") + b"x")
    client.answer()
    assert seen[0] == ("/", 200)


@pytest.mark.parametrize("request_head", [GET, GET.replace(b"GET", b"HEAD"), GET.replace(b"1.1", b"1.0")])
@pytest.mark.parametrize("size", [0, 1, 2047, 2048, 70_000])
@pytest.mark.parametrize("status", [200, 204, 404])
def test_an_answer_with_fixed_headers_is_the_answer_that_others_get(house, request_head, size, status):
    fixed = FixedHeaders([(b"content-type", b"text/plain"), (b"x-a", b"b")])
    ways = iter([list(fixed), fixed, fixed, fixed])

    async def handler(exchange):
        exchange.answer(status, next(ways), b"x" * size)

    def bytes_of():
        client = house.client(handler)
        client.say(request_head[:-2] + b"Connection: close\r\n\r\n")
        lines = client.rest().split(b"\r\n")
        return [line for line in lines if not line.startswith(b"date: ")]

    first = bytes_of()
    assert first[0].startswith(b"HTTP/1.1 %d " % status)
    assert [bytes_of() for _ in range(3)] == [first] * 3


def test_kept_connections_get_the_same_answer_every_time(house):
    fixed = FixedHeaders([(b"content-type", b"text/plain")])

    async def handler(exchange):
        exchange.answer(200, fixed if exchange.query else list(fixed), b"hello")

    client = house.client(handler)
    answers = []
    for target in (b"/", b"/?fixed", b"/?fixed", b"/?fixed"):
        client.say(b"GET " + target + b" HTTP/1.1\r\nHost: a\r\n\r\n")
        status, headers, body = client.answer()
        del headers["date"]
        answers.append((status, headers, body))
    assert answers == [answers[0]] * 4
