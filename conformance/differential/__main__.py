"""``python -m conformance.differential``: run many cases, show the disagreements and their reasons."""

from __future__ import annotations

import argparse
import sys
import time

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from conformance.differential.run import Outcome, run


def report(outcome: Outcome, seconds: float, console: Console) -> None:
    table = Table("cases", "other", "kind", "about", "reason", title="Explained disagreements")
    for (peer, kind, about, why), count in sorted(outcome.explained.items(), key=lambda item: -item[1]):
        table.add_row(str(count), peer, kind.value, about, why)
    console.print(table)
    for one in outcome.unexplained[:20]:
        console.print(f"UNEXPLAINED {one.peer}: {one.kind.value}: {one.about}\n  {one.data!r}", markup=False)
    console.print(
        f"{outcome.cases:,} cases in {seconds:.0f} s: {outcome.agreed:,} without any disagreement, "
        f"{sum(outcome.explained.values()):,} disagreements explained, {len(outcome.unexplained):,} unexplained"
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m conformance.differential", description=(__doc__ or ""))
    parser.add_argument("--count", type=int, default=200_000, help="how many cases (200000)")
    parser.add_argument(
        "--seed", type=int, default=1, help="where the random changes begin (1); the same seed, the same cases"
    )
    parser.add_argument("--seconds", type=float, default=900, help="stop after this time (900)")
    told = parser.parse_args()
    console = Console()
    begun = time.monotonic()
    columns = TextColumn("cases"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=told.count)

        def tick(done: int) -> bool:
            progress.update(task, completed=done)
            return bool(time.monotonic() - begun < told.seconds)

        outcome = run(told.count, told.seed, tick=tick)
    report(outcome, time.monotonic() - begun, console)
    if outcome.cases < told.count:
        console.print(f"stopped after {told.seconds:g} s")
    return 1 if outcome.unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
