"""The works: the request that is repeated, and what every peer must answer to it before anything is timed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

ORIGIN = {"Origin": "https://example.org"}


@dataclass(frozen=True)
class Question:
    """One request and what its answer must be. ``answer`` is compared as JSON, ``headers`` exactly.

    ``length``: the answer is so many bytes of ``FILLING`` instead. ``echo``: this text is sent over a WebSocket and comes back.
    """

    path: str
    answer: Any = None
    status: range = range(200, 201)
    method: str = "GET"
    body: bytes | None = None
    sent: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    length: int | None = None
    echo: str | None = None


@dataclass(frozen=True)
class Work:
    """What is timed (``question``), and what shows that it is really done (``also``). ``connections``: not the usual number."""

    key: str
    title: str
    question: Question
    also: tuple[Question, ...] = ()
    connections: int | None = None


def refused(path: str, **more: Any) -> Question:
    """A request that must be refused as the client's fault; how that is said is each framework's own."""
    return Question(path, status=range(400, 423), **more)


def order(**changes: Any) -> dict[str, Any]:
    value = {
        "customer": "Seo Mina",
        "lines": [
            {"sku": "roof-tile", "quantity": 3, "price": 12.25},
            {"sku": "floor-board", "quantity": 2, "price": 40.25},
        ],
        "note": "leave it at the gate",
    }
    return value | changes


def post(value: Any) -> dict[str, Any]:
    body = json.dumps(value, separators=(",", ":")).encode()
    return {"method": "POST", "body": body, "sent": {"Content-Type": "application/json"}}


HELLO = {"message": "Hello, World!"}
MEGABYTE = 1 << 20
FILLING = b"x"
ITEM = Question("/items/5?q=abc", {"item_id": 5, "q": "abc"})
RECEIPT = {"order_id": 17, "customer": "Seo Mina", "total": 117.25, "lines": order()["lines"]}
SEEN_BY_MIDDLEWARE = {
    "access-control-allow-origin": "https://example.org",
    "vary": "Origin",
    "x-room": "hall",
}


def upload(megabytes: int, connections: int) -> Work:
    size = megabytes * MEGABYTE
    sent = {"Content-Type": "application/octet-stream"}
    return Work(
        f"upload{megabytes}",
        f"a body of {megabytes} MB, read in pieces",
        Question("/upload", {"bytes": size}, method="POST", body=FILLING * size, sent=sent),
        (Question("/upload", {"bytes": 3}, method="POST", body=b"one", sent=sent),),
        connections,
    )


def download(megabytes: int, connections: int) -> Work:
    return Work(
        f"download{megabytes}",
        f"an answer of {megabytes} MB, streamed in pieces of 64 KiB",
        Question(f"/download/{megabytes}", length=megabytes * MEGABYTE),
        (Question("/download/0", length=0),),
        connections,
    )


def rooms(count: int) -> Work:
    last = count - 1
    return Work(
        f"routes{count}",
        f"the last of {count:,} routes",
        Question(f"/room-{last}/items/5", {"room": last, "item_id": 5}),
        (
            Question("/room-0/items/7", {"room": 0, "item_id": 7}),
            refused(f"/room-{last}/items/five"),
            refused(f"/room-{count}/items/5"),
        ),
    )


WORKS: dict[str, Work] = {
    work.key: work
    for work in (
        Work("json", "JSON built for each request", Question("/json", HELLO)),
        Work(
            "params",
            "an int in the path, an optional str in the query",
            ITEM,
            (Question("/items/6", {"item_id": 6, "q": None}), refused("/items/five")),
        ),
        Work(
            "model",
            "a JSON body in and out through models",
            Question("/orders", RECEIPT, **post(order())),
            (
                Question("/orders", RECEIPT | {"lines": [], "total": 0}, **post(order(lines=[]))),
                refused("/orders", **post({"customer": "Seo Mina"})),
                refused("/orders", **post(order(lines=[{"sku": "x", "quantity": "many", "price": 1}]))),
            ),
        ),
        Work("sync", "a handler that is a plain function", Question("/sync", HELLO)),
        Work(
            "dependencies",
            "two dependencies, one of which yields",
            Question("/page?skip=20&limit=5", {"skip": 20, "limit": 5, "session": "open"}),
            (Question("/page", {"skip": 0, "limit": 10, "session": "open"}), refused("/page?skip=some")),
        ),
        Work(
            "middleware",
            "CORS and one http middleware around the parameters",
            Question(ITEM.path, ITEM.answer, sent=ORIGIN, headers=SEEN_BY_MIDDLEWARE),
            (Question(ITEM.path, ITEM.answer, headers={"x-room": "hall"}),),
        ),
        rooms(10),
        rooms(1000),
        upload(1, 16),
        upload(10, 8),
        download(1, 16),
        download(10, 8),
        Work(
            "websocket", "a text sent back over a WebSocket", Question("/echo", echo="Hello, World! Hello, World! 32 B")
        ),
    )
}
