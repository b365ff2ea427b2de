"""The guard: looks at the header of each frame before the engine gets it. No I/O.

libnghttp2 is a client as well as a server and is lenient where that keeps old peers working. What a server
has to refuse and the engine would let pass is refused here, and so is what is allowed but too much of it.
For that the guard follows the peer's half of each stream by the table in ``state``.

Only whole frames pass. So every rule can look at payloads, and the engine never has half a DATA frame of a
stream that we have just reset.
"""

from __future__ import annotations

from typing import NamedTuple

from hanok.protocols.h2.block import keeps_table
from hanok.protocols.h2.frames import (
    ACK,
    END_HEADERS,
    END_STREAM,
    HEADER_SIZE,
    MAX_FRAME_SIZE,
    MAX_STREAM_ID,
    PADDED,
    PREFACE,
    PRIORITY_FIELDS,
    STREAM_ID,
    ErrorCode,
    FrameType,
    read_header,
    read_number,
)
from hanok.protocols.h2.limits import Budgets
from hanok.protocols.h2.state import RECEIVED, SENT_END, SENT_RESET, Frame, StreamState, refusal

COMPILED = not __file__.endswith(".py")

_HEADERS = int(FrameType.HEADERS)
_DATA = int(FrameType.DATA)
_HEADER_SIZE, _MAX_FRAME_SIZE = HEADER_SIZE, MAX_FRAME_SIZE
_PLAIN_REQUEST = END_STREAM | END_HEADERS  # with PRIORITY_FIELDS absent: a whole request in one frame
_LOOKED_AT = _PLAIN_REQUEST | PRIORITY_FIELDS
_PADDED = PADDED
_NO_RUN = MAX_STREAM_ID  # no stream comes after it
_OPEN, _RESET, _REMOTE = StreamState.OPEN, StreamState.RESET, StreamState.HALF_CLOSED_REMOTE

REMEMBERED = 512  # streams that we have reset, or that were skipped, of which we know so


class Violation(NamedTuple):
    """Why the connection has to end."""

    code: ErrorCode
    reason: str


