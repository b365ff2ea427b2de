"""Phase: what the bytes on the transport of a WebSocket mean. ``states`` has what the application may say."""

from __future__ import annotations

from enum import Enum, auto


class Phase(Enum):
    ANSWERING = auto()  # the handshake waits for its answer; frames that come early are kept
    FRAMES = auto()  # 101 is sent; the closing handshake belongs here too
    LEAVING = auto()  # our last byte is written; what still comes is dropped
    LOST = auto()
