"""The supervisor: keeps the workers of one server alive, and leaves none behind.

It holds the listeners and never accepts from them; it imports nothing of the application, unless the workers are
to be forked from it (``app``). One loop does everything, without threads: it waits for signals, for words of the
workers, for their ends and for the next deadline, and then sees what follows. So signals are heard at any time, also
while workers are being replaced or a new supervisor is starting.
"""

from __future__ import annotations

import logging
import os
import selectors
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from hanok.exceptions import ConfigError
from hanok.server import identity, logs
from hanok.server.config import Config
from hanok.server.hooks import Hooks, ServerFacts, hooks_of
from hanok.server.notify import Notifier
from hanok.server.observed import Panel
from hanok.server.pidfile import PidFile
from hanok.server.supervisor import child, signals, states
from hanok.server.supervisor.assignment import ENOUGH, REOPEN, RETIRE, SERVES, STOP, Entry
from hanok.server.supervisor.handover import Handover, Inheritance, inherited, unchanged_environment, working_directory
from hanok.server.supervisor.launcher import Launcher
from hanok.server.supervisor.pool import RELOAD, Pool
from hanok.server.supervisor.process import WorkerProcess
from hanok.server.supervisor.signals import Wish
from hanok.server.supervisor.sockets import Listeners
from hanok.server.supervisor.spawn import reap_adopted
from hanok.server.supervisor.states import ProcessState, SupervisorEvent, SupervisorState

logger = logging.getLogger("hanok.error")

FAILED, STARTUP_FAILED = 1, 3  # exit codes where the worker has none to give
OVERSLEPT = 1.0  # seconds: if we wake up so late we were stopped ourselves, and workers may have been too


