"""With many requests under way a new one does not take what was given back for those that wait."""

from __future__ import annotations

import asyncio
from typing import Any

from hanok.exchange import Exchange
from hanok.protocols.h1.answer import Heads
from hanok.protocols.h1.connection import H1Connection
from hanok.protocols.services import CROWD, Services
from hanok.server.config import Config


class Pipe(asyncio.Transport):
    """Drops what it is given."""

    def write(self, data: Any) -> None: ...

    def is_closing(self) -> bool:
        return False

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default


async def served(waiting: int) -> list[str]:
    """Who got the one thing of a pool, in order: ``waiting`` requests wait for it, and one comes just as it is given back."""
    pool: asyncio.LifoQueue[object] = asyncio.LifoQueue()
    order: list[str] = []

    async def handle(exchange: Exchange) -> None:
        thing = await pool.get()
        order.append(exchange.path)
        exchange.answer(200, [], b"")
        pool.put_nowait(thing)

    services = Services(asyncio.get_running_loop(), handle, Config(), Heads())

    def ask(path: str) -> None:
        connection = H1Connection(services)
        connection.connection_made(Pipe())
        connection.data_received(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())

    for number in range(waiting):
        ask(f"/{number}")
    await asyncio.sleep(0)
    pool.put_nowait(object())
    ask("/late")
    await asyncio.gather(*services.tasks)
    return order


def test_who_comes_late_waits_its_turn_in_a_crowd() -> None:
    order = asyncio.run(served(CROWD))
    assert order[0] == "/0"
    assert len(set(order)) == CROWD + 1


def test_every_request_is_served_without_a_crowd() -> None:
    assert sorted(asyncio.run(served(3))) == ["/0", "/1", "/2", "/late"]
