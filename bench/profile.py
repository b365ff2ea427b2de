"""Where the processor's instructions of one request go, counted by valgrind: ``python -m bench.profile [WORK...]``.

    python -m bench.profile json params          two routes; without any, those that were the gate's first eight
    python -m bench.profile json --compiled      Hanok built from this checkout with its compiled core, in bench/.env
    python -m bench.profile json --repeat 2      count twice, and say how far apart the two are
    python -m bench.profile json --save a.json   keep the counts;  --against a.json shows what has changed since

Bytes of requests go into ``H1Connection.data_received`` in process, and the answers out of a transport that drops them
(``bench.wire``). Each route runs twice under callgrind, with few requests and with many; the difference, divided by the
difference of their numbers, is what one request costs, and the start of the interpreter cancels. Hashes are not random, the
event loop is uvloop's where it is installed.

Counts of instructions do not depend on who else uses the machine. They are no time: a missed cache or branch costs nothing
here.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.peer import HERE, PYTHON
from bench.wire import ROUTES, Wire, replay

EIGHT = [name for name in ROUTES if name not in ("inline", "h2")]
FEW, MANY, WARM_UP = 40, 2040, 100
TOP = 25

Function = tuple[str, str]  # the shared object, the function
Costs = dict[Function, float]

console = Console()

# ---- what runs under valgrind


def child(name: str, count: int) -> None:
    """Answer ``count`` requests, after some that make everything warm. What is made beforehand is the same for any count."""
    new_event_loop: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop
    with suppress(ImportError):
        from uvloop import new_event_loop

    async def main() -> None:
        wire = Wire(name)
        requests = await wire.requests(WARM_UP + MANY)
        await replay(wire, requests[:WARM_UP])
        wire.check()
        gc.collect()
        gc.freeze()  # a full collection, that falls into one of the two runs by chance, would be half of what is counted
        await replay(wire, requests[WARM_UP : WARM_UP + count])

    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(main())


# ---- reading what callgrind wrote

POSITIONS = tuple("0123456789+-*")
NAME = re.compile(r"(ob|fn|cob|cfn)=\((\d+)\)(?: (.*))?")


def self_costs(lines: Iterable[str]) -> Costs:
    """The instructions of each function itself, without those that it calls (callgrind's format, version 1)."""
    names: dict[tuple[str, str], str] = {}
    costs: Costs = {}
    place = {"ob": "", "fn": ""}
    is_call = False
    for line in lines:
        if line.startswith(POSITIONS):
            if not is_call:
                key = place["ob"], place["fn"]
                costs[key] = costs.get(key, 0) + sum(map(int, line.split()[1:]))  # a cost of 0 may be left out
            is_call = False
        elif line.startswith("calls="):
            is_call = True  # the next line is the cost of what is called
        elif match := NAME.match(line):
            kind, number, name = match.groups()
            short = kind[-2:]
            if name is not None:
                names[short, number] = name.strip()
            if kind in place:
                place[kind] = names.get((short, number), "???")
    return costs


def count(python: str, name: str, requests: int, folder: str) -> subprocess.Popen[bytes]:
    """Start it under callgrind, which writes ``folder``/``requests``."""
    command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/{requests}", "--error-limit=no", "-q"]
    command += [python, "-m", "bench.profile", "--child", name, "--count", str(requests)]
    environment = os.environ | {"PYTHONHASHSEED": "0", "PYTHONPATH": search_path(python)}
    return subprocess.Popen(command, cwd=HERE.parent, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def search_path(python: str) -> str:
    """Ours is inherited, so that the same Hanok is imported; the environment of the peers has one of its own."""
    return "" if python == str(PYTHON) else os.environ.get("PYTHONPATH", "")


def one_request(python: str, name: str) -> Costs:
    """By function. Raises SystemExit if a run fails."""
    with tempfile.TemporaryDirectory() as folder:
        runs = {requests: count(python, name, requests, folder) for requests in (FEW, MANY)}
        try:
            for run in runs.values():
                said, _ = run.communicate(timeout=900)
                if run.returncode:
                    raise SystemExit(f"{name}:\n{said.decode(errors='replace')[-3000:]}")
        finally:
            for run in runs.values():
                if run.poll() is None:
                    run.kill()
        few, many = (self_costs(Path(folder, str(one)).read_text().splitlines()) for one in (FEW, MANY))
    return {
        key: cost for key in {**few, **many} if abs(cost := (many.get(key, 0) - few.get(key, 0)) / (MANY - FEW)) >= 0.01
    }


def by_object(costs: Costs) -> dict[str, float]:
    found: dict[str, float] = {}
    for (file, _), cost in costs.items():
        found[file] = found.get(file, 0) + cost
    return found


# ---- showing it


def short(file: str) -> str:
    """A shared object's name without its place and its platform."""
    return re.sub(r"\.(cpython|abi3|so|pyd).*", "", file.rpartition("/")[2]) or "?"


def show(name: str, costs: Costs, before: Mapping[Function, float] | None) -> None:
    total = sum(costs.values())
    earlier = None if before is None else sum(before.values())
    objects, functions = Table(title=f"{name}: {total:,.0f} instructions", title_justify="left"), Table()
    for table, first in ((objects, ["shared object"]), (functions, ["function", "shared object"])):
        for column in (*first, "instructions", "share", *(["before", ""] if before is not None else [])):
            table.add_column(column, justify="left" if column in first else "right", overflow="fold")

    def cells(cost: float, old: float | None) -> list[str]:
        found = [f"{cost:,.0f}", f"{cost / total:.1%}"]
        if old is None:
            return found
        return [*found, f"{old:,.0f}", f"{cost - old:+,.0f}"]

    old_objects = None if before is None else by_object(dict(before))
    for file, cost in sorted(by_object(costs).items(), key=lambda one: -one[1]):
        if cost >= total / 1000:
            objects.add_row(short(file), *cells(cost, None if old_objects is None else old_objects.get(file, 0.0)))
    if earlier is not None:
        objects.add_row("all", *cells(total, earlier))
    for (file, function), cost in sorted(costs.items(), key=lambda one: -one[1])[:TOP]:
        old = None if before is None else before.get((file, function), 0.0)
        functions.add_row(function, short(file), *cells(cost, old))
    console.print(objects)
    console.print(functions)


def compiled_python() -> str:
    """The environment of the peers, with Hanok as it is here, compiled where there is a C compiler."""
    from bench.environment import install

    install({"hanok", "uvloop"}, console.print)
    return str(PYTHON)


def read(file: Path) -> dict[str, Costs]:
    return {name: {(one[0], one[1]): one[2] for one in rows} for name, rows in json.loads(file.read_text()).items()}


def write(file: Path, found: Mapping[str, Costs]) -> None:
    rows = {name: [[*key, cost] for key, cost in sorted(costs.items())] for name, costs in found.items()}
    file.write_text(json.dumps(rows, indent=0) + "\n")


def main() -> int:
    parser = argparse.ArgumentParser(description="Count the processor's instructions of one request.")
    parser.add_argument("works", nargs="*", metavar="WORK", help=f"of {', '.join(ROUTES)}")
    parser.add_argument("--compiled", action="store_true", help="build Hanok from this checkout as a wheel is built")
    parser.add_argument("--python", default=sys.executable, help="the interpreter, whose Hanok is counted")
    parser.add_argument("--repeat", type=int, default=1, help="count so often, and compare the totals")
    parser.add_argument("--save", type=Path, metavar="FILE")
    parser.add_argument("--against", type=Path, metavar="FILE", help="what --save wrote earlier")
    parser.add_argument("--child", choices=list(ROUTES), help=argparse.SUPPRESS)
    parser.add_argument("--count", type=int, default=FEW, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(options.child, options.count)
        return 0
    if unknown := set(options.works) - set(ROUTES):
        parser.error(f"no such works: {', '.join(sorted(unknown))}; there are {', '.join(ROUTES)}")
    if shutil.which("valgrind") is None:
        console.print("valgrind is not installed (Debian: apt-get install valgrind).")
        return 2
    python = compiled_python() if options.compiled else options.python
    told = "import hanok; from hanok.cli.version import form; print(form(), hanok.__file__)"
    environment = os.environ | {"PYTHONPATH": search_path(python)}
    said = subprocess.run([python, "-c", told], capture_output=True, text=True, env=environment, timeout=60)
    console.print(f"Hanok is {(said.stdout or said.stderr).strip()}", highlight=False)
    earlier = read(options.against) if options.against else {}
    found: dict[str, Costs] = {}
    for name in options.works or EIGHT:
        runs = [one_request(python, name) for _ in range(options.repeat)]
        found[name] = runs[0]
        show(name, runs[0], earlier.get(name) if options.against else None)
        if len(runs) > 1:
            totals = [sum(costs.values()) for costs in runs]
            apart = (max(totals) - min(totals)) / min(totals)
            console.print(f"{', '.join(f'{one:,.0f}' for one in totals)}: {apart:.2%} apart", highlight=False)
    if options.save:
        write(options.save, found)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
