"""The states of an HTTP/1.1 connection and the events that lead from one to the next, as data.

A connection serves one request at a time; requests that arrive early wait in its buffer (RFC 9112 §9.3.2).
Two things end independently: the body of the request and the answer. An answer may be complete before the
body is (an early 413, an endpoint that never reads), and then the rest of the body has to be read away before
the next request can begin, or the connection has to be given up. Giving up is not simply closing: closing a
socket with unread bytes sends a reset, and a reset may destroy an answer that the peer has not read yet, so
the connection lingers (RFC 9112 §9.6).
"""

from __future__ import annotations

from enum import IntEnum, auto

from hanok.exceptions import LocalProtocolError


class H1State(IntEnum):
    IDLE = auto()  # waiting for a request head, or for the rest of one
    READING = auto()  # head complete, body still arriving, answer not complete
    ANSWERING = auto()  # body complete, answer not
    DISCARDING = auto()  # answer complete, body not: its rest is read away
    LINGERING = auto()  # nothing more to say; reading until the peer closes, then closing
    UPGRADED = auto()  # the transport belongs to another protocol
    CLOSED = auto()


class Event(IntEnum):
    REQUEST = auto()  # a head without a body, or with all of it
    HEAD = auto()  # a head whose body is still to come
    BODY_END = auto()
    ANSWER_END = auto()
    LINGER = auto()
    UPGRADE = auto()
    CLOSE = auto()


class Row(dict[H1State, H1State]):
    """The states in which one event may happen → the states it leads to. What is not in it is an error of
    ours.
    """

    def __init__(self, event: Event, row: dict[H1State, H1State]) -> None:
        super().__init__(row)
        self.event = event

    def __missing__(self, state: H1State) -> H1State:
        raise LocalProtocolError(f"{self.event.name} cannot happen in state {H1State(state).name}")


_S = H1State
_ROWS: dict[Event, dict[H1State, H1State]] = {
    Event.REQUEST: {_S.IDLE: _S.ANSWERING},
    Event.HEAD: {_S.IDLE: _S.READING},
    Event.BODY_END: {_S.READING: _S.ANSWERING, _S.DISCARDING: _S.IDLE},
    Event.ANSWER_END: {_S.ANSWERING: _S.IDLE, _S.READING: _S.DISCARDING},  # RFC 9112 §9.3: it persists
    Event.LINGER: {
        _S.IDLE: _S.LINGERING,
        _S.READING: _S.LINGERING,
        _S.ANSWERING: _S.LINGERING,
        _S.DISCARDING: _S.LINGERING,
    },
    Event.UPGRADE: {_S.IDLE: _S.UPGRADED},
    Event.CLOSE: {state: _S.CLOSED for state in H1State if state is not _S.UPGRADED},
}
TRANSITIONS = {event: Row(event, row) for event, row in _ROWS.items()}

# One name for each row: the hot path reads a global instead of looking the event up.
ON_REQUEST = TRANSITIONS[Event.REQUEST]
ON_HEAD = TRANSITIONS[Event.HEAD]
ON_BODY_END = TRANSITIONS[Event.BODY_END]
ON_ANSWER_END = TRANSITIONS[Event.ANSWER_END]
ON_LINGER = TRANSITIONS[Event.LINGER]
ON_UPGRADE = TRANSITIONS[Event.UPGRADE]
ON_CLOSE = TRANSITIONS[Event.CLOSE]
