# ruff: noqa: ASYNC110 - the events that handlers wait for here are set by another thread
import asyncio
import contextvars
import threading

import pytest

from hanok.exceptions import ClientDisconnect, HTTPError, LocalProtocolError

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


def get(path: str, *fields: str, method: str = "GET", version: str = "1.1") -> bytes:
    lines = [f"{method} {path} HTTP/{version}", "Host: a", *fields]
    return "".join(line + "\r\n" for line in lines).encode() + b"\r\n"


async def path(exchange):
    exchange.answer(200, [], exchange.path.encode())


async def slow_path(exchange):
    await asyncio.sleep(0)
    await path(exchange)


async def echo(exchange):
    exchange.answer(200, [], await exchange.read())


async def gaping(exchange):
    await asyncio.Event().wait()


# ---- one request after the other


def test_a_connection_serves_one_request_after_the_other(house):
    client = house.client(path)
    for number in range(3):
        client.say(get(f"/{number}"))
        status, headers, body = client.answer()
        assert (status, body) == (200, b"/%d" % number)
        assert headers["server"] == "hanok"
        assert "date" in headers
        assert "connection" not in headers


@pytest.mark.parametrize("handler", [path, slow_path])
def test_pipelined_requests_are_answered_in_order(house, handler):
    client = house.client(handler)
    client.say(b"".join(get(f"/{number}") for number in range(100)))
    assert [client.answer()[2] for _ in range(100)] == [b"/%d" % number for number in range(100)]


def test_a_request_that_comes_in_single_bytes_is_served(house):
    client = house.client(echo)
    for byte in get("/", "Content-Length: 3", method="POST") + b"abc":
        client.say(bytes([byte]))
    assert client.answer()[2] == b"abc"


def test_bodies_and_requests_may_share_a_packet(house):
    client = house.client(echo)
    one = get("/", "Content-Length: 3", method="POST") + b"abc"
    other = get("/", "Transfer-Encoding: chunked", method="POST") + b"2\r\nde\r\n0\r\n\r\n"
    client.say((one + other) * 20 + one[:-1])
    assert [client.answer()[2] for _ in range(40)] == [b"abc", b"de"] * 20
    client.say(b"c" + get("/"))
    assert client.answer()[2] == b"abc"
    assert client.answer()[2] == b""


def test_a_request_waits_for_the_answer_before_it(house):
    go, seen = threading.Event(), []

    async def handler(exchange):
        seen.append(exchange.path)
        while not go.is_set():
            await asyncio.sleep(0)
        await path(exchange)

    client = house.client(handler)
    client.say(get("/1") + get("/2"))
    while not seen:
        pass
    assert seen == ["/1"]
    go.set()
    assert [client.answer()[2], client.answer()[2]] == [b"/1", b"/2"]


def test_close_is_obeyed_and_said(house):
    client = house.client(path)
    client.say(get("/", "Connection: close"))
    assert client.answer()[1]["connection"] == "close"
    assert client.rest() == b""


def test_http_10_persists_only_when_asked(house):
    server = house.serve(path)
    client = house.connect(server)
    client.say(get("/", "Connection: keep-alive", version="1.0"))
    assert client.answer()[1]["connection"] == "keep-alive"
    client.say(get("/", version="1.0"))
    assert client.answer()[1]["connection"] == "close"
    assert client.rest() == b""


def test_each_request_has_a_context_of_its_own(house):
    variable = contextvars.ContextVar("variable", default="clean")

    async def handler(exchange):
        found = variable.get()
        variable.set("touched")
        exchange.answer(200, [], found.encode())

    client = house.client(handler)
    client.say(GET * 2)
    assert [client.answer()[2], client.answer()[2]] == [b"clean", b"clean"]


def test_a_handler_runs_in_a_task_of_its_own(house):
    async def handler(exchange):
        async with asyncio.timeout(5):
            await asyncio.sleep(0)
            exchange.answer(200, [], asyncio.current_task().get_coro().__qualname__.encode())

    client = house.client(handler)
    client.say(GET)
    assert client.answer()[0] == 200


def test_the_next_request_does_not_wait_for_work_after_the_answer(house):
    go, done = threading.Event(), threading.Event()

    async def handler(exchange):
        await path(exchange)
        await exchange.drain()
        if exchange.path == "/1":
            while not go.is_set():
                await asyncio.sleep(0)
            done.set()

    client = house.client(handler)
    client.say(get("/1"))
    client.answer()
    client.say(get("/2"))
    assert client.answer()[2] == b"/2"
    go.set()
    assert done.wait(20)


# ---- slow peers


