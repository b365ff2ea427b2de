"""What is left of requests that were answered: nothing, and that without the garbage collector, whose pauses clients feel."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Annotated, Any

import pytest
from pydantic import BaseModel

from hanok import BackgroundTasks, Depends, Form, Hanok, HTTPException, Request, UploadFile
from hanok.exchange import Exchange
from hanok.gateways import NativeApp
from hanok.http import StreamingResponse
from hanok.server.config import Config
from hanok.server.listeners import bind
from hanok.server.worker import Worker, loop_factory

Send = Callable[[bytes], Awaitable[bytes]]


class Item(BaseModel):
    name: str


def in_thread() -> Iterator[int]:
    yield 1


async def in_loop() -> AsyncIterator[int]:
    yield 2


First = Annotated[int, Depends(in_thread)]
Second = Annotated[int, Depends(in_loop)]


def application() -> Hanok:
    app = Hanok()

    @app.get("/json/{number}")
    async def json(number: int, q: str = "") -> dict[str, Any]:
        return {"number": number, "q": q}

    @app.get("/sync")
    def sync() -> int:
        return 1

    @app.post("/items")
    async def items(item: Item) -> Item:
        return item

    @app.get("/exits")
    async def exits(first: First, second: Second) -> int:
        return first + second

    @app.get("/exits/refused")
    async def refused(first: First, second: Second) -> None:
        raise HTTPException(401)

    @app.get("/exits/invalid")
    async def invalid(number: int, first: First, second: Second) -> int:
        return number

    @app.get("/exits/failed")
    async def failed(first: First, second: Second) -> None:
        raise ValueError

    @app.get("/failed")
    async def fail() -> None:
        raise ValueError

    @app.get("/background")
    async def background(tasks: BackgroundTasks) -> None:
        tasks.add_task(len, "")

    @app.get("/background/failed")
    async def background_failed(tasks: BackgroundTasks) -> None:
        tasks.add_task(int, "no number")

    @app.get("/stream")
    async def stream() -> StreamingResponse:
        return StreamingResponse(iter(["a", "b"]))

    @app.get("/stream/failed")
    async def stream_failed() -> StreamingResponse:
        def pieces() -> Iterator[str]:
            yield "a"
            raise ValueError

        return StreamingResponse(pieces())

    @app.get("/stream/failed/async")
    async def async_stream_failed() -> StreamingResponse:
        async def pieces() -> AsyncIterator[str]:
            yield "a"
            raise ValueError

        return StreamingResponse(pieces())

    @app.post("/raw")
    async def raw(request: Request) -> int:
        return len(await request.body())

    @app.post("/form")
    async def form(a: Annotated[int, Form()]) -> int:
        return a

    @app.post("/upload")
    async def upload(file: UploadFile) -> int:
        return len(await file.read())

    return app


def application_with_middleware() -> Hanok:
    app = application()

    @app.middleware("http")
    async def pass_on(request: Request, call_next: Any) -> Any:
        return await call_next(request)

    return app


def get(path: bytes) -> bytes:
    return b"GET %b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" % path


def post(path: bytes, media_type: bytes, body: bytes) -> bytes:
    head = b"POST %b HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: %b\r\nContent-Length: %d\r\n\r\n"
    return head % (path, media_type, len(body)) + body


FILE = b'--B\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\nhello\r\n--B--\r\n'
CHUNKS = (
    b"POST /raw HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
)
REQUESTS = {
    "json": (get(b"/json/5?q=a"), 200),
    "422": (get(b"/json/five"), 422),
    "404": (get(b"/nothing"), 404),
    "405": (post(b"/sync", b"text/plain", b""), 405),
    "thread": (get(b"/sync"), 200),
    "body": (post(b"/items", b"application/json", b'{"name":"a"}'), 200),
    "bad body": (post(b"/items", b"application/json", b"{"), 422),
    "exits": (get(b"/exits"), 200),
    "exits, refused": (get(b"/exits/refused"), 401),
    "exits, invalid": (get(b"/exits/invalid"), 422),
    "exits, failed": (get(b"/exits/failed"), 500),
    "failed": (get(b"/failed"), 500),
    "background": (get(b"/background"), 200),
    "background, failed": (get(b"/background/failed"), 200),
    "stream": (get(b"/stream"), 200),
    "stream, failed": (get(b"/stream/failed"), 200),
    "stream, failed in the loop": (get(b"/stream/failed/async"), 200),
    "chunks": (CHUNKS, 200),
    "form": (post(b"/form", b"application/x-www-form-urlencoded", b"a=1"), 200),
    "upload": (post(b"/upload", b"multipart/form-data; boundary=B", FILE), 200),
    "no request": (b"hello\r\n\r\n", 400),
}


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Errors are wanted here; and pytest would keep what is logged, with its frames."""
    logger = logging.getLogger("hanok.error")
    logger.disabled = True
    yield
    logger.disabled = False
    gc.enable()


