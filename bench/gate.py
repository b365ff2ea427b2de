"""The gate: what one request costs, counted instead of timed, compared with what is kept in ``gate.toml``.

    python -m bench.gate                        compare; exit code 1 if a count has risen by more than 3 %
    python -m bench.gate --keep "the reason"    keep today's counts, and why they are what they are

The interpreter itself counts its instructions and its calls, of Python and of C functions (``sys.monitoring``, PEP 669), while
requests go through a connection as bytes and come out as bytes. A count does not depend on how busy the machine is, so it can
stand in CI; it says nothing of the time inside a C function: ``bench.profile`` counts that, ``bench.run`` times it. Counts are
kept for each minor version of Python, since each compiles to other instructions; what was kept before stays in the file.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.wire import ROUTES, Wire, replay

FILE = Path(__file__).with_name("gate.toml")
HEADING = """\
# Instructions and calls of one request, and why they are what they are; the last entry of a version of Python counts.
# Written by: python -m bench.gate --keep "the reason\""""
ALLOWED = 0.03
WARM_UP, COUNTED = 50, 40

console = Console()


def count(name: str) -> dict[str, float]:
    """In a process that was started for this route: instructions and calls for one request."""

    async def main() -> dict[str, float]:
        wire = Wire(name)
        requests = await wire.requests(WARM_UP + COUNTED)
        await replay(wire, requests[:WARM_UP])
        wire.check()
        counts = {"instructions": 0, "calls": 0}

        def instruction(*_: object) -> None:
            counts["instructions"] += 1

        def call(*_: object) -> None:
            counts["calls"] += 1

        written, data_received = wire.sink.written, wire.connection.data_received
        monitoring = sys.monitoring  # type: ignore[attr-defined,unused-ignore]  # of Python 3.12
        tool, events = monitoring.PROFILER_ID, monitoring.events
        monitoring.use_tool_id(tool, "gate")
        monitoring.register_callback(tool, events.INSTRUCTION, instruction)
        monitoring.register_callback(tool, events.CALL, call)
        monitoring.set_events(tool, events.INSTRUCTION | events.CALL)
        for request in requests[WARM_UP:]:
            written.clear()
            data_received(request)
            while not written:  # noqa: ASYNC110 - an event would add to what is counted
                await asyncio.sleep(0)
        monitoring.set_events(tool, 0)
        return {kind: round(number / COUNTED, 1) for kind, number in counts.items()}

    return asyncio.run(main())


def count_all() -> dict[str, dict[str, float]]:
    found = {}
    for name in ROUTES:
        environment = os.environ | {"PYTHONHASHSEED": "0"}
        command = [sys.executable, "-m", "bench.gate", "--child", name]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
        if done.returncode:
            raise SystemExit(f"{name}:\n{done.stderr}")
        found[name] = json.loads(done.stdout)
    return found


def show(found: dict[str, dict[str, float]], kept: dict[str, Any]) -> bool:
    """Print the comparison; whether the gate is passed."""
    table = Table(title="one request, counted", title_justify="left")
    for column in ("route", "instructions", "kept", "", "calls", "kept", ""):
        table.add_column(column, justify="left" if column == "route" else "right")
    passed = True
    for name, counts in found.items():
        cells = [name]
        for kind, number in counts.items():
            before = kept.get(name, {}).get(kind)
            if before is None:
                passed = False
                cells += [f"{number:,.0f}", "–", "[red]not kept[/]"]
                continue
            change = number / before - 1
            risen = change > ALLOWED
            passed = passed and not risen
            cells += [f"{number:,.0f}", f"{before:,.0f}", f"[{'red' if risen else 'dim'}]{change:+.1%}[/]"]
        table.add_row(*cells)
    console.print(table)
    return passed


def kept_of(version: str, file: Path = FILE) -> dict[str, Any]:
    """The counts that were kept last for this version of Python."""
    entries = tomllib.loads(file.read_text()).get(version, []) if file.exists() else []
    return dict(entries[-1]) if entries else {}


def keep(found: dict[str, dict[str, float]], reason: str, version: str, file: Path = FILE) -> None:
    """Append the counts: what was kept before, and why, stays where it is."""
    lines = [f'[["{version}"]]', f"date = {datetime.now(UTC):%Y-%m-%d}", f"reason = {json.dumps(reason)}"]
    lines += [
        f"{json.dumps(name)} = {{ instructions = {counts['instructions']}, calls = {counts['calls']} }}"
        for name, counts in found.items()
    ]
    before = file.read_text().rstrip() if file.exists() else HEADING
    file.write_text(before + "\n\n" + "\n".join(lines) + "\n")


def main() -> int:
    parser = argparse.ArgumentParser(description="Compare what one request costs with what it cost.")
    parser.add_argument("--keep", metavar="REASON", help="keep these counts from now on, and say why")
    parser.add_argument("--child", choices=list(ROUTES), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if sys.version_info < (3, 12):
        console.print("Python 3.12 or newer counts its instructions; this one does not.")
        return 2
    if options.child:
        print(json.dumps(count(options.child)))
        return 0
    version = "{}.{}".format(*sys.version_info)
    found = count_all()
    kept = kept_of(version)
    if options.keep:
        show(found, kept)
        keep(found, options.keep, version)
        return 0
    if not kept:
        console.print(f"No counts are kept for Python {version}: python -m bench.gate --keep 'the first'")
        return 2
    if show(found, kept):
        return 0
    console.print(
        f"[red]A request has become dearer by more than {ALLOWED:.0%}.[/] Find out why; if it is worth it, keep the new "
        'counts with: python -m bench.gate --keep "the reason"'
    )
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
