"""What an ASGI server can do at best in Python: no framework, only the works that need none."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

dumps = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
Send = Callable[[dict[str, Any]], Awaitable[None]]


async def app(scope: dict[str, Any], receive: Callable[[], Awaitable[dict[str, Any]]], send: Send) -> None:
    if scope["type"] == "websocket":
        await echo(receive, send)
        return
    if scope["type"] != "http":
        raise RuntimeError("neither http nor a WebSocket")
    path: str = scope["path"]
    if path == "/json":
        await answer(send, 200, {"message": "Hello, World!"})
    elif path.startswith("/items/"):
        query = parse_qs(scope["query_string"].decode("latin-1"))
        try:
            item_id = int(path[7:])
        except ValueError:
            await answer(send, 422, {"detail": "item_id is not an integer"})
        else:
            await answer(send, 200, {"item_id": item_id, "q": query["q"][0] if "q" in query else None})
    elif path == "/upload":
        size, more = 0, True
        while more:
            message = await receive()
            size += len(message.get("body", b""))
            more = message.get("more_body", False)
        await answer(send, 200, {"bytes": size})
    elif path.startswith("/download/"):
        await download(send, int(path[10:]))
    else:
        await answer(send, 404, {"detail": "Not Found"})


async def answer(send: Send, status: int, value: Any) -> None:
    body = dumps(value).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def download(send: Send, megabytes: int) -> None:
    headers = [(b"content-type", b"application/octet-stream")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    for _ in range(megabytes * 16):
        await send({"type": "http.response.body", "body": b"x" * 65536, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def echo(receive: Callable[[], Awaitable[dict[str, Any]]], send: Send) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": message["text"]})
