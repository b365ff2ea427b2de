"""Meter: what passes between two events of the interpreter is booked to the stage that was running.

One line of time for all threads: the interpreter runs one of them at a time, so what passed belongs to the thread that had the
last event. What a meter costs by itself is measured on functions that do nothing, and taken off.
"""

from __future__ import annotations

import sys
import tracemalloc
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from threading import get_ident
from time import perf_counter_ns
from types import CodeType
from typing import Any, ClassVar

from hanok.measure.stages import HARNESS, Stage, Stages

CALIBRATION = 500


@dataclass
class Cost:
    """Of one stage: calls of functions, and the two amounts of the meter."""

    calls: int = 0
    amounts: list[float] = field(default_factory=lambda: [0.0, 0.0])


class Meter:
    """Follows the calls. What is measured, and how, is up to a subclass; ``own`` is what one event costs in its amounts."""

    counts_c_calls: ClassVar[bool]

    def __init__(self, stages: Stages, own: tuple[float, float] = (0.0, 0.0)) -> None:
        self.stages = stages
        self.own = own
        self.seen: Counter[tuple[float, float]] | None = None  # what lay between two events, while ``own`` is found out
        self.costs: dict[Stage, Cost] = {stage: Cost() for stage in Stage}
        self.harness = Cost()  # ours; nobody is told
        self.stacks: dict[int, list[Cost]] = {}
        self.thread = get_ident()
        self.current = self.harness
        self.begin()

    # ---- told by ``watching``

    def enter(self, code: CodeType, is_call: bool) -> None:
        """A function begins, or goes on after a yield."""
        self.book()
        stack = self.stack()
        stage = self.stages(code)
        if stage is HARNESS:
            cost = self.harness
        else:
            caller = stack[-1] if stack else self.costs[Stage.LOOP]
            if caller is self.harness:
                caller = self.costs[Stage.LOOP]
            cost = self.costs[stage] if isinstance(stage, Stage) else caller
        if is_call:
            cost.calls += 1
        stack.append(cost)
        self.current = cost
        self.begin()

    def leave(self) -> None:
        """A function ends, or yields."""
        self.book()
        stack = self.stack()
        if stack:  # else it began before we looked
            stack.pop()
        self.current = stack[-1] if stack else self.outside()
        self.begin()

    def call(self) -> None:
        """Something that is no Python function is called."""
        self.book()
        self.current.calls += 1
        self.begin()

    # ---- inside

    def stack(self) -> list[Cost]:
        thread = get_ident()
        stack = self.stacks.get(thread)
        if stack is None:
            stack = self.stacks[thread] = []
        return stack

    def outside(self) -> Cost:
        return self.costs[Stage.LOOP if get_ident() == self.thread else Stage.THREADS]

    def book(self) -> None:
        raise NotImplementedError

    def begin(self) -> None:
        raise NotImplementedError

    def restart(self) -> None:
        """Begin with nothing under way; the caller is ours."""
        self.stacks.clear()
        self.stack().append(self.harness)
        self.current = self.harness
        self.begin()

    def booked(self, first: float, second: float) -> None:
        """Book two amounts to the stage that was running."""
        if self.seen is not None:
            self.seen[first, second] += 1
        amounts = self.current.amounts
        amounts[0] += first - self.own[0]
        amounts[1] += second - self.own[1]

    def net(self, requests: int) -> dict[Stage, tuple[float, float, float]]:
        """Calls and the two amounts of every stage for one request."""
        return {
            stage: (cost.calls / requests, max(0.0, cost.amounts[0]) / requests, max(0.0, cost.amounts[1]) / requests)
            for stage, cost in self.costs.items()
        }


class TimeMeter(Meter):
    """Nanoseconds. Calls of C functions are not followed: that would cost more than most of them do."""

    counts_c_calls = False

    def book(self) -> None:
        self.booked(perf_counter_ns() - self.since, 0.0)

    def begin(self) -> None:
        self.since = perf_counter_ns()


class MemoryMeter(Meter):
    """Bytes by which memory rose between two events, and blocks that were there more. tracemalloc must be running.

    Both are at least so much: what is taken and given back between two events, beside something that lives longer, and what
    comes from the interpreter's free lists is not seen.
    """

    counts_c_calls = True

    def book(self) -> None:
        blocks = sys.getallocatedblocks()
        _, peak = tracemalloc.get_traced_memory()
        self.booked(max(self.own[0], peak - self.bytes), max(self.own[1], blocks - self.blocks))

    def begin(self) -> None:
        tracemalloc.reset_peak()
        self.bytes, _ = tracemalloc.get_traced_memory()
        self.blocks = sys.getallocatedblocks()


def nothing() -> None:
    """The function whose call costs least."""


def many_times_nothing() -> None:
    for _ in range(CALIBRATION):
        nothing()


def own_cost(kind: type[Meter], watch: Callable[[Meter], AbstractContextManager[Any]]) -> tuple[float, float]:
    """What one event of a meter usually costs in its own amounts; of several tries the least, as the others had noise."""
    tries = []
    for _ in range(5):
        meter = kind(Stages(), (float("-inf"), float("-inf")))
        with watch(meter):
            meter.restart()
            meter.seen = Counter()
            many_times_nothing()
            seen, meter.seen = meter.seen, None
        tries.append(
            (middle([first for first, _ in seen.elements()]), middle([second for _, second in seen.elements()]))
        )
    return min(tries)


def middle(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]
