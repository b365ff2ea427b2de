"""Many cases from one seed, and what came of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from conformance.differential.compare import Disagreement, Kind, compare
from conformance.differential.mutate import case
from conformance.differential.reasons import reason


@dataclass(slots=True)
class Outcome:
    """``agreed`` cases had nothing to explain."""

    cases: int = 0
    agreed: int = 0
    explained: Counter[tuple[str, Kind, str, str]] = field(
        default_factory=Counter
    )  # peer, kind, about, reason → how often
    unexplained: list[Disagreement] = field(default_factory=list)


def run(count: int, seed: int, *, tick: Callable[[int], bool] = lambda done: True) -> Outcome:
    """``count`` cases; ``tick`` is told how many are done, and ends the run by returning False."""
    random = Random(seed)
    outcome = Outcome()
    for number in range(count):
        if number % 500 == 0 and not tick(number):
            break
        data = case(random)
        cuts = tuple(sorted(random.sample(range(1, len(data)), 3))) if random.random() < 0.25 else ()
        found = compare(data, cuts)
        outcome.cases += 1
        outcome.agreed += not found
        for one in found:
            why = reason(one)
            if why is None:
                outcome.unexplained.append(one)
            else:
                outcome.explained[one.peer, one.kind, one.about, why] += 1
    return outcome
