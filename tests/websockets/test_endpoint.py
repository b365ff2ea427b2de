"""WebSocketEndpoint: a conversation in three methods."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from hanok.websockets import WebSocketEndpoint

CONNECT = {"type": "websocket.connect"}
LEAVE = {"type": "websocket.disconnect", "code": 1001}
TEXT = {"type": "websocket.receive", "text": "hi"}
BYTES = {"type": "websocket.receive", "bytes": b"hi"}
REFUSED = {"type": "websocket.close", "code": 1003, "reason": ""}


def run(peer: Any, encoding: Any, failure: Exception | None = None) -> list[Any]:
    """What on_receive got, and the close code."""
    heard: list[Any] = []

    class Endpoint(WebSocketEndpoint):
        async def on_receive(self, websocket: Any, data: Any) -> None:
            heard.append(data)
            if failure is not None:
                raise failure

        async def on_disconnect(self, websocket: Any, close_code: int) -> None:
            heard.append(close_code)

    Endpoint.encoding = encoding

    async def main() -> None:
        await Endpoint(peer.scope, peer.receive, peer.send)

    peer.heard = heard
    asyncio.run(main())
    return heard


@pytest.mark.parametrize(
    ("encoding", "incoming", "heard"),
    [
        (None, [TEXT, BYTES], ["hi", b"hi"]),
        ("text", [TEXT], ["hi"]),
        ("bytes", [BYTES], [b"hi"]),
        ("json", [{**TEXT, "text": "{}"}, {**BYTES, "bytes": b"[1]"}], [{}, [1]]),
    ],
)
def test_the_encoding_says_what_on_receive_gets(peer: Any, encoding: Any, incoming: Any, heard: Any) -> None:
    assert run(peer(CONNECT, *incoming, LEAVE), encoding) == [*heard, 1001]


@pytest.mark.parametrize(
    ("encoding", "message", "complaint"),
    [
        ("text", BYTES, "Expected text websocket messages, but got bytes"),
        ("bytes", TEXT, "Expected bytes websocket messages, but got text"),
        ("json", TEXT, "Malformed JSON data received."),
        ("json", {**BYTES, "bytes": b"\xff"}, "Malformed JSON data received."),
    ],
)
def test_other_data_is_refused(peer: Any, encoding: Any, message: Any, complaint: str) -> None:
    one = peer(CONNECT, message)
    with pytest.raises(RuntimeError, match=complaint):
        run(one, encoding)
    assert one.sent[1:] == [REFUSED]
    assert one.heard == [1011]


def test_an_error_of_ours_is_the_close_code_1011(peer: Any) -> None:
    one = peer(CONNECT, TEXT)
    with pytest.raises(ValueError, match="boom"):
        run(one, None, ValueError("boom"))
    assert one.heard == ["hi", 1011]


def test_a_close_without_a_code_is_a_normal_one(peer: Any) -> None:
    assert run(peer(CONNECT, {"type": "websocket.disconnect", "code": None}), None) == [1000]


def test_an_encoding_that_does_not_exist(peer: Any) -> None:
    with pytest.raises(AssertionError, match="Unsupported 'encoding' attribute morse"):
        run(peer(CONNECT, TEXT), "morse")


def test_the_methods_have_defaults(peer: Any) -> None:
    one = peer(CONNECT, TEXT, LEAVE)

    async def main() -> None:
        await WebSocketEndpoint(one.scope, one.receive, one.send)

    asyncio.run(main())
    assert [message["type"] for message in one.sent] == ["websocket.accept"]


def test_it_is_made_of_a_websocket_scope() -> None:
    with pytest.raises(AssertionError, match="not 'http'"):
        WebSocketEndpoint({"type": "http"}, None, None)  # type: ignore[arg-type]
