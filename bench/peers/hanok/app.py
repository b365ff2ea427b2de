"""The works in FastAPI's spelling. FastAPI and Hanok get the same application but for its imports."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated, Any

from pydantic import BaseModel

from hanok import Depends, Hanok, Request, Response, WebSocket
from hanok.http import StreamingResponse
from hanok.middleware import CORSMiddleware

WORK = os.environ.get("BENCH_WORK", "")

app = Hanok()


@app.get("/json")
async def hello() -> Any:
    return {"message": "Hello, World!"}


@app.get("/items/{item_id}")
async def item(item_id: int, q: str | None = None) -> Any:
    return {"item_id": item_id, "q": q}


# ---- a body in and out through models


class Line(BaseModel):
    sku: str
    quantity: int
    price: float


class Order(BaseModel):
    customer: str
    lines: list[Line]
    note: str | None = None


class Receipt(BaseModel):
    order_id: int
    customer: str
    total: float
    lines: list[Line]


@app.post("/orders")
async def order(order: Order) -> Receipt:
    total = sum(line.quantity * line.price for line in order.lines)
    return Receipt(order_id=17, customer=order.customer, total=total, lines=order.lines)


# ---- a function that is not a coroutine


@app.get("/sync")
def sync() -> Any:
    return {"message": "Hello, World!"}


# ---- two dependencies, one of which yields


class Session:
    def __init__(self) -> None:
        self.state = "open"

    def close(self) -> None:
        self.state = "closed"


async def page(skip: int = 0, limit: int = 10) -> dict[str, int]:
    return {"skip": skip, "limit": limit}


async def session() -> AsyncIterator[Session]:
    opened = Session()
    try:
        yield opened
    finally:
        opened.close()


@app.get("/page")
async def dependencies(
    page: Annotated[dict[str, int], Depends(page)], session: Annotated[Session, Depends(session)]
) -> Any:
    return {"skip": page["skip"], "limit": page["limit"], "session": session.state}


# ---- large bodies, in pieces


@app.post("/upload")
async def upload(request: Request) -> Any:
    size = 0
    async for piece in request.stream():
        size += len(piece)
    return {"bytes": size}


@app.get("/download/{megabytes}")
async def download(megabytes: int) -> Any:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(megabytes * 16):
            yield b"x" * 65536

    return StreamingResponse(pieces(), media_type="application/octet-stream")


# ---- a WebSocket


@app.websocket("/echo")
async def echo(websocket: WebSocket) -> None:
    await websocket.accept()
    async for text in websocket.iter_text():
        await websocket.send_text(text)


# ---- cross-origin headers and one http middleware

if WORK == "middleware":
    app.add_middleware(CORSMiddleware, allow_origins=["https://example.org"])

    @app.middleware("http")
    async def name_the_room(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        response = await call_next(request)
        response.headers["x-room"] = "hall"
        return response


# ---- many routes

if WORK.startswith("routes"):

    def add_room(number: int) -> None:
        @app.get(f"/room-{number}/items/{{item_id}}")
        async def room_item(item_id: int) -> Any:
            return {"room": number, "item_id": item_id}

    for number in range(int(WORK.removeprefix("routes"))):
        add_room(number)
