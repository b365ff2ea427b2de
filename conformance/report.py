"""Results as data, as a table, and beside those that were kept."""

from __future__ import annotations

import ast
import json
import re
from collections import Counter, defaultdict
from pathlib import Path

from conformance.environment import directory
from conformance.plugin.hanok_conformance import matches
from conformance.run import FAILURES, Results
from conformance.suites import REPOSITORY, Exclusion, Suite

PAGE = REPOSITORY / "docs" / "conformance.md"
COLUMNS = ("passed", "failed", "skipped", "excluded")
COLUMN_OF = {
    "passed": "passed",
    "failed": "failed",
    "error": "failed",
    "xpassed": "failed",
    "skipped": "skipped",
    "xfailed": "skipped",
    "excluded": "excluded",
}


def keep(results: Results) -> None:
    """Write the results as JSON: totals, then counts and outcomes by file."""
    files = results.by_file()
    data = {
        "suite": results.suite.requirement,
        "python": results.python,
        "total": dict(sorted(Counter(results.outcomes.values()).items())),
        "files": {
            file: {"counts": dict(sorted(Counter(tests.values()).items())), "tests": tests}
            for file, tests in files.items()
        },
    }
    results.suite.results.parent.mkdir(exist_ok=True)
    results.suite.results.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", "utf-8")


def kept(suite: Suite) -> dict[str, str]:
    """The outcomes that are kept in the repository; none if there are none."""
    if not suite.results.exists():
        return {}
    files = json.loads(suite.results.read_text("utf-8"))["files"]
    return {
        f"{file}::{test}" if test else file: outcome
        for file, each in files.items()
        for test, outcome in each["tests"].items()
    }


def lost(results: Results) -> list[str]:
    """The tests that passed in the kept results and fail, or are gone, now."""
    before = kept(results.suite)
    passed_then = (test for test, outcome in before.items() if outcome == "passed")
    return sorted(test for test in passed_then if results.outcomes.get(test) in (*FAILURES, None))


def summary(results: Results) -> str:
    counts = Counter(COLUMN_OF[outcome] for outcome in results.outcomes.values())
    listed = ", ".join(f"{counts[column]} {column}" for column in COLUMNS)
    return f"{results.suite.requirement}: {listed}"


def write_page(all_results: list[Results]) -> None:
    """``docs/conformance.md``."""
    lines = [
        "# Conformance",
        "",
        "FastAPI's and Starlette's own test suites, run against Hanok with the drop-in enabled. `make conformance` runs them",
        "again and writes this page; the outcome of every test is in `conformance/results`.",
        "",
        "| suite | " + " | ".join(COLUMNS) + " | Python |",
        "|---|" + "---:|" * len(COLUMNS) + "---|",
    ]
    for results in all_results:
        counts = Counter(COLUMN_OF[outcome] for outcome in results.outcomes.values())
        numbers = " | ".join(f"{counts[column]:,}" for column in COLUMNS)
        lines.append(f"| {results.suite.requirement} | {numbers} | {results.python} |")
    lines += [
        "",
        "Skipped counts what the suites themselves skip or expect to fail. Files that are excluded whole are not",
        "loaded, so their tests are counted only in the lists below, as functions.",
        "",
    ]
    for results in all_results:
        lines += suite_page(results)
    PAGE.write_text("\n".join(lines).rstrip() + "\n", "utf-8")


def suite_page(results: Results) -> list[str]:
    lines = [f"## The tests of {results.suite.requirement}", ""]
    lines += failures_table(results)
    lines += exclusions_table(results.suite, results)
    lines += ["### By file", "", "| file | " + " | ".join(COLUMNS) + " |", "|---|" + "---:|" * len(COLUMNS)]
    whole = 0
    for file, tests in results.by_file().items():
        counts = Counter(COLUMN_OF[outcome] for outcome in tests.values())
        if set(counts) == {"passed"}:
            whole += 1
            continue
        lines.append(f"| {file} | " + " | ".join(str(counts[column] or "") for column in COLUMNS) + " |")
    return [*lines, "", f"All tests pass in {whole} other files.", ""]


def failures_table(results: Results) -> list[str]:
    if not results.failures:
        return ["Nothing fails.", ""]
    lines = ["### What fails", "", "| test | cause |", "|---|---|"]
    # The parameters of one test fail together as a rule.
    grouped: dict[str, list[str]] = defaultdict(list)
    for test in results.failures:
        grouped[test.partition("[")[0]].append(cause_of(test, results))
    for test, causes in grouped.items():
        times = f" ({len(causes)} times)" if len(causes) > 1 else ""
        lines.append(f"| {test}{times} | {cell(causes[0])} |")
    return [*lines, ""]


def cause_of(test: str, results: Results) -> str:
    """What ``causes.toml`` says, else the error's own words."""
    for each in results.suite.causes:
        if matches(test, each.test):
            return each.reason
    return plain(results.messages.get(test, ""))


def exclusions_table(suite: Suite, results: Results) -> list[str]:
    lines = ["### What is not run", "", "| tests | functions or cases | reason |", "|---|---:|---|"]
    for each in suite.exclusions:
        lines.append(f"| {cell(each.test)} | {size_of(each, suite, results)} | {cell(each.reason)} |")
    return [*lines, ""]


def size_of(exclusion: Exclusion, suite: Suite, results: Results) -> int:
    """How many tests an exclusion takes out: cases that were collected, else functions that a file defines."""
    collected = [test for test, outcome in results.outcomes.items() if outcome == "excluded"]
    if count := sum(matches(test, exclusion.test) for test in collected):
        return count
    path = directory(suite) / exclusion.test
    files = sorted(path.rglob("test_*.py")) if path.is_dir() else [path] if path.is_file() else []
    return sum(map(functions_in, files))


def functions_in(file: Path) -> int:
    nodes = ast.walk(ast.parse(file.read_text("utf-8")))
    return sum(isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef)) and n.name.startswith("test_") for n in nodes)


def plain(message: str) -> str:
    """A message without what differs from machine to machine."""
    message = re.sub(r"0x[0-9a-f]+", "0x…", message)
    message = re.sub(r"/\S*/(?=[^/\s]+)", "", message)
    return message if len(message) <= 120 else message[:119] + "…"


def cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
