"""Frames → the data of whole messages."""

from __future__ import annotations

import codecs
from io import StringIO

from websockets.frames import Frame, Opcode


class Assembler:
    """Puts the fragments of one message together (RFC 6455 §5.4).

    The sans-I/O layer has already checked the order of the frames and the size of the message. What is kept has the size of
    the message, however many fragments it came in: some of them may be empty.
    """

    __slots__ = ("_bytes", "_decoder", "_text")

    def __init__(self) -> None:
        self._bytes: bytearray | None = None  # of a binary message that has begun
        self._text: StringIO | None = None  # of a text that has begun
        self._decoder: codecs.IncrementalDecoder | None = None

    def feed(self, frame: Frame) -> str | bytes | None:
        """The text or the bytes of the message that this data frame completes, if it does.

        Raises UnicodeDecodeError at the first fragment of a text that is not UTF-8 (RFC 6455 §8.1).
        """
        if frame.opcode is Opcode.TEXT:
            if frame.fin:
                return str(frame.data, "utf-8")
            self._text = StringIO(newline="")
            self._decoder = codecs.getincrementaldecoder("utf-8")()
        elif frame.opcode is Opcode.BINARY:
            if frame.fin:
                return bytes(frame.data)
            self._bytes = bytearray()
        if self._text is not None and self._decoder is not None:
            self._text.write(self._decoder.decode(bytes(frame.data), frame.fin))
            if not frame.fin:
                return None
            text, self._text = self._text.getvalue(), None
            return text
        assert self._bytes is not None
        self._bytes += frame.data
        if not frame.fin:
            return None
        data, self._bytes = bytes(self._bytes), None
        return data
