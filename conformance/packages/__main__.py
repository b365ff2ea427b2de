"""``python -m conformance.packages``: make the environment, run the programs, show and keep what became of them."""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tomllib
from dataclasses import asdict, dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
PLACE = HERE.parent / ".env-packages"
PYTHON = PLACE / "bin" / "python"
STAMP = PLACE / "ready"
RESULTS = HERE.parent / "results" / "packages.json"
PAGE = REPOSITORY / "docs" / "coming-from-fastapi.md"
MARKS = ("<!-- packages:start -->", "<!-- packages:end -->")
STANDS_IN_FOR = ("fastapi", "starlette")
SECONDS = 120  # that a program may take

# Run in the environment; the arguments are the names of modules of this folder, or of distributions.
PROGRAM = "import importlib, sys; importlib.import_module(f'conformance.packages.{sys.argv[1]}').main()"
VERSION = "import importlib.metadata, sys; print(importlib.metadata.version(sys.argv[1]))"
ENABLE = """
from hanok.dropin import environment
status = environment.status()
assert not status.real, status.real
if not status.enabled:
    if status.written is not None:
        environment.disable()
    environment.enable()
"""


@dataclass
class Outcome:
    """What became of one program."""

    program: str
    package: str
    version: str
    leans_on: str
    outcome: str  # "passed" or "failed"
    cause: str = ""  # the last line of the error


def main() -> int:
    """0 if every program passed, else 1."""
    programs = tomllib.loads((HERE / "programs.toml").read_text("utf-8"))
    parser = argparse.ArgumentParser(
        prog="python -m conformance.packages", description="Packages made for FastAPI and Starlette, on Hanok."
    )
    parser.add_argument(
        "programs", nargs="*", metavar="PROGRAM", help=f"of {', '.join(programs)}; all if none is given"
    )
    chosen = parser.parse_args().programs
    if unknown := [name for name in chosen if name not in programs]:
        parser.error(f"no program {unknown[0]!r}")
    prepare(sorted({requirement for each in programs.values() for requirement in each["requires"]}))
    outcomes = []
    for name in chosen or programs:
        say(f"running {name}")
        outcomes.append(run(name, programs[name]))
    show(outcomes)
    if not chosen:
        keep(outcomes)
    return int(any(each.outcome == "failed" for each in outcomes))


def prepare(requirements: list[str]) -> None:
    """Make the environment, unless it is there and made of the same parts."""
    parts = [sys.version, *requirements, (REPOSITORY / "pyproject.toml").read_text("utf-8").partition("[tool.")[0]]
    wanted = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    if not (STAMP.exists() and STAMP.read_text("utf-8") == wanted):
        shutil.rmtree(PLACE, ignore_errors=True)
        say(f"making a virtual environment of Python {sys.version.split()[0]}")
        subprocess.run([sys.executable, "-m", "venv", str(PLACE)], check=True)
        say(f"installing Hanok and {len(requirements)} packages")
        pip("install", "--editable", f"{REPOSITORY}[sessions,templates,testing]", *requirements)
        pip("uninstall", "--yes", *STANDS_IN_FOR)
        STAMP.write_text(wanted, "utf-8")
    subprocess.run([str(PYTHON), "-c", ENABLE], check=True, cwd=REPOSITORY)


def pip(*arguments: str) -> None:
    subprocess.run([str(PYTHON), "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments], check=True)


def run(name: str, told: dict[str, object]) -> Outcome:
    """Run one program in a process of its own."""
    requires = told["requires"]
    assert isinstance(requires, list)
    package = re.split(r"[\[<>=]", requires[0])[0]
    version = ask(VERSION, package).stdout.strip()
    try:
        answer = ask(PROGRAM, name)
        failed, said = answer.returncode != 0, answer.stderr
    except subprocess.TimeoutExpired:
        failed, said = True, f"not done after {SECONDS} seconds"
    cause = (said.strip().splitlines() or ["no words"])[-1] if failed else ""
    return Outcome(name, package, version, str(told["leans_on"]), "failed" if failed else "passed", cause[:300])


def ask(code: str, argument: str) -> subprocess.CompletedProcess[str]:
    command = [str(PYTHON), "-W", "ignore::DeprecationWarning", "-c", code, argument]
    return subprocess.run(command, capture_output=True, encoding="utf-8", cwd=REPOSITORY, timeout=SECONDS, check=False)


def show(outcomes: list[Outcome]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("package", "version", "outcome", "leans on, or why it failed")
    for each in outcomes:
        style = "green" if each.outcome == "passed" else "red"
        table.add_row(each.package, each.version, f"[{style}]{each.outcome}[/]", each.cause or each.leans_on)
    Console().print(table)


def keep(outcomes: list[Outcome]) -> None:
    """Write the results, and the table into the page."""
    python = ".".join(map(str, sys.version_info[:3]))
    RESULTS.parent.mkdir(exist_ok=True)
    data = {"python": python, "packages": [asdict(each) for each in outcomes]}
    RESULTS.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", "utf-8")
    say(f"wrote {RESULTS.relative_to(REPOSITORY)}")
    if not PAGE.exists():
        return
    lines = [f"Python {python}:", "", "| package | version | leans on | outcome |", "|---|---|---|---|"]
    for each in outcomes:
        said = f"failed: {each.cause}" if each.cause else each.outcome
        lines.append(f"| {each.package} | {each.version} | {each.leans_on} | {said.replace('|', chr(92) + '|')} |")
    page = PAGE.read_text("utf-8")
    before, rest = page.split(MARKS[0])
    after = rest.split(MARKS[1])[1]
    PAGE.write_text("\n".join([before + MARKS[0], *lines, MARKS[1] + after]), "utf-8")
    say(f"wrote {PAGE.relative_to(REPOSITORY)}")


def say(text: str) -> None:
    print(f"packages: {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
