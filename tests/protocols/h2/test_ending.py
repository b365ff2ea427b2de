"""How connections end: drained, idle, too slow."""

import asyncio
import contextlib
import struct
import threading

import pytest


async def hello(exchange):
    exchange.answer(200, [], b"hello")


def last_stream(goaway):
    return struct.unpack_from(">I", goaway.payload)[0]


@pytest.fixture
def held():
    """An application that answers when it is let go."""
    go = threading.Event()

    async def wait(exchange):
        await asyncio.get_running_loop().run_in_executor(None, go.wait)
        exchange.answer(200, [], b"late")

    wait.go = go
    yield wait
    go.set()


def test_a_draining_server_takes_what_is_under_way_and_finishes_it(house, held):
    """RFC 9113 §6.8: two GOAWAYs, and a round trip between them."""
    server = house.serve(held, timeout_graceful_shutdown=20)
    wire = house.connect(server)
    wire.greet()
    wire.request(1)
    assert wire.is_alive()
    house.run(server, server.worker.stop)
    notice = wire.hear(wire.GOAWAY)
    assert (last_stream(notice), notice.code) == (2**31 - 1, 0)
    ping = wire.hear(wire.PING)
    wire.request(3)  # its sender has not seen the notice
    wire.say(wire.frame(wire.PING, 1, 0, ping.payload))
    final = wire.hear(wire.GOAWAY)
    assert (last_stream(final), final.code) == (3, 0)
    wire.request(5)  # too late: ignored, and its sender knows that it may be tried elsewhere
    held.go.set()
    heard = wire.rest()
    assert sorted(one.stream for one in heard if one.kind == wire.DATA) == [1, 3]
    assert server.stop() == 0


def test_a_peer_that_does_not_answer_the_ping_is_not_awaited(house):
    server = house.serve(hello, timeout_graceful_shutdown=20)
    wire = house.connect(server)
    wire.greet()
    house.run(server, server.worker.stop)
    found = wire.rest()
    assert [last_stream(one) for one in found if one.kind == wire.GOAWAY] == [2**31 - 1, 0]
    assert server.stop() == 0


def test_a_connection_that_comes_while_the_server_drains_is_told(house, held):
    server = house.serve(held, timeout_graceful_shutdown=20)
    wire, late = house.connect(server), house.connect(server)
    wire.greet()
    wire.request(1)
    assert wire.is_alive()
    late.say(b"PRI * HTTP/2.0\r\n\r\n")
    assert late.hear().kind == late.SETTINGS
    house.run(server, server.worker.stop)
    assert last_stream(late.hear(late.GOAWAY)) == 2**31 - 1
    held.go.set()
    assert wire.answer(1)[2] == b"late"


def test_a_quick_stop_does_not_wait(house, held):
    server = house.serve(held)
    wire = house.connect(server)
    wire.greet()
    wire.request(1)
    assert wire.is_alive()
    threading.Thread(target=held.go.wait, args=(5,)).start()
    house.run(server, server.worker.stop_now)
    with contextlib.suppress(ConnectionResetError):
        wire.rest()
    held.go.set()
    assert server.stop() == 0


def test_an_idle_connection_is_ended(house):
    wire = house.wire(hello, timeout_keep_alive=0.05)
    wire.request(1)
    wire.answer(1)
    final = wire.hear(wire.GOAWAY)
    assert (last_stream(final), final.code) == (1, 0)
    assert wire.rest() == []


def let_pass(house, server, seconds):
    """As if so many seconds had passed, in two looks."""

    def sweep():
        now = server._loop.time()
        for later in (now, now + seconds):
            for connection in list(server.worker.services.connections):
                connection.sweep(later)

    house.run(server, sweep)


def test_a_connection_with_a_request_is_not_idle(house, held):
    server = house.serve(held)
    wire = house.connect(server)
    wire.greet()
    wire.request(1)
    assert wire.is_alive()
    let_pass(house, server, 1000)
    assert wire.is_alive()
    held.go.set()
    assert wire.answer(1)[2] == b"late"


def test_a_peer_that_says_goodbye_gets_its_answers(house, held):
    wire = house.wire(held)
    wire.request(1)
    wire.say(wire.frame(wire.GOAWAY, 0, 0, bytes(8)))
    assert wire.is_alive()
    held.go.set()
    assert wire.answer(1)[2] == b"late"
    assert all(one.kind == wire.GOAWAY for one in wire.rest())


