"""Handover (SIGUSR2): a new supervisor, of whatever code and options are there by now, takes the listeners over.

The old one runs its own command line again. The new one inherits the listeners by their descriptors, starts its
workers, and says through a pipe when all of them serve; then the old one drains. Until then the old one serves as
if nothing were going on, and if the new one fails, it goes on doing so. At no moment is there nobody to accept.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from dataclasses import dataclass

from hanok.observe.board import Board
from hanok.server.config import Config
from hanok.server.observed import SPARE_SLOTS, Panel
from hanok.server.run import FROM_ENV_FILE
from hanok.server.supervisor.signals import held_back
from hanok.server.supervisor.sockets import Listeners, adopt

logger = logging.getLogger("hanok.error")

VARIABLE = "HANOK_HANDOVER"
TAKEN = b"taken"
MARGIN = 10.0  # seconds beyond the boot of the workers
ENDS_WITHIN = 5.0  # seconds for a new supervisor that was given up, before SIGKILL


class Handover:
    """The old supervisor's side, while the new one starts."""

    def __init__(
        self,
        listeners: Listeners,
        admin: list[socket.socket],
        config: Config,
        directory: str,
        environ: Mapping[str, str],
    ) -> None:
        self.fd, theirs = os.pipe()
        os.set_blocking(self.fd, False)
        fds = [[sock.fileno() for sock in group] for group in listeners.groups]
        admin_fds = [sock.fileno() for sock in admin]
        told = {
            "parent": os.getpid(), "pipe": theirs, "groups": fds, "owned": listeners.owned, "admin": admin_fds,
        }  # fmt: skip
        boot = config.timeout_worker_boot
        self.deadline = float("inf") if boot is None else time.monotonic() + boot + MARGIN
        self.given_up = False
        try:
            with held_back():
                self.process = subprocess.Popen(
                    command_line(),
                    pass_fds=(theirs, *admin_fds, *(fd for group in fds for fd in group)),
                    cwd=directory,
                    env={**environ, VARIABLE: json.dumps(told)},
                )
        finally:
            os.close(theirs)

    def is_taken(self) -> bool:
        """Whether the new supervisor has said that it serves."""
        try:
            return os.read(self.fd, 64) == TAKEN
        except BlockingIOError:
            return False

    def has_failed(self) -> bool:
        """Whether the new supervisor has ended."""
        return self.process.poll() is not None

    def check(self, now: float) -> float:
        """End what takes too long; the moment of the next look."""
        if now < self.deadline:
            return self.deadline
        if self.given_up:
            self.process.kill()
            return float("inf")
        logger.error("the new supervisor (process %d) does not become ready and is ended", self.process.pid)
        self.give_up()
        return self.deadline

    def give_up(self) -> None:
        """End the new supervisor; its end is seen by ``has_failed``."""
        self.given_up = True
        self.deadline = time.monotonic() + ENDS_WITHIN
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGQUIT)

    def close(self) -> None:
        os.close(self.fd)
        if self.process.returncode is None:
            self.process.returncode = 0  # it lives on without us: not ours to wait for


@dataclass(frozen=True)
class Inheritance:
    """The new supervisor's side: what the old one has handed over."""

    parent: int
    pipe: int
    listeners: Listeners
    admin: list[socket.socket]

    def panel(self, config: Config) -> Panel | None:
        """The panel of this server: the old one's listeners, and a board of its own."""
        if config.admin_bind is None or not self.admin:
            return Panel.of(config)
        return Panel(Board(config.workers + SPARE_SLOTS), self.admin)

    def take(self) -> None:
        """Tell the old supervisor that it may go."""
        with suppress(OSError):  # it has died, or was told to stop
            os.write(self.pipe, TAKEN)
        os.close(self.pipe)


def inherited(config: Config, environ: MutableMapping[str, str] | None = None) -> Inheritance | None:
    """What was handed over to this process. The variable is taken away: it is nothing for children."""
    text = (os.environ if environ is None else environ).pop(VARIABLE, None)
    if text is None:
        return None
    told = json.loads(text)
    if told["parent"] != os.getppid():
        return None  # it came by way of some other program, and so did no descriptors
    for fd in (told["pipe"], *told["admin"], *(fd for group in told["groups"] for fd in group)):
        os.set_inheritable(fd, False)
    groups, admin = [adopt(fds) for fds in told["groups"]], adopt(told["admin"])
    listeners = Listeners(groups, config, owned=told["owned"])
    return Inheritance(told["parent"], told["pipe"], listeners, admin)


def command_line() -> list[str]:
    """How this process was started."""
    return [sys.executable, *sys.orig_argv[1:]]


def unchanged_environment() -> dict[str, str]:
    """The environment as this process got it: what was read from a file is read again by the next one."""
    own = (*FROM_ENV_FILE, "WATCHDOG_PID")
    return {name: value for name, value in os.environ.items() if name not in own}


def working_directory() -> str:
    """Where this process was started, by the name that it had then: a link may lead to a newer release by now."""
    here = os.getcwd()
    named = os.environ.get("PWD", here)
    with suppress(OSError):
        if os.path.samefile(named, here):
            return named
    return here
