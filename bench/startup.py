"""What a start costs: seconds, modules and memory of fresh processes, the frameworks taking turns."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from bench.peer import PYTHON
from bench.processes import clean_environment

# An application with one route that answers one request, over ASGI: what an import puts off has come by then.
ONE_REQUEST = """
app = {cls}()

@app.get("/items/{{item_id}}")
async def item(item_id: int, q: str | None = None):
    return {{"item_id": item_id, "q": q}}

import asyncio

scope = {{
    "type": "http", "asgi": {{"version": "3.0"}}, "http_version": "1.1", "method": "GET", "scheme": "http",
    "path": "/items/3", "raw_path": b"/items/3", "query_string": b"q=a", "root_path": "", "headers": [(b"host", b"a")],
    "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
}}
told = []

async def receive():
    return {{"type": "http.request", "body": b"", "more_body": False}}

async def send(message):
    told.append(message)

asyncio.run(app(scope, receive, send))
assert told[0]["status"] == 200, told
"""

HANOK, FASTAPI = "from hanok import Hanok", "from fastapi import FastAPI"

# What an application's first line does, what both of them stand on, and how far it is to the first answer.
STATEMENTS = {
    HANOK: HANOK,
    FASTAPI: FASTAPI,
    "import pydantic": "import pydantic",
    "the first request of Hanok": HANOK + ONE_REQUEST.format(cls="Hanok"),
    "the first request of FastAPI": FASTAPI + ONE_REQUEST.format(cls="FastAPI"),
}

BEFORE = """
import sys, time
began = time.perf_counter()
"""
AFTER = """
seconds = time.perf_counter() - began
modules = len(sys.modules)
import json, resource
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"seconds": seconds, "modules": modules, "memory": memory}))
"""


def probe(name: str) -> dict[str, Any]:
    command = [str(PYTHON), "-c", f"{BEFORE}{STATEMENTS[name]}{AFTER}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=clean_environment())
    if done.returncode:
        raise RuntimeError(f"{name}: {done.stderr.strip().splitlines()[-1]}")
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def measure_imports(rounds: int) -> tuple[dict[str, list[dict[str, Any]]], dict[str, str]]:
    """Every run of every statement, and the statements that failed. The first turn only fills the caches."""
    found: dict[str, list[dict[str, Any]]] = {}
    failed: dict[str, str] = {}
    for turn in range(rounds + 1):
        for name in STATEMENTS:
            if name in failed:
                continue
            try:
                result = probe(name)
            except RuntimeError as error:
                failed[name] = str(error)
                found.pop(name, None)
                continue
            if turn:
                found.setdefault(name, []).append(result)
    return found, failed
