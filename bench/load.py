"""One measurement: wrk on its core, the server on the other, and what it cost the server."""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from bench.peer import HERE, SCRATCH
from bench.processes import PeerError, Server, resident_kilobytes
from bench.works import FILLING, Question

UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3, "m": 60e3}


@dataclass(frozen=True)
class Measurement:
    """Rates in requests/s, latencies in ms, processor time in µs of one request, memory in KiB."""

    rate: float
    requests: int
    p50: float
    p99: float
    processor: float
    worker_memory: int
    tree_memory: int
    start_seconds: float
    load_busy: float = (
        0.0  # the share of its core that the load generator used; near 1 it, not the server, is the limit
    )


@dataclass(frozen=True)
class Spoken:
    """What wrk said."""

    rate: float
    requests: int
    p50: float
    p99: float
    failures: int
    busy: float = 0.0


def milliseconds(text: str) -> float:
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s|m)", text).groups()  # type: ignore[union-attr]
    return float(number) * UNITS[unit]


def parse(text: str) -> Spoken:
    """Read wrk's report with --latency. Raises ValueError if it is none."""

    def find(pattern: str) -> str:
        found = re.search(pattern, text, re.MULTILINE)
        if found is None:
            raise ValueError(f"this is no report of wrk: {text!r}")
        return found[1]

    failures = 0
    if re.search("Non-2xx or 3xx", text):
        failures += int(find(r"Non-2xx or 3xx responses: (\d+)"))
    if errors := re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text):
        failures += sum(map(int, errors.groups()))
    return Spoken(
        rate=float(find(r"^Requests/sec:\s+([\d.]+)")),
        requests=int(find(r"^\s+(\d+) requests in")),
        p50=milliseconds(find(r"^\s+50%\s+(\S+)")),
        p99=milliseconds(find(r"^\s+99%\s+(\S+)")),
        failures=failures,
    )


@contextmanager
def script(question: Question) -> Iterator[list[str]]:
    """The arguments that make wrk send a body. The request is made once, before the clock runs."""
    if question.method == "GET" and question.body is None:
        yield []
        return
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        body = question.body or b""
        if body and body == FILLING * len(body):
            written = f'string.rep("{FILLING.decode()}", {len(body)})'
        else:
            written = f"[==[{body.decode()}]==]"
        file.write(f'wrk.method = "{question.method}"\nwrk.body = {written}\n')
        file.flush()
        yield ["-s", file.name]


def press(server: Server, question: Question, seconds: float, connections: int, core: int | None) -> Spoken:
    """Run wrk once, in whole seconds or for less than one; for WebSockets our own client."""
    pin = [] if core is None else ["taskset", "-c", str(core)]
    if question.echo is not None:
        return press_websocket(server, question, seconds, connections, pin)
    headers = [word for name, value in question.sent.items() for word in ("-H", f"{name}: {value}")]
    with script(question) as arguments:
        # wrk knows whole seconds, and ends when it is interrupted.
        short = ["timeout", "--preserve-status", "--signal=INT", str(seconds)] if seconds < 1 else []
        command = [*short, *pin, "wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--latency"]
        command += [*arguments, *headers, f"http://127.0.0.1:{server.port}{question.path}"]
        began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 30)
        busy = share(before, time.perf_counter() - began)
    if done.returncode:
        raise PeerError(f"wrk: {done.stdout}{done.stderr}")
    return replace(parse(done.stdout), busy=busy)


def share(before: resource.struct_rusage, seconds: float) -> float:
    """The share of one core that the children which have ended since then have used."""
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (now.ru_utime + now.ru_stime - before.ru_utime - before.ru_stime) / seconds


def press_websocket(server: Server, question: Question, seconds: float, connections: int, pin: list[str]) -> Spoken:
    """Run the client of ``websocket_load/`` once; a request is a text sent and come back."""
    assert question.echo is not None
    command = [*pin, str(websocket_client()), f"127.0.0.1:{server.port}", question.path]
    command += [str(connections), str(seconds), question.echo]
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 30)
    busy = share(before, time.perf_counter() - began)
    if done.returncode:
        raise PeerError(f"the WebSocket client: {done.stdout}{done.stderr}")
    told = json.loads(done.stdout)
    return Spoken(
        told["messages"] / told["seconds"], told["messages"], told["p50"], told["p99"], told["failures"], busy
    )


def websocket_client() -> Path:
    """The client, compiled when its source is newer. Raises PeerError without Go."""
    source, program = HERE / "websocket_load" / "main.go", SCRATCH / "websocket-load"
    if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
        if shutil.which("go") is None:
            raise PeerError("the WebSocket client is written in Go, which is not installed (Debian: golang-go)")
        SCRATCH.mkdir(exist_ok=True)
        environment = os.environ | {"GOTOOLCHAIN": "local", "GOFLAGS": "-mod=mod", "GO111MODULE": "off"}
        done = subprocess.run(
            ["go", "build", "-o", str(program), str(source)],
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        if done.returncode:
            raise PeerError(f"the WebSocket client does not compile:\n{done.stderr}")
    return program


def measure(
    server: Server, question: Question, seconds: float, warmup: float, connections: int, core: int | None
) -> Measurement:
    """Warm up, press, weigh. Raises PeerError when a request failed: such a rate would mean nothing."""
    if warmup:
        press(server, question, warmup, connections, core)
    before = server.processor_seconds()
    spoken = press(server, question, seconds, connections, core)
    after = server.processor_seconds()
    if spoken.failures or not spoken.requests:
        raise PeerError(f"{server.peer.name}: {spoken.failures} of {spoken.requests} requests failed")
    spent = {pid: seconds - before.get(pid, 0.0) for pid, seconds in after.items()}
    memory = {pid: resident_kilobytes(pid) for pid in after}
    return Measurement(
        rate=spoken.rate,
        requests=spoken.requests,
        p50=spoken.p50,
        p99=spoken.p99,
        processor=sum(spent.values()) / spoken.requests * 1e6,
        worker_memory=memory[max(spent, key=spent.__getitem__)],
        tree_memory=sum(memory.values()),
        start_seconds=server.start_seconds,
        load_busy=spoken.busy,
    )