def served(app: Any, visit: Callable[[int, Worker], Awaitable[None]], loop: str) -> None:
    """``visit(port, worker)`` while a worker serves ``app`` in the same event loop."""

    async def main() -> None:
        config = Config(access_log=False, port=0, timeout_graceful_shutdown=1)
        ready = asyncio.Event()
        worker = Worker(config, app, on_ready=ready.set)
        sockets = bind(config)
        serving = asyncio.create_task(worker.serve(sockets))
        await ready.wait()
        gc.collect()
        gc.freeze()  # what is there now is not looked at again
        try:
            await visit(sockets[0].getsockname()[1], worker)
        finally:
            gc.unfreeze()
            worker.stop_now()
            assert await serving == 0
            sockets[0].close()

    with asyncio.Runner(loop_factory=loop_factory(loop)) as runner:
        runner.run(main())


async def say(port: int, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


async def rest(worker: Worker) -> None:
    """Wait for what a worker does after its answers."""
    assert worker.services is not None
    while worker.services.connections or worker.services.tasks:  # noqa: ASYNC110 - there is no event for it
        await asyncio.sleep(0)
    for _ in range(20):
        await asyncio.sleep(0)


def living() -> Counter[type]:
    return Counter(type(one) for one in gc.get_objects())


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
@pytest.mark.parametrize("make", [application, application_with_middleware])
def test_no_request_waits_for_the_garbage_collector(make: Callable[[], Hanok], loop: str) -> None:
    times = 5
    kept: dict[str, dict[str, int]] = {}

    async def visit(port: int, worker: Worker) -> None:
        for what, (request, status) in REQUESTS.items():
            for _ in range(2):
                answer = await say(port, request)
                assert answer.startswith(b"HTTP/1.1 %d " % status), (what, answer)
            await rest(worker)
            gc.collect()
            gc.disable()
            before = living()
            for _ in range(times):
                await say(port, request)
            await rest(worker)
            after = living()
            gc.enable()
            grown = {
                cls.__qualname__: count - before[cls]
                for cls, count in after.items()
                if (issubclass(cls, Exchange | BaseException) or cls.__name__ in ("H1Connection", "frame", "Request"))
                and count - before[cls] >= times
            }
            if grown:
                kept[what] = grown

    served(make(), visit, loop)
    assert kept == {}


def test_two_thousand_requests_leave_nothing_behind() -> None:
    requests = [REQUESTS[what][0] for what in REQUESTS if REQUESTS[what][1] == 200 and "stream, failed" not in what]
    rounds = 2000 // len(requests)

    async def visit(port: int, worker: Worker) -> None:
        async def one_round() -> None:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"".join(r.replace(b"Connection: close\r\n", b"") for r in requests) + get(b"/sync"))
            answers = await reader.read()
            assert answers.count(b"HTTP/1.1 200 ") == len(requests) + 1
            writer.close()
            await writer.wait_closed()

        for _ in range(3):
            await one_round()
        await rest(worker)
        gc.collect()
        before = living()
        for _ in range(rounds):
            await one_round()
        await rest(worker)
        gc.collect()
        after = living()
        # Caches may fill a little; what each round leaves is many times that.
        assert {cls: n - before[cls] for cls, n in after.items() if n - before[cls] >= rounds} == {}

    served(application(), visit, "auto")


class Greeting(NativeApp):
    async def handle(self, exchange: Any) -> None:
        exchange.answer(200, [], b"hi")


def test_a_refused_peer_that_has_left_is_forgotten_at_once() -> None:
    async def visit(port: int, worker: Worker) -> None:
        def transports() -> int:
            return sum("SocketTransport" in type(one).__name__ for one in gc.get_objects())

        before = transports()
        for _ in range(5):
            assert b" 400 " in await say(port, b"hello\r\n\r\n")
        await rest(worker)
        gc.collect()
        assert transports() == before

    served(Greeting(), visit, "asyncio")
