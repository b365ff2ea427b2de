"""The comparison: ``python -m bench.run``, or ``make bench``. Read this file first.

1. Install and build what is missing, into ``bench/.env``.
2. Start every peer for every work once and compare its answers. A peer that answers otherwise is left out,
   and the run ends with an error.
3. In each round, for each work, start each peer on one core, press it from the other with wrk, and end it.
   The peers take turns at being first.
4. Write every measurement to ``results/<date>.json``, and to ``results/latest.json`` the works that were measured with all
   their peers (``keep.py``).

``--goals`` measures only what the goals need (``goals.py``), in shorter rounds.

All of it stays on the loopback, ends by itself, and stops only processes that it started.
"""

from __future__ import annotations

import argparse
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from bench.check import check
from bench.environment import machine, prepare, versions
from bench.goals import MAIN, RESULTS, needed
from bench.keep import keep
from bench.load import measure
from bench.peer import PURE, VERSION, Peer, read_peers
from bench.processes import PeerError, Server
from bench.startup import measure_imports
from bench.summary import summarise
from bench.works import WORKS

QUIET = 0.5  # the load average above which a measurement would mean nothing
MOST_ROUNDS, MOST_SECONDS = 20, 30.0
# Another Python and Hanok uncompiled are other comparisons: their results lie elsewhere, and they have goals of their own.
PLACE = "-".join(filter(None, (f"python{VERSION}" if VERSION else "", "pure" if PURE else ""))) or MAIN
FOLDER = RESULTS if PLACE == MAIN else RESULTS / PLACE

console = Console()


@dataclass(frozen=True)
class Settings:
    rounds: int
    seconds: float
    warmup: float
    connections: int
    works: list[str]
    peers: list[str]
    server_core: int | None
    load_core: int | None
    load_average: float
    goals: bool = False  # only the works and peers that a goal needs


@dataclass
class Outcome:
    measurements: list[dict[str, Any]] = field(default_factory=list)
    absent: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    imports: dict[str, Any] = field(default_factory=dict)


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Compare servers that do the same work.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, help="of load for one measurement (3; wrk: whole seconds)")
    parser.add_argument("--warmup", type=float, help="seconds of load before it (1); 0 for none")
    parser.add_argument("--goals", action="store_true", help="only what a goal needs; 1 s of load after 0.5 s")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--works", nargs="+", default=list(WORKS), choices=list(WORKS), metavar="WORK")
    parser.add_argument("--peers", nargs="+", default=list(read_peers()), choices=list(read_peers()), metavar="PEER")
    parser.add_argument("--list", action="store_true", help="name the works and the peers, and end")
    parser.add_argument("--check", action="store_true", help="only compare the answers; time nothing")
    parser.add_argument("--force", action="store_true", help="measure although the machine is busy")
    parser.add_argument("--output", type=Path, default=FOLDER, help=f"the folder for the results ({FOLDER.name})")
    options = parser.parse_args()
    if options.seconds is None:
        options.seconds = 1.0 if options.goals else 3.0
    if options.warmup is None:
        options.warmup = 0.5 if options.goals else 1.0
    if not 1 <= options.rounds <= MOST_ROUNDS or not 1 <= options.seconds <= MOST_SECONDS:
        parser.error(f"at most {MOST_ROUNDS} rounds of {MOST_SECONDS:.0f} s")
    return options


def settings_of(options: argparse.Namespace) -> Settings:
    cores = sorted(os.sched_getaffinity(0))
    pinned = len(cores) > 1 and shutil.which("taskset") is not None
    return Settings(
        rounds=options.rounds,
        seconds=options.seconds,
        warmup=options.warmup,
        connections=options.connections,
        works=options.works,
        peers=options.peers,
        server_core=cores[0] if pinned else None,
        load_core=cores[1] if pinned else None,
        load_average=os.getloadavg()[0],
        goals=options.goals,
    )


def pairs(settings: Settings, peers: Sequence[Peer], turn: int = 0) -> Iterator[tuple[str, Peer]]:
    """Every work with every peer that does it; each round another peer begins."""
    turn %= len(peers) or 1
    wanted = needed(PLACE) if settings.goals else None
    for work in settings.works:
        for peer in [*peers[turn:], *peers[:turn]]:
            if work in peer.works and (wanted is None or (work, peer.key) in wanted):
                yield work, peer