def test_a_head_that_takes_too_long_is_refused(house):
    client = house.client(path, timeout_request_header=0.1)
    client.say(b"GET / HTTP/1.1\r\n")
    assert client.answer()[0] == 408
    assert client.rest() == b""


def test_an_idle_connection_is_closed_without_a_word(house):
    client = house.client(path, timeout_keep_alive=0.05)
    client.say(GET)
    client.answer()
    assert client.rest() == b""


@pytest.mark.parametrize("framing", ["Content-Length: 5", "Content-Length: 100000", "Transfer-Encoding: chunked"])
def test_a_body_that_stops_coming_is_refused(house, framing):
    gone = threading.Event()

    async def handler(exchange):
        try:
            await exchange.read()
        except ClientDisconnect:
            gone.set()
            raise

    client = house.client(handler, timeout_request_body=0.1)
    client.say(get("/", framing, method="POST") + b"2\r\n")
    assert client.answer()[0] == 408
    assert client.rest() == b""
    if framing != "Content-Length: 5":
        assert gone.wait(20)


def test_a_peer_that_takes_nothing_is_cut_off(house):
    gone = threading.Event()

    async def handler(exchange):
        exchange.start(200, [])
        try:
            while True:
                await exchange.write(b"x" * 65536)
        except ClientDisconnect:
            gone.set()
            raise

    client = house.client(handler, timeout_send=0.2)
    client.say(GET)
    assert gone.wait(20)


def test_a_peer_that_sends_requests_and_reads_nothing_is_not_served_on(house):
    served = []

    async def handler(exchange):
        served.append(1)
        exchange.answer(200, [], b"x" * 1000000)

    server = house.serve(handler)
    client = house.connect(server)
    client.say(GET * 100)
    for _ in range(100):
        assert len(client.answer()[2]) == 1000000
    assert len(served) == 100


def test_requests_beyond_the_buffer_wait_in_the_socket(house):
    go = threading.Event()

    async def handler(exchange):
        while not go.is_set():
            await asyncio.sleep(0.001)
        exchange.answer(200, [], b"")

    server = house.serve(handler)
    client = house.connect(server)
    count, one = 2000, get("/", "X-Padding: " + "x" * 1000)
    sender = threading.Thread(target=client.say, args=(one * count + get("/", "Connection: close"),))
    sender.start()
    while not any(peer._reading_paused for peer in list(server.worker.services.connections)):
        pass
    go.set()
    assert client.rest().count(b"HTTP/1.1 200 OK\r\n") == count + 1
    sender.join()


def test_a_connection_forgets_the_last_head_when_it_idles(house):
    server = house.serve(path, timeout_request_header=0.1, timeout_keep_alive=20)
    client = house.connect(server)
    client.say(GET)
    client.answer()
    (connection,) = server.worker.services.connections
    while connection._previous is not None:
        pass
    client.say(GET)
    assert client.answer()[0] == 200


# ---- peers that vanish


@pytest.mark.parametrize("how", ["close", "reset"])
def test_a_handler_learns_that_its_peer_has_gone(house, how):
    started, seen = threading.Event(), []
    over = threading.Event()

    async def handler(exchange):
        assert not exchange.disconnected
        started.set()
        await exchange.wait_disconnect()
        await exchange.wait_disconnect()
        seen.append(exchange.disconnected)
        exchange.answer(200, [], b"to nobody")
        await exchange.drain()
        over.set()

    client = house.client(handler)
    client.say(GET)
    assert started.wait(20)
    getattr(client, how)()
    assert over.wait(20)
    assert seen == [True]


@pytest.mark.parametrize("framing", ["Content-Length: 100000", "Transfer-Encoding: chunked"])
def test_reading_from_a_vanished_peer_raises(house, framing):
    started, over, seen = threading.Event(), threading.Event(), []

    async def handler(exchange):
        started.set()
        try:
            await exchange.read()
        except ClientDisconnect as error:
            seen.append(error)
            over.set()
            raise

    client = house.client(handler)
    client.say(get("/", framing, method="POST") + b"5\r\n")
    assert started.wait(20)
    client.reset()
    assert over.wait(20)
    assert len(seen) == 1


def test_a_small_body_that_never_ends_calls_nobody(house):
    called = []

    async def handler(exchange):
        called.append(exchange.path)
        exchange.answer(200, [], b"")

    server = house.serve(handler)
    client = house.connect(server)
    client.say(get("/half", "Content-Length: 5", method="POST") + b"abc")
    client.close()
    other = house.connect(server)
    other.say(get("/whole"))
    other.answer()
    assert called == ["/whole"]


