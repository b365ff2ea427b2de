"""``python -m conformance.soak --minutes 30``: whether a worker's memory stays where it was.

Clients of every kind press one server: small requests, bodies, uploads, streams, errors, WebSockets, and peers that go in the
middle of all that. The resident memory of the worker is read every few seconds. After the first minute it may grow by 5 %;
exit code 1 if it grows by more, or if a well-behaved client saw an error.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from conformance.idle import resident, tree
from conformance.ports import free_port

ALLOWED = 0.05  # growth after the first minute
RESULTS = Path(__file__).parent / "results" / "soak.json"
APP = """
import asyncio
from pydantic import BaseModel
from hanok import BackgroundTasks, Depends, Hanok, HTTPException, UploadFile, WebSocket, WebSocketDisconnect
from hanok.http import StreamingResponse

app = Hanok()

class Order(BaseModel):
    customer: str
    lines: list[int]

async def session():
    yield {"open": True}

@app.get("/items/{item_id}")
async def item(item_id: int, q: str | None = None, one: dict = Depends(session)):
    return {"item_id": item_id, "q": q}

@app.get("/sync")
def sync():
    return {"message": "sync"}

@app.post("/orders")
async def order(order: Order, tasks: BackgroundTasks) -> Order:
    tasks.add_task(asyncio.sleep, 0)
    return order

@app.post("/upload")
async def upload(file: UploadFile):
    return {"size": len(await file.read())}

@app.get("/stream")
async def stream():
    async def pieces():
        for _ in range(20):
            yield b"x" * 10_000
            await asyncio.sleep(0.001)
    return StreamingResponse(pieces())

@app.get("/fails")
async def fails():
    raise RuntimeError("on purpose")

@app.get("/refused")
async def refused():
    raise HTTPException(418)

@app.get("/slow")
async def slow():
    await asyncio.sleep(0.2)
    return "slow"

@app.websocket("/echo")
async def echo(websocket: WebSocket):
    await websocket.accept()
    try:
        while True:
            await websocket.send_text(await websocket.receive_text())
    except WebSocketDisconnect:
        pass
