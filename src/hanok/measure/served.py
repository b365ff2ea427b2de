"""The application in a server of its own, which is ended with the block; and what its processes have cost."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
from pathlib import Path
from types import TracebackType

from hanok.exceptions import ConfigError

STOP_SECONDS = 5.0


class Served:
    """``hanok run`` with one worker on a socket that is open already: who connects early waits until it is there."""

    def __init__(self, target: str, app_dir: str = "", factory: bool = False) -> None:
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(128)
        self.port = int(self.listener.getsockname()[1])
        descriptor = self.listener.fileno()
        command = [sys.executable, "-m", "hanok", "run", target, "--fd", str(descriptor), "--no-access-log"]
        command += ["--log-level", "error"]
        if app_dir:
            command += ["--app-dir", app_dir]
        if factory:
            command.append("--factory")
        self.process = subprocess.Popen(
            command, pass_fds=(descriptor,), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )

    def check(self) -> None:
        """Raises ConfigError when the server has ended."""
        if self.process.poll() is not None:
            raise ConfigError(f"the server ended with {self.process.returncode}; hanok run shows why.")

    def processor_seconds(self) -> float | None:
        """User and system time of the server's processes so far; None where the system does not tell."""
        if not Path("/proc/self/stat").exists():
            return None
        return sum(map(processor_seconds, descendants(self.process.pid)))

    def __enter__(self) -> Served:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.listener.close()
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def processor_seconds(pid: int) -> float:
    """Of one process; 0 when it has gone. See proc(5), ``/proc/pid/stat``."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def descendants(pid: int) -> list[int]:
    """The process and all that it has started that live."""
    found = [pid]
    for parent in found:
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            with contextlib.suppress(OSError):
                found.extend(int(child) for child in task.read_text().split())
    return found