def test_a_frame_that_does_not_end_is_not_awaited_for_ever(house):
    wire = house.wire(hello, timeout_request_header=0.1, timeout_keep_alive=20)
    wire.say(wire.frame(wire.HEADERS, 5, 1, bytes(100))[:50])
    assert wire.hear().kind == wire.GOAWAY


def test_a_header_block_that_does_not_end_is_not_awaited_for_ever(house, held):
    wire = house.wire(held, timeout_request_header=0.1)
    wire.request(1)
    wire.say(wire.frame(wire.HEADERS, 1, 3, wire.block(*wire.get(b"/"))))
    assert wire.hear(wire.GOAWAY).code == 0


def test_a_peer_that_says_nothing_is_ended(house):
    wire = house.connect(house.serve(hello, timeout_request_header=20, timeout_keep_alive=0.05))
    wire.say(b"PRI * HTTP/2.0\r\n\r\n")
    assert wire.hear(wire.GOAWAY).code == 0


def test_a_body_that_does_not_come_is_not_awaited_for_ever(house):
    wire = house.wire(hello, timeout_request_body=0.1)
    wire.post(1, b"/", (b"content-length", b"10"))
    assert wire.answer(1)[0] == 408
    assert wire.is_alive()


def test_a_handler_is_told_of_a_body_that_does_not_come(house, errors):
    async def read(exchange):
        exchange.start(200, [])
        await exchange.write(b"x")
        await exchange.read()

    wire = house.wire(read, timeout_request_body=0.1)
    wire.post(1, b"/")
    assert wire.hear(wire.RST_STREAM).code == 8
    assert wire.is_alive()
    assert not errors.records


def test_a_handler_that_reads_is_told_of_a_body_that_does_not_come(house):
    async def read(exchange):
        await exchange.read()

    wire = house.wire(read, timeout_request_body=0.1)
    wire.post(1, b"/")
    assert wire.answer(1)[0] == 408


def test_a_handler_that_does_not_read_is_not_the_peers_fault(house, held):
    server = house.serve(held)
    wire = house.connect(server)
    wire.greet()
    wire.post(1, b"/")
    wire.data(1, b"unread")
    assert wire.is_alive()
    let_pass(house, server, 1000)
    assert wire.is_alive()
    held.go.set()
    assert wire.answer(1)[2] == b"late"


def test_a_peer_that_opens_no_window_loses_its_stream(house):
    async def large(exchange):
        exchange.answer(200, [], bytes(100_000))

    wire = house.wire(large, timeout_send=0.1)
    wire.request(1)
    assert wire.hear(wire.RST_STREAM).code == 8
    assert wire.is_alive()


def test_a_peer_that_takes_nothing_loses_its_connection(house):
    ended = threading.Event()

    async def endless(exchange):
        try:
            exchange.start(200, [])
            while True:
                await exchange.write(bytes(65536))
        finally:
            ended.set()

    wire = house.wire(endless, (4, 2**31 - 1), timeout_send=0.1)
    wire.window(2**30, 0)
    wire.request(1)
    assert ended.wait(20)


def test_many_streams_that_write_share_the_connection(house):
    async def stream(exchange):
        exchange.start(200, [])
        for _ in range(40):
            await exchange.write(bytes(65536))
        await exchange.finish()

    wire = house.wire(stream, (4, 2**31 - 1))
    wire.window(2**30, 0)
    for number in range(1, 9, 2):
        wire.request(number)
    received = dict.fromkeys(range(1, 9, 2), 0)
    ended = 0
    while ended < 4:
        heard = wire.hear(wire.DATA)
        received[heard.stream] += len(heard.payload)
        ended += heard.flags & 1
    assert set(received.values()) == {40 * 65536}


def test_idle_connections_make_room_for_newcomers(house):
    server = house.serve(hello, limit_connections=3, timeout_keep_alive=20)
    idle = [house.connect(server) for _ in range(3)]
    for one in idle:
        one.greet()
        assert one.is_alive()
    newcomer = house.connect(server)
    newcomer.greet()
    assert newcomer.is_alive()
    assert len(server.worker.services.connections) <= 3


def test_a_connection_with_a_request_under_way_makes_no_room(house, held):
    server = house.serve(held, limit_connections=1, timeout_keep_alive=20)
    wire = house.connect(server)
    wire.greet()
    wire.request(1)
    assert wire.is_alive()
    newcomer = house.connect(server)
    assert newcomer.socket.recv(65536).startswith(b"HTTP/1.1 503")
    held.go.set()
    assert wire.answer(1)[0] == 200
