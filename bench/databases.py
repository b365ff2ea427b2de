"""The six classic tests on PostgreSQL: ``python -m bench.databases``.

1. Install and build what is missing; start a PostgreSQL cluster of its own and fill it (``postgres.py``).
2. Start every peer of ``database/`` once for every work and check its answers.
3. In each round, for each work, start each peer on one core and press it from the other, which PostgreSQL and wrk share.
4. Write every measurement to ``results/databases-<date>.json``, and to ``results/databases-latest.json`` the works that were
   measured with all their peers (``keep.py``).

All peers have a pool of the same size, talk over the same Unix socket and use the same statements.
"""

from __future__ import annotations

import argparse
import html
import http.client
import json
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.check import wrong_date
from bench.environment import machine, prepare, versions
from bench.goals import DATABASES, needed
from bench.keep import keep
from bench.load import measure
from bench.peer import HERE, Peer, read_peers
from bench.postgres import ADDED, FORTUNES, ROWS, Cluster, cluster
from bench.processes import PeerError, Server
from bench.summary import summarise
from bench.works import HELLO, Question

POOL = 16
QUIET = 0.5
FOLDER = HERE / "database"

console = Console()

Found = tuple[http.client.HTTPResponse, bytes]


@dataclass(frozen=True)
class Work:
    """What is timed, and what says in words what is wrong with an answer."""

    key: str
    title: str
    path: str
    check: Callable[[Server, Cluster], list[str]]


@dataclass
class Outcome:
    measurements: list[dict[str, Any]] = field(default_factory=list)
    absent: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)


# ---- the answers


