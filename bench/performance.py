"""docs/performance.md, made of what is in ``results/``: the comparison with its losses, the goals, and how it went over time.

``python -m bench.report`` writes it. What is not measured is said to be not measured.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.goals import NAMES, OLD, OPTIMIZED, PURE, Goal, Reached, all_reached, reached, runs
from bench.over_time import draw
from bench.peer import HERE, OURS, Peer, read_peers
from bench.summary import Row, summarise
from bench.works import WORKS

RESULTS = HERE / "results"
BOUNDS = HERE / "bounds.toml"
PAGE = HERE.parent / "docs" / "performance.md"

Results = Mapping[str, Any]
AllReached = Mapping[Goal, Reached | None]

# The places beside the comparison whose ratios are told, too.
ELSEWHERE = {
    OPTIMIZED: "A CPython built with profile-guided and link-time optimization, as Debian builds it",
    OLD: "Python 3.11",
    PURE: "Without the compiled core",
}
LIMIT = 0.9  # from this share of its core on, the load generator is the limit, or near it

INTRO = """\
# Speed

This page is written by `python -m bench.report` from the measurements in [bench/results](../bench/results/); nothing on it was
typed in but what bounds the goals that are missed. How it is measured, and the rules, stand in
[bench/README.md](../bench/README.md). Only ratios from one interleaved run mean anything: the machines are small and shared.

## Your own application

    hanok bench main:app
    hanok bench main:app -r 'GET /items/5?q=a' -H 'Authorization: Bearer x'

