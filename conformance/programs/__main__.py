"""``python -m conformance.programs``: make the environment, respell the programs, run their tests, keep what became of them."""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import tomllib
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from conformance.programs.spelling import respell

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
PLACE = HERE.parent / ".env-programs"
PYTHON = PLACE / "bin" / "python"
STAMP = PLACE / "ready"
RESULTS = HERE.parent / "results" / "programs.json"
PAGE = REPOSITORY / "docs" / "coming-from-fastapi.md"
MARKS = ("<!-- programs:start -->", "<!-- programs:end -->")
STANDS_IN_FOR = ("fastapi", "starlette")
PROGRAMS = ("first_server", "image_classifier", "music_studio", "orm_service")
SECONDS = 600  # that the tests of one program may take

PYTEST_INI = (
    "[pytest]\naddopts = -ra --import-mode=importlib -p no:cacheprovider\ntimeout = 120\nfilterwarnings = error\n"
)

# Run in the environment: the drop-in of the working copy is enabled there, and nothing else could answer.
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
    """What became of the tests of one program."""

    program: str
    passed: int
    failed: int
    skipped: int
    causes: list[str]  # a line for each test that failed or was skipped

    @property
    def outcome(self) -> str:
        return "passed" if self.passed and not self.failed and not self.skipped else "failed"


def main() -> int:
    """0 if all tests of every program passed, else 1."""
    parser = argparse.ArgumentParser(
        prog="python -m conformance.programs", description="The reference programs in FastAPI's spelling, on Hanok."
    )
    parser.add_argument(
        "programs", nargs="*", metavar="PROGRAM", help=f"of {', '.join(PROGRAMS)}; all if none is given"
    )
    parser.add_argument("--python", help="run them with this Python, as it is, and write nothing: one that has FastAPI")
    told = parser.parse_args()
    if unknown := [name for name in told.programs if name not in PROGRAMS]:
        parser.error(f"no program {unknown[0]!r}")
    if told.python is None:
        prepare()
    outcomes = []
    with tempfile.TemporaryDirectory(prefix="programs-") as folder:
        write_programs(Path(folder))
        for name in told.programs or PROGRAMS:
            say(f"running the tests of {name}")
            outcomes.append(run(name, Path(folder), told.python or str(PYTHON)))
            say(f"{name}: {outcomes[-1].passed} passed, {outcomes[-1].failed} failed, {outcomes[-1].skipped} skipped")
            print(*outcomes[-1].causes, sep="\n", end="")
    if not told.programs and told.python is None:
        keep(outcomes)
    return int(any(each.outcome == "failed" for each in outcomes))


def prepare() -> None:
    """Make the environment, unless it is there and made of the same parts."""
    described = (REPOSITORY / "pyproject.toml").read_text("utf-8").partition("[tool.")[0]
    wanted = hashlib.sha256(f"{sys.version}\n{described}".encode()).hexdigest()
    if not (STAMP.exists() and STAMP.read_text("utf-8") == wanted):
        shutil.rmtree(PLACE, ignore_errors=True)
        say(f"making a virtual environment of Python {sys.version.split()[0]}")
        subprocess.run([sys.executable, "-m", "venv", str(PLACE)], check=True)
        groups = tomllib.loads(described)["dependency-groups"]
        names = [each for name in ("examples", "programs") for each in groups[name] if isinstance(each, str)]
        say(f"installing Hanok and {len(names)} packages")
        pip("install", "--editable", f"{REPOSITORY}[testing]", "pytest", "pytest-timeout", *names)
        pip("uninstall", "--yes", *STANDS_IN_FOR)
        STAMP.write_text(wanted, "utf-8")
    subprocess.run([str(PYTHON), "-c", ENABLE], check=True, cwd=REPOSITORY)


def pip(*arguments: str) -> None:
    subprocess.run([str(PYTHON), "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments], check=True)


def write_programs(folder: Path) -> None:
    """The programs, respelled, and their tests, in the places where they are in the repository."""
    unwanted = shutil.ignore_patterns("__pycache__", "*.db", "*.db-*")
    for name in PROGRAMS:
        target = folder / "examples" / name
        shutil.copytree(REPOSITORY / "examples" / name, target, ignore=unwanted)
        for file in target.rglob("*.py"):
            file.write_text(respell(file.read_text("utf-8")), "utf-8")
    shutil.copytree(REPOSITORY / "tests" / "programs", folder / "tests" / "programs", ignore=unwanted)
    (folder / "pytest.ini").write_text(PYTEST_INI, "utf-8")


def run(name: str, folder: Path, python: str) -> Outcome:
    """Run the tests of one program."""
    report = folder / f"{name}.xml"
    command = [python, "-m", "pytest", "-q", "--tb=short", f"--junit-xml={report}", f"tests/programs/test_{name}.py"]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return Outcome(name, 0, 1, 0, [f"not done after {SECONDS} seconds"])
    if not report.exists():
        return Outcome(name, 0, 1, 0, [(done.stdout + done.stderr).strip()[-300:]])
    return read_report(name, report)


def read_report(name: str, report: Path) -> Outcome:
    outcome = Outcome(name, 0, 0, 0, [])
    for case in ElementTree.parse(report).iter("testcase"):
        bad = next((each for each in case if each.tag in ("failure", "error", "skipped")), None)
        if bad is None:
            outcome.passed += 1
            continue
        if bad.tag == "skipped":
            outcome.skipped += 1
        else:
            outcome.failed += 1
        outcome.causes.append(f"{case.get('name')}: {(bad.get('message') or '').splitlines()[:1]}"[:300])
    return outcome


def keep(outcomes: list[Outcome]) -> None:
    """Write the results, and the table into the page."""
    python = ".".join(map(str, sys.version_info[:3]))
    RESULTS.parent.mkdir(exist_ok=True)
    data = {"python": python, "programs": [{**asdict(each), "outcome": each.outcome} for each in outcomes]}
    RESULTS.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", "utf-8")
    page = PAGE.read_text("utf-8")
    before, rest = page.split(MARKS[0])
    after = rest.split(MARKS[1])[1]
    PAGE.write_text("\n".join([before + MARKS[0], table(data), MARKS[1] + after]), "utf-8")
    say(f"wrote {RESULTS.relative_to(REPOSITORY)} and {PAGE.relative_to(REPOSITORY)}")


def table(data: Mapping[str, object]) -> str:
    """The table of the page, from the results."""
    lines = [f"Python {data['python']}:", "", "| program | tests passed | failed | skipped |", "|---|---:|---:|---:|"]
    assert isinstance(data["programs"], list)
    for each in data["programs"]:
        name = each["program"]
        row = [f"[{name.replace('_', ' ')}](../examples/{name}/README.md)", *(each[key] or "" for key in COUNTS)]
        lines.append(f"| {' | '.join(map(str, row))} |")
    return "\n".join(lines)


COUNTS = ("passed", "failed", "skipped")


def say(text: str) -> None:
    print(f"programs: {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
