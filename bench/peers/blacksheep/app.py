"""The works in BlackSheep, bound and validated by its own means. A session is opened and closed by hand."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from typing import Any

from blacksheep import Application, FromJSON, Request, Response, get, json, post
from pydantic import BaseModel

WORK = os.environ.get("BENCH_WORK", "")

app = Application()


@get("/json")
async def hello() -> Response:
    return json({"message": "Hello, World!"})


@get("/items/{item_id}")
async def item(item_id: int, q: str | None = None) -> Response:
    return json({"item_id": item_id, "q": q})


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


@post("/orders")
async def order(data: FromJSON[Order]) -> Response:
    order = data.value
    total = sum(line.quantity * line.price for line in order.lines)
    return json(Receipt(order_id=17, customer=order.customer, total=total, lines=order.lines))


class Session:
    def __init__(self) -> None:
        self.state = "open"

    def close(self) -> None:
        self.state = "closed"


@get("/page")
async def dependencies(skip: int = 0, limit: int = 10) -> Response:
    session = Session()
    try:
        return json({"skip": skip, "limit": limit, "session": session.state})
    finally:
        session.close()


if WORK == "middleware":
    app.use_cors(allow_methods="GET", allow_origins="https://example.org")

    async def name_the_room(request: Request, handler: Callable[[Request], Awaitable[Response]]) -> Any:
        response = await handler(request)
        response.headers.set(b"x-room", b"hall")
        return response

    app.middlewares.append(name_the_room)


def add_room(number: int) -> None:
    @get(f"/room-{number}/items/{{item_id}}")
    async def room_item(item_id: int) -> Response:
        return json({"room": number, "item_id": item_id})


if WORK.startswith("routes"):
    for number in range(int(WORK.removeprefix("routes"))):
        add_room(number)
