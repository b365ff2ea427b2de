"""Link: the worker's end of what joins it to its supervisor.

A socket carries words both ways, and its end tells each side that the other has died. A shared page carries
heartbeats. A pipe takes the stacks of all threads when the supervisor asks where a worker hangs: faulthandler
writes them from within the signal handler, so that needs neither the event loop nor the interpreter lock.
"""

from __future__ import annotations

import asyncio
import faulthandler
import json
import logging
import os
import signal
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import FrameType
from typing import Any

from hanok.server.hooks import Hooks, WorkerFacts
from hanok.server.supervisor.assignment import ENOUGH, SERVES, Assignment
from hanok.server.supervisor.heartbeat import CONNECTIONS, LOOP, REQUESTS, Beats, Heartbeat, interval_for
from hanok.server.supervisor.leftovers import has_died, tidy
from hanok.server.supervisor.signals import TRACE, let_trace

logger = logging.getLogger("hanok.error")

MARGIN = 5.0  # seconds that the end of a lifespan may take beyond the graceful deadline


class Link:
    """Of the worker that this process is."""

    def __init__(self, assignment: Assignment, hooks: Hooks) -> None:
        config = assignment.config
        parent = assignment.server.pid
        for fd in assignment.fds:
            os.set_inheritable(fd, False)  # processes that the application starts must not hold them open
        self.assignment = assignment
        self.hooks = hooks
        self.parent = parent
        self.facts = WorkerFacts(config, assignment.number, os.getpid(), parent)
        self.interval = interval_for(config.timeout_worker_healthcheck)
        self.heartbeat = Heartbeat(assignment.heartbeat_fd)
        self._control = socket.socket(fileno=assignment.control_fd)
        self._control.setblocking(False)
        self._heard = b""
        self._serves = False
        self._beats = Beats(self.heartbeat, self.interval, parent, self._grace, self._give_up)

    def start(self) -> None:
        """Begin to beat, and be ready to say where this process hangs."""
        signal.signal(TRACE, self._abort)
        faulthandler.register(TRACE, file=self.assignment.trace_fd, all_threads=True, chain=True)
        let_trace()
        self._beats.start()

    def end(self) -> None:
        """The worker's last act. What a dead supervisor has left behind is removed."""
        self._beats.stop()
        if has_died(self.parent, self._control):
            tidy(self.assignment.files, self.parent)

    # ---- what the worker says

    def serves(self, told: Mapping[str, Any]) -> None:
        """The application has started and the sockets are listened to."""
        self.hooks.call("post_worker_init", self.facts)
        self._serves = True
        self._say({SERVES: dict(told)})

    def enough(self, reason: str) -> None:
        """Ask for a replacement."""
        self._say({ENOUGH: reason})

    def beat(self, requests: int, connections: int) -> None:
        """Called from the event loop."""
        self.heartbeat.beat(LOOP)
        self.heartbeat.tell(REQUESTS, requests)
        self.heartbeat.tell(CONNECTIONS, connections)

    def interrupted(self) -> None:
        """The worker was told to end at once."""
        self.hooks.call("worker_int", self.facts)

    def _say(self, words: dict[str, Any]) -> None:
        with suppress(OSError):  # the supervisor has died: its end of the socket is told to the loop
            self._control.sendall(json.dumps(words).encode() + b"\n")

    # ---- what the worker hears

    def attach(self, loop: asyncio.AbstractEventLoop, words: Mapping[str, Callable[[], object]]) -> None:
        """Call what belongs to a word of the supervisor when it comes; ``""`` is the supervisor's death."""
        loop.add_reader(self._control.fileno(), self._hear, loop, words)

    def detach(self, loop: asyncio.AbstractEventLoop) -> None:
        loop.remove_reader(self._control.fileno())

    def _hear(self, loop: asyncio.AbstractEventLoop, words: Mapping[str, Callable[[], object]]) -> None:
        try:
            piece = self._control.recv(4096)
        except BlockingIOError:
            return
        except OSError:
            piece = b""
        if not piece:
            self.detach(loop)
            logger.error("the supervisor (process %d) has died; %s stops", self.parent, self.assignment.name)
            words[""]()
            return
        *lines, self._heard = (self._heard + piece).split(b"\n")
        for line in lines:
            words[line.decode()]()

    def _grace(self) -> float:
        allowed = self.assignment.config.timeout_graceful_shutdown
        if not self._serves:
            return 0.0
        return float("inf") if allowed is None else allowed + MARGIN

    def _give_up(self) -> None:
        """The supervisor has died, and this worker does not end by itself, or not soon enough. Called from a thread.

        What it listens on is closed first: else it would be taken for a reason to keep the files.
        """
        for fd in self.assignment.listener_fds:
            with suppress(OSError):
                os.close(fd)
        tidy(self.assignment.files, self.parent)
        os._exit(1)

    def _abort(self, number: int, frame: FrameType | None) -> None:
        self.hooks.call("worker_abort", self.facts)
