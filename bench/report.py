"""From raw results to what people read: ``latest.md``, ``latest.svg``, docs/performance.md and the table in the README.

    python -m bench.report [results.json]

The README's table stands between ``<!-- bench:start -->`` and ``<!-- bench:end -->``.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from typing import Any

from bench import performance
from bench.peer import HERE, OURS, Peer, read_peers
from bench.performance import where
from bench.plot import draw
from bench.summary import Row, summarise
from bench.works import WORKS

LATEST = HERE / "results" / "latest.json"
README = HERE.parent / "README.md"
START, END = "<!-- bench:start -->", "<!-- bench:end -->"

Rows = Mapping[tuple[str, str], Row]
Cell = Callable[[Row], str]


def times(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.1f}" if value < 100 else f"{value:.0f}"


def table(rows: Rows, peers: Mapping[str, Peer], cell: Cell) -> str:
    """Peers down, works across; ours in bold; a dash where a peer does not do that work."""
    works = [work for work in WORKS if any(row.work == work for row in rows.values())]
    lines = ["| | " + " | ".join(works) + " |", "|---|" + "--:|" * len(works)]
    for key, peer in peers.items():
        if not any(row.peer == key for row in rows.values()):
            continue
        found = [rows.get((work, key)) for work in works]
        cells = [peer.name, *("–" if row is None else cell(row) for row in found)]
        if key in OURS:
            cells = [f"**{words}**" for words in cells]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def imports(results: Mapping[str, Any]) -> str:
    lines = ["| | seconds | modules | MiB |", "|---|--:|--:|--:|"]
    for name, runs in results["imports"].items():
        best = min(run["seconds"] for run in runs)
        memory = median(run["memory"] for run in runs) / 1024
        lines.append(f"| `{name}` | {best:.3f} | {runs[0]['modules']} | {memory:.0f} |")
    return "\n".join(lines)


def memory_and_start(rows: Rows, peers: Mapping[str, Peer]) -> str:
    """Over all works of a peer: the worker's memory after the load, and the time until it listens."""
    lines = ["| | memory of the worker, MiB | seconds until it listens |", "|---|--:|--:|"]
    for key, peer in peers.items():
        mine = [row for row in rows.values() if row.peer == key and not row.work.startswith("routes")]
        if mine:
            memory = median(row.worker_memory for row in mine) / 1024
            start = median(row.start_seconds for row in mine)
            lines.append(f"| {peer.name} | {memory:.0f} | {start:.2f} |")
    return "\n".join(lines)


def legend() -> str:
    return "\n".join(f"- **{work.key}**: {work.title}" for work in WORKS.values())


def for_readme(results: Mapping[str, Any], rows: Rows, peers: Mapping[str, Peer]) -> str:
    """The short form: the picture, the ratios, and where the rest is."""
    return "\n\n".join(
        [
            "![Requests a second, relative to FastAPI on Uvicorn](bench/results/latest.svg)",
            f"As multiples of FastAPI on Uvicorn ({where(results)}; one core for the server):",
            table(rows, peers, lambda row: times(row.ratio)),
            "Latencies, processor time, memory, import time, what each column means and how to repeat it: "
            "[the full results](bench/results/latest.md).",
        ]
    )


def whole(results: Mapping[str, Any], rows: Rows, peers: Mapping[str, Peer]) -> str:
    """Everything that was measured, as one page."""
    sections = {
        "Requests a second, as a multiple of FastAPI's": table(rows, peers, lambda row: times(row.ratio)),
        "The lowest and the highest multiple of any round": table(
            rows, peers, lambda row: f"{times(row.lowest)}–{times(row.highest)}"
        ),
        "Requests a second": table(rows, peers, lambda row: f"{row.rate:,.0f}"),
        "Processor time of one request, µs": table(rows, peers, lambda row: f"{row.processor:.1f}"),
        "Processor time, FastAPI's as a multiple of it": table(rows, peers, lambda row: times(row.processor_ratio)),
        "Latency, 99th percentile, ms": table(rows, peers, lambda row: f"{row.p99:.2f}"),
        "How busy the load generator was, %": table(
            rows, peers, lambda row: f"{row.load_busy:.0%}".rstrip("%") if row.load_busy else "–"
        ),
        "Memory and start": memory_and_start(rows, peers),
        "Import, in a fresh process": imports(results),
        "The works": legend(),
        "Versions": "\n".join(f"- {peers[key].name}: {words}" for key, words in results["versions"].items()),
    }
    left_out = [*results["absent"].items(), *((f"{pair}", why) for pair, why in results["failed"].items())]
    if left_out:
        sections["Left out"] = "\n".join(f"- {name}: {why.splitlines()[0]}" for name, why in left_out)
    body = "\n\n".join(f"## {title}\n\n{words}" for title, words in sections.items())
    intro = (
        f"{where(results)}. The server has one core, wrk the other, with "
        f"{results['settings']['connections']} connections. Higher multiples are better. Ratios are "
        "taken inside a round, then the median. How it is done: [bench/README.md](../README.md). nginx "
        "answers with a constant: it is the ceiling of the machine, not a peer."
    )
    return f"# The comparison\n\n{intro}\n\n![The same as a picture](latest.svg)\n\n{body}\n"


def into_readme(readme: str, block: str) -> str:
    """The README with its table replaced. Raises SystemExit when it has no place for one."""
    pattern = re.compile(f"{START}.*?{END}", re.DOTALL)
    if not pattern.search(readme):
        raise SystemExit(f"the README has no {START} … {END}")
    return pattern.sub(lambda _: f"{START}\n{block}\n{END}", readme)


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the picture and the tables of a comparison.")
    parser.add_argument("results", nargs="?", type=Path, default=LATEST)
    parser.add_argument("--readme", type=Path, default=README, help="the file whose table is replaced")
    parser.add_argument("--no-readme", action="store_true", help="leave the README alone")
    options = parser.parse_args()
    results = json.loads(options.results.read_text())
    peers = read_peers()
    rows = summarise(results["measurements"])
    folder = options.results.parent
    (folder / "latest.svg").write_text(draw(rows, peers, where(results)))
    (folder / "latest.md").write_text(whole(results, rows, peers))
    print(f"wrote {folder / 'latest.svg'} and {folder / 'latest.md'}")
    if not options.no_readme:
        block = for_readme(results, rows, peers)
        options.readme.write_text(into_readme(options.readme.read_text(), block))
        print(f"wrote {options.readme}")
    # The page tells of the latest results and of all that were kept beside them.
    if options.results == LATEST:
        print(f"wrote {performance.write()}")


if __name__ == "__main__":
    main()
