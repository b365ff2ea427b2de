"""WorkerProcess: one worker as its supervisor sees it."""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from hanok.server.hooks import WorkerFacts
from hanok.server.supervisor import states
from hanok.server.supervisor.assignment import RETIRE, STOP, Assignment
from hanok.server.supervisor.heartbeat import LOOP, Heartbeat, Pulse
from hanok.server.supervisor.signals import TRACE
from hanok.server.supervisor.spawn import Child
from hanok.server.supervisor.states import ProcessEvent, ProcessState

if TYPE_CHECKING:
    from hanok.server.config import Config

logger = logging.getLogger("hanok.error")

MARGIN = 5.0  # seconds from "hurry" to SIGKILL: the end of a lifespan may take as long
SAYS_WHERE = 0.5  # seconds for which a blocked worker may write its stacks


class WorkerProcess:
    """Started by ``start(assignment, ours)``, which gives the child process; ``ours`` are descriptors not for a fork."""

    def __init__(
        self,
        make: Callable[[int, int, int], Assignment],
        start: Callable[[Assignment, tuple[int, ...]], Child],
        *,
        replaces: WorkerProcess | None = None,
    ) -> None:
        self.state = ProcessState.SPAWNED
        self.heartbeat = Heartbeat()
        ours, theirs = socket.socketpair()
        self.trace_fd, their_trace_fd = os.pipe()
        os.set_blocking(self.trace_fd, False)
        os.set_blocking(their_trace_fd, False)
        self.control = ours
        ours.setblocking(False)
        self.assignment = make(theirs.fileno(), self.heartbeat.fd, their_trace_fd)
        self.config: Config = self.assignment.config
        self.facts = WorkerFacts(self.config, self.number, 0, os.getpid())
        self.replaces = replaces  # the worker that is told to finish when this one serves
        self.outdated: str | None = None  # why it should be replaced
        self.born = self.told_at = time.monotonic()
        self.ready_at: float | None = None
        self.accused: str | None = None  # why it will be killed, once it had time to write where it hangs
        self.accused_at = 0.0
        self.killed_for: str | None = None
        self.unasked = False  # it ended while it should have served
        self._heard = b""
        self.is_mute = False  # its end of the socket is closed: it ends, or is about to
        try:
            self.child = start(self.assignment, (ours.fileno(), self.trace_fd))
        finally:
            theirs.close()
            os.close(their_trace_fd)
        self.facts.pid = self.child.pid

    def __str__(self) -> str:
        return f"{self.assignment.name} (process {self.child.pid})"

    @property
    def number(self) -> int:
        return self.assignment.number

    @property
    def slot(self) -> int:
        return self.assignment.slot

    @property
    def counts(self) -> bool:
        """Whether it serves, or will."""
        return self.state in (ProcessState.SPAWNED, ProcessState.READY)

    # ---- what it is told

    def happens(self, event: ProcessEvent) -> None:
        self.state = states.after(states.PROCESS, self.state, event)

    def retire(self, word: str = RETIRE) -> None:
        """Tell it to finish: RETIRE if others go on serving, STOP if not. One that does not serve yet just ends."""
        if self.state is ProcessState.SPAWNED:
            self.hurry()
        elif self.state is ProcessState.READY:
            self.happens(ProcessEvent.RETIRE)
            self.told_at = time.monotonic()
            self.say(word)
        elif self.state is ProcessState.DRAINING and word == STOP:
            self.say(word)  # it need not wait for idle connections any more

    def hurry(self) -> None:
        """Tell it not to wait for anything."""
        if self.state in (ProcessState.TERM, ProcessState.KILL):
            return
        number = signal.SIGTERM if self.state is ProcessState.SPAWNED else signal.SIGQUIT
        self.happens(ProcessEvent.HURRY)
        self.told_at = time.monotonic()
        self.signal(number)

    def destroy(self, reason: str) -> None:
        """The end of patience."""
        if self.state is not ProcessState.KILL:
            self.unasked = self.counts
            self.happens(ProcessEvent.DESTROY)
            self.killed_for = reason
            self.signal(signal.SIGKILL)

    def say(self, word: str) -> None:
        with suppress(OSError):  # it is dead, or so blocked that it has left thousands of words unread
            self.control.send(word.encode() + b"\n")

    def signal(self, number: int) -> None:
        """Before it is reaped its number cannot be another process's."""
        if self.state is not ProcessState.REAPED:
            with suppress(ProcessLookupError):
                os.kill(self.child.pid, number)

    # ---- what it says

    def hear(self) -> list[dict[str, Any]]:
        """Its words since the last time. Afterwards ``is_mute`` tells whether there can be more."""
        try:
            while piece := self.control.recv(65536):
                self._heard += piece
            self.is_mute = True
        except BlockingIOError:
            pass
        except OSError:
            self.is_mute = True
        *lines, self._heard = self._heard.split(b"\n")
        return [json.loads(line) for line in lines]

    def serves(self) -> None:
        self.happens(ProcessEvent.SERVES)
        self.ready_at = time.monotonic()

    def stacks(self) -> str:
        """What it has written about where it hangs."""
        pieces = []
        with suppress(BlockingIOError):
            while piece := os.read(self.trace_fd, 65536):
                pieces.append(piece)
        return b"".join(pieces).decode("utf-8", "replace").rstrip()

    # ---- time

    def check(self, now: float, since: float) -> float:
        """Do what time demands, and give the moment of the next look. Silence before ``since`` is forgiven."""
        if self.accused is not None:
            return self._judge(now)
        if self.state is ProcessState.SPAWNED:
            boot = self.config.timeout_worker_boot
            if boot is None:
                return float("inf")
            if now >= self.born + boot:
                return self._accuse(f"it did not serve within {boot:g} seconds (--timeout-worker-boot)", now)
            return self.born + boot
        if self.state is ProcessState.READY:
            return self._check_health(now, since)
        return self._check_end(now)

    def _check_health(self, now: float, since: float) -> float:
        patience = self.config.timeout_worker_healthcheck
        if patience is None:
            return float("inf")
        since = max(since, self.ready_at or 0.0)  # what its start-up did before is no matter
        pulse = self.heartbeat.pulse(patience, since)
        if pulse is Pulse.WELL:
            return max(self.heartbeat.told(LOOP), since) + patience
        return self._accuse(f"{pulse.value}, for {patience:g} seconds (--timeout-worker-healthcheck)", now)

    def _check_end(self, now: float) -> float:
        if self.state is ProcessState.DRAINING:
            allowed = self.config.timeout_graceful_shutdown
            if allowed is None:
                return float("inf")
            if now < self.told_at + allowed + 1:  # it keeps the deadline itself, if it can
                return self.told_at + allowed + 1
            self.hurry()
        if self.state is ProcessState.TERM:
            if now < self.told_at + MARGIN:
                return self.told_at + MARGIN
            logger.warning("%s does not stop and is killed", self)
            self.destroy("it did not stop")
        return float("inf")

    def _accuse(self, reason: str, now: float) -> float:
        self.accused, self.accused_at = reason, now
        self.signal(TRACE)
        return now + SAYS_WHERE

    def _judge(self, now: float) -> float:
        if now < self.accused_at + SAYS_WHERE:
            return self.accused_at + SAYS_WHERE
        reason, self.accused = self.accused, None
        assert reason is not None
        where = self.stacks() or "It does not say where."
        logger.error("%s is killed: %s. It is here:\n%s", self, reason, where)
        if self.counts:
            self.destroy(reason)
        return now

    # ---- the end

    def reap(self) -> int | None:
        """Its exit code, negative for a signal, if it has ended; None if it has not."""
        code = self.child.poll()
        if code is not None and self.state is not ProcessState.REAPED:
            self.unasked = self.unasked or self.counts
            self.happens(ProcessEvent.ENDS)
        return code

    def close(self) -> None:
        """Give back what joined us to it."""
        self.control.close()
        self.heartbeat.close()
        os.close(self.trace_fd)
