"""The head of an answer as fields (RFC 9113 §8.2, §8.3.2). No I/O.

``H2Heads`` puts the header section of an answer together as ``h1.answer.Heads`` renders it, with the same
Server, Date and extra headers, which it takes from there. Headers that were fixed when the application was
compiled are put together once a second for each status.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from hanok.exceptions import LocalProtocolError
from hanok.exchange import FixedHeaders
from hanok.protocols.h1.answer import NOT_IN_TRAILERS, Framing, Heads, block_of

Fields: TypeAlias = tuple[tuple[bytes, bytes], ...]

# RFC 9113 §8.2.2: fields that belong to one connection are not sent. The length is ours to say.
DROPPED = frozenset((b"connection", b"keep-alive", b"proxy-connection", b"transfer-encoding", b"upgrade"))
SPECIAL = DROPPED | {b"content-length", b"date", b"server"}

STATUS = {status: (b":status", b"%d" % status) for status in range(100, 1000)}


_lengths: dict[int, tuple[bytes, bytes]] = {}  # of short bodies, as they were asked for
SHORT = 4096


def length_of(size: int) -> tuple[bytes, bytes]:
    """The field that says the length."""
    field = _lengths.get(size)
    if field is None:
        field = (b"content-length", b"%d" % size)
        if size < SHORT:
            _lengths[size] = field
    return field


class Plan:
    """The headers of one answer as they are sent, and what they say about its length."""

    __slots__ = ("has_date", "has_server", "kept", "length")

    def __init__(self, headers: Sequence[tuple[bytes, bytes]]) -> None:
        self.length: int | None = None
        self.has_date = self.has_server = False
        kept = []
        for name, value in headers:
            name = name.lower()
            if name in SPECIAL:
                if name == b"content-length":
                    self._length(value)
                    continue
                if name in DROPPED:
                    continue
                if name == b"date":
                    self.has_date = True
                else:
                    self.has_server = True
            kept.append((name, value.strip(b" \t")))  # RFC 9113 §8.2.1
        self.kept = kept
        # HTTP/2 itself could carry a line break; whoever translates it for an older peer could not.
        block_of(kept)

    def _length(self, value: bytes) -> None:
        if not value.isdigit():
            raise LocalProtocolError(f"the answer's content-length is {value!r}, not a number")
        length = int(value)
        if self.length is not None and self.length != length:
            raise LocalProtocolError(f"the answer has two lengths, {self.length} and {length}")
        self.length = length


class H2Heads:
    """The heads of a connection's answers."""

    __slots__ = ("_date", "_fields_before", "_headers", "_heads", "_lines", "_size", "_status", "_tail")

    def __init__(self, heads: Heads) -> None:
        self._heads = heads
        self._lines = b""
        self._tail: Fields = ()  # the fields that every answer ends with
        # Of the last answer with fixed headers: what was given, and its fields. The next is nearly always like it.
        self._status = self._size = 0
        self._headers: FixedHeaders | None = None
        self._date = b""  # what ``tail`` of the heads was then
        self._fields_before: Fields = ()

    def _current(self) -> Fields:
        """The fields at the end, with the Date of this second."""
        lines = self._heads.tail
        if lines is not self._lines:
            self._lines = lines
            pairs = [line.partition(b": ") for line in lines.split(b"\r\n") if line]
            self._tail = tuple([(name, value.strip(b" \t")) for name, _, value in pairs if name not in DROPPED])
        return self._tail

    def _fields(self, status: int, plan: Plan) -> Fields:
        if status not in STATUS:
            raise LocalProtocolError(f"{status} is not a status code")
        tail = self._current()
        if plan.has_date or plan.has_server:
            given = {name for name, _ in plan.kept if name == b"date" or name == b"server"}
            tail = tuple([pair for pair in tail if pair[0] not in given])
        return (STATUS[status], *plan.kept, *tail)

    def fixed(self, status: int, headers: FixedHeaders, size: int) -> Fields | None:
        """As ``whole``, if these headers have been sent with this status since the clock moved; else None."""
        lines = self._heads.tail
        if headers is self._headers and lines is self._date and status == self._status and size == self._size:
            return self._fields_before
        known = headers.fields.get(status)
        if known is None or known[0] is not lines:
            return None
        self._headers, self._date, self._status, self._size = headers, lines, status, size
        self._fields_before = (*known[1], length_of(size))
        return self._fields_before

    def whole(
        self, status: int, headers: Sequence[tuple[bytes, bytes]], size: int, is_head: bool
    ) -> tuple[Fields, bool]:
        """The fields of an answer whose body of ``size`` bytes is known, and whether the body follows.

        Raises LocalProtocolError if the headers cannot be sent or promise another size.
        """
        if type(headers) is FixedHeaders:
            fields = self.fixed(status, headers, size)
            if fields is not None:
                return fields, not is_head and size > 0
        plan = Plan(headers)
        fields = self._fields(status, plan)
        if status < 200 or status == 204 or status == 304:
            # RFC 9110 §8.6: no Content-Length in 1xx and 204; in 304 only the one that a 200 would have.
            if status == 304 and plan.length is not None:
                fields = (*fields, (b"content-length", b"%d" % plan.length))
            return fields, False
        if status == 205:
            size = 0  # RFC 9110 §15.3.6
        elif plan.length is not None:
            if plan.length != size and not is_head:
                raise LocalProtocolError(f"the answer promises {plan.length} bytes and has {size}")
            size = plan.length
        elif type(headers) is FixedHeaders:
            headers.fields[status] = (self._heads.tail, fields)
        return (*fields, length_of(size)), not is_head and size > 0

    def streamed(
        self, status: int, headers: Sequence[tuple[bytes, bytes]], is_head: bool
    ) -> tuple[Fields, Framing, int]:
        """The fields of an answer whose body comes in pieces, with its framing and length (or 0)."""
        plan = Plan(headers)
        fields = self._fields(status, plan)
        if status < 200 or status == 204 or status == 304:
            if status == 304 and plan.length is not None:
                fields = (*fields, (b"content-length", b"%d" % plan.length))
            return fields, Framing.EMPTY, 0
        if status == 205:
            return (*fields, (b"content-length", b"0")), Framing.EMPTY, 0
        if plan.length is not None:
            framing = Framing.EMPTY if is_head else Framing.LENGTH
            return (*fields, (b"content-length", b"%d" % plan.length)), framing, plan.length
        return fields, Framing.EMPTY if is_head else Framing.CHUNKED, 0

    def interim(self, status: int, headers: Sequence[tuple[bytes, bytes]]) -> Fields:
        """The fields of an informational answer (RFC 9110 §15.2)."""
        return (STATUS[status], *Plan(headers).kept)


def trailer_fields(headers: Sequence[tuple[bytes, bytes]]) -> Fields:
    """Trailers as they are sent, without those that cannot be any (RFC 9110 §6.5.1)."""
    return tuple(Plan([pair for pair in headers if pair[0].lower() not in NOT_IN_TRAILERS]).kept)