def get(server: Server, path: str, kind: str, wrong: list[str]) -> bytes:
    """The body; what is wrong around it is appended."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
    finally:
        connection.close()
    told = (answer.headers["content-type"] or "").replace(" ", "").lower()
    if answer.status != 200 or not told.startswith(kind):
        wrong.append(f"{path}: {answer.status} {told!r} {body[:200]!r}")
    if not answer.headers["server"]:
        wrong.append("no Server")
    if answer.headers["content-encoding"]:
        wrong.append("it is compressed")
    wrong += wrong_date(answer.headers["date"])
    return body


def check_json(server: Server, database: Cluster) -> list[str]:
    wrong: list[str] = []
    body = get(server, "/json", "application/json", wrong)
    return wrong or ([] if json.loads(body) == HELLO else [repr(body)])


def check_plaintext(server: Server, database: Cluster) -> list[str]:
    wrong: list[str] = []
    body = get(server, "/plaintext", "text/plain", wrong)
    return wrong or ([] if body == b"Hello, World!" else [repr(body)])


def wrong_row(row: Any) -> bool:
    return set(row) != {"id", "randomNumber"} or not all(1 <= row[name] <= ROWS for name in ("id", "randomNumber"))


def stored(database: Cluster, rows: Sequence[Any]) -> bool:
    """Whether the database has exactly these."""
    numbers = {row["id"]: row["randomNumber"] for row in rows}
    said = database.sql(f"SELECT id, randomnumber FROM world WHERE id IN ({', '.join(map(str, numbers))})")
    pairs = (line.split("|") for line in said.splitlines())
    return {int(row): int(number) for row, number in pairs} == numbers


def check_db(server: Server, database: Cluster) -> list[str]:
    wrong: list[str] = []
    rows = [json.loads(get(server, "/db", "application/json", wrong)) for _ in range(10)]
    if not wrong and (any(map(wrong_row, rows)) or len({row["id"] for row in rows}) < 3 or not stored(database, rows)):
        wrong.append(repr(rows))
    return wrong


# A number of queries, as it is asked for → how many rows must come.
CLAMPED = {
    "": 1,
    "?queries=": 1,
    "?queries=some": 1,
    "?queries=0": 1,
    "?queries=-5": 1,
    "?queries=20": 20,
    "?queries=501": 500,
}


def check_rows(path: str, server: Server, database: Cluster) -> list[str]:
    wrong: list[str] = []
    for query, count in CLAMPED.items():
        rows = json.loads(get(server, path + query, "application/json", wrong))
        if wrong:
            return wrong
        if len(rows) != count or any(map(wrong_row, rows)) or not stored(database, rows):
            wrong.append(f"{path}{query}: {len(rows)} rows, {rows[:3]!r}")
    return wrong


def check_fortunes(server: Server, database: Cluster) -> list[str]:
    wrong: list[str] = []
    page = get(server, "/fortunes", "text/html;charset=utf-8", wrong).decode()
    found = re.findall(r"<tr><td>(\d+)</td><td>(.*?)</td></tr>", page)
    messages = sorted([*FORTUNES, ADDED])
    wanted = [(str(FORTUNES.index(text) + 1 if text in FORTUNES else 0), text) for text in messages]
    if not wrong and ("<script>" in page or [(number, html.unescape(text)) for number, text in found] != wanted):
        wrong.append(page)
    return wrong


WORKS = {
    work.key: work
    for work in (
        Work("json", "JSON built for each request, no database", "/json", check_json),
        Work("plaintext", "a text, no database", "/plaintext", check_plaintext),
        Work("db", "one random row of 10,000", "/db", check_db),
        Work("queries", "twenty random rows, a SELECT for each", "/queries?queries=20",
             lambda server, database: check_rows("/queries", server, database)),
        Work("fortunes", "twelve rows and one more, sorted, escaped, as HTML", "/fortunes", check_fortunes),
        Work("updates", "twenty rows read, changed and written", "/updates?queries=20",
             lambda server, database: check_rows("/updates", server, database)),
    )
}  # fmt: skip


# ---- the run


def pairs(
    works: Sequence[str], peers: Sequence[Peer], turn: int = 0, goals: bool = False
) -> Iterator[tuple[Work, Peer]]:
    """Every work with every peer that does it, or of those what a goal needs; each round another peer begins."""
    turn %= len(peers) or 1
    wanted = needed(DATABASES) if goals else None
    for work in works:
        for peer in [*peers[turn:], *peers[:turn]]:
            if work in peer.works and (wanted is None or (work, peer.key) in wanted):
                yield WORKS[work], peer


def compare_answers(
    options: argparse.Namespace, peers: Sequence[Peer], database: Cluster, core: int | None, outcome: Outcome
) -> None:
    for work, peer in pairs(options.works, peers, goals=options.goals):
        try:
            with Server(peer, work.key, core) as server:
                if wrong := work.check(server, database):
                    raise PeerError(f"{peer.name}, {work.key}: {'; '.join(wrong)}\n{server.last_words()}")
        except (PeerError, OSError, ValueError, http.client.HTTPException) as error:
            outcome.failed[f"{peer.key} {work.key}"] = str(error)
            console.print(f"[red]left out:[/] {peer.key} {work.key}: {error}", highlight=False)
        else:
            console.print(f"[dim]right answers:[/] {work.key}: {peer.name}", highlight=False)


def measure_all(
    options: argparse.Namespace, peers: Sequence[Peer], database: Cluster, cores: Sequence[int | None], outcome: Outcome
) -> None:
    done, total = 0, options.rounds * len(list(pairs(options.works, peers, goals=options.goals)))
    for number in range(options.rounds):
        for work, peer in pairs(options.works, peers, number, options.goals):
            done += 1
            if f"{peer.key} {work.key}" in outcome.failed:
                continue
            console.print(f"[dim]{done} of {total}, round {number + 1}:[/] {work.key}: {peer.name}", highlight=False)
            try:
                with Server(peer, work.key, cores[0]) as server:
                    began, before = time.perf_counter(), database.processor_seconds()
                    result = measure(
                        server, Question(work.path), options.seconds, options.warmup, options.connections, cores[1]
                    )
                    busy = (database.processor_seconds() - before) / (time.perf_counter() - began)
            except PeerError as error:
                outcome.failed[f"{peer.key} {work.key} round {number + 1}"] = str(error)
                console.print(f"[red]failed:[/] {error}", highlight=False)
                continue
            key = {"work": work.key, "peer": peer.key, "round": number, "database_busy": busy}
            outcome.measurements.append(key | asdict(result))


def show(outcome: Outcome, peers: dict[str, Peer]) -> None:
    table = Table(title="medians; × is to FastAPI on Uvicorn with usual settings")
    for column in ("work", "peer", "req/s", "×", "p99 ms", "CPU µs/req"):
        table.add_column(column, justify="left" if column in ("work", "peer") else "right")
    for row in summarise(outcome.measurements).values():
        ratio = "–" if row.ratio is None else f"{row.ratio:.2f}"
        table.add_row(
            row.work, peers[row.peer].name, f"{row.rate:,.0f}", ratio, f"{row.p99:.2f}", f"{row.processor:.1f}"
        )
    console.print(table)


def write(options: argparse.Namespace, outcome: Outcome, peers: Sequence[Peer], version: str, folder: Path) -> Path:
    now = datetime.now(UTC)
    settings = {
        name: getattr(options, name) for name in ("rounds", "seconds", "warmup", "connections", "works", "peers")
    }
    results = {
        "date": now.isoformat(timespec="seconds"),
        "machine": machine(),
        "versions": versions(peers) | {"postgresql": version},
        "settings": settings | {"pool": POOL, "load_average": os.getloadavg()[0]},
        **asdict(outcome),
    }
    return keep(results, folder, f"databases-{now:%Y-%m-%d-%H%M}.json", "databases-latest.json")


def read_options(declared: dict[str, Peer]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Compare servers that do the same work on the same database.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, help="of load for one measurement (3)")
    parser.add_argument("--warmup", type=float, help="seconds of load before it (1); 0 for none")
    parser.add_argument("--goals", action="store_true", help="only what a goal needs; 1 s of load after 0.5 s")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--works", nargs="+", default=list(WORKS), choices=list(WORKS), metavar="WORK")
    parser.add_argument("--peers", nargs="+", default=list(declared), choices=list(declared), metavar="PEER")
    parser.add_argument("--check", action="store_true", help="only compare the answers; time nothing")
    parser.add_argument("--force", action="store_true", help="measure although the machine is busy")
    parser.add_argument("--output", type=Path, default=HERE / "results", help="the folder for the results")
    options = parser.parse_args()
    if options.seconds is None:
        options.seconds = 1.0 if options.goals else 3.0
    if options.warmup is None:
        options.warmup = 0.5 if options.goals else 1.0
    if not 1 <= options.rounds <= 20 or not 1 <= options.seconds <= 30:
        parser.error("at most 20 rounds of 30 s")
    return options


def main() -> int:
    declared = read_peers(FOLDER, WORKS)
    options = read_options(declared)
    if os.getloadavg()[0] > QUIET and not (options.force or options.check):
        console.print(f"The load average is {os.getloadavg()[0]:.2f}: wait, or say --force.")
        return 2
    chosen = [peer for key, peer in declared.items() if key in options.peers]
    if options.goals:
        wanted = {peer for _, peer in needed(DATABASES)}
        chosen = [peer for peer in chosen if peer.key in wanted]
    outcome = Outcome()
    outcome.absent = prepare(chosen, console.print)
    for key, reason in outcome.absent.items():
        console.print(f"[yellow]{declared[key].name} is absent:[/] {reason}")
    present = [peer for peer in chosen if peer.key not in outcome.absent]
    have = sorted(os.sched_getaffinity(0))
    pinned = len(have) > 1 and shutil.which("taskset") is not None
    cores = (have[0], have[1]) if pinned else (None, None)
    with cluster(cores[1]) as database:
        os.environ.update(database.environment | {"BENCH_POOL": str(POOL)})
        version = database.sql("SHOW server_version")
        compare_answers(options, present, database, cores[0], outcome)
        if not options.check:
            measure_all(options, present, database, cores, outcome)
    if not options.check:
        show(outcome, declared)
        console.print(f"wrote {write(options, outcome, present, version, options.output)}")
    if outcome.failed:
        console.print(f"[red]{len(outcome.failed)} left out or failed:[/] {', '.join(outcome.failed)}")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
