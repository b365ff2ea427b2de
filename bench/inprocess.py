"""What one request costs inside the process, with no socket and no server: to guide an optimisation.

    python -m bench.inprocess                         every work, every door
    python -m bench.inprocess params --doors hanok    one of them
    python -m bench.inprocess params --profile        where Hanok spends it
    python -m bench.inprocess --python .venv/bin/python --doors hanok

Each number is the best of several batches in a fresh process, in ns. ``hanok`` is ``app.handle`` with
an exchange that nothing carries; the others are ASGI calls with a scope made for each request, as servers do.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import json
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from bench.peer import HERE, PYTHON
from bench.works import WORKS, Question

# A door is a peer's application and the way into it.
DOORS = {
    "hanok": ("hanok", "native"),
    "hanok-asgi": ("hanok", "asgi"),
    "fastapi": ("fastapi", "asgi"),
    "starlette": ("starlette", "asgi"),
    "asgi": ("asgi", "asgi"),
}
REPEATS = 7

Answer = tuple[int, bytes]
Once = Callable[[], Awaitable[Answer]]

# What a browser's request carries, besides what the work sends itself.
HEADERS = [
    (b"host", b"127.0.0.1:8000"),
    (b"user-agent", b"bench/1"),
    (b"accept", b"application/json"),
    (b"accept-language", b"ko,en;q=0.8"),
    (b"accept-encoding", b"gzip, br"),
    (b"cookie", b"theme=dark"),
    (b"cache-control", b"no-cache"),
    (b"connection", b"keep-alive"),
]


def load(peer: str, file: str = "app.py") -> Any:
    spec = importlib.util.spec_from_file_location("bench_app", HERE / "peers" / peer / file)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # postponed annotations are resolved through it
    spec.loader.exec_module(module)
    return module.app


def headers_of(question: Question) -> list[tuple[bytes, bytes]]:
    sent = [(name.lower().encode(), value.encode()) for name, value in question.sent.items()]
    if question.body is not None:
        sent.append((b"content-length", str(len(question.body)).encode()))
    return HEADERS + sent


def native(app: Any, question: Question) -> Once:
    """Through ``app.handle``."""
    from bench.null_exchange import NullExchange, parts_of  # only here: the other doors run without Hanok

    parts = parts_of(question, headers_of(question))
    handle = app.handle

    async def once() -> Answer:
        exchange = NullExchange(*parts)
        await handle(exchange)
        return exchange.status, exchange.given

    return once


def asgi(app: Any, question: Question) -> Once:
    """Through the application's ASGI call."""
    path, _, query = question.path.partition("?")
    headers = headers_of(question)
    fixed = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "server": ("127.0.0.1", 8000),
        "client": ("127.0.0.1", 50000),
        "scheme": "http",
        "method": question.method,
        "root_path": "",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
    }
    message = {"type": "http.request", "body": question.body or b"", "more_body": False}

    async def once() -> Answer:
        status, body = 0, b""
        asked = False

        async def receive() -> dict[str, Any]:
            nonlocal asked
            if asked:
                await asyncio.get_running_loop().create_future()
            asked = True
            return message

        async def send(event: dict[str, Any]) -> None:
            nonlocal status, body
            if event["type"] == "http.response.start":
                status = event["status"]
            else:
                body += event.get("body", b"")

        await app({**fixed, "headers": list(headers)}, receive, send)
        return status, body

    return once


async def nanoseconds(once: Once, question: Question, number: int) -> float:
    """The best batch. Raises SystemExit when the answer is not the one that the work asks for."""
    status, body = await once()
    if status not in question.status or json.loads(body) != question.answer:
        raise SystemExit(f"answered {status} {body!r}")
    best = float("inf")
    for _ in range(REPEATS):
        began = time.perf_counter_ns()
        for _ in range(number):
            await once()
        best = min(best, (time.perf_counter_ns() - began) / number)
    return best


def child(door: str, work: str, number: int, profile: bool) -> None:
    """In the fresh process: print the number, or the profile."""
    peer, kind = DOORS[door]
    question = WORKS[work].question
    once = (native if kind == "native" else asgi)(load(peer), question)
    if not profile:
        print(asyncio.run(nanoseconds(once, question, number)))
        return
    import cProfile
    import pstats

    async def warm_then_profiled() -> None:
        await nanoseconds(once, question, 1)
        with cProfile.Profile() as profiler:
            for _ in range(number):
                await once()
        pstats.Stats(profiler).sort_stats("tottime").print_stats(30)

    asyncio.run(warm_then_profiled())


def ask(python: Path, door: str, work: str, options: argparse.Namespace) -> str:
    """Run the child; its output, or the last line of what went wrong."""
    command = [str(python), "-m", "bench.inprocess", work, "--child", door, "--number", str(options.number)]
    if options.profile:
        command.append("--profile")
    # Hanok's sources as they are, in pure Python: what is edited is what is measured.
    environment = os.environ | {"BENCH_WORK": work, "PYTHONPATH": str(HERE.parent / "src")}
    done = subprocess.run(command, cwd=HERE.parent, env=environment, capture_output=True, text=True, timeout=120)
    if done.returncode:
        raise RuntimeError(done.stderr.strip().splitlines()[-1])
    return done.stdout


def main() -> None:
    parser = argparse.ArgumentParser(description="What one request costs inside the process.")
    parser.add_argument("works", nargs="*", default=list(WORKS), metavar="WORK")
    parser.add_argument("--doors", nargs="+", default=list(DOORS), choices=list(DOORS))
    parser.add_argument("--number", type=int, default=1000, help="requests in a batch")
    parser.add_argument("--profile", action="store_true", help="print where the time goes, of the first door")
    parser.add_argument("--python", type=Path, default=PYTHON if PYTHON.exists() else Path(sys.executable))
    parser.add_argument("--child", choices=list(DOORS), help=argparse.SUPPRESS)
    options = parser.parse_args()
    unknown = set(options.works) - set(WORKS)
    if unknown:
        parser.error(f"no such works: {', '.join(sorted(unknown))}; there are {', '.join(WORKS)}")
    if options.child:
        child(options.child, options.works[0], options.number, options.profile)
        return
    doors = options.doors[:1] if options.profile else options.doors
    for work in options.works:
        print(f"{work}: {WORKS[work].title}")
        for door in doors:
            if DOORS[door][0] == "asgi" and work not in ("json", "params"):
                continue
            try:
                output = ask(options.python, door, work, options)
            except RuntimeError as error:
                print(f"  {door:12} {error}")
            else:
                print(output if options.profile else f"  {door:12} {float(output):>10,.0f} ns")


if __name__ == "__main__":
    main()
