"""How a process has ended, in words."""

from __future__ import annotations

import signal
from contextlib import suppress

from hanok.server.supervisor.process import WorkerProcess


class Endings:
    """Counts the victims of the kernel, so that a SIGKILL out of the blue has a name."""

    def __init__(self, counter: str = "/proc/vmstat") -> None:
        self._counter = counter
        self._victims = self._count()

    def how(self, worker: WorkerProcess, code: int) -> str:
        """ "exit code 3", "killed by SIGSEGV", and what is known beyond that."""
        if worker.killed_for is not None and code == -signal.SIGKILL:
            return f"killed by its supervisor: {worker.killed_for}"
        return self.of(code)

    def of(self, code: int) -> str:
        if code >= 0:
            return f"exit code {code}"
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = f"signal {-code}"
        if -code != signal.SIGKILL:
            return f"killed by {name}"
        before, self._victims = self._victims, self._count()
        if self._victims > before:
            return "killed by SIGKILL: the machine, or this container, is out of memory"
        return "killed by SIGKILL: by kill -9, or out of memory"

    def _count(self) -> int:
        """Processes that the kernel has killed for their memory, on this machine."""
        with suppress(OSError, ValueError), open(self._counter, encoding="ascii") as file:
            for line in file:
                if line.startswith("oom_kill "):
                    return int(line.split()[1])
        return 0