sends a GET to each of its routes, made of the examples, defaults and types of their parameters, and shows for each what
its stages cost: parse, middleware, match, parameters, dependencies, handler, serialization, write; the way to a thread
and the event loop, where they are used. The time is what one request takes in this process, without a socket and with
nobody watching; a profile shares it among the stages. Calls of functions are counted, Python's and C's. Memory is the
least that was taken: what comes from the interpreter's free lists is not seen. Then a server is started for it and
pressed over a socket for a second, which shows the processor time that one request costs it, whoever waits for whom.
Routes that need more than can be guessed, or that may change something, are listed with the reason. `--json` prints all
of it as data. What is slow in a small function is often the way to a thread: [a function that never
blocks](tutorial.md#a-sync-function-that-never-blocks) does not need one, and with a database it is often [the
pool](databases.md)."""


def read(name: str, folder: Path = RESULTS) -> Results | None:
    file = folder / name
    return json.loads(file.read_text()) if file.exists() else None


def history(folder: Path = RESULTS) -> list[Results]:
    """Every comparison that was kept, the oldest first."""
    found = [json.loads(file.read_text()) for file in sorted(folder.glob("[0-9]*.json"))]
    return sorted(found, key=lambda one: str(one["date"]))


def page(
    results: Results,
    databases: Results | None,
    past: Sequence[Results],
    reached: AllReached,
    bounds: Mapping[str, str],
    others: Mapping[str, Results] | None = None,
) -> str:
    """The whole page."""
    peers = read_peers()
    rows = summarise(results["measurements"])
    parts = [
        INTRO,
        "## Against others",
        f"{where(results)}. Requests a second as a multiple of FastAPI's on Uvicorn. The numbers behind it, with latencies, "
        "processor time and memory: [the full results](../bench/results/latest.md).",
        "![The comparison as a picture](../bench/results/latest.svg)",
        ratios(rows, peers, list(WORKS)),
        "## Where others are faster",
        losses(results, peers),
        "## On other interpreters",
        elsewhere(others or {}),
        "## Databases",
        database_part(databases),
        "## Goals",
        goals(reached, bounds),
        "## Over time",
        over_time(past),
    ]
    return "\n\n".join(parts) + "\n"


def where(results: Results) -> str:
    machine, settings = results["machine"], results["settings"]
    python = str(machine["python"]).split(" (")[0]
    form = f", Hanok {machine['hanok']}" if machine.get("hanok") else ""
    text = f"{results['date'][:10]}, {machine['processor']}, {python}{form}, "
    text += f"medians of {settings['rounds']} rounds of {settings['seconds']:g} s"
    return text + older(results)


def older(results: Results) -> str:
    """Which works are of an earlier run than the others."""
    found: dict[str, list[str]] = {}
    for work, run in results.get("measured", {}).items():
        if run["date"] != results["date"]:
            found.setdefault(f"{run['date'][:16]}, {run['rounds']} rounds of {run['seconds']:g} s", []).append(work)
    return "".join(f"; {', '.join(works)}: {run}" for run, works in found.items())


def cell(row: Row | None) -> str:
    return "–" if row is None or row.ratio is None else f"{row.ratio:.1f}"


def ratios(rows: Mapping[tuple[str, str], Row], peers: Mapping[str, Peer], order: Sequence[str]) -> str:
    """Peers down, works across; ours in bold; a dash for what was not measured."""
    works = [work for work in order if any(row.work == work for row in rows.values())]
    lines = ["| | " + " | ".join(works) + " |", "|---|" + "--:|" * len(works)]
    for key, peer in peers.items():
        found = [rows.get((work, key)) for work in works]
        if not any(found):
            continue
        cells = [peer.name, *map(cell, found)]
        lines.append("| " + " | ".join(f"**{one}**" if key in OURS else one for one in cells) + " |")
    return "\n".join(lines)


def losses(results: Results, peers: Mapping[str, Peer]) -> str:
    """Every work at which somebody who does it has made more requests than we."""
    lines = []
    for work in WORKS:
        ahead = []
        for peer in peers.values():
            found = reached(Goal(work, peer.key, 1.0, ("hanok",)), results["measurements"])
            if peer.key not in OURS and found is not None and found.ratio > 1:
                ceiling = ", which shows the ceiling" if peer.ceiling else ""
                ahead.append((found.ratio, f"{peer.name} ({found.ratio:.2f} ×{ceiling})"))
        if ahead:
            names = ", ".join(words for _, words in sorted(ahead, reverse=True))
            lines.append(f"- **{work}** ({WORKS[work].title}): {names}")
    return "\n".join(lines) or "At no work that was measured."


def elsewhere(others: Mapping[str, Results]) -> str:
    """The ratios of runs on another Python or in another form, each with what it ran on."""
    parts = [
        "How many times faster a server is than another depends on the interpreter: what runs longest in it gains most from "
        "a better one. With the usual settings of pyenv CPython is compiled without profile-guided optimization, and so it "
        "was for the other tables of this page; Debian's packages and the official images have it."
    ]
    for place, results in others.items():
        table = ratios(summarise(results["measurements"]), read_peers(), list(WORKS))
        parts.append(f"**{ELSEWHERE[place]}.** {where(results)}.\n\n{table}")
    return "\n\n".join(parts) if others else "Not measured yet."


def database_part(databases: Results | None) -> str:
    from bench.databases import FOLDER
    from bench.databases import WORKS as KINDS

    if databases is None:
        return (
            "Not measured yet: `python -m bench.databases` does it. What the settings are worth in round trips is counted: "
            "[Databases](databases.md)."
        )
    peers = read_peers(FOLDER, KINDS)
    table = ratios(summarise(databases["measurements"]), peers, list(KINDS))
    pool = databases["settings"]["pool"]
    return (
        f"{where(databases)}, a pool of {pool}. As multiples of FastAPI on Uvicorn with asyncpg's usual settings; what "
        f"*recommended* means: [Databases](databases.md#what-we-recommend).\n\n{table}"
    )


def goals(reached: AllReached, bounds: Mapping[str, str]) -> str:
    """Each goal with what was reached; under it, what bounds those that were missed."""
    lines = [
        "| work | who | goal | reached | | in the rounds | by processor time | measured |",
        "|---|---|--:|--:|---|---|--:|---|",
    ]
    missed: list[tuple[Goal, float]] = []
    for goal, found in reached.items():
        work = f"{goal.work}, {NAMES[goal.where]}" if NAMES[goal.where] else goal.work
        start = f"| {work} | {goal.peer} | {wanted(goal)} |"
        if found is None:
            lines.append(f"{start} – | not measured | | | |")
            continue
        is_met = goal.is_met(found.ratio)
        if not is_met:
            missed.append((goal, found.ratio))
        limit = " *" if found.load_busy >= LIMIT else ""
        saved = "–" if found.processor is None else f"{found.processor:.2f}"
        lines.append(
            f"{start} {found.ratio:.2f}{limit} | {'met' if is_met else '**missed**'} | "
            f"{found.lowest:.2f} to {found.highest:.2f} | {saved} | {found.date} |"
        )
    text = (
        "What was reached is the median of the ratios inside the rounds of the newest run that has measured both sides; "
        "beside it the lowest and the highest of them, and the ratio of the processor time that a request costs. A star: the "
        f"load generator was busy for {LIMIT:.0%} of its core or more, so it may have been the limit. "
        "`import` is the time of the import, `memory` that of the worker after the load: less is better there.\n\n"
        + "\n".join(lines)
    )
    if missed:
        text += "\n\nWhat bounds those that were missed:\n\n" + "\n".join(bound(*one, bounds) for one in missed)
    return text


def wanted(goal: Goal) -> str:
    other = f"its own rate at {goal.its_work}" if goal.its_work else " or ".join(goal.against)
    return f"{'≤' if goal.at_most else '≥'} {goal.wanted:g} × {other}"


def bound(goal: Goal, ratio: float, bounds: Mapping[str, str]) -> str:
    """What bounds a goal that was missed."""
    text = bounds.get(goal.key, f"not written yet (`{goal.key}` in bench/bounds.toml).")
    place = f" ({NAMES[goal.where]})" if NAMES[goal.where] else ""
    return f"- **{goal.work}**{place}, {goal.peer}, {ratio:.2f} where {wanted(goal)} was the goal: {text}"


def over_time(past: Sequence[Results]) -> str:
    """Hanok's multiples of FastAPI's rate in every run that was kept."""
    works = [work for work in WORKS if any(one["work"] == work for run in past for one in run["measurements"])]
    lines = ["| | " + " | ".join(works) + " |", "|---|" + "--:|" * len(works)]
    for run in past:
        rows = summarise(run["measurements"])
        lines.append("| " + " | ".join([run["date"][:16], *(cell(rows.get((work, "hanok"))) for work in works)]) + " |")
    return (
        "Every run that was kept, with those that were faster than Hanok.\n\n"
        "![Run by run, as a picture](../bench/results/over-time.svg)\n\n"
        "Hanok's requests a second as a multiple of FastAPI's, run by run; every measurement is kept.\n\n"
        + "\n".join(lines)
    )


def write(folder: Path = RESULTS, to: Path = PAGE) -> Path | None:
    """Write the page, if there is anything to tell."""
    results = read("latest.json", folder)
    if results is None:
        return None
    bounds = tomllib.loads(BOUNDS.read_text())
    past = history(folder)
    others = {place: found[0] for place in ELSEWHERE if (found := runs(place, folder))}
    databases = read("databases-latest.json", folder)
    to.write_text(page(results, databases, past, all_reached(folder), bounds, others))
    if folder == RESULTS and to == PAGE:
        (folder / "over-time.svg").write_text(draw(past, read_peers()))
    return to
