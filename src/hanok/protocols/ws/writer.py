"""Writer: the half of a WebSocket connection that sends. A message is one frame, and one write."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

from hanok.protocols.ws.phase import Phase

if TYPE_CHECKING:
    from hanok.protocols.pace import Pace
    from hanok.protocols.services import Services
    from hanok.protocols.ws.handshake import Frames

_LOST = Phase.LOST

JOIN_BELOW = 65536  # joining head and payload costs a copy, a second piece costs a system call
TEXT, BINARY = 0x81, 0x82  # the first byte of a frame that is a whole message (RFC 6455 §5.2)
# Of a frame from the server, which is not masked, with a payload of up to 125 bytes: all of its head.
TEXT_HEADS = tuple(bytes((TEXT, size)) for size in range(126))
BINARY_HEADS = tuple(bytes((BINARY, size)) for size in range(126))


class Writer:
    """Frames of data without an extension are written here; those with one, and control frames, by the sans-I/O layer."""

    __slots__ = ("is_extended", "loop", "phase", "protocol", "reading", "room", "sending", "services", "transport")

    transport: asyncio.Transport
    protocol: Frames

    def __init__(self, services: Services) -> None:
        self.services = services
        self.loop = services.loop
        self.transport = cast(asyncio.Transport, None)
        self.protocol = cast("Frames", None)
        self.phase = Phase.ANSWERING
        self.is_extended = False  # whether an extension wants to see what is sent
        self.reading = True
        self.room: asyncio.Future[None] | None = None  # unresolved while the transport's buffer is full
        self.sending: Pace | None = None  # of a peer that has not taken all that it was sent

    def send_text(self, text: str) -> None:
        payload = text.encode()
        if self.is_extended:
            self.protocol.send_text(payload)
            self.flush()
        elif len(payload) < 126:
            self.write(TEXT_HEADS[len(payload)] + payload)
        else:
            self._send_long(TEXT, payload)

    def send_bytes(self, data: bytes) -> None:
        if self.is_extended:
            self.protocol.send_binary(data)
            self.flush()
            return
        if type(data) is not bytes:
            data = bytes(data)  # it might be changed before it has left
        if len(data) < 126:
            self.write(BINARY_HEADS[len(data)] + data)
        else:
            self._send_long(BINARY, data)

    def _send_long(self, first: int, payload: bytes) -> None:
        """A frame whose length takes 16 or 64 bits."""
        size = len(payload)
        if size < 65536:
            head = bytes((first, 126, size >> 8, size & 255))
        else:
            head = bytes((first, 127)) + size.to_bytes(8, "big")
        if size < JOIN_BELOW:
            self.write(head + payload)
        else:
            self.write(head)
            self.write(payload)

    def write(self, data: bytes) -> None:
        if self.phase is not _LOST and data:
            self.transport.write(data)
            if self.sending is not None:
                self.sending.owed += len(data)

    def flush(self) -> None:
        """Write what the sans-I/O layer has to say."""
        pieces = self.protocol.data_to_send()
        if len(pieces) == 1 and pieces[0]:
            self.write(pieces[0])
        elif pieces:
            leaves = not pieces[-1]  # an empty piece is the end of what we say
            self.write(b"".join(pieces))
            if leaves:
                self.leave()

    def leave(self) -> None:
        """Our side of the connection is done."""
        raise NotImplementedError

    async def writable(self) -> None:
        """Return when the transport has room."""
        if self.room is not None:
            await asyncio.shield(self.room)  # several tasks may wait, and one of them may be cancelled
        elif self.transport.is_closing():
            await asyncio.sleep(0)  # let connection_lost come, else a loop that only sends never learns of it

    def room_in(self, waiting: int) -> None:
        """So many messages are left for the application, which has just taken one."""
        raise NotImplementedError
