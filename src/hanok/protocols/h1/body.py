"""The body of a request: takes the framing off, without I/O (RFC 9112 §6, §7).

Both kinds have the same face: ``feed(data, start)`` gives the body bytes found there and the position after
them, and ``done`` says whether the body is complete; what follows is the next request. They raise
RemoteProtocolError.
"""

from __future__ import annotations

import re
from enum import IntEnum, auto
from typing import TypeAlias

from hanok.protocols.h1.head import FIELD, TOKEN, refuse

# RFC 9112 §7.1: chunk-size and chunk-ext. 15 digits: no overflow anywhere, and far above any limit.
QUOTED = rb"\"(?:[\t !#-\[\]-~\x80-\xff]|\\[\t -~\x80-\xff])*+\""
CHUNK_LINE = re.compile(
    rb"([0-9A-Fa-f]{1,15})((?:[ \t]*+;[ \t]*+"
    + TOKEN
    + rb"(?:[ \t]*+=[ \t]*+(?:"
    + TOKEN
    + rb"|"
    + QUOTED
    + rb"))?+)*+)"
)
TRAILER = re.compile(FIELD)

MAX_CHUNK_LINE = 1024
MAX_EXTENSIONS = 16384  # of all chunks of a body together: they carry nothing that anybody reads
MAX_TRAILERS = 16384


class LengthBody:
    """A body of Content-Length bytes."""

    __slots__ = ("remaining",)

    def __init__(self, length: int) -> None:
        self.remaining = length

    @property
    def done(self) -> bool:
        return self.remaining == 0

    def feed(self, data: bytes, start: int = 0) -> tuple[bytes, int]:
        end = min(len(data), start + self.remaining)
        self.remaining -= end - start
        return (data if start == 0 and end == len(data) else data[start:end]), end


class ChunkState(IntEnum):
    SIZE = auto()  # in the line with the size
    DATA = auto()
    DATA_END = auto()  # in the CRLF after the data
    TRAILERS = auto()
    DONE = auto()


class ChunkedBody:
    """A body in chunks. Trailer fields are checked and dropped: nobody asked for them."""

    __slots__ = ("_extensions", "_line", "_remaining", "_trailers", "state")

    def __init__(self) -> None:
        self.state = ChunkState.SIZE
        self._remaining = 0
        self._extensions = 0
        self._trailers = 0
        self._line = b""  # the part of a line that has arrived

    @property
    def done(self) -> bool:
        return self.state is ChunkState.DONE

    def feed(self, data: bytes, start: int = 0) -> tuple[bytes, int]:
        pieces = []
        size = len(data)
        while start < size and self.state is not ChunkState.DONE:
            if self.state is ChunkState.DATA:
                end = min(size, start + self._remaining)
                pieces.append(data[start:end])
                self._remaining -= end - start
                start = end
                if not self._remaining:
                    self.state = ChunkState.DATA_END
                continue
            line, start = self._take_line(data, start)
            if line is not None:
                self._on_line(line)
        return (pieces[0] if len(pieces) == 1 else b"".join(pieces)), start

    def _take_line(self, data: bytes, start: int) -> tuple[bytes | None, int]:
        """The line that ends in ``data``, without its CRLF; None while its end has not come."""
        newline = data.find(b"\n", start)
        end = len(data) if newline < 0 else newline + 1
        line = self._line + data[start:end]
        if len(line) > MAX_CHUNK_LINE and self.state is not ChunkState.TRAILERS:
            refuse("the line of a chunk is too long")
        if len(line) + self._trailers > MAX_TRAILERS:
            refuse("the trailers are too large", 431)
        if newline < 0:
            if self.state is ChunkState.DATA_END and line != b"\r":
                refuse("a chunk is longer than its size")
            self._line = line
            return None, end
        if not line.endswith(b"\r\n"):
            refuse("a line of the chunked coding does not end in CRLF")
        self._line = b""
        return line[:-2], end

    def _on_line(self, line: bytes) -> None:
        if self.state is ChunkState.SIZE:
            match = CHUNK_LINE.fullmatch(line)
            if match is None:
                refuse("the size of a chunk is not a hexadecimal number")
            self._extensions += len(match[2])
            if self._extensions > MAX_EXTENSIONS:
                refuse("the chunk extensions are too large")
            self._remaining = int(match[1], 16)
            self.state = ChunkState.DATA if self._remaining else ChunkState.TRAILERS
        elif self.state is ChunkState.DATA_END:
            if line:
                refuse("a chunk is longer than its size")
            self.state = ChunkState.SIZE
        elif not line:
            self.state = ChunkState.DONE
        else:
            self._trailers += len(line) + 2
            if TRAILER.fullmatch(line) is None:
                refuse("a trailer line is not: name, colon, value")


Body: TypeAlias = LengthBody | ChunkedBody