def test_writing_to_a_vanished_peer_raises(house):
    started, over, seen = threading.Event(), threading.Event(), []

    async def handler(exchange):
        started.set()
        exchange.start(200, [])
        try:
            while True:
                await exchange.write(b"x" * 100000)
        except ClientDisconnect as error:
            seen.append(error)
        try:
            await exchange.write(b"x")
        except ClientDisconnect as error:
            seen.append(error)
        await exchange.finish()
        over.set()

    client = house.client(handler)
    client.say(GET)
    assert started.wait(20)
    client.reset()
    assert over.wait(20)
    assert len(seen) == 2


# ---- handlers that fail


async def failing(exchange):
    if exchange.path == "/fail":
        raise ValueError("told")
    await path(exchange)


def test_a_failure_is_answered_and_the_connection_goes_on(house, errors):
    client = house.client(failing)
    client.say(get("/fail") + get("/next"))
    status, headers, body = client.answer()
    assert (status, body) == (500, b"Internal Server Error")
    assert headers["content-type"] == "text/plain; charset=utf-8"
    assert "connection" not in headers
    assert client.answer()[2] == b"/next"
    (record,) = errors.wait(1)
    assert record.getMessage() == "the application failed on GET /fail"
    assert record.exc_info[0] is ValueError


def test_a_failure_after_a_wait_is_the_same(house, errors):
    async def handler(exchange):
        await asyncio.sleep(0)
        await failing(exchange)

    client = house.client(handler)
    client.say(get("/fail"))
    assert client.answer()[0] == 500
    client.say(get("/next"))
    assert client.answer()[2] == b"/next"
    errors.wait(1)


def test_an_http_error_that_nobody_caught_is_its_own_answer(house):
    async def handler(exchange):
        raise HTTPError(418, "short and stout")

    client = house.client(handler)
    client.say(GET)
    assert client.answer()[::2] == (418, b"short and stout")


def test_no_answer_is_an_error_of_ours(house, errors):
    async def handler(exchange):
        pass

    client = house.client(handler)
    client.say(GET + GET)
    assert [client.answer()[0], client.answer()[0]] == [500, 500]
    assert "returned without answering on GET /" in errors.wait(2)[0].getMessage()


def test_a_failure_after_the_answer_is_logged_and_nothing_else(house, errors):
    logged = threading.Event()

    async def handler(exchange):
        await path(exchange)
        if exchange.path == "/fail":
            logged.set()
            raise ValueError("after the answer")

    client = house.client(handler)
    client.say(get("/fail") + get("/next"))
    assert [client.answer()[2], client.answer()[2]] == [b"/fail", b"/next"]
    assert logged.is_set()
    assert [record.exc_info[0] for record in errors.wait(1)] == [ValueError]


def test_headers_that_cannot_be_sent_become_a_500(house, errors):
    async def handler(exchange):
        exchange.answer(200, [(b"x", b"a\r\nset-cookie: b")], b"")

    client = house.client(handler)
    client.say(GET)
    status, headers, _ = client.answer()
    assert status == 500
    assert "set-cookie" not in headers
    assert errors.wait(1)[0].exc_info[0] is LocalProtocolError


def test_an_error_on_one_connection_leaves_the_others_alone(house, errors):
    go = threading.Event()

    async def handler(exchange):
        if exchange.path == "/fail":
            raise ValueError
        while not go.is_set():
            await asyncio.sleep(0)
        await path(exchange)

    server = house.serve(handler)
    calm, wild, foreign = house.connect(server), house.connect(server), house.connect(server)
    calm.say(get("/calm"))
    wild.say(get("/fail"))
    foreign.say(b"\x00\x01\x02")
    assert wild.answer()[0] == 500
    assert foreign.answer()[0] == 400
    go.set()
    assert calm.answer()[2] == b"/calm"


# ---- limits and the end of a worker


def test_requests_above_the_concurrency_limit_get_503(house):
    server = house.serve(gaping, limit_concurrency=1)
    client = house.connect(server)
    client.say(GET)
    while not server.worker.services.tasks:
        pass
    other = house.connect(server)
    other.say(GET)
    status, headers, body = other.answer()
    assert (status, headers["connection"], body) == (503, "close", b"Service Unavailable")
    assert other.rest() == b""


