"""Does a server under load lose requests when its processes are replaced?

    python -m conformance.restarts [--workers 3] [--quick]

Clients hold keep-alive connections to ``hanok run`` and send requests at a steady rate. Meanwhile the server is
reloaded (HUP), its workers are killed (kill -9), it is upgraded (USR2), and its workers are recycled
(--limit-max-requests). Every request that is not answered with 200 counts as failed. Nothing is repeated: a
client opens a new connection only where the server has announced that it closes, or where it has lost one.

The results are kept in ``conformance/results/restarts.json``.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import random
import re
import signal
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "conformance" / "results" / "restarts.json"
PATIENCE = 60.0  # seconds to wait for anything; reached only when something is broken


@dataclass
class Outcome:
    """What one scenario has shown."""

    scenario: str
    times: int = 0
    requests: int = 0
    failed: int = 0  # neither answered nor in flight on a worker that was killed
    in_flight: int = 0  # sent to a worker that was killed before it had answered
    cut_idle: int = 0  # connections that ended unannounced between two requests, with no worker killed
    announced: int = 0  # connections that the server has said it would close
    longest: float = 0.0  # seconds from a request to its answer
    seconds: float = 0.0
    failures: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        return self.failed == 0 and self.cut_idle == 0


class Lost(Exception):
    """A request was not answered."""


class Client:
    """One keep-alive connection after the other, a request on it every ``pause`` seconds."""

    def __init__(self, load: Load) -> None:
        self.load = load
        self.reader: asyncio.StreamReader | None = None
        self.writer: asyncio.StreamWriter | None = None
        self.pid: int | None = None  # of the process behind this connection, once it has answered

    async def run(self) -> None:
        await asyncio.sleep(random.random() * self.load.pause)
        number = random.randrange(20)
        while not self.load.ended.is_set():
            number += 1
            await self.ask("/slow" if number % 10 == 0 else "/")
            await asyncio.sleep(self.load.pause * random.uniform(0.5, 1.5))
        self.close()

    async def ask(self, path: str) -> None:
        outcome = self.load.outcome
        if self.reader is not None and self.reader.at_eof():
            # It ended while nothing was asked: that costs no request. Only who kills a worker may do so.
            if self.pid not in self.load.killed:
                outcome.cut_idle += 1
            self.close()
        began = time.monotonic()
        outcome.requests += 1
        sent = False
        try:
            if self.reader is None or self.writer is None:
                self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.load.port)
            self.writer.write(f"GET {path} HTTP/1.1\r\nHost: restarts\r\n\r\n".encode())
            sent = True
            async with asyncio.timeout(PATIENCE):
                closes = await self.answer(self.reader)
        except (OSError, Lost, TimeoutError, asyncio.IncompleteReadError) as error:
            self.lost(error, sent)
            return
        outcome.longest = max(outcome.longest, time.monotonic() - began)
        if closes:
            outcome.announced += 1
            self.close()

    async def answer(self, reader: asyncio.StreamReader) -> bool:
        """Read one; whether the server closes the connection after it."""
        head = await reader.readuntil(b"\r\n\r\n")
        status = head.split(b" ", 2)[1]
        length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
        if length is None:
            raise Lost(f"no length: {head!r}")
        body = await reader.readexactly(int(length[1]))
        if status != b"200":
            raise Lost(f"answered {status.decode()}")
        self.pid = int(body)
        return re.search(rb"(?i)\r\nconnection: *close", head) is not None

    def lost(self, error: Exception, sent: bool) -> None:
        outcome = self.load.outcome
        # A connection that was accepted by the killed worker and never answered has no process that we know of.
        if sent and (self.pid in self.load.killed or (self.pid is None and self.load.killed)):
            outcome.in_flight += 1
        else:
            outcome.failed += 1
            outcome.failures.append(f"{type(error).__name__}: {error} (process {self.pid})")
        self.close()

    def close(self) -> None:
        if self.writer is not None:
            self.writer.close()
        self.reader = self.writer = self.pid = None


class Load:
    """``connections`` clients of one server."""

    def __init__(self, port: int, scenario: str, connections: int, pause: float) -> None:
        self.port = port
        self.pause = pause
        self.connections = connections
        self.outcome = Outcome(scenario)
        self.killed: set[int] = set()
        self.ended = asyncio.Event()
        self._began = 0.0

    async def __aenter__(self) -> Load:
        self._began = time.monotonic()
        self._tasks = [asyncio.create_task(Client(self).run()) for _ in range(self.connections)]
        return self

    async def __aexit__(self, *exc: object) -> None:
        self.ended.set()
        await asyncio.gather(*self._tasks)
        self.outcome.seconds = round(time.monotonic() - self._began, 1)
        self.outcome.longest = round(self.outcome.longest, 3)


class Server:
    """``hanok run`` and what it says."""

    def __init__(self, directory: Path, workers: int, *options: str) -> None:
        self.pidfile = directory / "pid"
        self.workers = workers
        known = ("--port", "0", "--pid", str(self.pidfile), "--workers", str(workers), "--no-access-log")
        self.options = (*known, "--log-level", "debug", *options)
        self.lines: list[str] = []
        self._more = asyncio.Condition()

    async def __aenter__(self) -> Server:
        command = [sys.executable, "-m", "hanok", "run", "conformance.restarts_app:app", *self.options]
        self.process = await asyncio.create_subprocess_exec(
            *command, cwd=ROOT, stdin=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
        )
        self._reading = asyncio.create_task(self._read())
        found = await self.says(r"http://127\.0\.0\.1:(\d+)")
        self.port = int(found[1])
        # The first one that serves is told by that line, the others in the log for those who look closely.
        if self.workers > 1:
            await self.says(r"worker \d+ \(process \d+\) serves", times=self.workers - 1)
        return self

    async def __aexit__(self, *exc: object) -> None:
        """The one that is the server by now gets TERM; the end of its output says that no process of it is left."""
        os.kill(self.pid, signal.SIGTERM)
        async with asyncio.timeout(PATIENCE):
            await self._reading
            await self.process.wait()
        if self.pidfile.exists():
            raise RuntimeError("the pid file was left behind")

    async def _read(self) -> None:
        assert self.process.stderr is not None
        async for line in self.process.stderr:
            async with self._more:
                self.lines.append(line.decode())
                self._more.notify_all()

    @property
    def pid(self) -> int:
        return int(self.pidfile.read_text())

    async def says(self, pattern: str, since: int = 0, times: int = 1) -> re.Match[str]:
        """Wait for so many lines that match, from the line ``since`` on; the last of them."""
        while True:
            async with self._more:
                found = [match for line in self.lines[since:] if (match := re.search(pattern, line))]
                if len(found) >= times:
                    return found[times - 1]
                try:
                    async with asyncio.timeout(PATIENCE):
                        await self._more.wait()
                except TimeoutError:
                    raise RuntimeError(f"{pattern!r} was not said:\n{''.join(self.lines[since:])}") from None


Step = Callable[[Server, Load], Awaitable[None]]


async def hup(server: Server, load: Load) -> None:
    """Every worker is replaced."""
    since = len(server.lines)
    os.kill(server.pid, signal.SIGHUP)
    await server.says("INFO +reloaded$", since)


async def kill(server: Server, load: Load) -> None:
    """A worker dies without a word."""
    since = len(server.lines)
    victim = random.choice(workers_of(server.pid))
    load.killed.add(victim)
    os.kill(victim, signal.SIGKILL)
    await server.says(r"worker \d+ \(process \d+\) serves", since)


async def usr2(server: Server, load: Load) -> None:
    """A new supervisor takes over, and the old one ends."""
    since, old = len(server.lines), server.pid
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    watch = os.pidfd_open(old)
    loop.add_reader(watch, ended.set)
    try:
        os.kill(old, signal.SIGUSR2)
        await server.says("this one drains", since)
        async with asyncio.timeout(PATIENCE):
            await ended.wait()
    finally:
        loop.remove_reader(watch)
        os.close(watch)
    if server.pid == old:
        raise RuntimeError(f"the pid file still names {old}:\n{''.join(server.lines[since:])}")


def workers_of(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


async def repeated(step: Step, times: int, options: argparse.Namespace, told: Callable[[], None], name: str) -> Outcome:
    """One scenario: load, and the same thing again and again."""
    with tempfile.TemporaryDirectory() as directory:
        async with Server(Path(directory), options.workers, *options.server) as server:
            async with Load(server.port, name, options.connections, options.pause) as load:
                await asyncio.sleep(0.5)
                for _ in range(times):
                    await step(server, load)
                    load.outcome.times += 1
                    told()
                await asyncio.sleep(0.5)
            return load.outcome


async def recycled(times: int, options: argparse.Namespace, told: Callable[[], None], name: str) -> Outcome:
    """Workers do their share and are replaced, until that has happened often enough."""
    share = ("--limit-max-requests", "300", "--limit-max-requests-jitter", "200")
    with tempfile.TemporaryDirectory() as directory:
        async with Server(Path(directory), options.workers, *share, *options.server) as server:
            async with Load(server.port, name, options.connections, options.pause) as load:
                for number in range(1, times + 1):
                    await server.says("takes the place of", times=number)
                    load.outcome.times += 1
                    told()
                await asyncio.sleep(0.5)
            return load.outcome


async def measure(options: argparse.Namespace, console: Console) -> list[Outcome]:
    divisor = 10 if options.quick else 1
    scenarios: dict[str, tuple[Step | None, int]] = {
        "HUP": (hup, 20 // divisor),
        "kill -9 of a worker": (kill, 20 // divisor),
        "USR2": (usr2, max(1, 5 // divisor)),
        "recycling": (None, 50 // divisor),
    }
    outcomes = []
    columns = (TextColumn("{task.description:22}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        for name, (step, times) in scenarios.items():
            if options.only and options.only not in name:
                continue
            task = progress.add_task(name, total=times)

            def told(task: Any = task) -> None:
                progress.advance(task)

            if step is None:
                outcomes.append(await recycled(times, options, told, name))
            else:
                outcomes.append(await repeated(step, times, options, told, name))
    return outcomes


def show(outcomes: list[Outcome], console: Console) -> None:
    table = Table(
        "", "times", "requests", "failed", "in flight on\nkilled workers", "cut while\nidle", "closing\nannounced"
    )
    table.add_column("longest\nanswer")
    table.add_column("seconds")
    for one in outcomes:
        numbers = (one.times, one.requests, one.failed, one.in_flight, one.cut_idle, one.announced)
        style = "green" if one.is_good else "red"
        table.add_row(one.scenario, *map(str, numbers), f"{one.longest * 1000:.0f} ms", f"{one.seconds:g}", style=style)
    console.print(table)
    for one in outcomes:
        for failure in one.failures[:5]:
            console.print(f"{one.scenario}: {failure}", style="red")


def keep(outcomes: list[Outcome], options: argparse.Namespace) -> None:
    settings = {"workers": options.workers, "connections": options.connections, "pause": options.pause}
    data = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "processors": os.cpu_count(),
        "settings": settings,
        "scenarios": [asdict(one) for one in outcomes],
    }
    RESULTS.write_text(json.dumps(data, indent=1) + "\n", "utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m conformance.restarts", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--pause", type=float, default=0.05, help="seconds between two requests of a connection")
    parser.add_argument("--quick", action="store_true", help="a tenth of it; the results are not kept")
    parser.add_argument("--only", help="scenarios whose names contain this; the results are not kept")
    parser.add_argument("server", nargs="*", help="more options for hanok run, after --")
    options = parser.parse_args()
    console = Console()
    outcomes = asyncio.run(measure(options, console))
    show(outcomes, console)
    if not options.quick and not options.only and not options.server:
        keep(outcomes, options)
    return 0 if all(one.is_good for one in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
