"""Reader: the half of a WebSocket connection that takes frames apart.

Nearly all frames are messages: data, not fragmented, no extension. These are read here. All others go, one by one, to the
sans-I/O layer, which knows the rest of the protocol and how to object to what is none of it; so does a frame that is too
large, or wrong in its first bytes. It never sees that there are others.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

from websockets.frames import (  # type: ignore[attr-defined]  # apply_mask in C, where that is there
    Frame,
    Opcode,
    apply_mask,
)

from hanok.protocols.ws.exchange import WsExchange
from hanok.protocols.ws.messages import Assembler
from hanok.protocols.ws.phase import Phase
from hanok.protocols.ws.states import WsState
from hanok.protocols.ws.writer import BINARY, TEXT, Writer

if TYPE_CHECKING:
    from hanok.protocols.services import Services
    from hanok.protocols.ws.keepalive import KeepAlive

EARLY_LIMIT = 65536  # bytes kept of a peer that sends frames before its handshake is answered
FRAMES_IN_TURN = 256  # of one connection in one turn of the event loop
CALL_FROM = 256  # bytes from which a call of the library's function costs less than to unmask them here
VIEW_FROM = 4096  # bytes from which a view of them costs less than a copy

DATA = frozenset([Opcode.TEXT, Opcode.BINARY, Opcode.CONT])
_FRAMES, _ANSWERING, _LOST = Phase.FRAMES, Phase.ANSWERING, Phase.LOST
_OPEN = WsState.OPEN
_TEXT, _BINARY = TEXT, BINARY
_apply_mask = apply_mask
COMPILED = not __file__.endswith(".py")


class Reader(Writer):
    """``data_received`` takes the bytes; whole messages wait in the exchange's inbox.

    What waits to be parsed is kept: before the handshake is answered, and while the application has enough to do.
    """

    __slots__ = (
        "_assembler",
        "_at",  # where in _waiting to go on
        "_begun",  # the part of a frame's head that has come
        "_collected",  # the payload, as far as it is here, of a long message that is read here
        "_first",  # the first byte of its frame
        "_is_fragmented",  # whether a message has begun whose last frame is still to come
        "_mask",
        "_owed",  # bytes that the frame that has begun still lacks
        "_turn",  # the scheduled ``go_on``
        "_waiting",
        "exchange",
        "keepalive",
        "max_queue",
        "max_size",
    )

    exchange: WsExchange
    keepalive: KeepAlive

    def __init__(self, services: Services, early: bytes) -> None:
        super().__init__(services)
        self.max_size = services.settings.ws_max_size
        self.max_queue = services.settings.ws_max_queue
        self.exchange = WsExchange(self)
        self._assembler = Assembler()
        self._waiting = early
        self._at = 0
        self._begun = b""
        self._owed = 0
        self._collected: bytearray | None = None
        self._first = 0
        self._mask = b""
        self._is_fragmented = False
        self._turn: asyncio.Handle | None = None

    def data_received(self, data: bytes) -> None:
        if self.phase is _FRAMES:
            if self.keepalive.pong is not None:
                self.keepalive.heard()
            if self._waiting:
                self._waiting += data
            else:
                self.parse(data, 0)
        elif self.phase is _ANSWERING:
            self._waiting += data
            if len(self._waiting) > EARLY_LIMIT:
                self.pause_reading()

    # ---- flow control

    def pause_reading(self) -> None:
        if self.reading and self.phase is not _LOST:
            self.reading = False
            self.transport.pause_reading()

    def is_full(self) -> bool:
        """Whether enough waits, in one direction or the other."""
        if self.phase is not _FRAMES:
            return False
        if self.room is not None:
            return True
        exchange = self.exchange
        if exchange.socket_state is not _OPEN:
            return False  # what comes now is for nobody
        return len(exchange.inbox) >= self.max_queue or exchange.inbox_size > self.max_size

    def room_in(self, waiting: int) -> None:
        """Read again at half of the limit."""
        if not self.reading and waiting <= self.max_queue // 2:
            self.soon()

    def soon(self) -> None:
        """Go on reading in the next turn of the event loop."""
        if not self.reading and self._turn is None and self.phase is not _ANSWERING:
            self._turn = self.loop.call_soon(self.go_on)

    def go_on(self) -> None:
        """Parse what waits to be parsed, then read more; as far as there is room."""
        self._turn = None
        if self.phase is _LOST or self.is_full():
            return  # whoever makes room calls again
        data, at = self._waiting, self._at
        self._waiting, self._at = b"", 0
        if data and self.phase is _FRAMES:
            self.parse(data, at)
        if not self.reading and not self._waiting and not self.is_full() and not self.transport.is_closing():
            self.reading = True
            self.transport.resume_reading()

    # ---- frames

    def parse(self, data: bytes, at: int) -> None:
        """Read the frames from ``at`` on, as many as there is room for; the rest waits."""
        if self._begun:
            data = self._begun + data[at:]
            at = 0
            self._begun = b""
        size = len(data)
        frames = 0
        while at < size and self.phase is _FRAMES:
            if frames >= FRAMES_IN_TURN or (frames and self._is_full_for_now()):
                self._waiting, self._at = data, at
                self.pause_reading()
                if not self.is_full():
                    self.soon()
                break
            frames += 1
            at = self._begin_frame(data, at) if not self._owed else self._continue_frame(data, at)
        self.exchange.waiter.wake()
        if self.is_full():
            self.pause_reading()

    def _is_full_for_now(self) -> bool:
        """Whether it is full and the application, which may be waiting, does not take anything at once."""
        if not self.is_full():
            return False
        self.exchange.waiter.wake()
        return self.is_full()

    def _begin_frame(self, data: bytes, at: int) -> int:
        """The frame that begins there: RFC 6455 §5.2. Where the next one does."""
        size = len(data)
        if size - at < 2:
            self._begun = data[at:]
            return size
        first = data[at]
        second = data[at + 1]
        length = second & 0x7F
        begin = at + 2
        if length == 126 and size - at >= 4:
            length = data[at + 2] << 8 | data[at + 3]
            begin = at + 4
        elif length == 127 and size - at >= 10:
            # A longer one is refused by its head, so how much longer does not matter.
            length = min(int.from_bytes(data[at + 2 : at + 10], "big"), self.max_size + 1)
            begin = at + 10
        elif length > 125:
            self._begun = data[at:]
            return size
        if second > 0x7F:
            begin += 4
        if begin > size:
            self._begun = data[at:]
            return size
        end = begin + length
        if (
            _TEXT <= first <= _BINARY
            and second > 0x7F
            and length <= self.max_size
            and not self._is_fragmented
            and self.exchange.socket_state is _OPEN
        ):
            if end <= size:
                self._deliver(first, unmasked(data, begin, end))
                return end
            self._first = first
            self._mask = data[begin - 4 : begin]
            self._collected = bytearray(data[begin:])
            self._owed = end - size
            return size
        if first & 0x0F < 8:
            self._is_fragmented = first < 0x80
        stop = min(end, size)
        self._owed = end - stop
        self.protocol.receive_data(data[at:stop])
        self.take_events()
        return stop

    def _continue_frame(self, data: bytes, at: int) -> int:
        stop = min(at + self._owed, len(data))
        piece = data if not at and stop == len(data) else data[at:stop]
        self._owed -= stop - at
        collected = self._collected
        if collected is None:
            self.protocol.receive_data(piece)
            self.take_events()
        else:
            collected += piece
            if not self._owed:
                self._collected = None
                self._deliver(self._first, _apply_mask(collected, self._mask))
        return stop

    def _deliver(self, first: int, payload: bytes) -> None:
        exchange = self.exchange
        if first == _TEXT:
            try:
                text = payload.decode()
            except UnicodeDecodeError:
                self.fail(1007, "the text is not UTF-8")
                return
            exchange.deliver(text)
        else:
            exchange.deliver(payload)

    def take_events(self) -> None:
        """Hand over what the sans-I/O layer has made of the last bytes, and send what it answers."""
        protocol, exchange = self.protocol, self.exchange
        for frame in protocol.events_received():
            if frame.opcode in DATA:  # type: ignore[union-attr]  # the protocol gives frames here
                try:
                    message = self._assembler.feed(cast(Frame, frame))
                except UnicodeDecodeError:
                    self.fail(1007, "the text is not UTF-8")
                    return
                if message is not None:
                    exchange.deliver(message)
        if protocol.close_rcvd is not None:
            exchange.end(protocol.close_rcvd.code, protocol.close_rcvd.reason)
        elif protocol.parser_exc is not None and protocol.close_sent is not None:
            exchange.end(protocol.close_sent.code, protocol.close_sent.reason)
        self.flush()

    def fail(self, code: int, reason: str, told: int | None = None) -> None:
        """The peer broke the protocol or fell silent: say so and leave (RFC 6455 §7.1.7)."""
        self.exchange.end(told or code, reason)
        self.protocol.fail(code, reason)
        self.flush()


def unmasked(data: bytes, begin: int, end: int) -> bytes:
    """The payload that stands there behind its mask (RFC 6455 §5.3)."""
    size = end - begin
    if COMPILED and 1 < size < CALL_FROM:  # of a single byte there is only one object, which must not change
        text: Any = data  # pointers, when compiled
        made = text[begin:end]
        into: Any = made
        for at in range(size):
            into[at] ^= text[begin - 4 + (at & 3)]
        return made  # type: ignore[no-any-return]
    piece = data[begin:end] if size < VIEW_FROM else memoryview(data)[begin:end]
    return _apply_mask(piece, data[begin - 4 : begin])
