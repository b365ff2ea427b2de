"""Reload: a parent that watches files, and a child that serves; the child is replaced when a file changes.

The parent owns the listening sockets and never accepts from them. Each child serves on the same ones, so
while one ends and the next begins, new connections wait in the backlog and none is refused. A save that
breaks the application leaves nobody to serve (BROKEN): connections wait then too, until the next save.

A child is told to stop by SIGTERM (it ignores the SIGINT of the terminal, which the parent gets too) and has
``GRACE`` seconds for requests that run: streams and WebSockets that never end by themselves are cut then, and
a child that still lives after that is killed. If the parent dies, the child notices by the end of a pipe and
stops itself.

The parent has one thread for the watcher, which only writes to a pipe. All decisions are made in
``Reloader.run``.
"""

from __future__ import annotations

import fnmatch
import json
import os
import pickle
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from enum import Enum, auto
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from hanok.exceptions import ConfigError

if TYPE_CHECKING:
    import socket

    from hanok.server.config import Config

GRACE = 1.0  # seconds for running requests when a child is replaced or stopped
KILL_AFTER = 4.0  # seconds more, for the end of the lifespan; then SIGKILL
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


@dataclass(frozen=True)
class Assignment:
    """What a child is given: pickled, over a pipe, because a command line can be read by everybody."""

    target: str
    config: Config
    listener_fds: tuple[int, ...]
    ready_fd: int  # write one line of JSON here when it serves
    life_fd: int  # ends when the parent ends


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
            raise ConfigError(
                "Reload needs a system that can hand sockets to child processes; Windows is none."
            )
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


class Child:
    """One serving process."""

    def __init__(
        self, target: str, config: Config, listeners: Sequence[socket.socket], command: Sequence[str]
    ) -> None:
        told_fd, tell_fd = os.pipe()  # the assignment
        self.ready_fd, child_ready_fd = os.pipe()
        child_life_fd, self._life_fd = os.pipe()
        grace = config.timeout_graceful_shutdown
        config = replace(
            config,
            reload=False,
            timeout_graceful_shutdown=GRACE if grace is None else min(grace, GRACE),
        )
        passed = (told_fd, child_ready_fd, child_life_fd)
        sockets = tuple(one.fileno() for one in listeners)
        self._process = subprocess.Popen([*command, str(told_fd)], pass_fds=(*passed, *sockets))
        for fd in passed:
            os.close(fd)
        assignment = Assignment(target, config, sockets, child_ready_fd, child_life_fd)
        with suppress(BrokenPipeError), open(tell_fd, "wb") as pipe:
            pickle.dump(assignment, pipe)

    @property
    def ended(self) -> bool:
        return self._process.poll() is not None

    def read(self) -> dict[str, Any] | None:
        """What the child says of itself once it serves; None at the end of its pipe."""
        line = os.read(self.ready_fd, 65536)
        if not line:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(0.05)
            return None
        told: dict[str, Any] = json.loads(line)
        return told

    def signal(self, number: int) -> None:
        if self._process.poll() is None:
            self._process.send_signal(number)

    def kill(self) -> None:
        self.signal(signal.SIGKILL)
        self._process.wait()

    def close(self) -> int:
        """Reap an ended process and give its exit code; negative is the signal that ended it."""
        for fd in (self.ready_fd, self._life_fd):
            os.close(fd)
        return self._process.wait()


class Watcher:
    """A thread that watches files and writes a byte to ``fd`` for each batch of changes."""

    def __init__(self, config: Config) -> None:
        self._directories = watched_directories(config)
        self._filter = PathFilter(config, self._directories)
        self._step = max(1, round(config.reload_delay * 1000))
        self._stop = threading.Event()
        self._changed: list[str] = []
        self.fd, self._write_fd = os.pipe()
        self._thread = threading.Thread(target=self._watch, name="hanok-watch", daemon=True)

    def __enter__(self) -> Watcher:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._thread.join(5)
        os.close(self.fd)
        os.close(self._write_fd)

    def changes(self) -> str:
        """The names of the changed files, for people."""
        os.read(self.fd, 512)
        names, self._changed = sorted(set(self._changed)), []
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        return ", ".join(names[:3]) + more

    def _watch(self) -> None:
        from watchfiles import watch

        batches = watch(
            *self._directories,
            watch_filter=lambda change, path: self._filter(path),
            step=self._step,
            stop_event=self._stop,
            rust_timeout=500,
        )
        for batch in batches:
            self._changed.extend(os.path.relpath(path) for _, path in batch)
            os.write(self._write_fd, b"c")


def watched_directories(config: Config) -> list[Path]:
    """Where to watch: what was asked for, else where the application is. Raises ConfigError for what is not
    there.
    """
    directories = [Path(name).resolve() for name in config.reload_dirs or (config.app_dir or ".",)]
    for directory in directories:
        if not directory.is_dir():
            raise ConfigError(f"--reload-dir: {directory} is not a directory.")
    # Watching a directory watches all below it.
    return [one for one in directories if not any(other in one.parents for other in directories)]


class PathFilter:
    """Which files matter: their name matches an include, and no part of their path below the watched one an
    exclude.
    """

    # Never written by hand, often large, often rewritten.
    IGNORED = frozenset({"__pycache__", "node_modules", "site-packages", "venv", "env"})

    def __init__(self, config: Config, directories: Sequence[Path]) -> None:
        self._includes = config.reload_includes
        self._excludes = config.reload_excludes
        self._excluded_directories = [
            Path(name).resolve() for name in config.reload_excludes if Path(name).is_dir()
        ]
        self._directories = directories

    def __call__(self, path: str) -> bool:
        file = Path(path)
        root = next((one for one in self._directories if one in file.parents), None)
        parts = file.parts if root is None else file.relative_to(root).parts
        if any(part in self.IGNORED or self._matches(part, self._excludes) for part in parts):
            return False
        if any(one in file.parents for one in self._excluded_directories):
            return False
        return self._matches(file.name, self._includes)

    @staticmethod
    def _matches(name: str, patterns: Sequence[str]) -> bool:
        return any(fnmatch.fnmatch(name, pattern) for pattern in patterns)


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
    """A handler has to be there for the descriptor to be written to; what happens is decided in ``Reloader``."""


# ---- in the child


def receive_assignment(fd: int) -> Assignment:
    """The child's first act: read what it is to do, and see to it that it ends when its parent does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with open(fd, "rb") as pipe:
        assignment: Assignment = pickle.load(pipe)
    # Processes that the application starts must not hold our pipes open.
    for inherited in (assignment.ready_fd, assignment.life_fd):
        os.set_inheritable(inherited, False)
    threading.Thread(
        target=_end_with_parent, args=(assignment.life_fd,), name="hanok-parent", daemon=True
    ).start()
    return assignment


def _end_with_parent(fd: int) -> None:
    os.read(fd, 1)  # returns at the end of the parent
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE + KILL_AFTER)
    os._exit(1)


def tell_ready(assignment: Assignment, told: dict[str, Any]) -> None:
    """Tell the parent that this child serves, and what it has to say about itself."""
    os.write(assignment.ready_fd, json.dumps(told).encode() + b"\n")
