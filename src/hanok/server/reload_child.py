"""One serving child of a reloading server: started and stopped by the parent (``Child``), told by it what to
do (``Assignment``).
"""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import socket

    from hanok.server.config import Config

GRACE = 1.0  # seconds for running requests when a child is replaced or stopped
KILL_AFTER = 4.0  # seconds more, for the end of the lifespan; then SIGKILL


@dataclass(frozen=True)
class Assignment:
    """What a child is given: pickled, over a pipe, because a command line can be read by everybody."""

    target: str
    config: Config
    listener_fds: tuple[int, ...]
    ready_fd: int  # write one line of JSON here when it serves
    life_fd: int  # ends when the parent ends


class Child:
    """One serving process."""

    def __init__(self, target: str, config: Config, listeners: Sequence[socket.socket], command: Sequence[str]) -> None:
        told_fd, tell_fd = os.pipe()  # the assignment
        self.ready_fd, child_ready_fd = os.pipe()
        child_life_fd, self._life_fd = os.pipe()
        grace = config.timeout_graceful_shutdown
        config = replace(
            config,
            reload=False,
            timeout_idle_shutdown=0,  # the next child takes what comes
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


# ---- in the child


def receive_assignment(fd: int) -> Assignment:
    """The child's first act: read what it is to do, and see to it that it ends when its parent does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with open(fd, "rb") as pipe:
        assignment: Assignment = pickle.load(pipe)
    # Processes that the application starts must not hold our pipes open.
    for inherited in (assignment.ready_fd, assignment.life_fd):
        os.set_inheritable(inherited, False)
    threading.Thread(target=_end_with_parent, args=(assignment.life_fd,), name="hanok-parent", daemon=True).start()
    return assignment


def _end_with_parent(fd: int) -> None:
    os.read(fd, 1)  # returns at the end of the parent
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE + KILL_AFTER)
    os._exit(1)


def tell_ready(assignment: Assignment, told: dict[str, Any]) -> None:
    """Tell the parent that this child serves, and what it has to say about itself."""
    os.write(assignment.ready_fd, json.dumps(told).encode() + b"\n")
