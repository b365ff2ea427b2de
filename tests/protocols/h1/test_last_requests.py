"""What a client sends on a kept connection while the server begins to stop: a proxy does, and repeats no POST."""

from __future__ import annotations

import asyncio
import threading

import pytest

POST = b"POST /order HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"


async def echo(exchange):
    exchange.answer(200, [(b"content-type", b"text/plain")], await exchange.read())


@pytest.fixture
def kept(house):
    """``kept(...)``: a server with these options, and a client whose connection has been used and is idle."""

    def make(function=echo, **options):
        server = house.serve(function, **{"timeout_graceful_shutdown": 60, "timeout_idle_shutdown": 30, **options})
        client = house.connect(server)
        client.say(POST)
        assert client.answer()[::2] == (200, b"abc")
        return server, client

    return make


def stop(house, server):
    """Returns when the server has begun to stop."""
    server._loop.call_soon_threadsafe(server.worker.stop)
    while not server.worker.services.draining:
        pass


def test_a_request_that_was_on_its_way_is_answered_and_told_that_it_was_the_last(house, kept):
    server, client = kept()
    stop(house, server)
    client.say(POST)
    status, headers, body = client.answer()
    assert (status, headers["connection"], body) == (200, "close", b"abc")
    assert client.rest() == b""
    assert server.stop() == 0


def test_so_is_one_of_which_only_the_beginning_had_come(house, kept):
    server, client = kept()
    client.say(POST[:20])
    [connection] = server.worker.services.connections
    while not connection._buffer:
        pass
    stop(house, server)
    client.say(POST[20:])
    assert client.answer()[1]["connection"] == "close"
    assert server.stop() == 0


def test_and_one_that_follows_an_answer_that_began_before(house, kept):
    go = threading.Event()

    async def handler(exchange):
        if exchange.path == "/order":
            await echo(exchange)
            return
        exchange.start(200, [])
        await exchange.write(b"one")
        await asyncio.to_thread(go.wait)
        await exchange.write(b"two")
        await exchange.finish()

    server, client = kept(handler)
    client.say(b"GET /long HTTP/1.1\r\nHost: x\r\n\r\n")
    client.hear(b"one\r\n")
    stop(house, server)
    go.set()
    client.hear(b"0\r\n\r\n")
    client.say(POST)
    assert client.answer()[1]["connection"] == "close"
    assert server.stop() == 0


def test_what_has_come_and_was_not_read_when_the_grace_is_over_is_answered(house, kept):
    server, client = kept()
    stop(house, server)
    [connection] = server.worker.services.connections
    sent = threading.Event()

    def be_late():
        sent.wait(20)  # the event loop does not read meanwhile
        connection._leave()

    server._loop.call_soon_threadsafe(be_late)
    client.say(POST)
    sent.set()
    assert client.answer()[::2] == (200, b"abc")
    assert server.stop() == 0


def test_who_asks_nothing_more_is_let_go_when_the_grace_is_over(kept):
    server, client = kept(timeout_idle_shutdown=0.05)
    server._loop.call_soon_threadsafe(server.worker.stop)
    assert client.rest() == b""
    assert server.stop() == 0


def test_a_client_that_goes_ends_the_grace(house, kept):
    server, client = kept()
    stop(house, server)
    client.close()
    assert server.stop() == 0


@pytest.mark.parametrize(("idle", "whole", "grace"), [(1, 30, 1), (1, None, 1), (30, 30, 15), (1, 0, 0), (0, 30, 0)])
def test_the_grace_leaves_time_for_those_who_come_in_it(house, idle, whole, grace):
    server = house.serve(echo, timeout_idle_shutdown=idle, timeout_graceful_shutdown=whole)
    assert server.worker._grace == grace
