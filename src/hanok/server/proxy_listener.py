"""A listener whose connections begin with the PROXY protocol.

The header stands before TLS, so it has to leave the socket before a transport is made of it, and not a byte more:
we look at what has come (``MSG_PEEK``) and take what belongs to the header.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from hanok.exceptions import RemoteProtocolError
from hanok.protocols.proxy_protocol import Introduction, ProxyHeader, ProxyParser

if TYPE_CHECKING:
    from hanok.protocols.forwarded import Trusted

logger = logging.getLogger("hanok.error")

AT_ONCE = 64  # connections that are accepted in one turn of the event loop
LOOK = 4096  # bytes that are looked at
PAUSE = 1.0  # seconds without accepting when the process has no descriptor left
EXHAUSTED = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


class ProxyListener:
    """Accepts on ``sock``, reads the header, and makes a connection of ``make`` of what follows.

    ``options`` go to ``connect_accepted_socket``: TLS is what they say.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        sock: socket.socket,
        make: Callable[[], asyncio.BaseProtocol],
        trusted: Trusted,
        timeout: float,
        **options: Any,
    ) -> None:
        self.loop = loop
        self.sock = sock
        self.make = make
        self.trusted = trusted
        self.timeout = timeout
        self.options = options
        self.arrivals: set[Arrival] = set()
        self.tasks: set[asyncio.Task[None]] = set()
        self._paused: asyncio.TimerHandle | None = None
        sock.setblocking(False)
        loop.add_reader(sock.fileno(), self._accept)

    def close(self) -> None:
        """Accept no more, and drop the connections that have not said yet whose they are."""
        if self._paused is not None:
            self._paused.cancel()
        self.loop.remove_reader(self.sock.fileno())
        self.sock.close()
        for arrival in list(self.arrivals):
            arrival.drop()

    def _accept(self) -> None:
        for _ in range(AT_ONCE):
            try:
                sock, _ = self.sock.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                if error.errno not in EXHAUSTED:
                    raise
                logger.error("no connection can be accepted: %s", error.strerror)
                self.loop.remove_reader(self.sock.fileno())
                self._paused = self.loop.call_later(PAUSE, self.loop.add_reader, self.sock.fileno(), self._accept)
                return
            sock.setblocking(False)
            try:
                name = sock.getpeername()
            except OSError:
                sock.close()  # it has gone already
                continue
            host = name[0] if isinstance(name, tuple) else ""
            if not self.trusted.trusts(host):
                # The protocol must not be guessed (§2 of its specification), and this peer may not speak it.
                logger.warning("%s is no proxy of --proxy-allow-ips; its connection is closed", host)
                sock.close()
                continue
            Arrival(self, sock).read()

    async def connect(self, sock: socket.socket, header: ProxyHeader) -> None:
        """Make the connection. TLS that fails is the client's affair."""
        try:
            await self.loop.connect_accepted_socket(lambda: Introduction(self.make, header), sock, **self.options)
        except (OSError, ssl.SSLError):
            sock.close()


class Arrival:
    """A connection before its first byte of TLS or HTTP."""

    __slots__ = ("_listener", "_parser", "_sock", "_timer", "_waits")

    def __init__(self, listener: ProxyListener, sock: socket.socket) -> None:
        self._listener = listener
        self._sock = sock
        self._parser = ProxyParser()
        self._waits = False
        self._timer = listener.loop.call_later(listener.timeout, self.drop)
        listener.arrivals.add(self)

    def read(self) -> None:
        """Called when there may be something. What is taken was part of the header, so no byte is looked at twice."""
        parser = self._parser
        try:
            while parser.header is None:
                seen = self._sock.recv(LOOK, socket.MSG_PEEK)
                if not seen:
                    self.drop()
                    return
                self._sock.recv(parser.feed(seen))
        except (BlockingIOError, InterruptedError):
            if not self._waits:
                self._waits = True
                self._listener.loop.add_reader(self._sock.fileno(), self.read)
            return
        except (OSError, RemoteProtocolError) as error:
            if isinstance(error, RemoteProtocolError):
                logger.warning("a connection is closed: %s", error)
            self.drop()
            return
        self._leave()
        listener = self._listener
        task = listener.loop.create_task(listener.connect(self._sock, parser.header))
        listener.tasks.add(task)
        task.add_done_callback(listener.tasks.discard)

    def drop(self) -> None:
        self._leave()
        self._sock.close()

    def _leave(self) -> None:
        self._timer.cancel()
        self._listener.arrivals.discard(self)
        if self._waits:
            self._listener.loop.remove_reader(self._sock.fileno())
            self._waits = False
