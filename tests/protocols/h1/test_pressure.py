# ruff: noqa: ASYNC110 - the events that handlers wait for here are set by another thread
"""Peers that are slow, that flood, or that shut their side down."""

import asyncio
import contextlib
import socket
import threading

import pytest

from hanok.exceptions import ClientDisconnect
from hanok.protocols.h1 import closing
from hanok.protocols.h1.answer import Heads
from hanok.protocols.h1.connection import H1Connection
from hanok.protocols.services import Services
from hanok.protocols.unread import has_unread
from hanok.server import worker
from hanok.server.config import Config

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


def get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode()


async def path(exchange):
    exchange.answer(200, [], exchange.path.encode())


async def echo(exchange):
    exchange.answer(200, [], await exchange.read())


def until(condition) -> None:
    while not condition():
        pass


# ---- a connection that ends while a request is on its way


def test_a_request_that_the_event_loop_has_not_read_yet_is_no_idleness(house):
    server = house.serve(path, timeout_keep_alive=20)
    client = house.connect(server)
    client.say(get("/1"))
    assert client.answer()[2] == b"/1"

    def late_sweep():
        """The loop was kept from turning for so long that the connection's time is over, and timers are first."""
        (connection,) = server.worker.services.connections
        client.say(get("/2"))
        until(lambda: has_unread(connection.transport))
        connection.sweep(connection.loop.time() + 1000)

    house.run(server, late_sweep)
    assert client.answer()[2] == b"/2"

    def sweep():
        (connection,) = server.worker.services.connections
        connection.sweep(connection.loop.time() + 1000)

    house.run(server, sweep)
    assert client.rest() == b""


def test_who_was_accepted_just_before_a_stop_is_answered_though_the_event_loop_is_late(house, monkeypatch):
    monkeypatch.setattr(worker, "SETTLE", 0)
    server = house.serve(path, timeout_graceful_shutdown=20)

    def connect_and_stop():
        client = house.connect(server)
        client.say(get("/late"))
        server.worker.stop()
        return client

    assert house.run(server, connect_and_stop).answer()[2] == b"/late"


def test_who_has_sent_more_than_is_answered_is_not_reset_over_the_last_answer(house, monkeypatch):
    monkeypatch.setattr(closing, "LINGER_TIME", 1000)
    server = house.serve(path)
    client = house.connect(server)
    until(lambda: server.worker.services.connections)
    (connection,) = server.worker.services.connections
    client.say(b"GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" + get("/more"))
    until(lambda: connection.gone)
    client.say(get("/even/more"))
    assert client.answer()[2] == b"/last"
    assert client.rest() == b""
    client.say(get("/and/more"))  # which fails for who was reset


# ---- a peer that says no more


def test_who_shuts_its_side_down_gets_the_answer(house):
    go = threading.Event()

    async def handler(exchange):
        while not go.is_set():
            await asyncio.sleep(0.001)
        await path(exchange)

    server = house.serve(handler)
    client = house.connect(server)
    client.say(get("/late"))
    client.socket.shutdown(socket.SHUT_WR)
    until(lambda: any(one.ended for one in list(server.worker.services.connections)))
    go.set()
    status, headers, body = client.answer()
    assert (status, body, headers["connection"]) == (200, b"/late", "close")
    assert client.rest() == b""


@pytest.mark.parametrize("waits", [False, True])
def test_all_its_requests_are_answered(house, waits):
    async def handler(exchange):
        if waits:
            await asyncio.sleep(0)
        await path(exchange)

    client = house.client(handler)
    client.say(b"".join(get(f"/{number}") for number in range(100)))
    client.socket.shutdown(socket.SHUT_WR)
    assert [client.answer()[2] for _ in range(100)] == [b"/%d" % number for number in range(100)]
    assert client.rest() == b""


def test_half_a_request_after_them_is_dropped(house):
    async def handler(exchange):
        await asyncio.sleep(0.01)
        await path(exchange)

    client = house.client(handler)
    client.say(get("/1") + b"GET /2 HTTP/1.1\r\nHost")
    client.socket.shutdown(socket.SHUT_WR)
    assert client.answer()[2] == b"/1"
    assert client.rest() == b""


def test_it_gets_a_long_answer_to_its_end(house):
    async def handler(exchange):
        exchange.start(200, [])
        for _ in range(50):
            await exchange.write(b"x" * 100_000)
            await asyncio.sleep(0)
        await exchange.finish()

    client = house.client(handler)
    client.say(GET)
    client.socket.shutdown(socket.SHUT_WR)
    assert len(client.answer()[2]) == 5_000_000


