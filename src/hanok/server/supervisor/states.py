"""What a worker process and the supervisor can be in, and what leads from one to the other: tables, no code.

A worker process is SPAWNED until it has said that its application has started *and* that it listens. It leaves
by being told to finish (DRAINING): it accepts nothing more, says ``Connection: close`` with every answer, and
ends by itself. Where that takes too long it is told to hurry (TERM), and then it is not asked any more (KILL).
However it ended, REAPED is the end: its exit code is known and no zombie is left.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
from typing import TypeAlias, TypeVar

from hanok.exceptions import HanokError


class IllegalTransition(HanokError):
    """Something happened in a state in which it cannot happen: a mistake of ours."""


class ProcessState(Enum):
    SPAWNED = auto()  # the process exists and has not said that it serves
    READY = auto()  # it serves
    DRAINING = auto()  # was told to take nothing new and to end
    TERM = auto()  # did not end in time, and was told not to wait for anybody
    KILL = auto()  # did not end even so
    REAPED = auto()  # gone; its exit code is known


class ProcessEvent(Enum):
    SERVES = auto()  # says that it serves
    RETIRE = auto()  # the supervisor tells it to finish
    HURRY = auto()  # its time to finish is over, the server stops at once, or it has not begun to serve
    DESTROY = auto()  # it gets SIGKILL: blocked, never ready, or not ended in spite of all
    ENDS = auto()  # the process has ended, for whatever reason


class SupervisorState(Enum):
    STARTING = auto()  # no worker has served yet: a failure ends the server
    SERVING = auto()
    DRAINING = auto()  # all workers were told to finish
    QUITTING = auto()  # all workers were told to end at once
    STOPPED = auto()  # no worker is left


class SupervisorEvent(Enum):
    SERVES = auto()  # a worker serves
    STOP = auto()  # SIGTERM; a start that failed; a new supervisor has taken over
    INTERRUPT = auto()  # SIGINT: the second one means it
    QUIT = auto()  # SIGQUIT
    EMPTY = auto()  # the last worker is reaped


S = TypeVar("S", bound=Enum)
E = TypeVar("E", bound=Enum)
Table: TypeAlias = Mapping[E, Mapping[S, S]]

_P, _PE = ProcessState, ProcessEvent

# event → the states it may happen in, and the state it leads to.
PROCESS: Table[ProcessEvent, ProcessState] = {
    _PE.SERVES: {
        _P.SPAWNED: _P.READY,
        # It said so before it heard that it should end.
        _P.DRAINING: _P.DRAINING,
        _P.TERM: _P.TERM,
        _P.KILL: _P.KILL,
    },
    _PE.RETIRE: {_P.READY: _P.DRAINING},
    _PE.HURRY: {_P.SPAWNED: _P.TERM, _P.READY: _P.TERM, _P.DRAINING: _P.TERM},
    _PE.DESTROY: {_P.SPAWNED: _P.KILL, _P.READY: _P.KILL, _P.DRAINING: _P.KILL, _P.TERM: _P.KILL},
    _PE.ENDS: {
        _P.SPAWNED: _P.REAPED,
        _P.READY: _P.REAPED,
        _P.DRAINING: _P.REAPED,
        _P.TERM: _P.REAPED,
        _P.KILL: _P.REAPED,
    },
}

_S, _SE = SupervisorState, SupervisorEvent

SUPERVISOR: Table[SupervisorEvent, SupervisorState] = {
    _SE.SERVES: {
        _S.STARTING: _S.SERVING,
        _S.SERVING: _S.SERVING,
        _S.DRAINING: _S.DRAINING,
        _S.QUITTING: _S.QUITTING,
    },
    _SE.STOP: {
        _S.STARTING: _S.DRAINING,
        _S.SERVING: _S.DRAINING,
        _S.DRAINING: _S.DRAINING,
        _S.QUITTING: _S.QUITTING,
    },
    _SE.INTERRUPT: {
        _S.STARTING: _S.DRAINING,
        _S.SERVING: _S.DRAINING,
        _S.DRAINING: _S.QUITTING,
        _S.QUITTING: _S.QUITTING,
    },
    _SE.QUIT: {
        _S.STARTING: _S.QUITTING,
        _S.SERVING: _S.QUITTING,
        _S.DRAINING: _S.QUITTING,
        _S.QUITTING: _S.QUITTING,
    },
    _SE.EMPTY: {_S.DRAINING: _S.STOPPED, _S.QUITTING: _S.STOPPED},
}


def after(table: Table[E, S], state: S, event: E) -> S:
    """The state that follows. Raises IllegalTransition where the table has none."""
    try:
        return table[event][state]
    except KeyError:
        raise IllegalTransition(f"{event.name} cannot happen in {state.name}") from None
