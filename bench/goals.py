"""What we want, as data: which peer, at which work, at least (or at most) how many times which other peer.

A ratio is taken inside a round of one run: the newest one that has measured both sides with at least ``LEAST_ROUNDS`` rounds.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

from bench.peer import HERE

Measurements = Sequence[Mapping[str, Any]]
Results = Mapping[str, Any]

RESULTS = HERE / "results"
LEAST_ROUNDS = 3

# Where something was measured → the files of all such runs, each in one file, and how the page names it.
MAIN, DATABASES, HTTP2, OLD, PURE = "main", "databases", "http2", "python3.11", "pure"
OPTIMIZED = "optimized"  # no goal is about it
FILES = {
    MAIN: "[0-9]*.json",
    DATABASES: "databases-[0-9]*.json",
    HTTP2: "http2.json",
    OLD: "python3.11/[0-9]*.json",
    PURE: "pure/[0-9]*.json",
    OPTIMIZED: "optimized/[0-9]*.json",
}
NAMES = {MAIN: "", DATABASES: "PostgreSQL", HTTP2: "HTTP/2", OLD: "Python 3.11", PURE: "uncompiled"}


@dataclass(frozen=True)
class Goal:
    """``against``: peers, of which the fastest counts; ``its_work``: theirs, if another; ``at_most``: less is better."""

    work: str
    peer: str
    wanted: float
    against: tuple[str, ...]
    its_work: str = ""
    where: str = MAIN
    at_most: bool = False

    @property
    def key(self) -> str:
        """Its name in ``bounds.toml``."""
        place = "" if self.where in (MAIN, DATABASES) else f"{self.where} "
        return f"{place}{self.work} {self.peer} {self.its_work or self.against[0]}"

    def is_met(self, ratio: float) -> bool:
        return ratio <= self.wanted if self.at_most else ratio >= self.wanted

    @property
    def pairs(self) -> set[tuple[str, str]]:
        """The works and peers that it needs."""
        return {(self.work, self.peer), *((self.its_work or self.work, other) for other in self.against)}


def of(work: str, peer: str = "hanok", where: str = MAIN, at_most: bool = False, **against: float) -> list[Goal]:
    return [
        Goal(work, peer, ratio, (other.replace("_", "-"),), where=where, at_most=at_most)
        for other, ratio in against.items()
    ]


WEBSOCKETS = ("asgi-uvicorn-ws", "asgi-granian-ws", "asgi-hypercorn")
RECOMMENDED = "hanok-recommended"
# What is measured besides the works: the seconds of the import, and the memory of the worker after the load.
IMPORT, MEMORY = "import", "memory"
IMPORTS = {"from hanok import Hanok": "hanok", "from fastapi import FastAPI": "fastapi"}

GOALS: tuple[Goal, ...] = (
    *of("json", fastapi=12, go=1.3, fastify=1.7, nginx=0.75),
    *of("params", fastapi=13, go=1.0, fastify=1.3),
    *of("model", fastapi=10, fastify=1.0),
    *of("dependencies", fastapi=10),
    *of("middleware", fastapi=10),
    *of("sync", fastapi=8),
    *of("sync", peer="inline", fastapi=12),
    Goal("routes1000", "hanok", 0.97, ("hanok",), its_work="routes10"),
    *of("db", where=DATABASES, fastapi=1.8, asgi=1.05),
    *of("db", peer=RECOMMENDED, where=DATABASES, fastapi=3, fastify=0.8),
    *of("queries", peer=RECOMMENDED, where=DATABASES, fastapi=1.5, fastify=0.8),
    *of("fortunes", peer=RECOMMENDED, where=DATABASES, fastapi=3, fastify=0.8),
    *of("updates", peer=RECOMMENDED, where=DATABASES, fastapi=1.5, fastify=0.8),
    Goal("websocket", "hanok", 1.3, WEBSOCKETS),
    *of("upload10", asgi_uvicorn=1.5),
    *of("download10", asgi_uvicorn=1.5),
    *of("json", peer="h2-hanok", where=HTTP2, h2_granian=2, h2_nginx=1.0, h2_hypercorn=50),
    *of(IMPORT, at_most=True, fastapi=0.25),
    *of(MEMORY, at_most=True, fastapi=0.8),
    *of("json", where=OLD, fastapi=8),
    *of("params", where=OLD, fastapi=8),
    *of("json", where=PURE, fastapi=8),
    *of("params", where=PURE, fastapi=8),
)


@dataclass(frozen=True)
class Reached:
    """What came of a goal in one run: the median of the ratios inside its rounds, and how far apart they were.

    ``processor`` is the same ratio of the processor time that a request costs, theirs by ours: who makes so many times more
    requests of a core that is his own. It does not depend on how fast the load generator is, and less on who else uses the
    machine. ``load_busy`` is the share of its core that the load generator used beside ours.
    """

    ratio: float
    lowest: float
    highest: float
    processor: float | None = None
    load_busy: float = 0.0
    date: str = ""


def needed(where: str) -> set[tuple[str, str]]:
    """The works and peers that the goals of one place need."""
    found = set().union(*(goal.pairs for goal in GOALS if goal.where == where))
    measured_anyway = {MEMORY: "json", IMPORT: "json"}
    return {(measured_anyway.get(work, work), peer) for work, peer in found}


def measurements_of(results: Results) -> list[Mapping[str, Any]]:
    """All that a file has to say, each as a work and a peer with a rate in a round."""
    found = list(results.get("measurements", ()))
    for peer, rounds in results.get("rounds", {}).items():  # of HTTP/2
        found += [{"work": "json", "peer": peer, "round": at, **one} for at, one in enumerate(rounds)]
    for statement, runs in results.get("imports", {}).items():
        if peer := IMPORTS.get(statement):
            found += [
                {"work": IMPORT, "peer": peer, "round": at, "rate": one["seconds"]} for at, one in enumerate(runs)
            ]
    found += [
        {"work": MEMORY, "peer": one["peer"], "round": (one["work"], one["round"]), "rate": one["worker_memory"]}
        for one in results.get("measurements", ())
        if not one["work"].startswith("routes") and one["worker_memory"]
    ]
    return found


def runs(where: str, folder: Path = RESULTS) -> list[Results]:
    """The runs that were kept of one place, the newest first."""
    found = [json.loads(file.read_text()) for file in sorted(folder.glob(FILES[where]))]
    return sorted(found, key=lambda one: str(one["date"]), reverse=True)


def reached(goal: Goal, measurements: Iterable[Mapping[str, Any]]) -> Reached | None:
    """Every ratio is taken inside a round; None if not all of the peers were measured."""
    found: dict[tuple[str, str], dict[Any, Mapping[str, Any]]] = {}
    for one in measurements:
        found.setdefault((one["work"], one["peer"]), {})[one["round"]] = one
    ours = found.get((goal.work, goal.peer))
    theirs = [found.get((goal.its_work or goal.work, peer)) for peer in goal.against]
    if ours is None or any(one is None for one in theirs):
        return None
    fastest = max(
        (one for one in theirs if one is not None), key=lambda one: median(raw["rate"] for raw in one.values())
    )
    shared = [(raw, fastest[number]) for number, raw in ours.items() if number in fastest]
    if not shared:
        return None
    ratios = [raw["rate"] / other["rate"] for raw, other in shared]
    savings = [other["processor"] / raw["processor"] for raw, other in shared if raw.get("processor")]
    return Reached(
        median(ratios),
        min(ratios),
        max(ratios),
        median(savings) if savings else None,
        median(raw.get("load_busy", 0.0) for raw, _ in shared),
    )


def newest(goal: Goal, of_its_place: Sequence[Results]) -> Reached | None:
    """What the newest run that has measured it has reached."""
    for results in of_its_place:
        if int(results.get("settings", {}).get("rounds", LEAST_ROUNDS)) < LEAST_ROUNDS:
            continue
        found = reached(goal, measurements_of(results))
        if found is not None:
            return replace(found, date=str(results["date"])[:10])
    return None


def all_reached(folder: Path = RESULTS) -> dict[Goal, Reached | None]:
    """Every goal, with what was reached."""
    places = {where: runs(where, folder) for where in FILES}
    return {goal: newest(goal, places[goal.where]) for goal in GOALS}
