"""HTTP/2 compared: ``python -m bench.http2``. The json work over cleartext with prior knowledge, pressed by h2load.

Interleaved like ``bench.run``: in every round each peer is started afresh on one core, warmed up, pressed from the other and
ended, and they take turns at being first. Ratios are taken inside a round. What is written: ``results/http2.json``.

Hanok answers with its own application, declared with ``@app.get``; granian and Hypercorn call plain ASGI, and nginx returns a
constant: it is the ceiling of the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from bench.environment import install, machine
from bench.peer import HERE, Peer
from bench.processes import PeerError, Server

RESULTS = HERE / "results" / "http2.json"
NGINX = HERE / "peers" / "nginx" / "http2"
ASGI, OURS = HERE / "peers" / "asgi", HERE / "peers" / "hanok"

PEERS = [
    Peer(
        key="h2-hanok", name="Hanok", language="Python", works=[], folder=OURS, packages=["hanok"],
        start=["{bin}/hanok", "run", "app:app", "--host", "127.0.0.1", "--port", "{port}", "--no-access-log",
               "--log-level", "warning"],
    ),
    Peer(
        key="h2-granian", name="plain ASGI on granian", language="Python", works=[], folder=ASGI,
        packages=["granian", "uvloop"],
        start=["{python}", "-m", "granian", "app:app", "--interface", "asgi", "--host", "127.0.0.1", "--port", "{port}",
               "--workers", "1", "--runtime-threads", "1", "--http", "2", "--no-ws", "--loop", "uvloop",
               "--no-access-log", "--log-level", "warning"],
    ),
    Peer(
        key="h2-hypercorn", name="plain ASGI on Hypercorn", language="Python", works=[], folder=ASGI,
        packages=["hypercorn", "uvloop"],
        start=["{python}", "-m", "hypercorn", "app:app", "--bind", "127.0.0.1:{port}", "--worker-class", "uvloop",
               "--log-level", "WARNING"],
    ),
    Peer(
        key="h2-nginx", name="nginx, constant answer", language="C", works=[], folder=NGINX, needs=["nginx"],
        template=["nginx.conf"], start=["nginx", "-c", "{scratch}/nginx.conf", "-p", "{scratch}", "-e", "stderr"],
        ceiling=True,
    ),
]  # fmt: skip

console = Console()


@dataclass(frozen=True)
class Pressed:
    rate: float  # requests a second
    failed: int
    processor: float  # µs of the server's processor time for a request


def press(server: Server, seconds: int, options: argparse.Namespace) -> Pressed:
    """h2load for so long, after a second of warming up. Raises PeerError if it says nothing that can be read."""
    pin = ["taskset", "-c", str(options.load_core)] if options.load_core is not None else []
    shape = [f"-c{options.connections}", f"-m{options.streams}", "-t1"]
    url = f"http://127.0.0.1:{server.port}/json"
    subprocess.run([*pin, "h2load", *shape, "-D1", url], capture_output=True, timeout=60)
    before = sum(server.processor_seconds().values())
    done = subprocess.run(
        [*pin, "h2load", *shape, f"-D{seconds}", url], capture_output=True, text=True, timeout=seconds + 60
    )
    spent = sum(server.processor_seconds().values()) - before
    found = re.search(r"(\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout", done.stdout)
    if found is None:
        raise PeerError(f"h2load: {done.stdout}{done.stderr}")
    succeeded, *failures = map(int, found.groups())
    if not succeeded:
        raise PeerError(f"{server.peer.name}: no request succeeded\n{server.last_words()}")
    return Pressed(succeeded / seconds, sum(failures), spent / succeeded * 1e6)


def measure(options: argparse.Namespace, peers: list[Peer]) -> dict[str, list[Pressed]]:
    found: dict[str, list[Pressed]] = {peer.key: [] for peer in peers}
    for number in range(options.rounds):
        turn = number % len(peers)
        for peer in [*peers[turn:], *peers[:turn]]:
            with (
                console.status(f"round {number + 1} of {options.rounds}: {peer.name}"),
                Server(peer, "json", options.server_core) as server,
            ):
                pressed = press(server, options.seconds, options)
            found[peer.key].append(pressed)
            failed = f", [red]{pressed.failed} failed[/]" if pressed.failed else ""
            console.print(
                f"round {number + 1}  {peer.name:26} {pressed.rate:>10,.0f} requests/s{failed}", highlight=False
            )
    return found


def show(found: dict[str, list[Pressed]], peers: list[Peer]) -> None:
    table = Table(title="HTTP/2, json, medians", title_justify="left")
    for column in ("peer", "requests/s", "µs of processor", "Hanok's multiple", "lowest", "highest", "failed"):
        table.add_column(column, justify="left" if column == "peer" else "right")
    ours = found[PEERS[0].key]
    for peer in peers:
        rounds = found[peer.key]
        ratios = [mine.rate / theirs.rate for mine, theirs in zip(ours, rounds, strict=True)]
        table.add_row(
            peer.name, f"{median(one.rate for one in rounds):,.0f}", f"{median(one.processor for one in rounds):.1f}",
            f"{median(ratios):.2f}", f"{min(ratios):.2f}", f"{max(ratios):.2f}", str(sum(one.failed for one in rounds)),
        )  # fmt: skip
    console.print(table)


def main() -> int:
    parser = argparse.ArgumentParser(description="Compare servers of HTTP/2.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--streams", type=int, default=16, help="at once on one connection")
    options = parser.parse_args()
    if shutil.which("h2load") is None:
        raise SystemExit("h2load is not installed (Debian: apt-get install nghttp2-client)")
    cores = sorted(os.sched_getaffinity(0))
    pinned = len(cores) > 1 and shutil.which("taskset") is not None
    options.server_core, options.load_core = (cores[0], cores[1]) if pinned else (None, None)
    peers = [peer for peer in PEERS if all(shutil.which(command) for command in peer.needs)]
    install({package for peer in peers for package in peer.packages}, console.print)
    found = measure(options, peers)
    show(found, peers)
    told = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "settings": {name: getattr(options, name) for name in ("rounds", "seconds", "connections", "streams")},
        "rounds": {key: [vars(one) for one in rounds] for key, rounds in found.items()},
    }
    Path(RESULTS).write_text(json.dumps(told, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
