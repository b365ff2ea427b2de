"""The launcher: starts worker processes, with all that they are to have."""

from __future__ import annotations

import gc
import logging
import os
import sys
import threading
from collections.abc import Callable, Iterable
from typing import Any

from hanok.server.config import Config
from hanok.server.hooks import Hooks, ServerFacts, WorkerFacts
from hanok.server.observed import Panel
from hanok.server.pidfile import PidFile
from hanok.server.supervisor import child, signals
from hanok.server.supervisor.assignment import Assignment, Entry
from hanok.server.supervisor.process import WorkerProcess
from hanok.server.supervisor.sockets import Listeners
from hanok.server.supervisor.spawn import Child, execute, fork

logger = logging.getLogger("hanok.error")


class Launcher:
    """``config`` is that of the workers that are started from now on. ``app`` is given if they are to be forks.

    ``let_go`` is called in a fork: it closes what is the supervisor's alone.
    """

    def __init__(
        self,
        config: Config,
        target: Any,
        app: Any,
        entry: Entry,
        *,
        facts: ServerFacts,
        hooks: Hooks,
        directory: str,
        listeners: Listeners,
        panel: Panel | None,
        pidfile: PidFile | None,
        let_go: Callable[[], None],
    ) -> None:
        self.config = config
        self.target = target
        self.app = app
        self.entry = entry
        self.facts = facts
        self.hooks = hooks
        self.directory = directory
        self.listeners = listeners
        self.panel = panel
        self.pidfile = pidfile
        self.let_go = let_go
        self.started = 0  # workers so far

    def prepare(self) -> None:
        """Before the first worker."""
        if self.app is None:
            return
        if threading.active_count() > 1:
            names = ", ".join(one.name for one in threading.enumerate() if one is not threading.main_thread())
            logger.warning(
                "--preload: importing the application has started threads (%s); workers are forks and will not have them",
                names,
            )
        gc.collect()
        gc.freeze()  # the collector of a worker shall not touch, and so copy, what all of them share

    def start(self, slot: int, replaces: WorkerProcess | None, others: Iterable[WorkerProcess]) -> WorkerProcess:
        """A worker for this slot, beside the others that there are."""
        self.started += 1
        number, sockets = self.started, self.listeners.of(slot)
        taken = {one.assignment.place for one in others}
        place = next(place for place in range(len(taken) + 1) if place not in taken)
        panel = self.panel if self.panel is not None and place < self.panel.board.slots else None

        def make(control: int, heartbeat: int, trace: int) -> Assignment:
            return Assignment(
                self.config,
                self.target,
                self.entry,
                number,
                slot,
                self.facts,
                tuple(sock.fileno() for sock in sockets),
                control,
                heartbeat,
                trace,
                path=tuple(sys.path),
                files=self._files(),
                is_replacement=replaces is not None,
                place=place,
                board=None if panel is None else (panel.board.slots, panel.board.fd),
                admin_fds=() if panel is None else tuple(sock.fileno() for sock in panel.sockets),
                app=self.app,
            )

        self.hooks.call("pre_fork", self.facts, WorkerFacts(self.config, number, 0, os.getpid()))
        worker = WorkerProcess(make, self._launch, replaces=replaces)
        logger.debug("%s starts", worker)
        return worker

    def _launch(self, assignment: Assignment, ours: tuple[int, ...]) -> Child:
        if self.app is None:
            return execute(assignment, self.directory)
        return fork(lambda: self._be_forked(assignment, ours))

    def _be_forked(self, assignment: Assignment, ours: tuple[int, ...]) -> int:
        signals.be_a_worker()
        for fd in ours:
            os.close(fd)
        if self.pidfile is not None:
            self.pidfile.forget()
        self.let_go()
        return child.live(assignment)

    def _files(self) -> tuple[tuple[str, int], ...]:
        """What workers remove if the supervisor is killed."""
        own = () if self.pidfile is None else ((self.pidfile.path, self.pidfile.inode),)
        return (*self.listeners.files, *own)
