"""The supervisor: several workers on one listener, kept alive, and none left behind.

The parent binds the listener and never accepts from it; each worker is a spawned process that inherits it. A
pipe joins the two: the worker says through it when it serves, and its end tells a worker that its parent has
died. A worker that ends by itself is replaced, at once the first time and then after growing pauses, so that
a crash loop does not eat the machine. A worker that fails before any worker has served ends the whole server:
a wrong start is an error of the operator's, and trying again would hide it.

There are no threads here. Signals set a wish and wake the loop in ``run``, which takes all decisions.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from enum import Enum, auto
from multiprocessing.connection import Connection, wait
from typing import Any

from hanok.exceptions import ConfigError
from hanok.server.config import Config
from hanok.server.listeners import bind

logger = logging.getLogger("hanok.error")

# (config, target, sockets, pipe): ends its process itself.
Entry = Callable[[Config, Any, list[socket.socket], Connection], None]

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0  # seconds before a worker that keeps failing is started again
STEADY = 10.0  # a worker that lived this long was no failed start
MARGIN = 5.0  # seconds beyond the graceful deadline before a worker is killed


class ProcessState(Enum):
    SPAWNED = auto()  # the process exists and has not said that it serves
    READY = auto()
    STOPPING = auto()  # was told to stop
    KILLED = auto()  # did not, in time
    REAPED = auto()  # gone; its exit code is known


# state → the states that may follow it.
TRANSITIONS: dict[ProcessState, frozenset[ProcessState]] = {
    ProcessState.SPAWNED: frozenset((ProcessState.READY, ProcessState.STOPPING, ProcessState.REAPED)),
    ProcessState.READY: frozenset((ProcessState.STOPPING, ProcessState.REAPED)),
    ProcessState.STOPPING: frozenset((ProcessState.KILLED, ProcessState.REAPED)),
    ProcessState.KILLED: frozenset((ProcessState.REAPED,)),
    ProcessState.REAPED: frozenset(),
}


class WorkerProcess:
    """One worker as the supervisor sees it."""

    def __init__(self, number: int, config: Config, target: Any, sockets: list[socket.socket], entry: Entry) -> None:
        context = multiprocessing.get_context("spawn")
        self.number = number
        self.state = ProcessState.SPAWNED
        self.born = time.monotonic()
        self.told_at = 0.0
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(
            target=entry, args=(config, target, sockets, theirs), name=f"hanok-worker-{number}"
        )
        self.process.start()
        theirs.close()

    def become(self, state: ProcessState) -> None:
        assert state in TRANSITIONS[self.state], (self.state, state)
        self.state = state

    def tell(self, number: int) -> None:
        """Send a signal, if there is still somebody to get it."""
        if self.process.pid is not None and self.process.is_alive():
            with suppress(ProcessLookupError):
                os.kill(self.process.pid, number)

    def stop(self) -> None:
        if self.state in (ProcessState.SPAWNED, ProcessState.READY):
            self.become(ProcessState.STOPPING)
            self.told_at = time.monotonic()
            self.tell(signal.SIGTERM)


class Supervisor:
    """Runs ``config.workers`` workers of the application at ``target``; each imports it for itself.

    ``entry`` is what a worker process does, if not ``work``.
    """

    def __init__(
        self,
        config: Config,
        target: str,
        *,
        on_ready: Callable[[], None] | None = None,
        entry: Entry | None = None,
    ) -> None:
        self.entry = entry or work
        self.config = config
        self.target = target
        self.on_ready = on_ready
        self.workers: dict[int, WorkerProcess] = {}
        self._due: dict[int, float] = {}  # when a slot gets its next worker
        self._pause: dict[int, float] = {}
        self._stops = 0  # how often we were told to stop: twice means at once
        self._quick = False
        self._exit_code: int | None = None
        self._served = False
        self._wake_read, self._wake_write = socket.socketpair()
        self._wake_read.setblocking(False)
        self._wake_write.setblocking(False)

    def run(self, sockets: list[socket.socket] | None = None) -> int:
        """Supervise until told to stop; the exit code."""
        sockets = bind(self.config) if sockets is None else sockets
        before = {
            number: signal.signal(number, self._on_signal) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)
        }
        wake_before = signal.set_wakeup_fd(self._wake_write.fileno(), warn_on_full_buffer=False)
        try:
            for number in range(self.config.workers):
                self._due[number] = 0.0
            while self._due or self.workers:
                self._spawn_due(sockets)
                self._wait()
                self._look()
        finally:
            for worker in self.workers.values():
                worker.process.kill()
                worker.process.join()
            signal.set_wakeup_fd(wake_before)
            for number, handler in before.items():
                signal.signal(number, handler)
            for sock in (*sockets, self._wake_read, self._wake_write):
                sock.close()
        return self._exit_code or 0

    def stop(self) -> None:
        """Stop gracefully; called again, at once."""
        self._stops += 1
        self._quick = self._stops > 1
        with suppress(OSError):
            self._wake_write.send(b"\0")

    def _on_signal(self, number: int, frame: object) -> None:
        if number == signal.SIGQUIT:
            self._stops += 1
        self.stop()

    # ---- one turn

    def _spawn_due(self, sockets: list[socket.socket]) -> None:
        if self._stops:
            self._due.clear()
        now = time.monotonic()
        for number in [one for one, due in self._due.items() if due <= now]:
            del self._due[number]
            self.workers[number] = WorkerProcess(number, self.config, self.target, sockets, self.entry)

    def _wait(self) -> None:
        """Until a worker speaks or ends, a signal comes, or something is due."""
        now = time.monotonic()
        moments = [due - now for due in self._due.values()]
        told = [one for one in self.workers.values() if one.state is ProcessState.STOPPING]
        moments += [self._deadline(one) - now for one in told]
        pipes = [one.pipe for one in self.workers.values() if not one.pipe.closed]
        ends = [one.process.sentinel for one in self.workers.values()]
        wait([self._wake_read, *pipes, *ends], None if not moments else max(0.0, min(moments)))
        with suppress(BlockingIOError):
            while self._wake_read.recv(64):
                pass

    def _deadline(self, worker: WorkerProcess) -> float:
        allowed = self.config.timeout_graceful_shutdown
        return worker.told_at + MARGIN + allowed if allowed is not None else float("inf")

    def _look(self) -> None:
        for worker in list(self.workers.values()):
            self._hear(worker)
            if not worker.process.is_alive():
                self._reap(worker)
            elif worker.state is ProcessState.STOPPING and time.monotonic() >= self._deadline(worker):
                logger.warning("worker %d does not stop and is killed", worker.number)
                worker.become(ProcessState.KILLED)
                worker.process.kill()
        if self._stops:
            for worker in self.workers.values():
                worker.stop()
                if self._quick:
                    worker.tell(signal.SIGQUIT)

    def _hear(self, worker: WorkerProcess) -> None:
        try:
            while not worker.pipe.closed and worker.pipe.poll():
                worker.pipe.recv()
                if worker.state is ProcessState.SPAWNED:
                    worker.become(ProcessState.READY)
                    if not self._served:
                        self._served = True
                        if self.on_ready is not None:
                            self.on_ready()
        except (EOFError, OSError):
            worker.pipe.close()

    def _reap(self, worker: WorkerProcess) -> None:
        worker.process.join()
        told = worker.state in (ProcessState.STOPPING, ProcessState.KILLED)
        worker.become(ProcessState.REAPED)
        if not worker.pipe.closed:
            worker.pipe.close()
        number, code = worker.number, worker.process.exitcode
        del self.workers[number]
        worker.process.close()
        if told or self._stops:
            return
        if not self._served:
            logger.error("worker %d failed to start (exit code %s); the server stops", number, code)
            self._exit_code = code if code is not None and code > 0 else 1
            self.stop()
            return
        now = time.monotonic()
        if code == 0 or now - worker.born >= STEADY:
            self._pause.pop(number, None)
            self._due[number] = now
        else:
            pause = self._pause.get(number, 0.0)
            self._due[number] = now + pause
            self._pause[number] = min(LONGEST_PAUSE, max(FIRST_PAUSE, pause * 2))
        logger.log(
            logging.INFO if code == 0 else logging.ERROR,
            "worker %d ended (exit code %s); replacing it",
            number,
            code,
        )


def work(config: Config, target: Any, sockets: list[socket.socket], pipe: Connection) -> None:
    """What a worker process does. Ends the process with the exit code."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal tells the supervisor, and the supervisor us
    from hanok.server import logs
    from hanok.server.importer import load
    from hanok.server.worker import Worker

    logs.configure(config)
    try:
        app = load(target, app_dir=config.app_dir, factory=config.factory)
        worker = Worker(config, app, on_ready=lambda: pipe.send("ready"))
        worker.parent = pipe
        code = worker.run(sockets)
    except ConfigError as error:
        logger.error("%s", error)
        code = 2
    raise SystemExit(code)
