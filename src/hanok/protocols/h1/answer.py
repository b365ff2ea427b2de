"""The head of an answer as bytes, and how the body after it is delimited (RFC 9112 §4, §6, §7.1). No I/O.

``Heads`` belongs to a worker: it knows the Server header, the extra headers of the configuration, and the
Date, which the worker renews once a second (``tick``). Headers that were fixed when the application was
compiled are rendered once for each status and kept with them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import IntEnum, auto
from http import HTTPStatus
from time import gmtime, time

from hanok.exceptions import LocalProtocolError
from hanok.exchange import FixedHeaders
from hanok.protocols.h1.grammar import TOKEN, VALUE

STATUS_LINES = {
    status: b"HTTP/1.1 %d %b\r\n" % (status, HTTPStatus(status).phrase.encode()) for status in map(int, HTTPStatus)
}
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
BLOCK = re.compile(rb"(?:" + TOKEN + rb": " + VALUE + rb"\r\n)*+")

# Fields that this module decides about, or has to see. Answers without them take the short way.
SPECIAL = frozenset((b"content-length", b"transfer-encoding", b"connection", b"date", b"server"))

# Fields that tell how to read the message, how to treat it, or who may: they come before the body (RFC 9110 §6.5.1).
NOT_IN_TRAILERS = frozenset(
    b"age authorization cache-control connection content-encoding content-length content-range content-type date expires"
    b" host keep-alive location proxy-authenticate retry-after set-cookie te trailer transfer-encoding upgrade vary"
    b" www-authenticate".split()
)

KNOWN_LENGTHS: list[bytes | None] = [None] * 2048  # the Content-Length line of small bodies, made when first needed

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Framing(IntEnum):
    """How the body of an answer is delimited."""

    UNSENT = auto()  # the head has not been written
    EMPTY = auto()  # a head only: HEAD, 1xx, 204, 304
    LENGTH = auto()
    CHUNKED = auto()
    CLOSE = auto()  # by the end of the connection: streams to HTTP/1.0 peers


class Plan:
    """What the headers of one answer say about its framing, and the lines to send for the others."""

    __slots__ = ("block", "close", "has_date", "has_server", "length")

    def __init__(self, headers: Sequence[tuple[bytes, bytes]]) -> None:
        self.length: int | None = None
        self.close = self.has_date = self.has_server = False
        kept = []
        for pair in headers:
            name = pair[0].lower()
            if name not in SPECIAL:
                kept.append(pair)
            elif name == b"content-length":
                self._length(pair[1])
            elif name == b"connection":
                # Whether the connection persists is ours to say; the application may only ask for its end.
                self.close = self.close or b"close" in pair[1].lower()
            elif name != b"transfer-encoding":  # RFC 9112 §6.1: so is the transfer coding
                kept.append(pair)
                if name == b"date":
                    self.has_date = True
                else:
                    self.has_server = True
        self.block = block_of(kept)

    def _length(self, value: bytes) -> None:
        if not value.isdigit():
            raise LocalProtocolError(f"the answer's content-length is {value!r}, not a number")
        length = int(value)
        if self.length is not None and self.length != length:
            raise LocalProtocolError(f"the answer has two lengths, {self.length} and {length}")
        self.length = length


def block_of(headers: Sequence[tuple[bytes, bytes]]) -> bytes:
    """The lines of these headers. Raises LocalProtocolError for a name or value that would break the head.

    A line break in a value is how responses are split (RFC 9110 §5.5): refused, never repaired.
    """
    block = b"".join([b"%b: %b\r\n" % pair for pair in headers])
    # Matching the block alone is not enough: a value with CRLF in it could look like two headers.
    if BLOCK.fullmatch(block) is None or block.count(b"\n") != len(headers):
        bad = [pair for pair in headers if BLOCK.fullmatch(b"%b: %b\r\n" % pair) is None or b"\n" in pair[1]]
        raise LocalProtocolError(f"the answer has headers that cannot be sent: {bad!r}")
    return block


def status_line(status: int) -> bytes:
    line = STATUS_LINES.get(status)
    if line is None:
        if not 100 <= status <= 999:
            raise LocalProtocolError(f"{status} is not a status code")
        line = b"HTTP/1.1 %d \r\n" % status  # RFC 9112 §4: the reason may be empty, its space not
    return line


class Heads:
    """Renders the heads of a worker's answers."""

    __slots__ = ("_date", "_extra", "_second", "_server", "tail")

    def __init__(self, server: bool = True, date: bool = True, extra: Sequence[tuple[str, str]] = ()) -> None:
        pairs = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in extra]
        self._extra = block_of(pairs)
        named = {name for name, _ in pairs}
        self._server = b"server: hanok\r\n" if server and b"server" not in named else b""
        self._date = date and b"date" not in named
        self._second = -1
        self.tail = b""  # the lines that every answer ends with
        self.tick()

    def tick(self) -> None:
        """Renew the Date (RFC 9110 §6.6.1). The worker calls it at least once a second."""
        second = int(time())
        if second != self._second:
            self._second = second
            self.tail = self._server + (b"date: %b\r\n" % http_date(second) if self._date else b"") + self._extra

    def _tail(self, plan: Plan) -> bytes:
        if not (plan.has_date or plan.has_server):
            return self.tail
        server = b"" if plan.has_server else self._server
        date = b"date: %b\r\n" % http_date(self._second) if self._date and not plan.has_date else b""
        return server + date + self._extra

    def whole(
        self, status: int, headers: Sequence[tuple[bytes, bytes]], size: int, is_head: bool, close: bool
    ) -> tuple[bytes, bool, bool]:
        """The head of an answer whose body of ``size`` bytes is known.

        Returns it without the line for Connection and the empty line at its end, whether a body follows, and
        whether the connection has to close. Raises LocalProtocolError if the headers cannot be sent or
        promise another size.
        """
        if type(headers) is FixedHeaders:
            begin = headers.rendered.get(status)
            if begin is not None:
                return begin + self.tail + length_line(size), not is_head, close
        plan = Plan(headers)
        begin = status_line(status) + plan.block
        close = close or plan.close
        if status < 200 or status == 204 or status == 304:
            # RFC 9110 §8.6: no Content-Length in 1xx and 204; in 304 only the one that a 200 would have.
            if status == 304 and plan.length is not None:
                begin += b"content-length: %d\r\n" % plan.length
            return begin + self._tail(plan), False, close
        if status == 205:
            size = 0  # RFC 9110 §15.3.6: no content, and the length says so
        elif plan.length is not None:
            if plan.length != size and not is_head:
                raise LocalProtocolError(f"the answer promises {plan.length} bytes and has {size}")
            size = plan.length
        elif type(headers) is FixedHeaders and SPECIAL.isdisjoint([name.lower() for name, _ in headers]):
            headers.rendered[status] = begin
        head = b"%b%bcontent-length: %d\r\n" % (begin, self._tail(plan), size)
        return head, not is_head and size > 0, close

    def fixed(self, status: int, headers: FixedHeaders) -> bytes | None:
        """The head for these headers up to the line of Content-Length, if it was rendered since the Date was renewed."""
        ready = headers.ready.get(status)
        if ready is not None and ready[0] is self.tail:
            return ready[1]
        begin = headers.rendered.get(status)
        if begin is None:
            return None
        head = begin + self.tail
        headers.ready[status] = (self.tail, head)
        return head

    def streamed(
        self, status: int, headers: Sequence[tuple[bytes, bytes]], is_head: bool, is_11: bool, close: bool
    ) -> tuple[bytes, Framing, int, bool]:
        """The head of an answer whose body comes in pieces, with its framing, length (or 0) and whether to
        close.
        """
        plan = Plan(headers)
        head = status_line(status) + plan.block + self._tail(plan)
        close = close or plan.close
        if status < 200 or status == 204 or status == 304:
            if status == 304 and plan.length is not None:
                head += b"content-length: %d\r\n" % plan.length
            return head, Framing.EMPTY, 0, close
        if status == 205:
            return head + b"content-length: 0\r\n", Framing.EMPTY, 0, close
        if plan.length is not None:
            framing = Framing.EMPTY if is_head else Framing.LENGTH
            return head + b"content-length: %d\r\n" % plan.length, framing, plan.length, close
        if is_11:
            framing = Framing.EMPTY if is_head else Framing.CHUNKED
            return head + b"transfer-encoding: chunked\r\n", framing, 0, close
        return head, Framing.EMPTY if is_head else Framing.CLOSE, 0, True


def length_line(size: int) -> bytes:
    """The Content-Length field."""
    if size >= 2048:
        return b"content-length: %d\r\n" % size
    line = KNOWN_LENGTHS[size]
    if line is None:
        line = KNOWN_LENGTHS[size] = b"content-length: %d\r\n" % size
    return line


def http_date(second: int) -> bytes:
    """An IMF-fixdate (RFC 9110 §5.6.7), whatever the locale."""
    t = gmtime(second)
    return b"%b, %02d %b %d %02d:%02d:%02d GMT" % (
        DAYS[t.tm_wday].encode(), t.tm_mday, MONTHS[t.tm_mon - 1].encode(), t.tm_year, t.tm_hour, t.tm_min,
        t.tm_sec,
    )  # fmt: skip
