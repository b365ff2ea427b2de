"""With many requests under way a new one does not take what was given back for those that wait."""

from __future__ import annotations

import asyncio
from typing import Any

from hanok.protocols.h1.answer import Heads
from hanok.protocols.h1.connection import H1Connection
from hanok.protocols.services import CROWD, Services
from hanok.protocols.ws import upgrade
from hanok.server.config import Config

HANDSHAKE = (
    "Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)


class Pipe(asyncio.Transport):
    """Drops what it is given."""

    def write(self, data: Any) -> None: ...

    def set_protocol(self, protocol: Any) -> None: ...

    def resume_reading(self) -> None: ...

    def close(self) -> None: ...

    def get_write_buffer_size(self) -> int:
        return 0

    def is_closing(self) -> bool:
        return False

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default


async def served(waiting: int, websockets: int = 0) -> list[str]:
    """Who got the one thing of a pool, in order: ``waiting`` requests wait for it, and one comes just as it is given back.

    So many WebSockets are open all the time.
    """
    pool: asyncio.LifoQueue[object] = asyncio.LifoQueue()
    order: list[str] = []
    closed = asyncio.Event()

    async def handle(exchange: Any) -> None:
        if exchange.kind == "websocket":
            await exchange.send({"type": "websocket.accept"})
            await closed.wait()
            return
        thing = await pool.get()
        order.append(exchange.path)
        exchange.answer(200, [], b"")
        pool.put_nowait(thing)

    services = Services(asyncio.get_running_loop(), handle, Config(), Heads(), websocket=upgrade)

    def ask(path: str, more: str = "") -> None:
        connection = H1Connection(services)
        connection.connection_made(Pipe())
        connection.data_received(f"GET {path} HTTP/1.1\r\nHost: a\r\n{more}\r\n".encode())

    for _ in range(websockets):
        ask("/socket", HANDSHAKE)
    assert len(services.tasks) == websockets
    for number in range(waiting):
        ask(f"/{number}")
    await asyncio.sleep(0)
    pool.put_nowait(object())
    ask("/late")
    closed.set()
    await asyncio.gather(*services.tasks)
    assert services.running == 0
    return order


def test_who_comes_late_waits_its_turn_in_a_crowd() -> None:
    order = asyncio.run(served(CROWD))
    assert order[0] == "/0"
    assert len(set(order)) == CROWD + 1


def test_every_request_is_served_without_a_crowd() -> None:
    assert sorted(asyncio.run(served(3))) == ["/0", "/1", "/2", "/late"]


def test_websockets_are_no_crowd() -> None:
    # Else the newcomer would wait its turn, and the first in line get the thing.
    assert asyncio.run(served(3, CROWD)) == asyncio.run(served(3))
