"""Ten megabytes, and one side that does not move: what the server holds of them stays within its windows."""

import asyncio
import socket
import threading
import time

import pytest

from hanok.protocols.h1.incoming import HIGH_WATER

MEGABYTE = 2**20
SIZE = 10 * MEGABYTE
READ_AT_ONCE = 2**18  # the most that a transport reads before anybody can object
PIECE = b"x" * 65536
HEAD = b"POST / HTTP/1.1\r\nhost: a\r\n%b\r\n"


def until(condition):
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def chunks(size):
    return b"".join(b"%x\r\n%b\r\n" % (len(PIECE), PIECE) for _ in range(size // len(PIECE))) + b"0\r\n\r\n"


@pytest.mark.parametrize("chunked", [False, True])
def test_of_a_body_that_nobody_reads_little_is_here(house, chunked):
    go_on, seen = threading.Event(), {}

    async def handler(exchange):
        seen["queue"] = exchange.queue
        while not go_on.is_set():
            seen["most"] = max(seen.get("most", 0), exchange.queue.size)
            await asyncio.sleep(0.001)
        read = 0
        while piece := await exchange.next_chunk():
            read += len(piece)
            seen["most"] = max(seen["most"], exchange.queue.size)
        exchange.answer(200, [], b"%d" % read)

    server = house.serve(handler)
    client = house.connect(server)
    if chunked:
        fields, body = b"transfer-encoding: chunked\r\n", chunks(SIZE)
    else:
        fields, body = b"content-length: %d\r\n" % SIZE, bytes(SIZE)
    sender = threading.Thread(target=client.say, args=(HEAD % fields + body,))
    sender.start()
    until(lambda: any(one._reading_paused for one in list(server.worker.services.connections)))
    assert seen["queue"].total < SIZE // 2
    go_on.set()
    assert client.answer()[2] == b"%d" % SIZE
    sender.join()
    assert seen["most"] <= HIGH_WATER + READ_AT_ONCE


def test_an_answer_that_nobody_takes_is_not_made(house):
    made = []

    async def handler(exchange):
        exchange.start(200, [(b"content-type", b"application/octet-stream")])
        transport = exchange.connection.transport
        for _ in range(SIZE * 4 // len(PIECE)):
            await exchange.write(PIECE)
            made.append(transport.get_write_buffer_size())
        await exchange.finish()

    server = house.serve(handler)
    client = house.connect(server)
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    client.say(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
    head = client.hear(b"\r\n\r\n")
    until(lambda: any(one.write_paused for one in list(server.worker.services.connections)))
    assert len(made) < SIZE * 4 // len(PIECE)
    received = bytearray()
    wanted = SIZE * 4 + (SIZE * 4 // len(PIECE)) * len(b"10000\r\n\r\n") + len(b"0\r\n\r\n")
    while len(received) < wanted:
        received += client.socket.recv(MEGABYTE)
    assert b"chunked" in head
    assert received.endswith(b"x\r\n0\r\n\r\n")
    assert len(made) == SIZE * 4 // len(PIECE)
    assert max(made) <= 2 * (len(PIECE) + 16)


@pytest.mark.parametrize("size", [1, 65535, 65536, 126_975, 126_976, 300_000])
@pytest.mark.parametrize("length", [False, True])
def test_pieces_of_any_size_arrive_as_they_were_written(house, size, length):
    pieces = [bytes([65 + number]) * size for number in range(4)]

    async def handler(exchange):
        exchange.start(200, [(b"content-length", b"%d" % (4 * size))] if length else [])
        for piece in pieces:
            await exchange.write(piece)
        await exchange.finish()

    client = house.client(handler)
    client.say(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
    assert client.answer()[2] == b"".join(pieces)
    client.say(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
    assert client.answer()[2] == b"".join(pieces)


def test_a_handler_that_waits_gets_the_body_piece_by_piece_and_the_connection_goes_on(house):
    async def handler(exchange):
        sizes = []
        async for piece in exchange.stream():
            sizes.append(len(piece))
        exchange.answer(200, [], b"%d" % sum(sizes))

    client = house.client(handler)
    for size in (70_000, 200_000, 1_000_000):
        client.say(HEAD % (b"content-length: %d\r\n" % size) + bytes(size))
        status, headers, body = client.answer()
        assert (status, body) == (200, b"%d" % size)
        assert "connection" not in headers
        client.say(HEAD % b"transfer-encoding: chunked\r\n" + b"%x\r\n" % size + bytes(size))
        client.say(b"\r\n0\r\n\r\nGET / HTTP/1.1\r\nhost: a\r\n\r\n")
        assert [client.answer()[2], client.answer()[2]] == [b"%d" % size, b"0"]
