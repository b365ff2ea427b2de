"""Reload: a parent that watches files, and a child that serves; the child is replaced when a file changes.

The parent owns the listening sockets and never accepts from them. Each child serves on the same ones, so
while one ends and the next begins, new connections wait in the backlog and none is refused. A save that
breaks the application leaves nobody to serve (BROKEN), and connections wait then too, until the next save; or the
child serves the reason instead, as that of ``hanok dev`` does.

A child is told to stop by SIGTERM (it ignores the SIGINT of the terminal, which the parent gets too) and has
``GRACE`` seconds for requests that run: streams and WebSockets that never end by themselves are cut then, and
a child that still lives after that is killed. If the parent dies, the child notices by the end of a pipe and
stops itself.

The parent has one thread for the watcher, which only writes to a pipe. All decisions are made in
``Reloader.run``.
"""

from __future__ import annotations

import os
import selectors
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from enum import Enum, auto
from types import FrameType
from typing import TYPE_CHECKING, Any

from hanok.exceptions import ConfigError
from hanok.server.reload_child import GRACE, KILL_AFTER, Child
from hanok.server.watcher import Watcher

if TYPE_CHECKING:
    import socket

    from hanok.server.config import Config

WRONG_USAGE = 2  # the exit code of a child that was told something that cannot be


class ReloadState(Enum):
    STARTING = auto()  # a child imports the application and runs the start of its lifespan
    SERVING = auto()
    REPLACING = auto()  # a file has changed: the old child ends, then a new one starts
    BROKEN = auto()  # the child has ended by itself; the next change starts another
    STOPPING = auto()  # we were told to stop: the child ends
    STOPPED = auto()


class ReloadEvent(Enum):
    READY = auto()  # the child serves
    CHANGED = auto()  # a watched file has changed
    ENDED = auto()  # the child has ended
    STOP = auto()  # SIGINT, SIGTERM, SIGHUP


_S, _E = ReloadState, ReloadEvent

# event → the states it may happen in, and the state it leads to.
TRANSITIONS: dict[ReloadEvent, dict[ReloadState, ReloadState]] = {
    _E.READY: {_S.STARTING: _S.SERVING, _S.REPLACING: _S.REPLACING, _S.STOPPING: _S.STOPPING},
    _E.CHANGED: {
        _S.STARTING: _S.REPLACING,
        _S.SERVING: _S.REPLACING,
        _S.REPLACING: _S.REPLACING,
        _S.BROKEN: _S.STARTING,
        _S.STOPPING: _S.STOPPING,
    },
    _E.ENDED: {
        _S.STARTING: _S.BROKEN,
        _S.SERVING: _S.BROKEN,
        _S.REPLACING: _S.STARTING,
        _S.STOPPING: _S.STOPPED,
    },
    _E.STOP: {
        _S.STARTING: _S.STOPPING,
        _S.SERVING: _S.STOPPING,
        _S.REPLACING: _S.STOPPING,
        _S.BROKEN: _S.STOPPED,
        _S.STOPPING: _S.STOPPING,
    },
}


