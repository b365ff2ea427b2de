"""What an application may still say on its WebSocket: states and transitions as data.

A WebSocket begins as an HTTP request that waits for its answer (HANDSHAKE). The application accepts it
(OPEN), refuses it with a bare 403 (CLOSED), or denies it with an HTTP answer of its own making (DENYING, then
CLOSED). An open one ends in one of two ways, and the difference matters to whoever sends next: CLOSED means
that the application ended it itself, so another message is a mistake in the application; GONE means that the
peer or the server ended it, so another message is merely late, and its sender is told so by an OSError.

The closing handshake of RFC 6455 §7 is not here: by then the application has nothing more to say. The
sans-I/O layer of ``websockets`` keeps that state, and ``connection`` keeps the clock.
"""

from __future__ import annotations

from enum import Enum, auto


class WsState(Enum):
    HANDSHAKE = auto()  # the request is read, nothing is answered
    DENYING = auto()  # an HTTP answer of the application's own has begun
    OPEN = auto()  # 101 is sent, messages flow
    CLOSED = auto()  # the application ended it
    GONE = auto()  # the peer or the server ended it


class WsEvent(Enum):
    ACCEPT = auto()
    REFUSE = auto()  # websocket.close before websocket.accept
    DENY = auto()  # websocket.http.response.start
    DENY_BODY = auto()
    DENY_END = auto()
    SEND = auto()
    CLOSE = auto()
    END = auto()  # a close frame from the peer, a broken frame, a lost connection, a server that stops


_S, _E = WsState, WsEvent

# event → the states it may happen in, and the state it leads to.
TRANSITIONS: dict[WsEvent, dict[WsState, WsState]] = {
    _E.ACCEPT: {_S.HANDSHAKE: _S.OPEN},
    _E.REFUSE: {_S.HANDSHAKE: _S.CLOSED},
    _E.DENY: {_S.HANDSHAKE: _S.DENYING},
    _E.DENY_BODY: {_S.DENYING: _S.DENYING},
    _E.DENY_END: {_S.DENYING: _S.CLOSED},
    _E.SEND: {_S.OPEN: _S.OPEN},
    _E.CLOSE: {_S.OPEN: _S.CLOSED},
    _E.END: {
        _S.HANDSHAKE: _S.GONE,
        _S.DENYING: _S.GONE,
        _S.OPEN: _S.GONE,
        _S.CLOSED: _S.CLOSED,
        _S.GONE: _S.GONE,
    },
}
