"""The states of streams and connections, and the events that lead from one to the next, as data.

**Streams** (RFC 9113 §5.1), from the server's end. We never push, so the reserved states do not occur. What a
client may send depends on the state, and ``RECEIVED`` says how; a frame that is not in its row is refused
with the code that ``refusal`` names. Two states are more precise than the RFC's single *closed*, because they
decide about that code: RESET is a stream that we have reset, whose frames may still be under way and are
ignored; SKIPPED is one that was never used and cannot be any more, since a later one was (§5.1.1).

**Connections** are OPEN, and end in steps. DRAINING has told the peer that it will end (a GOAWAY with the
highest identifier, §6.8) and still takes what is under way. LEAVING has named the last stream that it will
serve, and serves those. LINGERING has said its last word and waits for the peer to read it: closing a socket
with unread input would reset the connection and may destroy what was said.
"""

from __future__ import annotations

from enum import IntEnum, auto

from hanok.exceptions import LocalProtocolError
from hanok.protocols.h2.frames import ErrorCode


class StreamState(IntEnum):
    IDLE = auto()  # not used yet
    OPEN = auto()  # the request is still arriving
    HALF_CLOSED_REMOTE = auto()  # the request is complete, the answer is not
    HALF_CLOSED_LOCAL = auto()  # the answer is complete, the request is not
    RESET = auto()  # ended by us; the peer may not know yet
    SKIPPED = auto()  # below a stream that was used, and never used itself
    CLOSED = auto()


class Frame(IntEnum):
    """What can be received for a stream. END is the flag END_STREAM."""

    HEADERS = auto()
    HEADERS_END = auto()
    DATA = auto()
    DATA_END = auto()
    RST_STREAM = auto()


_S = StreamState

# frame → the states in which it may be received, and the state it leads to. PRIORITY may be received in all of
# them, WINDOW_UPDATE in all but IDLE, and neither leads anywhere.
RECEIVED: dict[Frame, dict[StreamState, StreamState]] = {
    # The second HEADERS of a stream are trailers, and the engine sees that they end it (RFC 9113 §8.1).
    Frame.HEADERS: {
        _S.IDLE: _S.OPEN,
        _S.OPEN: _S.OPEN,
        _S.HALF_CLOSED_LOCAL: _S.HALF_CLOSED_LOCAL,
        _S.RESET: _S.RESET,
    },
    Frame.HEADERS_END: {
        _S.IDLE: _S.HALF_CLOSED_REMOTE,
        _S.OPEN: _S.HALF_CLOSED_REMOTE,
        _S.HALF_CLOSED_LOCAL: _S.CLOSED,
        _S.RESET: _S.RESET,
    },
    Frame.DATA: {_S.OPEN: _S.OPEN, _S.HALF_CLOSED_LOCAL: _S.HALF_CLOSED_LOCAL, _S.RESET: _S.RESET},
    Frame.DATA_END: {
        _S.OPEN: _S.HALF_CLOSED_REMOTE,
        _S.HALF_CLOSED_LOCAL: _S.CLOSED,
        _S.RESET: _S.RESET,
    },
    Frame.RST_STREAM: {state: _S.CLOSED for state in StreamState if state is not _S.IDLE},
}

# What we send: END_STREAM, and RST_STREAM.
SENT_END: dict[StreamState, StreamState] = {
    _S.OPEN: _S.HALF_CLOSED_LOCAL,
    _S.HALF_CLOSED_REMOTE: _S.CLOSED,
}
SENT_RESET: dict[StreamState, StreamState] = {
    _S.OPEN: _S.RESET,
    _S.HALF_CLOSED_LOCAL: _S.RESET,
    _S.HALF_CLOSED_REMOTE: _S.RESET,
}


def refusal(state: StreamState) -> ErrorCode:
    """The code for a frame that must not be received in this state (RFC 9113 §5.1, §5.1.1)."""
    if state is _S.IDLE or state is _S.SKIPPED:
        return ErrorCode.PROTOCOL_ERROR
    return ErrorCode.STREAM_CLOSED


class ConnectionState(IntEnum):
    OPEN = auto()
    DRAINING = auto()
    LEAVING = auto()
    LINGERING = auto()
    CLOSED = auto()


class Event(IntEnum):
    DRAIN = auto()  # the first GOAWAY of a graceful end
    LEAVE = auto()  # the GOAWAY that names the last stream
    LINGER = auto()  # nothing more will be said
    CLOSE = auto()


class Row(dict[ConnectionState, ConnectionState]):
    """The states in which one event may happen → the states it leads to. What is not in it is an error of
    ours.
    """

    def __init__(self, event: Event, row: dict[ConnectionState, ConnectionState]) -> None:
        super().__init__(row)
        self.event = event

    def __missing__(self, state: ConnectionState) -> ConnectionState:
        raise LocalProtocolError(f"{self.event.name} cannot happen in state {ConnectionState(state).name}")


_C = ConnectionState
_ROWS: dict[Event, dict[ConnectionState, ConnectionState]] = {
    Event.DRAIN: {_C.OPEN: _C.DRAINING},
    Event.LEAVE: {_C.OPEN: _C.LEAVING, _C.DRAINING: _C.LEAVING},
    Event.LINGER: {_C.OPEN: _C.LINGERING, _C.DRAINING: _C.LINGERING, _C.LEAVING: _C.LINGERING},
    Event.CLOSE: dict.fromkeys(ConnectionState, _C.CLOSED),
}
TRANSITIONS = {event: Row(event, row) for event, row in _ROWS.items()}