class Reloader:
    """Runs children of ``command`` until it is told to stop.

    ``say`` is given what the user should know: an event of the table and a text. ``on_ready`` is given what
    the child says when it serves. The sockets must be listening; they are not closed here.
    """

    def __init__(
        self,
        target: str,
        config: Config,
        listeners: Sequence[socket.socket],
        command: Sequence[str],
        *,
        say: Callable[[ReloadEvent, str], None],
        on_ready: Callable[[dict[str, Any]], None],
    ) -> None:
        if sys.platform == "win32":
            raise ConfigError("Reload needs a system that can hand sockets to child processes; Windows is none.")
        self.target = target
        self.config = config
        self.listeners = listeners
        self.command = command
        self.say = say
        self.on_ready = on_ready
        self.state = ReloadState.STARTING
        self.child: Child | None = None
        self.exit_code = 0
        self._served = False
        self._deadline: float | None = None
        self._selector = selectors.DefaultSelector()

    def run(self) -> int:
        """Serve until a signal ends it. Gives the exit code."""
        watcher = Watcher(self.config)
        with self._selector, watcher, woken_by_signals() as signals:
            self._selector.register(signals, selectors.EVENT_READ)
            self._selector.register(watcher.fd, selectors.EVENT_READ)
            try:
                self._start()
                while self.state is not ReloadState.STOPPED:
                    self._wait(signals, watcher)
            finally:
                if self.child is not None:
                    self.child.kill()
        return self.exit_code

    def _wait(self, signals: int, watcher: Watcher) -> None:
        """Sleep until something happens, and take it into account."""
        timeout = None if self._deadline is None else max(0.0, self._deadline - time.monotonic())
        ready = {key.fd for key, _ in self._selector.select(timeout)}
        if signals in ready:
            received = os.read(signals, 512)
            if any(number != signal.SIGCHLD for number in received):
                self._happens(ReloadEvent.STOP)
        if self.child is not None and self.child.ready_fd in ready:
            told = self.child.read()
            if told is not None:
                self._happens(ReloadEvent.READY, told)
        if self.child is not None and self.child.ended:
            self._happens(ReloadEvent.ENDED)
        if watcher.fd in ready:
            self._happens(ReloadEvent.CHANGED, watcher.changes())
        if self._deadline is not None and time.monotonic() >= self._deadline and self.child is not None:
            self._deadline = None
            self.say(ReloadEvent.STOP, "The process did not end in time and was killed.")
            self.child.signal(signal.SIGKILL)

    def _happens(self, event: ReloadEvent, told: Any = None) -> None:
        before = self.state
        after = self.state = TRANSITIONS[event].get(before, before)
        if event is ReloadEvent.READY and after is ReloadState.SERVING:
            self._served = True
            self.on_ready(told)
        elif event is ReloadEvent.CHANGED and before is not ReloadState.STOPPING:
            self.say(event, told)
            if after is ReloadState.STARTING:
                self._start()
            elif before is not ReloadState.REPLACING:
                self._stop_child()
        elif event is ReloadEvent.ENDED:
            self._child_ended(after)
        elif event is ReloadEvent.STOP:
            if before is ReloadState.STOPPING and self.child is not None:
                self.child.signal(signal.SIGKILL)  # the second Ctrl-C means it
            elif after is ReloadState.STOPPING and before is not ReloadState.REPLACING:
                self._stop_child()

    def _start(self) -> None:
        self.child = Child(self.target, self.config, self.listeners, self.command)
        self._selector.register(self.child.ready_fd, selectors.EVENT_READ)

    def _stop_child(self) -> None:
        if self.child is not None:
            self.child.signal(signal.SIGTERM)
            self._deadline = time.monotonic() + GRACE + KILL_AFTER

    def _child_ended(self, after: ReloadState) -> None:
        child, self.child, self._deadline = self.child, None, None
        assert child is not None
        with suppress(KeyError, ValueError):
            self._selector.unregister(child.ready_fd)
        code = child.close()
        if after is ReloadState.STARTING:
            self._start()
        elif after is ReloadState.BROKEN:
            if code == WRONG_USAGE and not self._served:
                # The first start failed by what was typed, not by what was saved: no save will mend it.
                self.exit_code = code
                self.state = ReloadState.STOPPED
                return
            # A code of its own means that the child has said what was wrong.
            how = f"ended by {signal.Signals(-code).name}" if code < 0 else "" if code else "ended by itself"
            self.say(ReloadEvent.ENDED, f"{how}; waiting for the next save".removeprefix("; "))


@contextmanager
def woken_by_signals() -> Iterator[int]:
    """A descriptor that becomes readable when a signal arrives: each byte is the number of one."""
    read_fd, write_fd = os.pipe()
    os.set_blocking(write_fd, False)
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD)
    before = {number: signal.signal(number, _note) for number in numbers}
    woken_before = signal.set_wakeup_fd(write_fd, warn_on_full_buffer=False)
    try:
        yield read_fd
    finally:
        signal.set_wakeup_fd(woken_before)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(read_fd)
        os.close(write_fd)


def _note(number: int, frame: FrameType | None) -> None:
    """There has to be a handler for the descriptor to be written to; ``Reloader`` decides what happens."""