def compare_answers(settings: Settings, peers: Sequence[Peer], outcome: Outcome, progress: Progress) -> None:
    todo = list(pairs(settings, peers))
    task = progress.add_task("answers", total=len(todo))
    for work, peer in todo:
        progress.update(task, description=f"answers  {work}: {peer.name}")
        try:
            with Server(peer, work, settings.server_core) as server:
                check(server, WORKS[work])
        except PeerError as error:
            outcome.failed[f"{peer.key} {work}"] = str(error)
            progress.console.print(f"[red]left out:[/] {error}", highlight=False)
        progress.advance(task)
    progress.remove_task(task)


def measure_all(settings: Settings, peers: Sequence[Peer], outcome: Outcome, progress: Progress) -> None:
    task = progress.add_task("rounds", total=settings.rounds * len(list(pairs(settings, peers))))
    for number in range(settings.rounds):
        for work, peer in pairs(settings, peers, number):
            progress.update(task, description=f"round {number + 1}  {work}: {peer.name}")
            progress.advance(task)
            if f"{peer.key} {work}" in outcome.failed:
                continue
            try:
                with Server(peer, work, settings.server_core) as server:
                    result = measure(
                        server,
                        WORKS[work].question,
                        settings.seconds,
                        settings.warmup,
                        WORKS[work].connections or settings.connections,
                        settings.load_core,
                    )
            except PeerError as error:
                outcome.failed[f"{peer.key} {work} round {number + 1}"] = str(error)
                progress.console.print(f"[red]failed:[/] {error}", highlight=False)
            else:
                key = {"work": work, "peer": peer.key, "round": number}
                outcome.measurements.append(key | asdict(result))
    progress.remove_task(task)


def write(settings: Settings, outcome: Outcome, measured: Sequence[Peer], folder: Path) -> Path:
    now = datetime.now(UTC)
    results = {
        "date": now.isoformat(timespec="seconds"),
        "machine": machine(),
        "versions": versions(measured),
        "settings": asdict(settings),
        **asdict(outcome),
    }
    return keep(results, folder, f"{now:%Y-%m-%d-%H%M}.json", "latest.json")


def show(outcome: Outcome, peers: dict[str, Peer]) -> None:
    table = Table(title="medians; × is to FastAPI on Uvicorn")
    for column in ("work", "peer", "req/s", "×", "p99 ms", "CPU µs/req", "worker MiB"):
        table.add_column(column, justify="left" if column in ("work", "peer") else "right")
    for row in summarise(outcome.measurements).values():
        ratio = "–" if row.ratio is None else f"{row.ratio:.2f}"
        cells = [f"{row.rate:,.0f}", ratio, f"{row.p99:.2f}", f"{row.processor:.1f}"]
        table.add_row(row.work, peers[row.peer].name, *cells, f"{row.worker_memory / 1024:.0f}")
    console.print(table)
    for name, runs in outcome.imports.items():
        best = min(run["seconds"] for run in runs)
        console.print(f"{name}: {best * 1000:.0f} ms, {runs[0]['modules']} modules", highlight=False)


def progress_bar() -> Progress:
    columns = (TextColumn("{task.description:<48}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console)


def main() -> int:
    options = read_options()
    declared = read_peers()
    if options.list:
        for peer in declared.values():
            console.print(f"{peer.key:14} {', '.join(peer.works)}", highlight=False)
        return 0
    settings = settings_of(options)
    if settings.load_average > QUIET and not (options.force or options.check):
        console.print(f"The load average is {settings.load_average:.2f}: wait, or say --force.")
        return 2
    if shutil.which("wrk") is None and not options.check:
        console.print("wrk is not installed (Debian: apt-get install wrk).")
        return 2
    chosen = [declared[key] for key in declared if key in settings.peers]
    if settings.goals:
        wanted = {peer for _, peer in needed(PLACE)}
        chosen = [peer for peer in chosen if peer.key in wanted]
        if not chosen:
            console.print(f"No goal is about {PLACE}.")
            return 2
    outcome = Outcome()
    outcome.absent = prepare(chosen, console.print)
    for key, reason in outcome.absent.items():
        console.print(f"[yellow]{declared[key].name} is absent:[/] {reason}")
    present = [peer for peer in chosen if peer.key not in outcome.absent]
    with progress_bar() as progress:
        compare_answers(settings, present, outcome, progress)
        if not options.check:
            measure_all(settings, present, outcome, progress)
    if not options.check:
        outcome.imports, failed = measure_imports(2 * settings.rounds)
        outcome.failed.update(failed)
        show(outcome, declared)
        file = write(settings, outcome, present, options.output)
        console.print(f"wrote {file}; python -m bench.report makes the picture and the tables of it")
    if outcome.failed:
        console.print(f"[red]{len(outcome.failed)} left out or failed:[/] {', '.join(outcome.failed)}")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
