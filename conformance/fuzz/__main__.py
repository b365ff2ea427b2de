"""``python -m conformance.fuzz``: first the corpus, then new streams until the time is over; exit code 1 for findings."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from random import Random

from rich.console import Console
from rich.table import Table

from conformance.fuzz.corpus import Case, corpus, seen
from conformance.fuzz.forms import read
from conformance.fuzz.judge import Judge
from conformance.fuzz.streams import Stream, a_stream, shorten

BATCH = 250  # streams of one seed; the next batch has the next seed
LONGEST = 4000  # bytes of a stream that is remembered
ENOUGH = 5  # findings, after which more would say nothing new

console = Console()


def known(judge: Judge, case: Case) -> list[str]:
    """What is wrong with a stream of the corpus: besides the usual, whether it is seen as it says."""
    wrong = judge.wrong(case.data)
    for name, parse in judge.forms.items():
        reading, _ = read(case.data, parse)
        if (seen(reading), reading.end, reading.error) != (case.sees, case.end, case.error):
            wrong.append(f"{name}: {seen(reading)}, then {reading.end} {reading.error}")
    return wrong


def batch(judge: Judge, seed: int) -> list[str]:
    """The streams of one seed: what was found. A stream that is read as none before it joins the interesting ones."""
    random = Random(seed)
    interesting: dict[object, bytes] = {}
    findings: list[str] = []
    for _ in range(BATCH):
        one = a_stream(random, list(interesting.values()))
        wrong = judge.wrong(*one)
        if wrong:
            data, cuts = shorten(one, still_wrong(judge, kinds_of(wrong)))
            findings.append(f"with --seed {seed}: {data!r} cut at {cuts}:\n  " + "\n  ".join(judge.wrong(data, cuts)))
            if len(findings) == ENOUGH:
                break
        if judge.signature not in interesting and len(one[0]) < LONGEST:
            interesting[judge.signature] = one[0]
    return findings


def still_wrong(judge: Judge, kinds: set[str]) -> Callable[[Stream], bool]:
    return lambda stream: bool(kinds & kinds_of(judge.wrong(*stream)))


def kinds_of(wrong: list[str]) -> set[str]:
    """What is wrong, without the bytes in which it is."""
    return {one.split(":", 1)[0].split(", cut", 1)[0] for one in wrong}


def report(judge: Judge, findings: list[str], seconds: float, seeds: range) -> None:
    table = Table("cases", "other", "kind", "about", "reason", title="Explained disagreements")
    for (peer, kind, about, why), count in judge.explained.most_common():
        table.add_row(str(count), peer, kind, about, why)
    console.print(table)
    for one in findings:
        console.print(f"FOUND {one}", markup=False, highlight=False)
    console.print(
        f"{judge.cases:,} streams in {seconds:.0f} s, seeds {seeds.start} to {seeds.stop - 1}: "
        f"{judge.messages:,} requests seen, {judge.refused:,} streams refused, {judge.agreed:,} without any disagreement, "
        f"{sum(judge.explained.values()):,} disagreements explained, {len(findings)} findings",
        highlight=False,
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m conformance.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="stop after this time (60)")
    parser.add_argument("--seed", type=int, default=1, help="of the first batch (1); the same seed, the same streams")
    options = parser.parse_args()
    judge = Judge()
    begun = time.monotonic()
    findings = [f"{case.file}, {case.name}: {one}" for case in corpus() for one in known(judge, case)]
    seed = options.seed
    while time.monotonic() - begun < options.seconds and len(findings) < ENOUGH:
        # Nothing is remembered from one batch to the next: its seed is all that a batch depends on.
        findings += batch(judge, seed)
        seed += 1
    report(judge, findings, time.monotonic() - begun, range(options.seed, seed))
    judge.close()
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
