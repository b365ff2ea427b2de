"""How many others are answered while one waits: ``python -m bench.fairness --works db --peers fastapi hanok``.

Each connection sends its next request when it has the answer to the last. Served first come, first served, each request
waits for one of every other connection: 63 of 64. That is counted, not timed, so it can be told on a busy machine too. Where
newcomers take connections of the pool before those that wait, it shows in the last hundredth. docs/databases.md has what was
found.
"""

from __future__ import annotations

import argparse
import asyncio
import os
from typing import cast

from rich.console import Console
from rich.table import Table

from bench.databases import FOLDER, POOL, WORKS
from bench.environment import prepare
from bench.peer import Peer, read_peers
from bench.postgres import cluster
from bench.processes import Server

CONNECTIONS = 64
SHARES = (0.5, 0.9, 0.99, 0.999)
SECONDS = 60.0

console = Console()


class Crowd:
    """All connections together: how many answers they have had, and how many each request has seen go by."""

    def __init__(self, wanted: int) -> None:
        self.wanted = wanted
        self.answered = 0
        self.overtaken: list[int] = []
        self.full = asyncio.get_running_loop().create_future()

    def answer(self, begun: int) -> bool:
        """Note one to a request that was sent when so many had been answered; whether more are wanted."""
        self.overtaken.append(self.answered - begun)
        self.answered += 1
        if self.answered < self.wanted:
            return True
        if not self.full.done():
            self.full.set_result(None)
        return False

    def at(self, share: float) -> int:
        """So many or fewer had this share of the requests, without those of the start."""
        later = sorted(self.overtaken[self.wanted // 5 :])
        return later[min(len(later) - 1, int(len(later) * share))]


class Client(asyncio.Protocol):
    """One connection of the crowd."""

    def __init__(self, crowd: Crowd, request: bytes) -> None:
        self.crowd = crowd
        self.request = request
        self.received = b""
        self.begun = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.crowd.full.done():
            self.crowd.full.set_exception(error or ConnectionResetError("the server has closed a connection"))

    def send(self) -> None:
        self.begun = self.crowd.answered
        self.transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        self.received += data
        head, end, body = self.received.partition(b"\r\n\r\n")
        if not end:
            return
        first, *fields = head.lower().split(b"\r\n")
        size = next(int(field.partition(b":")[2]) for field in fields if field.startswith(b"content-length:"))
        if len(body) < size:
            return
        if first.split()[1] != b"200":
            raise ValueError(repr(head))
        self.received = b""
        if self.crowd.answer(self.begun):
            self.send()


async def press(port: int, path: str, wanted: int) -> Crowd:
    loop = asyncio.get_running_loop()
    crowd = Crowd(wanted)
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
    made = [await loop.create_connection(lambda: Client(crowd, request), "127.0.0.1", port) for _ in range(CONNECTIONS)]
    try:
        for _, client in made:
            client.send()
        await asyncio.wait_for(crowd.full, SECONDS)
    finally:
        for transport, _ in made:
            transport.abort()
    return crowd


def count(peer: Peer, work: str, requests: int, core: int | None) -> Crowd:
    with Server(peer, work, core) as server:
        return asyncio.run(press(server.port, WORKS[work].path, requests))


def main() -> None:
    declared = read_peers(FOLDER, WORKS)
    parser = argparse.ArgumentParser(description="Count how many others are answered while one waits.")
    parser.add_argument("--works", nargs="+", default=["db"], choices=list(WORKS), metavar="WORK")
    parser.add_argument("--peers", nargs="+", default=list(declared), choices=list(declared), metavar="PEER")
    parser.add_argument("--requests", type=int, default=5000)
    options = parser.parse_args()
    absent = prepare([declared[key] for key in options.peers], console.print)
    have = sorted(os.sched_getaffinity(0))
    cores = (have[0], have[1]) if len(have) > 1 else (None, None)
    table = Table(title=f"others answered while one waits; {CONNECTIONS} connections, a pool of {POOL}")
    for column in ("work", "peer", *(f"{share:.1%}" for share in SHARES)):
        table.add_column(column, justify="left" if column in ("work", "peer") else "right")
    with cluster(cores[1]) as database:
        os.environ.update(database.environment | {"BENCH_POOL": str(POOL)})
        for work in options.works:
            for peer in (declared[key] for key in options.peers if key not in absent):
                if work in peer.works:
                    crowd = count(peer, work, options.requests, cores[0])
                    table.add_row(work, peer.name, *(str(crowd.at(share)) for share in SHARES))
    console.print(table)


if __name__ == "__main__":
    main()
