"""``python -m conformance.slow``: slow peers, by Debian's slowhttptest, with a normal client beside them.

Three attacks on one server, each with more connections than a server ought to mind: heads that never end (Slowloris), bodies
that trickle, readers that take a few bytes now and then. The normal client must see no error and a 99th percentile below a
second, and at the end the server must have let go of the attackers. The time limits are shorter than the defaults, so that
a run is: the attacks last longer than the limits.
"""

from __future__ import annotations

import argparse
import http.client
import logging
import multiprocessing
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from hanok import Hanok, Request
from hanok.http import Response

LIMITS = {"timeout_request_header": 5.0, "timeout_request_body": 5.0, "timeout_send": 5.0, "timeout_keep_alive": 5.0}
BIG = b"x" * 4 * 2**20  # more than the buffers of both kernels hold
ATTACKS = {
    "slow heads": ["-H", "-i", "2", "-x", "16"],
    "slow bodies": ["-B", "-i", "2", "-x", "8", "-s", "1000000"],
    "slow readers": ["-X", "-w", "256", "-y", "512", "-n", "2", "-z", "16"],
}
PATHS = {"slow heads": "/", "slow bodies": "/upload", "slow readers": "/big"}
P99 = 1.0  # seconds
FLOOD = "flood of connections"  # idle ones, opened by ourselves: more than the server holds


def application() -> Any:
    app = Hanok()

    @app.get("/")
    async def small() -> dict[str, str]:
        return {"hello": "world"}

    @app.get("/big")
    async def big() -> Response:
        return Response(BIG, media_type="text/plain")

    @app.post("/upload")
    async def upload(request: Request) -> dict[str, int]:
        return {"size": len(await request.body())}

    return app


def serve(pipe: Connection, options: dict[str, Any]) -> None:
    """The server process: tells its port, then on request how many connections it has and how large it is."""
    from hanok.server.threaded import Server

    logging.disable(logging.CRITICAL)
    with Server(application(), port=0, access_log=False, log_level="critical", **options) as server:
        pipe.send(server.port)
        while pipe.recv() == "how are you?":
            assert server.worker is not None
            assert server.worker.services is not None
            pipe.send((len(server.worker.services.connections), resident()))


