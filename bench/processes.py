"""A peer's server as a tree of processes: started on one core, weighed by /proc, ended by its own ids."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from bench.peer import Peer
from conformance.ports import free_port

TICK = os.sysconf("SC_CLK_TCK")
START_LIMIT = 60.0
HELLO = b"GET /is-anybody-there HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
STOP_LIMIT = 5.0


def processor_seconds(pid: int) -> float:
    """User and system time of one process so far; 0 when it has gone. See proc(5), ``/proc/pid/stat``."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICK


def resident_kilobytes(pid: int) -> int:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
    return 0


def descendants(pid: int) -> list[int]:
    """The process and all that it has started that live."""
    found = [pid]
    for parent in found:
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            with contextlib.suppress(OSError):
                found.extend(int(child) for child in task.read_text().split())
    return found


def clean_environment() -> dict[str, str]:
    """This process's, without what would configure a server behind its declaration's back."""
    meant = ("HANOK_", "UVICORN_", "GRANIAN_", "WEB_CONCURRENCY", "FORWARDED_ALLOW_IPS", "PORT", "PYTHONPATH")
    return {name: value for name, value in os.environ.items() if not name.startswith(meant)}


class Server:
    """A running peer. Use it as a context manager: leaving ends everything that it started."""

    def __init__(self, peer: Peer, work: str, core: int | None) -> None:
        self.peer = peer
        self.port = free_port()
        peer.scratch.mkdir(parents=True, exist_ok=True)
        for name in peer.template:
            text = (peer.folder / name).read_text()
            (peer.scratch / name).write_text("\n".join(peer.fill(text.split("\n"), self.port)))
        self.log = peer.scratch / "log"
        pin = [] if core is None else ["taskset", "-c", str(core)]
        began = time.perf_counter()
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*pin, *peer.fill(peer.start, self.port)],
                cwd=peer.folder,
                env=clean_environment() | peer.variables(work),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            self._wait_until_it_answers()
        except BaseException:
            self.stop()
            raise
        self.start_seconds = time.perf_counter() - began

    def _wait_until_it_answers(self) -> None:
        """Not only listens: a supervisor does that before its worker is there, and a backlog takes connections for it."""
        deadline = time.monotonic() + START_LIMIT
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise PeerError(f"{self.peer.name} ended with {self.process.returncode}:\n{self.last_words()}")
            try:
                with socket.create_connection(("127.0.0.1", self.port), 1) as connection:
                    connection.settimeout(START_LIMIT)
                    connection.sendall(HELLO)
                    connection.recv(1)  # or the end: who speaks HTTP/2 alone hangs up
                return
            except ConnectionResetError:
                return  # that too is said by somebody
            except OSError:
                time.sleep(0.02)
        raise PeerError(f"{self.peer.name} does not answer after {START_LIMIT:.0f} s:\n{self.last_words()}")

    def last_words(self) -> str:
        return self.log.read_text(errors="replace")[-2000:]

    def processor_seconds(self) -> dict[int, float]:
        """By process, so that the busiest can be told from its supervisor."""
        return {pid: processor_seconds(pid) for pid in descendants(self.process.pid)}

    def stop(self) -> None:
        """Ask it to end, then end it and whatever of its session is left."""
        mine = descendants(self.process.pid) if self.process.poll() is None else []
        if mine:
            self.process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(STOP_LIMIT)
        # The session was made for this server: no process of anybody else's can be in it.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(STOP_LIMIT)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class PeerError(Exception):
    """A peer does not do what its declaration says."""
