"""A fast peer's answers may fill more of the kernel; a slow one's may not."""

import asyncio
import socket

import pytest

from hanok.http import StreamingResponse
from hanok.protocols.unsent import FROM, MOST, allow_more, takes_more
from hanok.server.config import Config
from hanok.server.listeners import UNSENT_IN_KERNEL, bind
from hanok.server.worker import Worker

pytestmark = pytest.mark.skipif(not hasattr(socket, "TCP_NOTSENT_LOWAT"), reason="the system has no such option")
MEGABYTE = 2**20


def limit_of(sock):
    return sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT)


class Transport(asyncio.Transport):
    def __init__(self, sock):
        super().__init__({"socket": sock})


@pytest.fixture
def sock():
    with socket.socket() as made:
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_IN_KERNEL)
        yield made


def test_one_looks_each_time_that_an_answer_has_doubled():
    looked = [sent for sent in range(MEGABYTE, 32 * MEGABYTE, 65536) if takes_more(sent, 65536)]
    assert looked == [2 * MEGABYTE, 4 * MEGABYTE, 8 * MEGABYTE, 16 * MEGABYTE]
    assert takes_more(FROM + 5, 6)
    assert not takes_more(FROM - 1, FROM - 1)


@pytest.mark.parametrize(("sent", "allowed"), [(2, 1), (4, 2), (8, 2), (64, 2)])
def test_half_of_what_was_taken_is_allowed_and_no_more_than_the_kernel_would(sock, sent, allowed):
    allow_more(Transport(sock), sent * MEGABYTE, 0.5)
    assert limit_of(sock) == allowed * MEGABYTE <= MOST


def test_a_slow_peer_gets_no_more(sock):
    allow_more(Transport(sock), 8 * MEGABYTE, 10.0)
    assert limit_of(sock) == UNSENT_IN_KERNEL


def test_what_was_allowed_is_not_taken_back(sock):
    allow_more(Transport(sock), 8 * MEGABYTE, 0.1)
    allow_more(Transport(sock), 2 * MEGABYTE, 0.1)
    assert limit_of(sock) == MOST


def test_a_socket_without_a_limit_or_of_another_family_is_left_alone(tmp_path):
    allow_more(Transport(None), 8 * MEGABYTE, 0.1)
    with socket.socket() as free:
        before = limit_of(free)
        allow_more(Transport(free), 8 * MEGABYTE, 0.1)
        assert limit_of(free) == before
    with socket.socket(socket.AF_UNIX) as local:
        allow_more(Transport(local), 8 * MEGABYTE, 0.1)
    allow_more(Transport(free), 8 * MEGABYTE, 0.1)  # closed: nothing to be done


def test_a_download_earns_it():
    sockets = bind(Config(port=0))
    limits = []

    async def app(scope, receive, send):
        async def pieces():
            for _ in range(5 * 16):
                yield bytes(65536)
            limits.extend(map(limit_of_peer, list(worker.services.connections)))

        await StreamingResponse(pieces())(scope, receive, send)

    def limit_of_peer(connection):
        return limit_of(connection.transport.get_extra_info("socket"))

    async def main():
        ready = asyncio.Event()
        worker.on_ready = ready.set
        serving = asyncio.create_task(worker.serve(sockets))
        await ready.wait()
        reader, writer = await asyncio.open_connection(*sockets[0].getsockname()[:2])
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        size = 0
        while piece := await reader.read(2**20):
            size += len(piece)
        assert size > 5 * MEGABYTE
        writer.close()
        worker.stop()
        await serving

    async def made():
        nonlocal worker
        worker = Worker(Config(port=0, lifespan="off"), app)
        await main()

    worker = None
    asyncio.run(made())
    for sock in sockets:
        sock.close()
    assert limits == [2 * MEGABYTE]
