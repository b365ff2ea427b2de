"""The chunked coding of a request's body: takes it off, without I/O (RFC 9112 §7.1).

``feed(data, start)`` gives the body bytes found there and the position after them, and ``done`` says whether the body is
complete; what follows is the next request. It raises RemoteProtocolError.
"""

from __future__ import annotations

import re
from enum import IntEnum, auto

from hanok.protocols.h1.grammar import FIELD, TOKEN, refuse
from hanok.protocols.h1.head import fields_of

# RFC 9112 §7.1: chunk-size and chunk-ext. 15 digits: no overflow anywhere, and far above any limit. The space
# that §7.1.1 tolerates around ";" and "=" is refused: nobody sends it, and parsers disagree about it.
QUOTED = rb"\"(?:[\t !#-\[\]-~\x80-\xff]|\\[\t -~\x80-\xff])*+\""
EXTENSION = rb";" + TOKEN + rb"(?:=(?:" + TOKEN + rb"|" + QUOTED + rb"))?+"
CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]{1,15})((?:" + EXTENSION + rb")*+)")
TRAILER = re.compile(FIELD)
FRAMING = re.compile(rb"(?:content-length|transfer-encoding):", re.IGNORECASE)

MAX_CHUNK_LINE = 1024
MAX_EXTENSIONS = 16384  # of all chunks of a body together: they carry nothing that anybody reads
MAX_TRAILERS = 16384
MAX_TRAILER_FIELDS = 64

# RFC 9110 §6.5.1: what decides about framing, routing, credentials, the request's meaning or the content's form has to
# come before the content. In a trailer it is dropped, so that nobody can take it for what the head said.
FORBIDDEN_TRAILERS = frozenset(
    b"""authorization cache-control connection content-encoding content-location content-range content-type
    cookie expect forwarded host if-match if-modified-since if-none-match if-range if-unmodified-since keep-alive
    max-forwards origin pragma proxy-authorization proxy-connection range referer set-cookie te trailer upgrade via""".split()
)


class ChunkState(IntEnum):
    SIZE = auto()  # in the line with the size
    DATA = auto()
    DATA_END = auto()  # in the CRLF after the data
    TRAILERS = auto()
    DONE = auto()


_SIZE, _DATA, _DATA_END = ChunkState.SIZE, ChunkState.DATA, ChunkState.DATA_END
_TRAILERS, _DONE = ChunkState.TRAILERS, ChunkState.DONE


class ChunkedBody:
    """A body in chunks, and the trailer fields after it."""

    __slots__ = ("_extensions", "_line", "_remaining", "_trailer_block", "_trailer_fields", "state")

    def __init__(self) -> None:
        self.state = _SIZE
        self._remaining = 0
        self._extensions = 0
        self._trailer_block = b""
        self._trailer_fields = 0
        self._line = b""  # the part of a line that has arrived

    @property
    def done(self) -> bool:
        return self.state is _DONE

    @property
    def trailers(self) -> list[tuple[bytes, bytes]]:
        """The trailer fields, without those that have no business in a trailer. Names are lower-case."""
        if not self._trailer_block:
            return []
        return [pair for pair in fields_of(self._trailer_block + b"\r\n") if is_trailer(pair[0])]

    def feed(self, data: bytes, start: int = 0) -> tuple[bytes, int]:
        pieces = []
        size = len(data)
        while start < size and self.state is not _DONE:
            if self.state is _DATA:
                end = min(size, start + self._remaining)
                pieces.append(data[start:end])
                self._remaining -= end - start
                start = end
                if not self._remaining:
                    self.state = _DATA_END
                continue
            line, start = self._take_line(data, start)
            if line is not None:
                self._on_line(line)
        return (pieces[0] if len(pieces) == 1 else b"".join(pieces)), start

    def _take_line(self, data: bytes, start: int) -> tuple[bytes | None, int]:
        """The line that ends in ``data``, without its CRLF; None while its end has not come."""
        in_trailers = self.state is _TRAILERS
        # No line is longer than its limit: looking further would be a walk over the whole buffer for each chunk.
        newline = data.find(b"\n", start, start + (MAX_TRAILERS if in_trailers else MAX_CHUNK_LINE) + 1)
        end = len(data) if newline < 0 else newline + 1
        if len(self._line) + end - start > (MAX_TRAILERS - len(self._trailer_block) if in_trailers else MAX_CHUNK_LINE):
            if in_trailers:
                refuse("the trailers are too large", 431)
            refuse("the line of a chunk is too long")
        line = self._line + data[start:end]
        if newline < 0:
            if self.state is _DATA_END and line != b"\r":
                refuse("a chunk is longer than its size")
            self._line = line
            return None, end
        if not line.endswith(b"\r\n"):
            refuse("a line of the chunked coding does not end in CRLF")
        self._line = b""
        return line[:-2], end

    def _on_line(self, line: bytes) -> None:
        if self.state is _SIZE:
            match = CHUNK_LINE.fullmatch(line)
            if match is None:
                refuse("the size of a chunk is not a hexadecimal number")
            digits, extensions = match.groups()
            if extensions:
                self._extensions += len(extensions)
                if self._extensions > MAX_EXTENSIONS:
                    refuse("the chunk extensions are too large")
            self._remaining = int(digits, 16)
            self.state = _DATA if self._remaining else _TRAILERS
        elif self.state is _DATA_END:
            if line:
                refuse("a chunk is longer than its size")
            self.state = _SIZE
        elif not line:
            self.state = _DONE
        else:
            if TRAILER.fullmatch(line) is None:
                refuse("a trailer line is not: name, colon, value")
            if FRAMING.match(line) is not None:
                refuse("a trailer field says how long the body is")  # RFC 9112 §11.2: dropping it is not enough
            self._trailer_fields += 1
            if self._trailer_fields > MAX_TRAILER_FIELDS:
                refuse(f"more than {MAX_TRAILER_FIELDS} trailer fields", 431)
            self._trailer_block += b"\r\n" + line


def is_trailer(name: bytes) -> bool:
    """Whether a field of this lower-case name may come in a trailer."""
    return name not in FORBIDDEN_TRAILERS and not name.startswith((b"x-forwarded-", b"sec-"))