def test_an_answer_that_waits_for_its_reading_reaches_it_too(house):
    async def handler(exchange):
        exchange.answer(200, [], b"x" * 8_000_000)

    server = house.serve(handler)
    client = house.connect(server)
    client.say(GET * 3)
    until(lambda: any(one.write_paused for one in list(server.worker.services.connections)))
    client.socket.shutdown(socket.SHUT_WR)
    assert [len(client.answer()[2]) for _ in range(3)] == [8_000_000] * 3
    assert client.rest() == b""


def test_half_a_body_is_not_answered(house):
    gone = threading.Event()

    async def handler(exchange):
        try:
            await exchange.read()
        except ClientDisconnect:
            gone.set()
            raise

    client = house.client(handler)
    client.say(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nabc")
    client.socket.shutdown(socket.SHUT_WR)
    assert gone.wait(20)
    assert client.rest() == b""


def test_a_stream_with_nothing_to_say_learns_that_nobody_seems_to_listen(house, monkeypatch):
    monkeypatch.setattr("hanok.protocols.h1.connection.HALF_CLOSED", 0.05)
    over = threading.Event()

    async def handler(exchange):
        exchange.start(200, [])
        await exchange.write(b"first")
        await exchange.wait_disconnect()
        assert exchange.disconnected
        await exchange.write(b"last")
        await exchange.finish()
        over.set()

    client = house.client(handler, timeout_keep_alive=0.1)  # short timeouts make short ticks
    client.say(GET)
    client.hear(b"first\r\n")
    client.socket.shutdown(socket.SHUT_WR)
    assert client.rest() == b"4\r\nlast\r\n0\r\n\r\n"
    assert over.wait(20)


# ---- floods


def test_a_flood_of_requests_is_read_where_it_lies(house):
    """The work for each does not grow with what waits behind it."""
    seen = []

    async def handler(exchange):
        await asyncio.sleep(0)
        seen.append(exchange.path)
        await path(exchange)

    server = house.serve(handler)
    client = house.connect(server)
    count = 1500
    sender = threading.Thread(target=client.say, args=(b"".join(get(f"/{number}") for number in range(count)),))
    sender.start()
    assert [client.answer()[2] for _ in range(count)] == [b"/%d" % number for number in range(count)]
    sender.join()
    assert len(seen) == count


def test_big_answers_to_a_pipeline_are_not_collected(house):
    served = []

    async def handler(exchange):
        served.append(1)
        exchange.answer(200, [], b"x" * 4_000_000)

    server = house.serve(handler)
    client = house.connect(server)
    client.say(GET * 30)
    client.hear(b"x")
    until(lambda: any(one.write_paused for one in list(server.worker.services.connections)))
    assert len(served) < 10
    assert len(client.exactly(3_999_999)) == 3_999_999


def test_a_head_of_many_lines_is_refused_before_it_is_complete(house):
    client = house.client(path)
    client.say(b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 101)
    assert client.answer()[0] == 431
    assert client.rest() == b""


def test_above_the_limit_an_idle_connection_makes_room(house):
    server = house.serve(path, limit_connections=4, timeout_keep_alive=20)
    idle = [house.connect(server) for _ in range(4)]
    for one in idle:
        one.say(GET)
        one.answer()
    newcomer = house.connect(server)
    newcomer.say(GET)
    assert newcomer.answer()[0] == 200
    answered = 0
    for one in idle:
        with contextlib.suppress(ConnectionError, AssertionError):
            one.say(GET)
            answered += one.answer()[0] == 200
    assert answered == 3


def test_the_one_that_waits_longest_goes_first(house):
    server = house.serve(path, limit_connections=2, timeout_keep_alive=20)
    first, second = house.connect(server), house.connect(server)
    for one in (first, second):
        one.say(GET)
        one.answer()
    older, newer = sorted(server.worker.services.connections, key=lambda one: one.client != first.socket.getsockname())
    house.run(server, lambda: setattr(older, "_since", newer._since - 1))
    newcomer = house.connect(server)
    newcomer.say(GET)
    assert newcomer.answer()[0] == 200
    with pytest.raises((ConnectionError, AssertionError)):
        first.answer()
    second.say(GET)
    assert second.answer()[0] == 200


def test_heads_that_do_not_end_make_room_too(house):
    server = house.serve(path, limit_connections=3)
    slow = [house.connect(server) for _ in range(3)]
    for one in slow:
        one.say(b"GET / HTTP/1.1\r\nA: ")
    until(lambda: len(server.worker.services.connections) == 3)
    for _ in range(5):
        client = house.connect(server)
        client.say(GET)
        assert client.answer()[0] == 200


def test_if_all_are_busy_newcomers_are_turned_away(house, errors):
    go = threading.Event()

    async def handler(exchange):
        while not go.is_set():
            await asyncio.sleep(0.001)
        await path(exchange)

    server = house.serve(handler, limit_connections=2)
    busy = [house.connect(server) for _ in range(2)]
    for one in busy:
        one.say(GET)
    until(lambda: len(server.worker.services.tasks) == 2)
    newcomer = house.connect(server)
    status, headers, _ = newcomer.answer()
    assert (status, headers["connection"]) == (503, "close")
    assert newcomer.rest() == b""
    go.set()
    assert [one.answer()[0] for one in busy] == [200, 200]


def test_a_flood_of_refusals_is_counted_in_the_log(house, caplog):
    server = house.serve(path, timeout_keep_alive=0.1)
    for _ in range(15):
        client = house.connect(server)
        client.say(b"nonsense\r\n\r\n")
        assert client.answer()[0] == 400
    house.run(server, server.worker.services.sweep)
    lines = [record.getMessage() for record in caplog.records if "refused" in record.getMessage()]
    assert len(lines) <= 15
    server.worker.services.refusals = 12
    house.run(server, server.worker.services.sweep)
    assert "refused 2 requests more in the same time" in caplog.text


# ---- slow peers


@pytest.mark.parametrize(
    "framing", [b"Content-Length: 60000", b"Content-Length: 100000", b"Transfer-Encoding: chunked"]
)
def test_a_body_that_trickles_is_refused(house, framing):
    client = house.client(echo, timeout_request_body=0.2, min_data_rate=1000)
    client.say(b"POST / HTTP/1.1\r\nHost: a\r\n" + framing + b"\r\n\r\n")
    if framing.startswith(b"T"):
        client.say(b"ea60\r\n")
    client.socket.settimeout(0.02)
    said = 0
    while said < 1000:
        client.say(b"x")
        said += 1
        try:
            found = client.socket.recv(12)
        except TimeoutError:
            continue
        assert found == b"HTTP/1.1 408"
        break
    assert said < 1000


def test_who_takes_nothing_loses_an_answer_that_is_complete_already(house):
    """Closing waits for what is unsent: that must not be for ever."""

    async def handler(exchange):
        exchange.answer(200, [(b"connection", b"close")], b"x" * 8_000_000)

    server = house.serve(handler, timeout_send=0.1)
    client = house.connect(server)
    client.say(GET)
    client.hear(b"x")
    until(lambda: not server.worker.services.connections)
    with pytest.raises((ConnectionResetError, AssertionError)):
        client.exactly(8_000_000)


class Transport(asyncio.Transport):
    """A transport whose peer takes what the test says."""

    unsent = 0
    aborted = False

    def get_extra_info(self, name, default=None):
        return default

    def write(self, data):
        self.unsent += len(data)

    def get_write_buffer_size(self):
        return self.unsent

    def abort(self):
        self.aborted = True


@pytest.mark.parametrize("streams", [False, True])
def test_who_takes_an_answer_slowly_but_steadily_gets_it(streams):
    async def main():
        services = Services(asyncio.get_running_loop(), None, Config(timeout_send=10, min_data_rate=1000), Heads())
        connection, transport = H1Connection(services), Transport()
        connection.connection_made(transport)
        connection.send(b"x" * 1_000_000)
        for second in range(100):
            connection.sweep(services.now + second)
            assert not transport.aborted
            transport.unsent -= 9_000
            if streams:  # as much as was taken follows: the size of what is unsent tells nothing
                connection.send(b"x" * 9_000)
        for second in range(100, 109):
            connection.sweep(services.now + second)
            assert not transport.aborted
        connection.sweep(services.now + 110)
        assert transport.aborted

    asyncio.run(main())


def test_the_trailers_of_a_request_are_told(house):
    seen = []

    async def handler(exchange):
        body = await exchange.read()
        seen.append((body, exchange.request_trailers))
        exchange.answer(200, [], b"")

    client = house.client(handler)
    head = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    rest = b"3\r\nabc\r\n0\r\nX-Sum: 1 \r\nHost: b\r\n\r\n"
    client.say(head + rest)
    client.answer()
    client.say(head)
    client.say(rest)
    client.answer()
    client.say(GET)
    client.answer()
    assert seen == [(b"abc", [(b"x-sum", b"1")])] * 2 + [(b"", [])]