class Supervisor:
    """Runs ``config.workers`` workers of the application at ``target``.

    Each imports it for itself; if ``app`` is given, workers are forks of this process that have it already.
    ``entry`` is what a worker does. ``on_ready`` is called when the first worker serves, with what that says of the
    application. ``reconfigure`` gives the options for the workers that a reload starts.

    Making one opens the listeners. Raises ConfigError.
    """

    def __init__(
        self,
        config: Config,
        target: Any,
        *,
        app: Any = None,
        entry: Entry = child.work,
        on_ready: Callable[[dict[str, Any]], None] | None = None,
        reconfigure: Callable[[], Config] | None = None,
        hooks: Hooks | None = None,
    ) -> None:
        self.config = config
        self.target = target
        self.on_ready = on_ready
        self.reconfigure = reconfigure
        identity.Identity.of(config)  # what is wrong with these is told before anything is opened
        if config.is_tls:
            from hanok.server.tls import Certificates

            Certificates(config)
        self.hooks = hooks_of(config) if hooks is None else hooks
        self.facts = ServerFacts(config, os.getpid(), config.workers)
        directory = working_directory()
        self.inheritance: Inheritance | None = inherited(config)
        self.listeners = Listeners.open(config) if self.inheritance is None else self.inheritance.listeners
        try:
            self.panel = Panel.of(config) if self.inheritance is None else self.inheritance.panel(config)
        except ConfigError:
            self.listeners.close()
            raise
        self.environ = unchanged_environment()
        self.pidfile = None if config.pidfile is None else PidFile(config.pidfile)
        self.notifier = Notifier()
        self.state = SupervisorState.STARTING
        self.launcher = Launcher(
            config, target, app, entry, facts=self.facts, hooks=self.hooks, directory=directory,
            listeners=self.listeners, panel=self.panel, pidfile=self.pidfile, let_go=self._let_go,
        )  # fmt: skip
        self.pool = Pool(config.workers, self._start_worker, self.listeners.drop)
        self.handover: Handover | None = None
        self.exit_code = 0
        self._first_ones = config.workers
        self._resting = False  # SIGWINCH: no workers until SIGHUP
        self._complete = False  # whether all workers have served at once
        self._reloading = False
        self._handed_over = False
        self._since = 0.0  # silence of workers before this moment is forgiven
        self._next_watchdog = float("inf")
        self._has_terminal = signals.has_terminal()
        self._selector = selectors.DefaultSelector()

    # ---- the life

    def run(self) -> int:
        """Supervise until told to stop; the exit code."""
        try:
            if self.pidfile is not None and self.inheritance is None:
                self.pidfile.write()
            with signals.caught() as wake, self._selector:
                self._selector.register(wake, selectors.EVENT_READ)
                self._begin()
                while self.state is not SupervisorState.STOPPED:
                    self._turn(wake)
        finally:
            self._end()
        return self.exit_code

    def stop(self) -> None:
        """Drain. For hooks and for code in this process's main thread."""
        self._happens(SupervisorEvent.STOP)

    def _begin(self) -> None:
        self.launcher.prepare()
        identity.show(f"{self.config.proc_name}: supervisor [{self.target}]")
        if self.notifier.interval is not None:
            self._next_watchdog = 0.0
        self.hooks.call("on_starting", self.facts)

    def _end(self) -> None:
        for worker in self.pool.workers:
            if worker.state is not ProcessState.REAPED:
                worker.destroy("its supervisor ends")
                while worker.reap() is None:
                    time.sleep(0.001)
            worker.close()
        if self.handover is not None:
            self.handover.close()
        self.hooks.call("on_exit", self.facts)
        if self.pidfile is not None:
            self.pidfile.remove()
        self.listeners.close(remove=not self._handed_over)
        if self.panel is not None:
            self.panel.close()

    # ---- one turn

    def _turn(self, wake: int) -> None:
        now = time.monotonic()
        if self.state in (SupervisorState.STARTING, SupervisorState.SERVING):
            while (moment := self.pool.turn(now)) <= now:
                pass
        else:
            moment = float("inf")
        self._wait(wake, min(moment, self._deadlines(now)))
        for worker in list(self.pool.workers):
            self._hear(worker)
            code = worker.reap()
            if code is not None:
                self._reaped(worker, code)
        known = {worker.child.pid for worker in self.pool.workers}
        reap_adopted(known if self.handover is None else {*known, self.handover.process.pid})
        self._look_at_handover()
        self._announce()
        is_ending = self.state in (SupervisorState.DRAINING, SupervisorState.QUITTING)
        if is_ending and not self.pool.workers and (self.handover is None or self._handed_over):
            self._happens(SupervisorEvent.EMPTY)

    def _deadlines(self, now: float) -> float:
        """Do what is due; the moment of the next deadline."""
        moments = list(self.pool.deadlines(now, self._since))
        if self.handover is not None and not self._handed_over:
            moments.append(self.handover.check(now))
        if self.notifier.interval is not None:
            if now >= self._next_watchdog:
                self.notifier.watchdog()
                self._next_watchdog = now + self.notifier.interval
            moments.append(self._next_watchdog)
        return min(moments, default=float("inf"))

    def _wait(self, wake: int, until: float) -> None:
        """Until a signal comes, a worker speaks, or a deadline is reached."""
        timeout = None if until == float("inf") else max(0.0, until - time.monotonic())
        self._selector.select(timeout)
        now = time.monotonic()
        if now > until + OVERSLEPT:
            self._since = now
        for wish in signals.read(wake):
            self._obey(wish)

    # ---- wishes

    def _obey(self, wish: Wish) -> None:
        if wish is not Wish.LOOK:
            logger.debug("asked to %s", wish.name.lower())
        OBEY[wish](self)

    def _happens(self, event: SupervisorEvent) -> None:
        before = self.state
        self.state = states.after(states.SUPERVISOR, before, event)
        if self.state is before:
            return
        if self.state in (SupervisorState.DRAINING, SupervisorState.QUITTING):
            if before in (SupervisorState.STARTING, SupervisorState.SERVING) and not self._handed_over:
                self.notifier.stopping()
            if self.handover is not None and not self._handed_over:
                self.handover.give_up()
            if not self._handed_over:
                self.listeners.refuse()
        if self.state is SupervisorState.DRAINING:
            self.pool.retire_all(RETIRE if self._handed_over else STOP)
        elif self.state is SupervisorState.QUITTING:
            self.pool.hurry_all()

    def _reload(self) -> None:
        if self._has_terminal and not signals.has_terminal():
            logger.info("the terminal is gone")
            self._happens(SupervisorEvent.STOP)
            return
        if self.state not in (SupervisorState.STARTING, SupervisorState.SERVING):
            return
        config = self.config
        if self.reconfigure is not None:
            try:
                config = self.reconfigure()
            except ConfigError as error:
                logger.error("no reload, the old workers stay: %s", error)
                return
        logger.info("reloading: each worker is replaced when a new one serves")
        self.notifier.reloading()
        self._reloading = True
        if self._resting or config.workers != self.config.workers:
            self._resting = False
            self._resize(config.workers)
        self.config = self.facts.cfg = self.launcher.config = config
        self.hooks.call("on_reload", self.facts)
        self.pool.reload()

    def _more(self) -> None:
        if self.state in (SupervisorState.STARTING, SupervisorState.SERVING):
            self._resting = False
            self._resize(self.pool.size + 1)

    def _fewer(self) -> None:
        if self.pool.size > 1:
            self._resize(self.pool.size - 1)

    def _resize(self, size: int) -> None:
        old, self.pool.size = self.pool.size, size
        if old != size:
            self.facts.num_workers = size
            logger.info("%d workers from now on (%d before)", size, old)
            self.hooks.call("nworkers_changed", self.facts, size, old)

    def _reopen(self) -> None:
        logs.reopen()
        for worker in self.pool.workers:
            worker.say(REOPEN)

    def _rest(self) -> None:
        if signals.is_in_foreground():
            return  # the window of the terminal was resized
        logger.info("resting: the workers drain, and the listeners stay; SIGHUP brings workers back")
        self._resting = True
        self._resize(0)

    def _hand_over(self) -> None:
        if self.handover is not None or self.state is not SupervisorState.SERVING:
            logger.warning("no new supervisor is started: %s", "one is starting" if self.handover else "not serving")
            return
        if os.getpid() == 1:
            logger.error(
                "no new supervisor is started: this is process 1 of a container, which would end with it; use SIGHUP"
            )
            return
        self.hooks.call("pre_exec", self.facts)
        try:
            admin = [] if self.panel is None else self.panel.sockets
            self.handover = Handover(self.listeners, admin, self.config, self.launcher.directory, self.environ)
        except OSError as error:
            logger.error("no new supervisor could be started: %s", error)
            return
        self._selector.register(self.handover.fd, selectors.EVENT_READ)
        logger.info("a new supervisor starts (process %d)", self.handover.process.pid)

    def _look_at_handover(self) -> None:
        handover = self.handover
        if handover is None or self._handed_over:
            return
        if handover.is_taken() and not handover.given_up:
            logger.info("the new supervisor (process %d) serves; this one drains", handover.process.pid)
            self.notifier.main_pid(handover.process.pid)
            self._handed_over = True
            self._happens(SupervisorEvent.STOP)
        elif handover.has_failed():
            how = self.pool.endings.of(handover.process.returncode)
            if not handover.given_up:
                logger.error("the new supervisor has failed (%s); this one goes on", how)
            self._forget(handover.fd)
            handover.close()
            self.handover = None

    # ---- workers

    def _start_worker(self, slot: int, replaces: WorkerProcess | None) -> WorkerProcess:
        worker = self.launcher.start(slot, replaces, self.pool.workers)
        self._selector.register(worker.control, selectors.EVENT_READ)
        return worker

    def _let_go(self) -> None:
        """In a fork: what is the supervisor's alone."""
        for worker in self.pool.workers:
            worker.close()
        self._selector.close()

    def _hear(self, worker: WorkerProcess) -> None:
        for words in worker.hear():
            if SERVES in words:
                if self.pool.serves(worker) is None and self.state is SupervisorState.SERVING:
                    # What is there from the start is told by ``on_ready``.
                    logger.log(
                        logging.DEBUG if worker.number <= self._first_ones else logging.INFO, "%s serves", worker
                    )
                first = self.state is SupervisorState.STARTING
                self._happens(SupervisorEvent.SERVES)
                if first:
                    if self.on_ready is not None:
                        self.on_ready(words[SERVES])
                    self.hooks.call("when_ready", self.facts)
            elif ENOUGH in words:
                logger.info("%s is replaced: %s", worker, words[ENOUGH])
                self.pool.wants_replacement(worker, words[ENOUGH])
        if worker.is_mute:
            self._forget(worker.control)  # what has ended is readable for ever

    def _announce(self) -> None:
        """Say so when all workers serve for the first time, or again after a reload."""
        if self.state is not SupervisorState.SERVING:
            return
        if not self._complete and self.pool.is_complete:
            self._complete = True
            inheritance, self.inheritance = self.inheritance, None
            if inheritance is not None:
                if self.pidfile is not None:
                    self.pidfile.take_over()
                inheritance.take()
            self.notifier.ready(f"{self.pool.size} workers")
        if self._reloading and not self.pool.is_reloading and self.pool.is_complete:
            self._reloading = False
            self.notifier.ready(f"{self.pool.size} workers")
            logger.info("reloaded")

    def _forget(self, fd: Any) -> None:
        with suppress(KeyError):
            self._selector.unregister(fd)

    def _reaped(self, worker: WorkerProcess, code: int) -> None:
        """It has ended. Was that to be expected?"""
        self._forget(worker.control)
        replaces = worker.replaces
        how = self.pool.ended(worker, code)
        worker.close()
        self.hooks.call("child_exit", self.facts, worker.facts)
        if not worker.unasked or self.state not in (SupervisorState.STARTING, SupervisorState.SERVING):
            return
        if self.state is SupervisorState.STARTING:
            logger.error("%s failed to start (%s); the server stops", worker, how)
            self.exit_code = code if code > 0 else STARTUP_FAILED if worker.killed_for else FAILED
            self._happens(SupervisorEvent.STOP)
            return
        if worker.ready_at is None and replaces is not None:
            self._replacement_failed(worker, replaces, how)
            return
        pause = self.pool.failed_early(worker) if code or worker.ready_at is None else 0.0
        logger.log(
            logging.ERROR if code else logging.INFO,
            "%s ended (%s); replacing it%s",
            worker,
            how,
            f" in {pause:g} seconds" if pause else "",
        )

    def _replacement_failed(self, worker: WorkerProcess, old: WorkerProcess, how: str) -> None:
        if old.outdated == RELOAD:
            logger.error("%s failed to start (%s): no reload, the old workers stay", worker, how)
            self.pool.give_up_reload()
            return
        pause = self.pool.failed_early(worker)
        logger.error("%s failed to start (%s); %s stays, next attempt in %g seconds", worker, how, old, pause)


# What each wish leads to. Every one of them returns at once.
OBEY: dict[Wish, Callable[[Supervisor], None]] = {
    Wish.STOP: Supervisor.stop,
    Wish.INTERRUPT: lambda self: self._happens(SupervisorEvent.INTERRUPT),
    Wish.QUIT: lambda self: self._happens(SupervisorEvent.QUIT),
    Wish.RELOAD: Supervisor._reload,
    Wish.MORE: Supervisor._more,
    Wish.FEWER: Supervisor._fewer,
    Wish.REOPEN: Supervisor._reopen,
    Wish.HANDOVER: Supervisor._hand_over,
    Wish.REST: Supervisor._rest,
    Wish.LOOK: lambda self: None,
}
