"""What we want, as data: which peer, at which work, at least how many times which other peer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

Measurements = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Goal:
    """``against``: peers, of which the fastest counts; ``its_work``: theirs, if another; ``file``: with what was measured."""

    work: str
    peer: str
    at_least: float
    against: tuple[str, ...]
    its_work: str = ""
    file: str = "latest.json"

    @property
    def key(self) -> str:
        return f"{self.work} {self.peer} {self.its_work or self.against[0]}"


def of(work: str, peer: str = "hanok", file: str = "latest.json", **against: float) -> list[Goal]:
    return [Goal(work, peer, ratio, (other.replace("_", "-"),), file=file) for other, ratio in against.items()]


WEBSOCKETS = ("asgi-uvicorn-ws", "asgi-granian-ws", "asgi-hypercorn")
DATABASES = "databases-latest.json"

GOALS: tuple[Goal, ...] = (
    *of("json", fastapi=12, go=1.3, fastify=1.7, nginx=0.75),
    *of("params", fastapi=13, go=1.0, fastify=1.3),
    *of("model", fastapi=10, fastify=1.0),
    *of("dependencies", fastapi=10),
    *of("middleware", fastapi=10),
    *of("sync", fastapi=8),
    *of("sync", peer="inline", fastapi=12),
    Goal("routes1000", "hanok", 0.97, ("hanok",), its_work="routes10"),
    Goal("websocket", "hanok", 1.3, WEBSOCKETS),
    *of("upload10", asgi_uvicorn=1.5),
    *of("download10", asgi_uvicorn=1.5),
    *of("db", file=DATABASES, fastapi=1.8, asgi=1.05),
    *of("db", peer="hanok-recommended", file=DATABASES, fastapi=3, fastify=0.8),
    *of("queries", peer="hanok-recommended", file=DATABASES, fastapi=1.5, fastify=0.8),
    *of("fortunes", peer="hanok-recommended", file=DATABASES, fastapi=3, fastify=0.8),
    *of("updates", peer="hanok-recommended", file=DATABASES, fastapi=1.5, fastify=0.8),
)


def reached(goal: Goal, measurements: Measurements) -> float | None:
    """The ratio, taken inside a round, then the median; None if not all of them were measured."""
    rates: dict[tuple[str, str], dict[int, float]] = {}
    for one in measurements:
        rates.setdefault((one["work"], one["peer"]), {})[one["round"]] = one["rate"]
    ours = rates.get((goal.work, goal.peer))
    theirs = [rates.get((goal.its_work or goal.work, peer)) for peer in goal.against]
    if ours is None or any(one is None for one in theirs):
        return None
    fastest = max((one for one in theirs if one is not None), key=lambda one: median(one.values()))
    ratios = [rate / fastest[number] for number, rate in ours.items() if number in fastest]
    return median(ratios) if ratios else None
