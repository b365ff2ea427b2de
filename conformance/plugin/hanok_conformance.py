"""A pytest plugin for the environment in which the foreign suites run: excludes tests, and writes what became of each.

``HANOK_CONFORMANCE_PLAN`` names a JSON file: patterns of tests to exclude, and names to put placeholders for.
``HANOK_CONFORMANCE_REPORT`` is the file to write, one JSON object a line. The plugin stands alone: nothing of the repository is
importable there.
"""

from __future__ import annotations

import importlib
import json
import os
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

WORST_LAST = ("passed", "skipped", "xfailed", "xpassed", "failed", "error")


def matches(test: str, pattern: str) -> bool:
    """Whether a pattern names the test: a file, a test of it with all its parameters, or either with ``*``."""
    # Brackets are literal: they are in the ids of parametrised tests.
    pattern = pattern.replace("[", "[[]")
    return fnmatchcase(test, pattern) or fnmatchcase(test, pattern + "::*") or fnmatchcase(test, pattern + "[[]*")


class Recorder:
    """Gathers the outcome of every test; where there are workers, only the process that starts them writes."""

    def __init__(self, report: str, patterns: list[str], is_worker: bool) -> None:
        self.is_worker = is_worker
        self.report = Path(report)
        self.patterns = patterns
        self.outcomes: dict[str, str] = {}
        self.excluded: set[str] = set()

    def note(self, test: str, outcome: str, message: str) -> None:
        known = self.outcomes.get(test)
        if known is None or WORST_LAST.index(outcome) > WORST_LAST.index(known):
            self.outcomes[test] = outcome
            self.write(test, outcome, message)

    def write(self, test: str, outcome: str, message: str = "") -> None:
        """At once, so that something is left if the run never ends. The last line about a test counts."""
        with self.report.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"test": test, "outcome": outcome, "message": message}) + "\n")

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        gone = [item for item in items if any(matches(item.nodeid, each) for each in self.patterns)]
        if gone:
            names = {item.nodeid for item in gone}
            self.excluded |= names
            items[:] = [item for item in items if item.nodeid not in names]
            config.hook.pytest_deselected(items=gone)
        output = getattr(config, "workeroutput", None)
        if output is not None:
            output["excluded"] = sorted(self.excluded)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: Any) -> None:
        self.excluded |= set(getattr(node, "workeroutput", {}).get("excluded", ()))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed and not self.is_worker:
            self.note(report.nodeid, "error", message_of(report))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if self.is_worker:
            return
        outcome: str = report.outcome
        if hasattr(report, "wasxfail"):
            outcome = "xfailed" if report.skipped else "xpassed"
        elif report.failed and report.when != "call":
            outcome = "error"
        if report.when == "call" or outcome != "passed":
            self.note(report.nodeid, outcome, message_of(report) if report.failed else "")

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if not hasattr(session.config, "workerinput"):
            for test in sorted(self.excluded):
                self.write(test, "excluded")


class Placeholder:
    """In the place of a name that Hanok does not have: can be imported, and fails when it is used."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError(f"{self._name} is an internal that Hanok does not have")

    def __getattr__(self, name: str) -> Any:
        return self() if not name.startswith("__") else super().__getattribute__(name)


def place(names: dict[str, list[str]]) -> None:
    for module, missing in names.items():
        there = importlib.import_module(module)
        for name in missing:
            if not hasattr(there, name):
                setattr(there, name, Placeholder(f"{module}.{name}"))


def message_of(report: Any) -> str:
    """The first line of what went wrong, and the place where it did."""
    crash = getattr(report.longrepr, "reprcrash", None)
    if crash is None:
        lines = [line.strip() for line in str(report.longrepr).splitlines() if line.strip()]
        told = [line for line in lines if line.startswith("E ")]
        return (told[-1][1:] if told else lines[-1] if lines else "").strip()
    lines = [line for line in crash.message.splitlines() if line.strip()]
    return f"{lines[0] if lines else ''} @ {os.path.basename(crash.path)}:{crash.lineno}"


def pytest_configure(config: pytest.Config) -> None:
    report = os.environ.get("HANOK_CONFORMANCE_REPORT")
    if report:
        plan = json.loads(Path(os.environ["HANOK_CONFORMANCE_PLAN"]).read_text("utf-8"))
        place(plan["placeholders"])
        recorder = Recorder(report, plan["exclude"], is_worker=hasattr(config, "workerinput"))
        config.pluginmanager.register(recorder, "hanok-conformance")
