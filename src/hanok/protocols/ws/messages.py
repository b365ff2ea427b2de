"""Frames → whole messages, in the form that ASGI gives them to an application."""

from __future__ import annotations

import codecs
from typing import Any

from websockets.frames import Frame, Opcode

from hanok.types import Message


class Assembler:
    """Puts the fragments of one message together (RFC 6455 §5.4).

    The sans-I/O layer has already checked the order of the frames and the size of the message.
    """

    __slots__ = ("_decoder", "_pieces")

    def __init__(self) -> None:
        self._decoder: codecs.IncrementalDecoder | None = None
        self._pieces: list[Any] = []

    def feed(self, frame: Frame) -> Message | None:
        """The message that this data frame completes, if it does.

        Raises UnicodeDecodeError at the first fragment of a text that is not UTF-8 (RFC 6455 §8.1).
        """
        if frame.fin and frame.opcode is not Opcode.CONT:
            if frame.opcode is Opcode.TEXT:
                return {"type": "websocket.receive", "text": str(frame.data, "utf-8")}
            return {"type": "websocket.receive", "bytes": bytes(frame.data)}
        if frame.opcode is Opcode.TEXT:
            self._decoder = codecs.getincrementaldecoder("utf-8")()
        data = frame.data if self._decoder is None else self._decoder.decode(bytes(frame.data), frame.fin)
        self._pieces.append(data)
        if not frame.fin:
            return None
        pieces, self._pieces = self._pieces, []
        if self._decoder is None:
            return {"type": "websocket.receive", "bytes": b"".join(pieces)}
        self._decoder = None
        return {"type": "websocket.receive", "text": "".join(pieces)}
