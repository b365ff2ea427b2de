"""``python -m conformance.autobahn``: the Autobahn WebSocket cases against our server, by the native runner kosoku.

Two echo applications, each in a server process of its own: one written with ``@app.websocket``, one that speaks ASGI. All
cases of ``GROUPS`` run against both. The verdicts go to ``conformance/results/autobahn.json``; the exit code is 1 if any
case failed, in its messages or in its closing handshake.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from importlib.util import find_spec
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from hanok import Hanok, WebSocket, WebSocketDisconnect

GROUPS = {
    "1": "framing",
    "2": "pings and pongs",
    "3": "reserved bits",
    "4": "opcodes",
    "5": "fragmentation",
    "6": "UTF-8",
    "7": "closing",
    "9": "limits and speed",
    "10": "automatic fragmentation",
    "12": "compression, sizes",
    "13": "compression, parameters",
}
AGAIN = 3  # times that a case may run which the runner gave up after 20 s: on a busy machine some need longer
RESULTS = Path(__file__).parent / "results" / "autobahn.json"
GOOD = frozenset(["OK", "NON-STRICT", "INFORMATIONAL"])
GOOD_CLOSE = frozenset(["OK", "INFORMATIONAL"])


def hanok_echo() -> Any:
    """An echo written with Hanok."""
    app = Hanok()

    @app.websocket("/")
    async def echo(websocket: WebSocket) -> None:
        await websocket.accept()
        try:
            while True:
                message = await websocket.receive()
                if message["type"] == "websocket.disconnect":
                    return
                if message.get("text") is not None:
                    await websocket.send_text(message["text"])
                else:
                    await websocket.send_bytes(message["bytes"])
        except WebSocketDisconnect:
            return

    return app


def asgi_echo() -> Any:
    """An echo that speaks ASGI, and knows nothing of Hanok."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "websocket":
            return
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            try:
                await send({**message, "type": "websocket.send"})
            except OSError:
                return

    return app


APPS: dict[str, Callable[[], Any]] = {"hanok": hanok_echo, "asgi": asgi_echo}


def serve(name: str, pipe: Connection) -> None:
    """The server process: tells its port, serves until the pipe closes."""
    from hanok.server.threaded import Server

    with Server(APPS[name](), port=0, access_log=False, log_level="critical", lifespan="off") as server:
        pipe.send(server.port)
        pipe.poll(None)


def run_app(name: str, groups: list[str]) -> tuple[list[Any], float]:
    """All cases against one application: the results of kosoku, and how long they took."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=serve, args=(name, theirs), daemon=True)
    process.start()
    try:
        if not ours.poll(30):
            raise RuntimeError(f"the server of the {name} application did not start")
        address = f"ws://127.0.0.1:{ours.recv()}/"
        begun = time.monotonic()
        results = []
        for group in groups:  # one after the other: a failure tells only of those that failed
            results += run_cases(address, [f"{group}.*"])
            print(f"  {name}: group {group}, {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
        return results, time.monotonic() - begun
    finally:
        ours.close()
        theirs.close()
        process.terminate()
        process.join(10)


def run_cases(address: str, cases: list[str], time_left: int = AGAIN) -> list[Any]:
    """The results of these cases; those that ran out of time run again, alone."""
    import kosoku

    try:
        results = asyncio.run(kosoku.run_fuzzingclient(address, cases))
    except kosoku.FailureError as failure:
        results = failure.results
    slow = [one.case_id for one in results if "did not finish" in one.result]
    if not slow or time_left <= 1:
        return results
    print(f"  once more: {', '.join(slow)}", file=sys.stderr, flush=True)
    again = {one.case_id: one for case in slow for one in run_cases(address, [case], time_left - 1)}
    return [again.get(one.case_id, one) for one in results]


def verdict(result: Any) -> tuple[str, str]:
    return result.behavior.value, result.behavior_close.value


def failed(result: Any) -> bool:
    behavior, close = verdict(result)
    return behavior not in GOOD or close not in GOOD_CLOSE


def table(runs: dict[str, list[Any]], groups: list[str]) -> Table:
    found = Table("group", "", *(f"{name}: cases" for name in runs), title="Autobahn cases, by kosoku")
    for group in groups:
        cells = []
        for results in runs.values():
            verdicts = Counter(result.behavior.value for result in results if result.case_id.split(".")[0] == group)
            cells.append(", ".join(f"{count} {what}" for what, count in sorted(verdicts.items())) or "none")
        found.add_row(group, GROUPS[group], *cells)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m conformance.autobahn", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("groups", nargs="*", metavar="GROUP", help="groups to run; all if none is given")
    parser.add_argument("--check", action="store_true", help="do not write the results")
    told = parser.parse_args()
    if unknown := [group for group in told.groups if group not in GROUPS]:
        parser.error(f"no group {unknown[0]!r}; there are {', '.join(GROUPS)}")
    if find_spec("kosoku") is None:
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "kosoku"], check=True)
    groups = told.groups or list(GROUPS)
    runs, seconds = {}, {}
    for name in APPS:
        runs[name], seconds[name] = run_app(name, groups)
    console = Console()
    console.print(table(runs, groups))
    bad = [(name, result) for name, results in runs.items() for result in results if failed(result)]
    for name, result in bad:
        console.print(f"[red]FAILED[/] {name} {result.case_id}: {'/'.join(verdict(result))}: {result.result}")
    for name, taken in seconds.items():
        console.print(f"{name}: {len(runs[name])} cases in {taken:.1f} s")
    if not told.check and not told.groups:
        kept = {name: {one.case_id: "/".join(verdict(one)) for one in results} for name, results in runs.items()}
        RESULTS.write_text(json.dumps({"runner": f"kosoku {version('kosoku')}", "verdicts": kept}, indent=1) + "\n")
    return 1 if bad or not all(runs.values()) else 0


def version(package: str) -> str:
    from importlib.metadata import version as version_of

    return version_of(package)


if __name__ == "__main__":
    sys.exit(main())
