"""Observed: all that watches one worker — its access log, its counters, and the admin listener that tells of them.

Nothing here costs a request anything unless the options ask for it.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from hanok.exceptions import ConfigError
from hanok.observe.board import Board
from hanok.protocols.h1.connection import H1Connection
from hanok.protocols.services import Services
from hanok.server.config import Config
from hanok.server.listeners import accept_on, bind, files_of, remove_unused
from hanok.server.logs import access_log

if TYPE_CHECKING:
    from hanok.observe.access_log import AccessLog
    from hanok.observe.counters import Counters

SPARE_SLOTS = 64  # for workers that are added later, and for those that are being replaced


@dataclass(frozen=True)
class Panel:
    """What the processes of one server share to be watched: the board, and the sockets of the admin listener.

    Can be handed to a process that is being spawned. ``slot`` is the place of one worker on the board.
    """

    board: Board
    sockets: list[socket.socket] = field(default_factory=list)
    slot: int = 0
    files: list[str] = field(default_factory=list)  # of those that are Unix domain sockets

    @classmethod
    def of(cls, config: Config) -> Panel | None:
        """A panel with its listeners, if ``admin_bind`` asks for them; made by the process that lives longest.

        Raises ConfigError if the address cannot be had.
        """
        if config.admin_bind is None:
            return None
        asked = replace(config, bind=(config.admin_bind,), uds=None, fd=None, reuse_port=False)
        try:
            sockets = bind(asked)
        except ConfigError as error:
            raise ConfigError(str(error).replace("--bind", "--admin-bind")) from None
        return cls(Board(config.workers + SPARE_SLOTS), sockets, files=files_of(sockets))

    def at(self, slot: int) -> Panel:
        """The same for one worker."""
        return replace(self, slot=slot)

    def close(self) -> None:
        self.board.close()
        for sock in self.sockets:
            sock.close()
        remove_unused(self.files)  # a server that has listened on a socket has closed it, too


class Observed:
    """Made in the worker's event loop; without a ``panel`` it makes its own, if the options ask for one.

    Raises ConfigError if a log file cannot be opened or an address not be had.
    """

    def __init__(self, config: Config, loop: asyncio.AbstractEventLoop, panel: Panel | None = None) -> None:
        self.config = config
        self.loop = loop
        self._own_panel = Panel.of(config) if panel is None else None
        self.panel = self._own_panel if panel is None else panel
        self.log: AccessLog | None = access_log(config, loop)
        self.counters: Counters | None = None
        self._services: Services | None = None
        self._servers: list[asyncio.AbstractServer] = []
        self._apart: Services | None = None  # of the admin listener

    def watch(self, services: Services) -> None:
        """Be told of every answer of these services."""
        self._services = services
        if self.panel is not None:
            from hanok.observe.counters import Counters

            self.counters = Counters(self.panel.board, self.panel.slot, time.perf_counter, self._gauges)
        services.access, wanted = self.log, self.log and self.log.begun
        if self.counters is not None:
            counted = self.counters.answered
            services.access = counted if self.log is None else both(self.log, counted)
            wanted = wanted or no_more
        if wanted is not None:
            services.begun = starting_clock(wanted)

    def _gauges(self) -> tuple[int, int]:
        services = self._services
        return (len(services.connections), len(services.tasks)) if services is not None else (0, 0)

    async def listen(self) -> None:
        """Open the admin listener."""
        panel, counters, services = self.panel, self.counters, self._services
        if panel is None or counters is None or services is None:
            return
        from hanok.observe.admin import Admin

        handler = Admin(panel.board, counters, lambda: services.draining).handle
        # The operator's connections are apart from the public's: limits and counts are not theirs.
        settings = replace(self.config, limit_concurrency=None, root_path="")
        apart = self._apart = Services(self.loop, handler, settings, services.heads)

        def connection() -> H1Connection:
            return H1Connection(apart)

        for sock in panel.sockets:
            self._servers.append(await accept_on(sock, connection, self.loop, backlog=64))

    def become(self, state: str) -> None:
        """The worker has come to another state: starting, serving, draining, gone."""
        if self.counters is not None:
            self.counters.become(state)

    def tick(self, period: float) -> None:
        """Called about every ``period`` seconds."""
        if self.counters is not None:
            self.counters.tick(period)
        if self._apart is not None:
            self._apart.sweep()

    def reopen(self) -> None:
        """Open the log files again by their names."""
        if self.log is not None:
            self.log.reopen()

    async def close(self) -> None:
        """The worker has ended."""
        for server in self._servers:
            server.close()
        if self._apart is not None:
            for connection in list(self._apart.connections):
                connection.abort()
            await asyncio.sleep(0)  # let the transports say that they are closed
            for server in self._servers:
                await server.wait_closed()
        self.become("gone")
        if self._own_panel is not None:
            self._own_panel.close()
        if self.log is not None:
            self.log.close()


def no_more(exchange: Any) -> None:
    """The clock alone is wanted."""


def both(first: Callable[[Any], None], second: Callable[[Any], None]) -> Callable[[Any], None]:
    def tell(exchange: Any) -> None:
        first(exchange)
        second(exchange)

    return tell


def starting_clock(then: Callable[[Any], None]) -> Callable[[Any], None]:
    # The loop's own clock stands still while the loop does not turn, and most requests are answered in one turn.
    clock = time.perf_counter

    def begin(exchange: Any) -> None:
        exchange.started = clock()
        then(exchange)

    return begin
