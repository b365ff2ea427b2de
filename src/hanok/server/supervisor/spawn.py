"""Two ways to a new process: a new interpreter (the default), and a fork of this one (``--preload``).

A new interpreter imports everything itself: new code and certificates at a reload, no threads, locks or
connections shared by accident. A fork has what was imported before, at once, and shares its memory until it
writes to it. A fork server, the way between, would save a new worker the import of Hanok but not of the
application, and would be one more process to watch; it is not used.
"""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from hanok.server.supervisor.assignment import Assignment
from hanok.server.supervisor.signals import held_back

# What tells a process about the server that it belongs to is nothing for the processes that it starts.
OURS_ALONE = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES")


class Child(Protocol):
    """A child process; ``subprocess.Popen`` is one."""

    pid: int

    def poll(self) -> int | None:
        """The exit code, negative for a signal; None while it runs. Reaps it."""


class Forked:
    """A child made by ``os.fork``."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._code: int | None = None

    def poll(self) -> int | None:
        if self._code is None:
            try:
                pid, status = os.waitpid(self.pid, os.WNOHANG)
            except ChildProcessError:
                self._code = 1  # somebody else has reaped it; nobody can tell how it ended
            else:
                self._code = os.waitstatus_to_exitcode(status) if pid else None
        return self._code


def execute(assignment: Assignment, directory: str | None) -> Child:
    """A new interpreter that does what the assignment says."""
    fd = assignment.to_file()
    command = [sys.executable, *interpreter_options(), "-m", "hanok.server.supervisor", str(fd)]
    environ = {name: value for name, value in os.environ.items() if name not in OURS_ALONE}
    try:
        with held_back():
            return subprocess.Popen(command, pass_fds=(fd, *assignment.fds), cwd=directory, env=environ)
    finally:
        os.close(fd)


def fork(body: Callable[[], int]) -> Child:
    """A copy of this process that runs ``body`` and ends with the exit code that it gives."""
    sys.stdout.flush()
    sys.stderr.flush()
    with held_back():
        pid = os.fork()
        if not pid:
            _live(body)
    return Forked(pid)


def _live(body: Callable[[], int]) -> None:
    """Never returns: what the supervisor has on its stack is no business of the child's."""
    code = 1
    try:
        try:
            code = body()
        except SystemExit as error:
            code = error.code if isinstance(error.code, int) else 1
        except BaseException:
            traceback.print_exc()
        with suppress(Exception):
            atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def reap_adopted(known: set[int]) -> None:
    """As process 1 of a container we inherit orphans of all kinds, and are the only one to reap them."""
    if os.getpid() != 1:
        return
    with suppress(ChildProcessError):
        while (found := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)) is not None:
            if found.si_pid in known:
                return  # it is reaped in its turn, and the others after it
            os.waitpid(found.si_pid, 0)


def interpreter_options() -> list[str]:
    """The options with which this interpreter was started, for another one like it."""
    options = [f"-X{name}" if value is True else f"-X{name}={value}" for name, value in sys._xoptions.items()]
    options += [f"-W{option}" for option in sys.warnoptions]
    if sys.flags.dont_write_bytecode:
        options.append("-B")
    if sys.flags.optimize:
        options.append("-" + "O" * sys.flags.optimize)
    if sys.flags.isolated:
        options.append("-I")
    return options
