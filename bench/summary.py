"""From single measurements to medians. Ratios are taken inside a round, where noise is shared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from bench.peer import BASELINE

Raw = Mapping[str, Any]


@dataclass(frozen=True)
class Row:
    """One peer at one work. Ratios are to the baseline; None where it has not done that work."""

    work: str
    peer: str
    rounds: int
    rate: float
    p50: float
    p99: float
    processor: float
    worker_memory: float
    start_seconds: float
    ratio: float | None
    lowest: float | None
    highest: float | None
    processor_ratio: float | None
    load_busy: float  # of the core of the load generator; 0 where it was not measured


def summarise(measurements: Sequence[Raw]) -> dict[tuple[str, str], Row]:
    """By (work, peer), in the order in which they were first measured."""
    groups: dict[tuple[str, str], dict[int, Raw]] = {}
    for raw in measurements:
        groups.setdefault((raw["work"], raw["peer"]), {})[raw["round"]] = raw
    return {key: _row(key, by_round, groups.get((key[0], BASELINE), {})) for key, by_round in groups.items()}


def _row(key: tuple[str, str], by_round: Mapping[int, Raw], baseline: Mapping[int, Raw]) -> Row:
    shared = [(raw, baseline[number]) for number, raw in by_round.items() if number in baseline]
    ratios = [raw["rate"] / base["rate"] for raw, base in shared]
    # The processor clock ticks in hundredths of a second: a very short run may have cost none.
    savings = [base["processor"] / raw["processor"] for raw, base in shared if raw["processor"]]

    def middle(name: str) -> float:
        return float(median(raw[name] for raw in by_round.values()))

    return Row(
        work=key[0],
        peer=key[1],
        rounds=len(by_round),
        rate=middle("rate"),
        p50=middle("p50"),
        p99=middle("p99"),
        processor=middle("processor"),
        worker_memory=middle("worker_memory"),
        start_seconds=middle("start_seconds"),
        ratio=median(ratios) if ratios else None,
        lowest=min(ratios, default=None),
        highest=max(ratios, default=None),
        processor_ratio=median(savings) if savings else None,
        load_busy=median(raw.get("load_busy", 0.0) for raw in by_round.values()),
    )
