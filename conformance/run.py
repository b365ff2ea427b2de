"""Run a suite, and read what became of its tests."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from conformance.environment import PLACE, PYTHON, directory
from conformance.suites import HERE, Suite

TIMEOUT = 20  # seconds for one test, as in FastAPI's own configuration
FAILURES = ("failed", "error", "xpassed")


@dataclass
class Results:
    """What became of every test: id → outcome. ``messages`` holds one line for each that failed."""

    suite: Suite
    python: str
    outcomes: dict[str, str] = field(default_factory=dict)
    messages: dict[str, str] = field(default_factory=dict)

    def count(self, *outcomes: str) -> int:
        return sum(outcome in outcomes for outcome in self.outcomes.values())

    def by_file(self) -> dict[str, dict[str, str]]:
        """The outcomes, one dictionary for each file."""
        files: dict[str, dict[str, str]] = {}
        for test, outcome in sorted(self.outcomes.items()):
            file, _, name = test.partition("::")
            files.setdefault(file, {})[name] = outcome
        return files

    @property
    def failures(self) -> list[str]:
        return sorted(test for test, outcome in self.outcomes.items() if outcome in FAILURES)


def run_suite(suite: Suite, workers: int, tests: Sequence[str] = ("tests",)) -> Results:
    """Run it, or some of its tests, with its progress on the terminal. Raises SystemExit if pytest itself fails."""
    report = PLACE / f"{suite.name}.jsonl"
    report.unlink(missing_ok=True)
    plan = PLACE / f"{suite.name}-plan.json"
    plan.write_text(json.dumps(suite.plan), "utf-8")
    root = directory(suite)
    command = [str(PYTHON), "-m", "pytest", "-p", "hanok_conformance", "-p", "no:cacheprovider", "-q"]
    command += [
        "-n",
        str(workers),
        "--timeout",
        str(TIMEOUT),
        "--tb",
        "no",
        "--no-header",
        "--disable-warnings",
        *tests,
    ]
    for each in suite.exclusions:
        # What cannot even be imported has to be kept from pytest, not from the run.
        if "::" not in each.test and (root / each.test).exists():
            command += ["--ignore", each.test]
            # pytest loads the conftest.py of a folder below "tests" even if it ignores the folder.
            for conftest in (root / each.test).rglob("conftest.py"):
                conftest.rename(conftest.with_suffix(".excluded"))
    environment = {
        **os.environ,
        "PYTHONPATH": str(HERE / "plugin"),
        "HANOK_CONFORMANCE_REPORT": str(report),
        "HANOK_CONFORMANCE_PLAN": str(plan),
    }
    status = subprocess.run(command, cwd=root, env=environment, check=False).returncode
    if not report.exists():
        raise SystemExit(f"conformance: pytest ended with {status} and left no report")
    return read_report(suite, report)


def read_report(suite: Suite, report: Path) -> Results:
    """The results in a report of the plugin."""
    version = subprocess.run(
        [str(PYTHON), "-c", "import platform; print(platform.python_version())"],
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    results = Results(suite, version.stdout.strip())
    for line in report.read_text("utf-8").splitlines():
        row = json.loads(line)
        results.outcomes[row["test"]] = row["outcome"]
        if row["outcome"] in FAILURES:
            results.messages[row["test"]] = row["message"]
    return results
