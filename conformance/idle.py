"""``python -m conformance.idle``: what an idle keep-alive connection costs in the worker's memory.

Opens many connections, makes one request on each, leaves them open, and divides the growth of the worker's resident memory
by their number. The peers whose packages are installed beside Hanok are measured in the same way. Exit code 1 if Hanok's
connections take more than ``MOST``.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from rich.console import Console
from rich.progress import track

from conformance.ports import free_port

MOST = 6 * 1024  # bytes a connection
RESULTS = Path(__file__).parent / "results" / "idle.json"
WARM_UP = 500  # connections that are opened and closed first, so that what is made once is not counted
APP = """
async def app(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})
"""
NATIVE = """
from hanok import Hanok
app = Hanok()
@app.get("/")
async def root():
    return "ok"
"""
REQUEST = b"GET / HTTP/1.1\r\nhost: localhost\r\nuser-agent: idle\r\naccept: */*\r\n\r\n"
# name → the module that must be there, the application, and how it is served on {port}.
SERVERS: dict[str, tuple[str, str, list[str]]] = {
    "Hanok": ("hanok", NATIVE, ["-m", "hanok", "run", "app:app", "--port", "{port}", "--timeout-keep-alive", "900",
              "--no-access-log"]),
    "Uvicorn": ("uvicorn", APP, ["-m", "uvicorn", "app:app", "--port", "{port}", "--timeout-keep-alive", "900",
                "--no-access-log", "--lifespan", "off"]),
    "granian": ("granian", APP, ["-m", "granian", "app:app", "--port", "{port}", "--interface", "asginl",
                "--backpressure", "16384", "--backlog", "16384"]),
    "Hypercorn": ("hypercorn", APP, ["-m", "hypercorn", "app:app", "--bind", "127.0.0.1:{port}", "--keep-alive", "900"]),
}  # fmt: skip

console = Console()


@contextmanager
def served(app: str, command: list[str], port: int) -> Iterator[subprocess.Popen[bytes]]:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "app.py").write_text(app)
        filled = [sys.executable, *(word.replace("{port}", str(port)) for word in command)]
        with Path(folder, "log").open("wb") as log:
            process = subprocess.Popen(filled, cwd=folder, stdout=log, stderr=log)
        try:
            deadline = time.monotonic() + 30
            while True:
                try:
                    ask(port).close()
                    break
                except OSError:
                    if process.poll() is not None or time.monotonic() > deadline:
                        raise SystemExit(Path(folder, "log").read_text()) from None
                    time.sleep(0.05)
            yield process
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def ask(port: int) -> socket.socket:
    """A connection on which one request was answered."""
    sock = socket.create_connection(("127.0.0.1", port), timeout=10)
    sock.sendall(REQUEST)
    if not sock.recv(4096).startswith(b"HTTP/1.1 200"):
        raise OSError("no answer")
    return sock


def tree(pid: int) -> list[int]:
    """The process and all below it."""
    found, waiting = [], [pid]
    while waiting:
        one = waiting.pop()
        found.append(one)
        for task in Path(f"/proc/{one}/task").iterdir():
            waiting += [int(child) for child in (task / "children").read_text().split()]
    return found


def resident(pid: int) -> int:
    return sum(int(Path(f"/proc/{one}/statm").read_text().split()[1]) for one in tree(pid)) * resource.getpagesize()


def measure(name: str, count: int) -> float:
    """Bytes for each of ``count`` idle connections."""
    _, app, command = SERVERS[name]
    port = free_port()
    with served(app, command, port) as process:
        for sock in [ask(port) for _ in range(WARM_UP)]:
            sock.close()
        time.sleep(2)
        before = resident(process.pid)
        held = [ask(port) for _ in track(range(count), description=f"{name:10}", console=console, transient=True)]
        time.sleep(3)  # two sweeps, in which a server may give back what an idle connection does not need
        after = resident(process.pid)
        alive = sum(is_open(sock) for sock in held)
        for sock in held:
            sock.close()
    if alive < count:
        raise SystemExit(f"{name} has closed {count - alive} of {count} connections")
    return (after - before) / count


def is_open(sock: socket.socket) -> bool:
    sock.setblocking(False)
    try:
        return sock.recv(1) != b""
    except BlockingIOError:
        return True


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--check", action="store_true", help="do not write the results")
    parser.add_argument("--only", choices=list(SERVERS), help="one server instead of all that are installed")
    options = parser.parse_args()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < options.count + 1000:
        raise SystemExit(f"a process may open {hard} files here; ask for fewer connections with --count")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, options.count + 1000), hard))
    measured = {}
    for name, (module, _, _) in SERVERS.items():
        if options.only in (None, name) and find_spec(module) is not None:
            measured[name] = measure(name, options.count)
            console.print(f"{name:10} {measured[name] / 1024:6.1f} KiB for each of {options.count:,} idle connections")
    told = {"connections": options.count, "python": sys.version.split()[0], "bytes": measured}
    if not options.check:
        RESULTS.write_text(json.dumps(told, indent=1) + "\n")
    return int(measured.get("Hanok", 0) > MOST)


if __name__ == "__main__":
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    raise SystemExit(main())
