"""What an import costs: seconds, modules and memory of fresh processes, the frameworks taking turns."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from bench.peer import PYTHON

# What an application's first line does, and what both of them stand on.
STATEMENTS = ("from hanok import Hanok", "from fastapi import FastAPI", "import pydantic")

PROBE = """
import sys, time
began = time.perf_counter()
{statement}
seconds = time.perf_counter() - began
modules = len(sys.modules)
import json, resource
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({{"seconds": seconds, "modules": modules, "memory": memory}}))
"""


def probe(statement: str) -> dict[str, Any]:
    command = [str(PYTHON), "-c", PROBE.format(statement=statement)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    if done.returncode:
        raise RuntimeError(f"{statement}: {done.stderr.strip().splitlines()[-1]}")
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def measure_imports(rounds: int) -> tuple[dict[str, list[dict[str, Any]]], dict[str, str]]:
    """Every run of every statement, and the statements that failed. The first turn only fills the caches."""
    found: dict[str, list[dict[str, Any]]] = {}
    failed: dict[str, str] = {}
    for turn in range(rounds + 1):
        for statement in STATEMENTS:
            if statement in failed:
                continue
            try:
                result = probe(statement)
            except RuntimeError as error:
                failed[statement] = str(error)
                found.pop(statement, None)
                continue
            if turn:
                found.setdefault(statement, []).append(result)
    return found, failed