"""

console = Console()
Counted = Counter[str]


class Client:
    """A client that keeps its connection."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(
        self, method: str, target: str, body: bytes = b"", kind: str = "application/json"
    ) -> tuple[int, bytes]:
        """Status and body of the answer."""
        reader, writer = self.streams or await asyncio.open_connection("127.0.0.1", self.port)
        self.streams = None
        head = (
            f"{method} {target} HTTP/1.1\r\nhost: soak\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        writer.write(head.encode() + body)
        await writer.drain()
        lines = (await reader.readuntil(b"\r\n\r\n")).decode().lower().split("\r\n")
        fields = dict(line.split(": ", 1) for line in lines[1:] if line)
        if fields.get("transfer-encoding") == "chunked":
            answer = b""
            while size := int(await reader.readline(), 16):
                answer += await reader.readexactly(size)
                await reader.readline()
            await reader.readline()
        else:
            answer = await reader.readexactly(int(fields.get("content-length", "0")))
        if fields.get("connection") == "close":
            writer.close()
        else:
            self.streams = reader, writer
        return int(lines[0].split()[1]), answer

    def leave(self) -> None:
        if self.streams is not None:
            self.streams[1].close()
            self.streams = None


async def wanted(client: Client, status: int, *request: object) -> None:
    found, _ = await client.ask(*request)  # type: ignore[arg-type]
    if found != status:
        raise ValueError(f"{request[:2]} was answered with {found}")


async def small(client: Client) -> None:
    for number in range(20):
        await wanted(client, 200, "GET", f"/items/{number}?q={random.random()}")
    await wanted(client, 422, "GET", "/items/none")
    await wanted(client, 404, "GET", f"/nowhere/{random.random()}")
    await wanted(client, 418, "GET", "/refused")


async def plain(client: Client) -> None:
    await wanted(client, 200, "GET", "/sync")


async def bodies(client: Client) -> None:
    lines = list(range(random.randint(1, 2000)))
    await wanted(client, 200, "POST", "/orders", json.dumps({"customer": "c" * 50, "lines": lines}).encode())
    await wanted(client, 422, "POST", "/orders", b'{"customer": 5')


async def uploads(client: Client) -> None:
    size = random.randint(1, 2_000_000)
    part = b'--b\r\ncontent-disposition: form-data; name="file"; filename="f"\r\n\r\n' + b"x" * size + b"\r\n--b--\r\n"
    status, body = await client.ask("POST", "/upload", part, "multipart/form-data; boundary=b")
    if status != 200 or json.loads(body) != {"size": size}:
        raise ValueError(f"an upload was answered with {status}")


async def streams(client: Client) -> None:
    status, body = await client.ask("GET", "/stream")
    if status != 200 or len(body) != 200_000:
        raise ValueError("a stream was cut short")


async def failures(client: Client) -> None:
    await wanted(client, 500, "GET", "/fails")


async def fickle(client: Client) -> None:
    """Goes in the middle: of a head, of a body, of an answer."""
    beginnings = (
        b"GET /items/5 HTT",
        b"POST /orders HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n{",
        b"GET /slow HTTP/1.1\r\nhost: x\r\n\r\n",
        b"GET /stream HTTP/1.1\r\nhost: x\r\n\r\n",
        b"not http at all\r\n\r\n",
    )
    _, writer = await asyncio.open_connection("127.0.0.1", client.port)
    writer.write(random.choice(beginnings))
    await writer.drain()
    await asyncio.sleep(0.01)
    writer.close()


async def sockets(client: Client) -> None:
    from websockets.asyncio.client import connect

    async with connect(f"ws://127.0.0.1:{client.port}/echo") as websocket:
        for _ in range(20):
            text = "x" * random.randint(1, 50_000)
            await websocket.send(text)
            if await websocket.recv() != text:
                raise ValueError("an echo differs")


WORKS: tuple[Callable[[Client], Awaitable[None]], ...] = (
    small, small, small, plain, bodies, uploads, streams, failures, fickle, sockets,
)  # fmt: skip


async def press(port: int, until: float, counted: Counted, pause: float) -> None:
    """One client after another, each with a work of its own, until the time is over."""
    while time.monotonic() < until:
        client, work = Client(port), random.choice(WORKS)
        try:
            for _ in range(random.randint(1, 5)):
                await asyncio.wait_for(work(client), 30)
                counted[work.__name__] += 1
                await asyncio.sleep(pause)
        except Exception as error:
            counted[f"error in {work.__name__}: {error!r}"] += 1
        finally:
            client.leave()


async def watch(pid: int, until: float, found: list[tuple[float, int]], progress: Progress, counted: Counted) -> None:
    start, task = time.monotonic(), progress.add_task("", total=until - time.monotonic())
    while (now := time.monotonic()) < until:
        found.append((now - start, resident(pid)))
        told = f"{found[-1][1] / 2**20:.1f} MiB, {sum(counted.values()):,} works"
        progress.update(task, completed=now - start, description=told)
        await asyncio.sleep(2)


async def run(options: argparse.Namespace, port: int, pid: int) -> tuple[list[tuple[float, int]], Counted]:
    until = time.monotonic() + options.minutes * 60
    found: list[tuple[float, int]] = []
    counted: Counted = Counter()
    with Progress(TextColumn("{task.description:36}"), BarColumn(), TimeElapsedColumn(), console=console) as progress:
        presses = [press(port, until, counted, options.pause) for _ in range(options.clients)]
        await asyncio.gather(watch(pid, until, found, progress, counted), *presses)
    return found, counted


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--clients", type=int, default=24)
    parser.add_argument("--pause", type=float, default=0.02, help="seconds between two works of a client")
    options = parser.parse_args()
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "app.py").write_text(APP)
        command = [sys.executable, "-m", "hanok", "run", "app:app", "--port", str(port), "--log-level", "critical"]
        process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            for _ in range(600):
                try:
                    asyncio.run(wanted(Client(port), 200, "GET", "/sync"))
                    break
                except OSError:
                    time.sleep(0.1)
            found, counted = asyncio.run(run(options, port, process.pid))
            alive = len(tree(process.pid))
        finally:
            process.terminate()
            process.wait(60)
    return report(found, counted, alive)


def report(found: list[tuple[float, int]], counted: Counted, alive: int) -> int:
    end = found[-1][0]
    settled = [memory for at, memory in found if 60 <= at < 60 + max(30.0, end / 10)] or [found[0][1]]
    last = [memory for at, memory in found if at >= end - max(30.0, end / 10)]
    growth = statistics.median(last) / statistics.median(settled) - 1
    errors = {name: count for name, count in counted.items() if name.startswith("error")}
    console.print(f"{sum(counted.values()):,} works in {end / 60:.1f} minutes, {alive} processes at the end")
    console.print(f"memory after the first minute {statistics.median(settled) / 2**20:.1f} MiB, at the end "
                  f"{statistics.median(last) / 2**20:.1f} MiB: {growth:+.1%}")  # fmt: skip
    for name, count in errors.items():
        console.print(f"[red]{count} × {name}", highlight=False)
    told = {"minutes": round(end / 60, 1), "works": dict(counted), "growth": round(growth, 4),
            "memory": [[round(at), memory] for at, memory in found[:: max(1, len(found) // 200)]]}  # fmt: skip
    RESULTS.write_text(json.dumps(told, indent=1) + "\n")
    return int(growth > ALLOWED or bool(errors))


if __name__ == "__main__":
    raise SystemExit(main())
