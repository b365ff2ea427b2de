"""Protocols that are loaded when they are first spoken, and the connections that wait for it.

HTTP/2 and WebSocket bring a library each, which most workers never need. To import one takes tens of milliseconds. In the
event loop all other requests would wait as long; so a thread does it, and only those wait that speak the protocol.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeAlias, cast

if TYPE_CHECKING:
    from hanok.protocols.services import Services

logger = logging.getLogger("hanok.error")

Factory: TypeAlias = "Callable[..., asyncio.Protocol]"


class OnDemand:
    """A factory of connections, as ``Services`` has them (which are its last argument), that a module has under a name."""

    def __init__(self, module: str, name: str) -> None:
        self.module = module
        self.name = name
        self._factory: Factory | None = None
        self._waiting: list[Opening] | None = None  # None until a thread has been started

    def __call__(self, *arguments: Any) -> asyncio.Protocol:
        factory = self.loaded()
        return Opening(self, arguments) if factory is None else factory(*arguments)

    def loaded(self) -> Factory | None:
        """The factory, if its module is there."""
        if self._factory is None:
            self._factory = getattr(sys.modules.get(self.module), self.name, None)
        return self._factory

    def load(self, loop: asyncio.AbstractEventLoop, *waiting: Opening) -> None:
        """Begin to load it, if nobody has; then go on with those that wait. Called in the event loop."""
        if self.loaded() is not None:
            for one in waiting:
                one.open()
        elif self._waiting is not None:
            self._waiting += waiting
        else:
            self._waiting = [*waiting]
            threading.Thread(target=self._load, args=(loop,), name=f"hanok loads {self.module}", daemon=True).start()

    def _load(self, loop: asyncio.AbstractEventLoop) -> None:
        """In the thread."""
        try:
            import_module(self.module)
        except Exception:
            logger.exception("%s cannot be loaded", self.module)
        with suppress(RuntimeError):  # the worker has ended meanwhile
            loop.call_soon_threadsafe(self._go_on)

    def _go_on(self) -> None:
        waiting, self._waiting = self._waiting, None
        for one in waiting or ():
            if self.loaded() is None:
                one.abort()
            else:
                one.open()


class Opening(asyncio.Protocol):
    """A connection whose protocol is being loaded. It keeps what comes and says nothing."""

    def __init__(self, demand: OnDemand, arguments: tuple[Any, ...]) -> None:
        self.demand = demand
        self.arguments = arguments
        self.services: Services = arguments[-1]
        self.gone = self.ended = False
        self._received: list[bytes] = []
        self._was_reading = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.services.connections.add(self)
        self._was_reading = self.transport.is_reading()
        self.transport.pause_reading()
        self.demand.load(self.services.loop, self)

    def data_received(self, data: bytes) -> None:
        self._received.append(data)

    def eof_received(self) -> bool:
        self.ended = self.transport.can_write_eof()
        return self.ended

    def connection_lost(self, exc: Exception | None) -> None:
        self.gone = True
        self.services.connections.discard(self)

    def open(self) -> None:
        """The protocol is there: hand the transport over, as the HTTP/1.1 connection would have done."""
        if self.gone or self.transport.is_closing():
            return
        self.services.connections.discard(self)
        if self._was_reading:
            self.transport.resume_reading()
        protocol = self.demand(*self.arguments)
        self.transport.set_protocol(protocol)
        protocol.connection_made(self.transport)
        for data in self._received:
            protocol.data_received(data)
        if self.ended and not protocol.eof_received():
            self.transport.close()

    # ---- called by the worker, as of any connection

    def sweep(self, now: float) -> None:
        """An import ends by itself."""

    def drain(self) -> None:
        """The protocol is told that the worker stops when it begins."""

    def abort(self) -> None:
        self.gone = True
        self.services.connections.discard(self)
        self.transport.abort()

    def idle_since(self) -> float | None:
        return None