def test_draining_closes_idle_connections_and_finishes_the_others(house):
    go, started = threading.Event(), threading.Event()

    async def handler(exchange):
        if exchange.path == "/slow":
            started.set()
            while not go.is_set():
                await asyncio.sleep(0)
        await path(exchange)

    server = house.serve(handler, timeout_graceful_shutdown=20)
    idle, busy, half = house.connect(server), house.connect(server), house.connect(server)
    idle.say(get("/"))
    idle.answer()
    half.say(b"GET / HTT")
    busy.say(get("/slow") + get("/never"))
    assert started.wait(20)
    server._loop.call_soon_threadsafe(server.worker.stop)
    assert idle.rest() == b""
    assert half.rest() == b""
    go.set()
    assert busy.answer()[1]["connection"] == "close"
    assert busy.rest() == b""
    assert server.stop() == 0


def test_a_body_still_coming_is_served_to_its_end_while_draining(house):
    server = house.serve(echo, timeout_graceful_shutdown=20)
    client = house.connect(server)
    client.say(get("/", "Content-Length: 3", method="POST") + b"ab")
    while not any(one._upload for one in list(server.worker.services.connections)):
        pass
    server._loop.call_soon_threadsafe(server.worker.stop)
    client.say(b"c")
    assert client.answer()[::2] == (200, b"abc")
    assert client.rest() == b""


def test_what_does_not_finish_in_time_is_cancelled(house):
    started, cancelled = threading.Event(), threading.Event()

    async def handler(exchange):
        started.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    server = house.serve(handler, timeout_graceful_shutdown=0.05)
    client = house.connect(server)
    client.say(GET)
    assert started.wait(20)
    assert server.stop() == 0
    assert cancelled.is_set()
    with pytest.raises((ConnectionResetError, AssertionError)):
        client.answer()


# ---- what the application is told


def test_the_exchange_tells_the_whole_request(house):
    seen = []

    async def handler(exchange):
        seen.append(exchange)
        exchange.answer(200, [], b"")

    server = house.serve(handler, root_path="/api")
    client = house.connect(server)
    client.say(get("/a%20b?c=d", "X-Forwarded-For: 1.2.3.4, 5.6.7.8", "X-Forwarded-Proto: https"))
    client.answer()
    (exchange,) = seen
    assert exchange.path == "/api/a b"
    assert exchange.raw_path == b"/api/a%20b"
    assert exchange.query == b"c=d"
    assert exchange.root_path == "/api"
    assert exchange.client == ("5.6.7.8", 0)
    assert exchange.scheme == "https"
    assert exchange.server == ("127.0.0.1", server.port)
    assert exchange.scope["headers"][0] == (b"host", b"a")
    assert exchange.body == b""
    exchange.raw_headers = [(b"a", b"b")]
    assert exchange.header(b"a") == b"b"


@pytest.mark.parametrize("options", [{"proxy_headers": False}, {"forwarded_allow_ips": ("10.0.0.0/8",)}])
def test_forwarded_headers_of_strangers_are_not_believed(house, options):
    seen = []

    async def handler(exchange):
        seen.append((exchange.client[0], exchange.scheme))
        exchange.answer(200, [], b"")

    client = house.client(handler, **options)
    client.say(get("/", "X-Forwarded-For: 1.2.3.4", "X-Forwarded-Proto: https"))
    client.answer()
    assert seen == [("127.0.0.1", "http")]


def test_without_an_upgrade_protocol_the_request_is_plain(house):
    server = house.serve(path)
    house.run(server, lambda: setattr(server.worker.services, "websocket", None))
    client = house.connect(server)
    client.say(get("/ws", "Connection: upgrade", "Upgrade: websocket"))
    assert client.answer()[::2] == (200, b"/ws")


def test_an_upgrade_hands_the_transport_over(house):
    calls = []

    class Shouting(asyncio.Protocol):
        def __init__(self, leftover, services):
            self.leftover = leftover
            self.services = services

        def connection_made(self, transport):
            self.transport = transport
            self.services.connections.add(self)
            transport.write(b"HELLO " + self.leftover)

        def data_received(self, data):
            self.transport.write(data.upper())

        def connection_lost(self, exc):
            self.services.connections.discard(self)

        def sweep(self, now):
            pass

        def drain(self):
            self.transport.close()

        abort = drain

    def upgrade(transport, head, leftover, loop, handler, services):
        calls.append((head.path, head.upgrade))
        return Shouting(leftover, services)

    server = house.serve(path)
    house.run(server, lambda: setattr(server.worker.services, "websocket", upgrade))
    client = house.connect(server)
    client.say(get("/1") + get("/ws", "Connection: Upgrade", "Upgrade: websocket") + b"early")
    assert client.answer()[2] == b"/1"
    assert client.hear(b"HELLO early")
    client.say(b"quiet")
    assert client.hear(b"QUIET")
    assert calls == [("/ws", b"websocket")]
    assert len(server.worker.services.connections) == 1
