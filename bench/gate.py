"""The gate: what one request costs, counted instead of timed, compared with what is kept in ``gate.toml``.

    python -m bench.gate                        compare; exit code 1 if a count has risen by more than 3 %
    python -m bench.gate --keep "the reason"    keep today's counts, and why they are what they are

The interpreter itself counts its instructions and its calls, of Python and of C functions (``sys.monitoring``, PEP 669), while
requests go through a connection as bytes and come out as bytes. A count does not depend on how busy the machine is, so it can
stand in CI; it says nothing of the time inside a C function, which is what ``bench.run`` is there for. Counts are kept for one
minor version of Python, since each compiles to other instructions.

Every request has other header bytes than the one before: what is measured is the whole road, not its shortcuts.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.inprocess import load
from bench.works import WORKS, Question

FILE = Path(__file__).with_name("gate.toml")
ALLOWED = 0.03
WARM_UP, COUNTED = 50, 40
REFUSED = Question("/items/five", status=range(422, 423))
NOWHERE = Question("/nowhere", status=range(404, 405))
# name → the application's BENCH_WORK, and the request.
ROUTES = {
    **{
        name: (name, WORKS[name].question)
        for name in ("json", "params", "model", "dependencies", "middleware", "routes1000")
    },
    "refused": ("params", REFUSED),
    "not found": ("params", NOWHERE),
}

console = Console()


def message(question: Question, number: int) -> bytes:
    """The request as bytes; each number has other headers."""
    body = question.body or b""
    fields = {"host": "127.0.0.1:8000", "user-agent": f"gate/{number}", "accept": "application/json",
              "accept-encoding": "gzip, br", "cookie": "theme=dark", **question.sent}  # fmt: skip
    if body:
        fields["content-length"] = str(len(body))
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"{question.method} {question.path} HTTP/1.1\r\n{lines}\r\n".encode() + body


def count(name: str) -> dict[str, float]:
    """In a process that was started for this route: instructions and calls for one request."""
    from hanok.gateways import handler_of
    from hanok.protocols.h1.answer import Heads
    from hanok.protocols.h1.connection import H1Connection
    from hanok.protocols.services import Services
    from hanok.server.config import Config

    _, question = ROUTES[name]
    app = load("hanok")
    written: list[bytes] = []

    class Sink(asyncio.Transport):
        def write(self, data: Any) -> None:
            written.append(bytes(data))

        def is_closing(self) -> bool:
            return False

        def get_extra_info(self, name: str, default: Any = None) -> Any:
            return ("127.0.0.1", 50000) if name in ("peername", "sockname") else default

    async def main() -> dict[str, float]:
        loop = asyncio.get_running_loop()
        connection = H1Connection(Services(loop, handler_of(app), Config(), Heads()))
        connection.connection_made(Sink())

        async def ask(number: int) -> None:
            written.clear()
            connection.data_received(message(question, number))
            while not written:  # noqa: ASYNC110 - an event would add to what is counted
                await asyncio.sleep(0)

        for number in range(WARM_UP):
            await ask(number)
        status = int(b"".join(written).split(b" ", 2)[1])
        if status not in question.status:
            raise SystemExit(f"{name} was answered with {status}")
        counts = {"instructions": 0, "calls": 0}

        def instruction(*_: object) -> None:
            counts["instructions"] += 1

        def call(*_: object) -> None:
            counts["calls"] += 1

        monitoring = sys.monitoring
        tool, events = monitoring.PROFILER_ID, monitoring.events
        requests = [message(question, WARM_UP + number) for number in range(COUNTED)]
        monitoring.use_tool_id(tool, "gate")
        monitoring.register_callback(tool, events.INSTRUCTION, instruction)
        monitoring.register_callback(tool, events.CALL, call)
        monitoring.set_events(tool, events.INSTRUCTION | events.CALL)
        for request in requests:
            written.clear()
            connection.data_received(request)
            while not written:  # noqa: ASYNC110
                await asyncio.sleep(0)
        monitoring.set_events(tool, 0)
        return {kind: round(number / COUNTED, 1) for kind, number in counts.items()}

    return asyncio.run(main())


def count_all() -> dict[str, dict[str, float]]:
    found = {}
    for name, (work, _) in ROUTES.items():
        environment = os.environ | {"BENCH_WORK": work, "PYTHONHASHSEED": "0"}
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


def keep(found: dict[str, dict[str, float]], reason: str, version: str) -> None:
    """Write the counts of this version of Python and leave those of others as they are."""
    kept: dict[str, Any] = tomllib.loads(FILE.read_text()) if FILE.exists() else {}
    kept[version] = {"reason": reason, **found}
    lines = ['# Instructions and calls of one request; written by: python -m bench.gate --keep "the reason"', ""]
    for one, told in sorted(kept.items()):
        lines += [f'["{one}"]', f"reason = {json.dumps(told['reason'])}"]
        lines += [
            f"{json.dumps(name)} = {{ instructions = {counts['instructions']}, calls = {counts['calls']} }}"
            for name, counts in told.items()
            if name != "reason"
        ]
        lines.append("")
    FILE.write_text("\n".join(lines))


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
    kept = tomllib.loads(FILE.read_text()).get(version, {}) if FILE.exists() else {}
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
