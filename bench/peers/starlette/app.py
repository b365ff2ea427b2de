"""The works in Starlette, with pydantic where a body is validated, as its users write it."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable

from pydantic import BaseModel, ValidationError
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

WORK = os.environ.get("BENCH_WORK", "")


async def hello(request: Request) -> Response:
    return JSONResponse({"message": "Hello, World!"})


async def item(request: Request) -> Response:
    try:
        item_id = int(request.path_params["item_id"])
    except ValueError:
        return JSONResponse({"detail": "item_id is not an integer"}, 422)
    return JSONResponse({"item_id": item_id, "q": request.query_params.get("q")})


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


async def order(request: Request) -> Response:
    try:
        order = Order.model_validate_json(await request.body())
    except ValidationError as error:
        return JSONResponse({"detail": str(error)}, 422)
    total = sum(line.quantity * line.price for line in order.lines)
    receipt = Receipt(order_id=17, customer=order.customer, total=total, lines=order.lines)
    return Response(receipt.model_dump_json(), media_type="application/json")


def sync(request: Request) -> Response:
    return JSONResponse({"message": "Hello, World!"})


class Session:
    def __init__(self) -> None:
        self.state = "open"

    def close(self) -> None:
        self.state = "closed"


async def dependencies(request: Request) -> Response:
    try:
        skip = int(request.query_params.get("skip", "0"))
        limit = int(request.query_params.get("limit", "10"))
    except ValueError:
        return JSONResponse({"detail": "skip and limit are integers"}, 422)
    session = Session()
    try:
        return JSONResponse({"skip": skip, "limit": limit, "session": session.state})
    finally:
        session.close()


async def name_the_room(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    response = await call_next(request)
    response.headers["x-room"] = "hall"
    return response


def room(number: int) -> Route:
    async def room_item(request: Request) -> Response:
        try:
            item_id = int(request.path_params["item_id"])
        except ValueError:
            return JSONResponse({"detail": "item_id is not an integer"}, 422)
        return JSONResponse({"room": number, "item_id": item_id})

    return Route(f"/room-{number}/items/{{item_id}}", room_item)


async def upload(request: Request) -> Response:
    size = 0
    async for piece in request.stream():
        size += len(piece)
    return JSONResponse({"bytes": size})


async def download(request: Request) -> Response:
    megabytes = int(request.path_params["megabytes"])

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(megabytes * 16):
            yield b"x" * 65536

    return StreamingResponse(pieces(), media_type="application/octet-stream")


async def echo(websocket: WebSocket) -> None:
    await websocket.accept()
    async for text in websocket.iter_text():
        await websocket.send_text(text)


routes = [
    Route("/json", hello),
    Route("/upload", upload, methods=["POST"]),
    Route("/download/{megabytes}", download),
    WebSocketRoute("/echo", echo),
    Route("/items/{item_id}", item),
    Route("/orders", order, methods=["POST"]),
    Route("/sync", sync),
    Route("/page", dependencies),
]
if WORK.startswith("routes"):
    routes += [room(number) for number in range(int(WORK.removeprefix("routes")))]

middleware = []
if WORK == "middleware":
    middleware = [
        Middleware(BaseHTTPMiddleware, dispatch=name_the_room),
        Middleware(CORSMiddleware, allow_origins=["https://example.org"]),
    ]

app = Starlette(routes=routes, middleware=middleware)
