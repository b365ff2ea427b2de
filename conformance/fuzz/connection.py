"""The same stream through a whole connection: what the application behind it gets, and what the peer is answered."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from hanok.exceptions import ClientDisconnect
from hanok.protocols.h1.answer import Heads
from hanok.protocols.h1.connection import H1Connection
from hanok.protocols.services import Services
from hanok.server.config import Config

ANSWER = [(b"x-fuzz", b"1")]
TURNS = 200  # of the event loop; what has not come to rest by then is reported


@dataclass(slots=True)
class Served:
    """``requests``: method, target and body of those that were read to their end; ``wrong``: what must not happen."""

    requests: list[tuple[bytes, bytes, bytes]] = field(default_factory=list)
    written: bytes = b""
    is_closed: bool = False
    wrong: list[str] = field(default_factory=list)


class Pipe(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self, served: Served) -> None:
        super().__init__()
        self.served = served

    def write(self, data: Any) -> None:
        if self.served.is_closed:
            self.served.wrong.append(f"{bytes(data)!r} is written after the end")
        self.served.written += bytes(data)

    def writelines(self, pieces: Any) -> None:
        self.write(b"".join(pieces))

    def write_eof(self) -> None:
        self.served.is_closed = True

    def can_write_eof(self) -> bool:
        return True

    def close(self) -> None:
        self.served.is_closed = True

    abort = close

    def is_closing(self) -> bool:
        return self.served.is_closed

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...

    def get_write_buffer_size(self) -> int:
        return 0

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return ("127.0.0.1", 50000) if name in ("peername", "sockname") else default


class Bench:
    """An event loop of its own, in which one connection after the other lives. ``close`` it."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.config = Config()
        self.heads = Heads()
        self.served = Served()
        self.loop.set_exception_handler(lambda loop, context: self.served.wrong.append(repr(context)))
        # That requests are refused is what this is about; saying so thousands of times is not.
        self.log = logging.getLogger("hanok.fuzz")
        self.log.propagate = False
        self.log.addHandler(logging.NullHandler())

    def close(self) -> None:
        self.loop.close()

    async def handle(self, exchange: Any) -> None:
        served = self.served
        try:
            body = await exchange.read()
        except ClientDisconnect:
            raise
        except Exception as error:
            served.wrong.append(f"reading the body: {error!r}")
            raise
        served.requests.append((exchange.method.encode(), exchange.raw_path, body))
        exchange.answer(200, ANSWER, b"")

    def serve(self, data: bytes, cuts: tuple[int, ...] = ()) -> Served:
        return self.loop.run_until_complete(self._serve(data, cuts))

    async def _serve(self, data: bytes, cuts: tuple[int, ...]) -> Served:
        served = self.served = Served()
        services = Services(self.loop, self.handle, self.config, self.heads)
        services.error_log = self.log
        connection = H1Connection(services)
        connection.connection_made(Pipe(served))
        try:
            for begin, end in pairwise([0, *cuts, len(data)]):
                if begin < end and not served.is_closed:
                    connection.data_received(data[begin:end])
                    await self._rest(served, connection)
            connection.connection_lost(None)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        except Exception as error:  # whatever it is, it is found
            served.wrong.append(f"the connection: {error!r}")
        return served

    async def _rest(self, served: Served, connection: H1Connection) -> None:
        """Until nothing happens any more."""
        calm = 0
        before: object = None
        for _ in range(TURNS):
            await asyncio.sleep(0)
            now = len(served.requests), len(served.written), connection.state, connection._turn is None
            calm = calm + 1 if now == before else 0
            before = now
            if calm == 3 and connection._turn is None:
                return
        served.wrong.append(f"no rest after {TURNS} turns of the event loop")
