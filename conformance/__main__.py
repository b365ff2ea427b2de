"""``python -m conformance``: run the suites, keep the results, write the page."""

from __future__ import annotations

import argparse
import sys

from conformance import environment, report
from conformance.run import run_suite
from conformance.suites import REPOSITORY, SUITES


def main() -> int:
    """0 if all is well; with ``--check`` 1 if a test that passed in the kept results fails now."""
    parser = argparse.ArgumentParser(
        prog="python -m conformance", description="FastAPI's and Starlette's tests, on Hanok."
    )
    parser.add_argument("suites", nargs="*", metavar="SUITE", help=f"{' or '.join(SUITES)}; both if none is given")
    parser.add_argument("--check", action="store_true", help="change nothing; fail if a test that passed fails now")
    parser.add_argument("-n", "--workers", type=int, default=2, help="processes to run the tests in (2)")
    told = parser.parse_args()
    if unknown := [name for name in told.suites if name not in SUITES]:
        parser.error(f"no suite {unknown[0]!r}; there are {', '.join(SUITES)}")
    chosen = [SUITES[name] for name in told.suites or SUITES]
    environment.prepare()
    all_results = []
    status = 0
    for suite in chosen:
        environment.say(f"running the tests of {suite.requirement}")
        results = run_suite(suite, told.workers)
        if told.check and (lost := report.lost(results)):
            # Some tests of other projects depend on how fast the machine is: they get a second try, alone.
            environment.say(f"once more: {len(lost)} tests that passed before")
            again = run_suite(suite, 1, lost)
            results.outcomes.update(again.outcomes)
        all_results.append(results)
        for test in report.lost(results):
            environment.say(f"passed before, does not now: {test}")
            status = 1
        if not told.check:
            report.keep(results)
    for results in all_results:
        environment.say(report.summary(results))
    if told.check:
        return status
    if len(all_results) == len(SUITES):
        report.write_page(all_results)
        environment.say(f"wrote {report.PAGE.relative_to(REPOSITORY)} and conformance/results")
    return 0


if __name__ == "__main__":
    sys.exit(main())
