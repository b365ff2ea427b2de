"""What an ASGI server can do at best in Python: no framework, only the two works that need none."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

dumps = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
Send = Callable[[dict[str, Any]], Awaitable[None]]


async def app(scope: dict[str, Any], receive: Callable[[], Awaitable[dict[str, Any]]], send: Send) -> None:
    if scope["type"] != "http":
        raise RuntimeError("only http here")
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
    else:
        await answer(send, 404, {"detail": "Not Found"})


async def answer(send: Send, status: int, value: Any) -> None:
    body = dumps(value).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