def resident() -> int:
    """Bytes of this process in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


@dataclass
class NormalClient:
    """Asks for the small page again and again: twice over each connection."""

    port: int
    times: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        while not self.ended.wait(0.01):
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
            for _ in range(2):
                begun = time.perf_counter()
                try:
                    connection.request("GET", "/")
                    answer = connection.getresponse()
                    if answer.status != 200 or answer.read() != b'{"hello":"world"}':
                        self.errors.append(f"status {answer.status}")
                except (OSError, http.client.HTTPException) as error:
                    self.errors.append(repr(error))
                    break
                self.times.append(time.perf_counter() - begun)
            connection.close()

    def percentile(self, share: float) -> float:
        times = sorted(self.times)
        return times[min(len(times) - 1, int(len(times) * share))] if times else float("inf")


@dataclass
class Finding:
    attack: str
    client: NormalClient
    most: int  # connections that the server had at once
    left: int  # that it still had at the end, while the attackers were holding on
    memory: int  # the most bytes that it had in memory
    before: int  # and before the attack

    @property
    def good(self) -> bool:
        calm = not self.client.errors and len(self.client.times) > 100 and self.client.percentile(0.99) < P99
        return calm and (self.attack == FLOOD or self.left < self.most / 2)


def slowhttptest(attack: str, port: int, connections: int, seconds: int, where: Path) -> subprocess.Popen[bytes]:
    command = ["slowhttptest", *ATTACKS[attack], "-c", str(connections), "-r", "200", "-l", str(seconds), "-p", "10"]
    command += ["-u", f"http://127.0.0.1:{port}{PATHS[attack]}", "-v", "1"]
    return subprocess.Popen(command, stdout=(where / "log").open("wb"), stderr=subprocess.STDOUT)


def flood(port: int, connections: int, ended: threading.Event) -> None:
    """Keep opening connections that say nothing."""
    peers: list[socket.socket] = []
    while not ended.wait(0.005):
        try:
            peers.append(socket.create_connection(("127.0.0.1", port), timeout=1))
        except OSError:
            continue
        if len(peers) > 2 * connections:
            peers.pop(0).close()
    for peer in peers:
        peer.close()


def run_attack(attack: str, connections: int, seconds: int) -> Finding:
    options: dict[str, Any] = dict(LIMITS)
    if attack == FLOOD:
        options |= {"limit_connections": connections // 2, "timeout_keep_alive": 60.0}
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=serve, args=(theirs, options), daemon=True)
    process.start()
    try:
        port = ours.recv()
        client = NormalClient(port)
        thread = threading.Thread(target=client.run)
        thread.start()
        found = Finding(attack, client, 0, 0, 0, 0)
        _, found.before = ask(ours)
        ended = threading.Event()
        with tempfile.TemporaryDirectory() as directory:
            attacker: subprocess.Popen[bytes] | None = None
            if attack == FLOOD:
                flooding = threading.Thread(target=flood, args=(port, connections, ended))
                flooding.start()
            else:
                attacker = slowhttptest(attack, port, connections, seconds, Path(directory))
            end = time.monotonic() + seconds
            while time.monotonic() < end and (attacker is None or attacker.poll() is None):
                time.sleep(0.2)
                found.left, memory = ask(ours)
                found.most, found.memory = max(found.most, found.left), max(found.memory, memory)
            ended.set()
            if attacker is not None:
                attacker.terminate()
                attacker.wait(10)
            else:
                flooding.join()
        client.ended.set()
        thread.join()
        return found
    finally:
        ours.send("goodbye")
        process.join(10)
        process.kill()


def ask(pipe: Connection) -> tuple[int, int]:
    pipe.send("how are you?")
    answer: tuple[int, int] = pipe.recv()
    return answer


def table(findings: list[Finding]) -> Table:
    found = Table(
        "attack", "connections", "left", "client: requests", "errors", "p50", "p99", "slowest", "memory", "",
        title="Slow peers, with a normal client beside them",
    )  # fmt: skip
    for one in findings:
        client = one.client
        found.add_row(
            one.attack,
            str(one.most),
            str(one.left),
            str(len(client.times)),
            str(len(client.errors)),
            f"{client.percentile(0.5) * 1e3:.1f} ms",
            f"{client.percentile(0.99) * 1e3:.1f} ms",
            f"{max(client.times, default=float('inf')) * 1e3:.1f} ms",
            f"{one.before / 2**20:.0f} → {one.memory / 2**20:.0f} MiB",
            "good" if one.good else "BAD",
        )
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m conformance.slow", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--connections", type=int, default=500, help="of the attacker (500)")
    parser.add_argument("--seconds", type=int, default=30, help="how long each attack lasts (30)")
    told = parser.parse_args()
    if shutil.which("slowhttptest") is None:
        parser.error("slowhttptest is missing; Debian has it as a package: apt-get install slowhttptest")
    console = Console()
    findings = []
    for attack in [*ATTACKS, FLOOD]:
        with console.status(f"{attack}: {told.connections} connections, {told.seconds} s"):
            findings.append(run_attack(attack, told.connections, told.seconds))
    console.print(table(findings))
    load, cores = os.getloadavg()[0], os.cpu_count()
    console.print(f"load average {load:.1f} on {cores} cores; what else runs here makes the times longer")
    for one in findings:
        for error in sorted(set(one.client.errors))[:5]:
            console.print(f"{one.attack}: the normal client saw {error}", markup=False)
    return 0 if all(one.good for one in findings) else 1


if __name__ == "__main__":
    sys.exit(main())
