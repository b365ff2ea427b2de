"""The end of a connection, in all its forms: after its last answer, at once, with a refusal, in the middle of an answer."""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import TYPE_CHECKING

from hanok.exceptions import ClientDisconnect
from hanok.protocols.connection import PLAIN
from hanok.protocols.h1 import state as states
from hanok.protocols.h1.answer import Framing
from hanok.protocols.h1.exchange import H1Exchange
from hanok.protocols.h1.output import Output
from hanok.protocols.h1.state import H1State
from hanok.protocols.h1.upload import Upload

if TYPE_CHECKING:
    from hanok.protocols.services import Services

LINGER_TIME = 2.0  # seconds for which a peer may take note of our last answer
BUSY = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"

_DISCARDING = H1State.DISCARDING


class Closing(Output):
    """How the connection ends. When it does is the connection's to say: by its answers, its clocks, and the worker's.

    A base of the connection, as ``Output`` is; what both change of a connection's state stands here.
    """

    __slots__ = (
        "_goodbye",
        "_reading_paused",
        "_upload",
        "ended",
        "exchange",
        "state",
    )

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self.state = H1State.IDLE
        self.exchange: H1Exchange | None = None  # the one that is being served
        self.ended = False  # the peer says no more; it may still listen
        self._reading_paused = False
        self._upload: Upload | None = None  # the body that is still coming
        self._goodbye: asyncio.TimerHandle | None = None  # the end of lingering

    # ---- when nothing is left to be said

    def _close(self) -> None:
        self.state = states.ON_CLOSE[self.state]
        self.flush()
        self.gone = True
        self.transport.close()

    def _linger(self) -> None:
        """Stop writing, and give the peer a moment to read before the socket closes (RFC 9112 §9.6)."""
        if self.ended:
            self._close()
            return
        self.flush()
        self.state = states.ON_LINGER[self.state]
        self._upload = None
        self.resume_reading()
        self.gone = True
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._goodbye = self.loop.call_later(LINGER_TIME, self.transport.close)

    def _turn_away(self) -> None:
        """There are more connections than this worker can hold."""
        self.services.turned_away += 1
        self.state = states.ON_CLOSE[self.state]
        self.gone = True
        self.transport.write(BUSY)
        self.transport.close()

    # ---- when something is wrong

    def abort(self) -> None:
        self.gone = True
        self.transport.abort()

    def _refuse(self, status: int, reason: str) -> None:
        """The peer broke the protocol or a limit: say so if nothing was said, then give the connection up."""
        self.services.refused(self.client, status, reason)
        exchange = self.exchange
        if exchange is not None and exchange.framing is not Framing.UNSENT:
            self.fail_answer(exchange)
            return
        if self.state is not _DISCARDING:  # there the answer has been given
            text = reason.encode("latin-1", "replace")
            head, _, _ = self.heads.whole(status, PLAIN, len(text), False, True)
            self.send(head + b"connection: close\r\n\r\n" + text)
            self.flush()
        if exchange is not None:
            exchange.status = status
            if self.services.access is not None:
                self.services.access(exchange)
            self._abandon(exchange)
        self._linger()

    def _abandon(self, exchange: H1Exchange) -> None:
        """The exchange loses its connection while its handler may still run."""
        self.gone = True
        self.exchange = None
        if exchange.queue is not None:
            exchange.queue.fail(ClientDisconnect())
        exchange.over()

    def fail_answer(self, exchange: H1Exchange) -> None:
        """The answer began and cannot be completed: the peer must see that it is cut short."""
        if exchange is not self.exchange:
            return
        if self.services.access is not None:
            self.services.access(exchange)
        self.flush()
        self._abandon(exchange)
        self.state = states.ON_CLOSE[self.state]
        if exchange.framing is Framing.CLOSE:
            self._reset()
        else:
            self.transport.close()

    def _reset(self) -> None:
        """End the connection so that the peer cannot take it for the end of the answer."""
        sock = self.transport.get_extra_info("socket")
        if sock is not None and sock.family != getattr(socket, "AF_UNIX", None):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()

    # ---- reading

    def pause_reading(self) -> None:
        if not self._reading_paused and not self.gone and not self.ended:
            self._reading_paused = True
            self.transport.pause_reading()

    def resume_reading(self) -> None:
        if self._reading_paused and not self.gone:
            self._reading_paused = False
            self.transport.resume_reading()
