"""Signals of the supervisor: which one means what, as a table, and how they wake its loop.

A handler does nothing. The number of each signal is written by the interpreter to a descriptor that the loop
watches like everything else, so signals are taken in turn, at any time, and none is lost while something else
is going on.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import Enum
from types import FrameType

# What tells a worker to write down where it is; see ``heartbeat``. Not SIGABRT, which faulthandler cannot chain.
TRACE = signal.SIGXCPU


class Wish(Enum):
    """What a signal asks the supervisor for, and what the documentation says about it."""

    STOP = "drain: take nothing new, finish what runs within `--timeout-graceful-shutdown`, then end; KILL after that"
    INTERRUPT = "the first drains as TERM does, the second is quick"
    QUIT = "quick: end without waiting for running requests"
    RELOAD = (
        "rolling reload: each worker is replaced by a new one, which has to serve before the old one is told to finish; "
        "if it fails to start, the old ones stay"
    )
    MORE = "one worker more"
    FEWER = "one worker fewer, down to one"
    REOPEN = "open the log files again, in the workers too: for log rotation"
    HANDOVER = (
        "start the same command line anew and give it the listeners; when it serves, this server drains and ends; "
        "if it fails, this one goes on"
    )
    REST = "drain all workers and keep the supervisor and its listeners; HUP brings the workers back"
    LOOK = "a child has ended"


WISHES: dict[signal.Signals, Wish] = {
    signal.SIGTERM: Wish.STOP,
    signal.SIGINT: Wish.INTERRUPT,
    signal.SIGQUIT: Wish.QUIT,
    signal.SIGHUP: Wish.RELOAD,
    signal.SIGTTIN: Wish.MORE,
    signal.SIGTTOU: Wish.FEWER,
    signal.SIGUSR1: Wish.REOPEN,
    signal.SIGUSR2: Wish.HANDOVER,
    signal.SIGWINCH: Wish.REST,
    signal.SIGCHLD: Wish.LOOK,
}


@contextmanager
def caught() -> Iterator[int]:
    """A descriptor from which the numbers of signals can be read while this lasts."""
    read_fd, write_fd = os.pipe()
    os.set_blocking(read_fd, False)
    os.set_blocking(write_fd, False)
    before = {number: signal.signal(number, _note) for number in WISHES}
    woken_before = signal.set_wakeup_fd(write_fd, warn_on_full_buffer=False)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, WISHES)  # the supervisor before us held them back while it started us
    try:
        yield read_fd
    finally:
        signal.set_wakeup_fd(woken_before)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(read_fd)
        os.close(write_fd)


def read(fd: int) -> list[Wish]:
    """What was asked for since the last time, in order."""
    numbers = b""
    with suppress(BlockingIOError):
        numbers = os.read(fd, 4096)
    return [WISHES[signal.Signals(number)] for number in numbers if number in WISHES]


@contextmanager
def held_back() -> Iterator[None]:
    """Block the supervisor's signals while a child is started.

    A child inherits what is blocked and lets it through when it has handlers of its own (``be_a_worker``): else a
    signal to the whole process group would end one that has not got so far.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {*WISHES, TRACE})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def be_a_worker() -> None:
    """In a worker, before anything else: leave to the supervisor what a terminal sends to all of its processes."""
    signal.set_wakeup_fd(-1)  # a forked worker has the supervisor's
    for number in WISHES:
        signal.signal(number, signal.SIG_DFL)
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGTTIN, signal.SIGTTOU):
        signal.signal(number, _note)  # not SIG_IGN, which processes that the application starts would inherit
    signal.pthread_sigmask(signal.SIG_UNBLOCK, WISHES)


def let_trace() -> None:
    """In a worker that has a handler for it."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {TRACE})


def table() -> str:
    """The signals as a table in Markdown."""
    lines = ["| signal | what the server does |", "|---|---|"]
    lines += [f"| `{number.name}` | {wish.value} |" for number, wish in WISHES.items() if wish is not Wish.LOOK]
    return "\n".join(lines)


def has_terminal() -> bool:
    """Whether this process has a terminal that controls it."""
    try:
        os.close(os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY))
    except OSError:
        return False
    return True


def is_in_foreground() -> bool:
    """Whether a terminal counts this process among those it runs: then SIGWINCH says that its window was resized."""
    try:
        fd = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(fd) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(fd)


def _note(number: int, frame: FrameType | None) -> None:
    """There has to be a handler for the descriptor to be written to; the supervisor decides what happens."""