class Guard:
    """Follows one connection from its first byte."""

    __slots__ = (
        "_before",
        "_begun",
        "_rest",
        "_skipped",
        "_was_reset",
        "block",
        "budgets",
        "last",
        "now",
        "repeats_since",
        "streams",
    )

    def __init__(self, now: float) -> None:
        self.now = now  # the clock for the budgets
        self.budgets = Budgets(now)
        self.streams: dict[int, StreamState] = {}  # every stream that is neither idle nor closed
        self.last = -1  # the highest stream that the peer has used
        self._begun = False  # whether the preface has come
        self._rest = b""  # the beginning of a frame, or of the preface
        self.block = 0  # the stream whose header block goes on in CONTINUATION frames
        # Each request from this stream on has come whole, in one frame with the same header block, whose meaning is the same;
        # and none of them was taken back. Peers repeat themselves: who has read the head of one need not read those after it.
        self.repeats_since = _NO_RUN
        self._before = b""  # the header block of the request before
        self._was_reset: dict[int, None] = {}  # in the order of their resets
        self._skipped: list[range] = []

    @property
    def waits(self) -> bool:
        """Whether the peer owes us the rest of a frame or of a header block, or the preface."""
        return bool(not self._begun or self._rest or self.block)

    # ---- the bytes

    def feed(self, data: bytes) -> tuple[bytes, Violation | None]:
        """What of ``data`` and of what was kept the engine may have, and why nothing after that."""
        if self._rest:
            data = self._rest + data
        pos = 0
        if not self._begun:
            if not (data.startswith(PREFACE) or PREFACE.startswith(data)):  # RFC 9113 §3.4
                return self._stop(data, 0, ErrorCode.PROTOCOL_ERROR, "this does not begin like HTTP/2")
            if len(data) < len(PREFACE):
                self._rest = data
                return b"", None
            self._begun = True
            pos = len(PREFACE)
        text = data  # a pointer, when compiled
        size = len(data)
        streams = self.streams
        while size - pos >= _HEADER_SIZE:
            if COMPILED:  # uncompiled, this is slower
                length = text[pos] << 16 | text[pos + 1] << 8 | text[pos + 2]
                kind, flags = text[pos + 3], text[pos + 4]
                stream = (text[pos + 5] & 0x7F) << 24 | text[pos + 6] << 16 | text[pos + 7] << 8 | text[pos + 8]
            else:
                high, low, kind, flags, stream = read_header(data, pos)
                stream &= STREAM_ID
                length = high << 8 | low
            if length > _MAX_FRAME_SIZE:  # RFC 9113 §4.2
                return self._stop(data, pos, ErrorCode.FRAME_SIZE_ERROR, "a frame is larger than was allowed")
            end = pos + _HEADER_SIZE + length
            if end > size:
                break
            # The common case: a new request, whole. Its stream follows the one before.
            if kind == _HEADERS and flags & _LOOKED_AT == _PLAIN_REQUEST and stream == self.last + 2 and not self.block:
                self.last = stream
                streams[stream] = _REMOTE
                if COMPILED:  # uncompiled, this is slower than to compare the fields
                    block = text[pos + _HEADER_SIZE : end]
                    if block != self._before:
                        self._before = block
                        self.repeats_since = stream if not flags & _PADDED and keeps_table(block) else _NO_RUN
            elif kind == _DATA and length and not flags and not self.block and streams.get(stream) is _OPEN:
                pass
            else:
                violation = self._judge(kind, flags, stream, data[pos + HEADER_SIZE : end])
                if violation is not None:
                    return self._stop(data, pos, *violation)
            pos = end
        if pos == size:
            self._rest = b""
            return data, None
        self._rest = data[pos:]
        return data[:pos], None

    def _stop(self, data: bytes, pos: int, code: ErrorCode, reason: str) -> tuple[bytes, Violation]:
        self._rest = b""
        return data[:pos], Violation(code, reason)

    # ---- one frame

    def _judge(self, kind: int, flags: int, stream: int, payload: bytes) -> Violation | None:
        if self.block:
            if kind != FrameType.CONTINUATION or stream != self.block:  # RFC 9113 §4.3
                return _protocol_error("a header block was interrupted")
            if flags & END_HEADERS:
                self.block = 0
            elif not payload and not self.budgets.empty.spend(self.now):
                return _too_much("empty CONTINUATION frames")
            return None
        if kind == FrameType.HEADERS:
            self._end_run()
            return self._headers(flags, stream, payload)
        if kind == FrameType.DATA:
            if not flags & END_STREAM and not _content(flags, payload) and not self.budgets.empty.spend(self.now):
                return _too_much("empty DATA frames")
            return self._move(Frame.DATA_END if flags & END_STREAM else Frame.DATA, stream)
        if kind == FrameType.WINDOW_UPDATE:
            return None if self.budgets.updates.spend(self.now) else _too_much("WINDOW_UPDATE frames")
        if kind == FrameType.RST_STREAM:
            self._end_run()
            if not self.budgets.resets.spend(self.now):
                return _too_much("streams that were reset")
            return self._move(Frame.RST_STREAM, stream) if len(payload) == 4 else None
        if kind == FrameType.SETTINGS:
            if not flags & ACK and not self.budgets.settings.spend(self.now):
                return _too_much("SETTINGS frames")
        elif kind == FrameType.PING:
            if not flags & ACK and not self.budgets.pings.spend(self.now):
                return _too_much("PING frames")
        elif not self.budgets.other.spend(self.now):
            return _too_much("frames of no use")
        elif kind == FrameType.PRIORITY:
            return _priority(stream, payload)
        elif kind == FrameType.CONTINUATION:  # RFC 9113 §6.10
            return _protocol_error("a CONTINUATION frame without a header block")
        return None

    def _end_run(self) -> None:
        """What comes next repeats nothing: the table that header blocks refer to may have changed, or a request is gone."""
        self._before = b""
        self.repeats_since = _NO_RUN

    def _headers(self, flags: int, stream: int, payload: bytes) -> Violation | None:
        if not stream & 1:  # RFC 9113 §5.1.1, and stream 0: §6.2
            return _protocol_error("HEADERS on a stream that a client cannot use")
        if flags & PRIORITY_FIELDS:
            start = 1 if flags & PADDED else 0
            if len(payload) < start + 5:
                return Violation(ErrorCode.FRAME_SIZE_ERROR, "HEADERS without the priority that its flags promise")
            if read_number(payload, start)[0] & STREAM_ID == stream:  # RFC 7540 §5.3.1
                return _protocol_error("a stream that depends on itself")
        violation = self._move(Frame.HEADERS_END if flags & END_STREAM else Frame.HEADERS, stream)
        if violation is None and not flags & END_HEADERS:
            self.block = stream
            if not payload and not self.budgets.empty.spend(self.now):
                return _too_much("empty HEADERS frames")
        return violation

    def _move(self, frame: Frame, stream: int) -> Violation | None:
        """Follow the stream to its next state, if the frame may come in the one it is in."""
        if not stream:
            return _protocol_error(f"{frame.name} on stream 0")
        state = self.state_of(stream)
        following = RECEIVED[frame].get(state)
        if following is None:
            return Violation(refusal(state), f"{frame.name} on stream {stream}, which is {state.name}")
        if state is StreamState.IDLE:
            self._use(stream)
        if following is StreamState.CLOSED:
            self.streams.pop(stream, None)
        elif following is not state:
            self.streams[stream] = following
        return None

    def _use(self, stream: int) -> None:
        """RFC 9113 §5.1.1: the first use of a stream closes the idle ones below it."""
        if stream != self.last + 2 and stream > 1:
            self._skipped.append(range(self.last + 1, stream))
            del self._skipped[:-REMEMBERED]
        self.last = stream

    # ---- streams

    def state_of(self, stream: int) -> StreamState:
        state = self.streams.get(stream)
        if state is not None:
            return state
        if stream > self.last or not stream & 1:
            return StreamState.IDLE
        if stream in self._was_reset:
            return _RESET
        if any(stream in one for one in self._skipped):
            return StreamState.SKIPPED
        return StreamState.CLOSED

    def sent_end(self, stream: int) -> None:
        """We have ended our half of the stream."""
        state = self.streams.get(stream)
        if state is not None:
            self.streams[stream] = SENT_END.get(state, state)

    def sent_reset(self, stream: int) -> None:
        """We have reset the stream."""
        state = self.streams.get(stream)
        if state is not None:
            self.streams[stream] = SENT_RESET.get(state, state)

    def forget(self, stream: int) -> StreamState | None:
        """The engine has closed the stream. Returns the state it was in, None if the peer had ended it."""
        state = self.streams.pop(stream, None)
        if state is not None and state is not _REMOTE and state is not StreamState.CLOSED:
            self._was_reset[stream] = None
            if len(self._was_reset) > REMEMBERED:
                del self._was_reset[next(iter(self._was_reset))]
        return state


def _content(flags: int, payload: bytes) -> int:
    """How much of a DATA frame is not padding (RFC 9113 §6.1)."""
    size = len(payload)
    return max(0, size - 1 - payload[0]) if flags & PADDED and size else size


def _priority(stream: int, payload: bytes) -> Violation | None:
    """RFC 9113 §6.3; RFC 7540 §5.3.1."""
    if not stream:
        return _protocol_error("PRIORITY on stream 0")
    if len(payload) != 5:
        return Violation(ErrorCode.FRAME_SIZE_ERROR, "PRIORITY is not 5 bytes long")
    if read_number(payload)[0] & STREAM_ID == stream:
        return _protocol_error("a stream that depends on itself")
    return None


def _protocol_error(reason: str) -> Violation:
    return Violation(ErrorCode.PROTOCOL_ERROR, reason)


def _too_much(what: str) -> Violation:
    return Violation(ErrorCode.ENHANCE_YOUR_CALM, f"too many {what}")
