"""WebSocket sessions of a test, in memory and over a socket."""

from __future__ import annotations

import asyncio
import queue
from typing import Any

import pytest

from hanok.testing import TestClient, WebSocketDenialResponse
from hanok.websockets import WebSocket, WebSocketDisconnect


async def echo(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        return
    websocket: WebSocket = WebSocket(scope, receive, send)
    await websocket.accept(next(iter(scope["subprotocols"]), None), [(b"x-path", scope["path"].encode())])
    while (message := await websocket.receive())["type"] == "websocket.receive":
        if message.get("text") == "close":
            await websocket.close(3001, "as you wish")
            return
        reply = {"text": message["text"]} if message.get("text") is not None else {"bytes": message["bytes"]}
        await websocket.send({"type": "websocket.send", **reply})


def test_text_bytes_and_json_go_both_ways(client_for: Any) -> None:
    with client_for(echo).websocket_connect("/chat?x=1") as session:
        session.send_text("hé")
        assert session.receive_text() == "hé"
        session.send_bytes(b"\x00")
        assert session.receive_bytes() == b"\x00"
        session.send_json({"é": 1})
        assert session.receive()["text"] == '{"é":1}'
        session.send_json([1], mode="binary")
        assert session.receive_json(mode="binary") == [1]
        session.send_json([2])
        assert session.receive_json() == [2]
        assert (b"x-path", b"/chat") in session.extra_headers


def test_a_subprotocol_is_agreed_on(client_for: Any) -> None:
    with client_for(echo).websocket_connect("/", subprotocols=["b", "a"]) as session:
        assert session.accepted_subprotocol == "b"


def test_a_close_of_the_application_is_raised(client_for: Any) -> None:
    with client_for(echo).websocket_connect("/") as session:
        session.send_text("close")
        with pytest.raises(WebSocketDisconnect) as caught:
            session.receive_text()
        assert (caught.value.code, caught.value.reason) == (3001, "as you wish")


def test_a_close_of_the_client_reaches_the_application(client_for: Any) -> None:
    codes: queue.SimpleQueue[int] = queue.SimpleQueue()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            websocket: WebSocket = WebSocket(scope, receive, send)
            await websocket.accept()
            codes.put((await websocket.receive())["code"])

    with client_for(app).websocket_connect("/") as session:
        session.close(3002, "bye")
    assert codes.get(timeout=5) == 3002


def test_a_refusal_is_raised_when_the_session_opens(client_for: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": "no"})

    with pytest.raises(WebSocketDisconnect), client_for(app).websocket_connect("/"):
        pass


def test_a_denial_is_raised_as_the_response_it_is(client_for: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            head = {"status": 418, "headers": [(b"x-a", b"b")]}
            await send({"type": "websocket.http.response.start", **head})
            await send({"type": "websocket.http.response.body", "body": b"tea", "more_body": True})
            await send({"type": "websocket.http.response.body", "body": b"pot"})

    with pytest.raises(WebSocketDenialResponse) as caught, client_for(app).websocket_connect("/"):
        pass
    assert (caught.value.status_code, caught.value.headers["x-a"], caught.value.content) == (418, "b", b"teapot")


def test_the_scope_in_memory() -> None:
    session = TestClient(echo, root_path="/r").websocket_connect(
        "wss://a.org/p q?x=1", params={"x": 2}, headers={"sec-websocket-protocol": "p, q"}, cookies=None
    )
    scope = session.scope
    assert scope["type"] == "websocket"
    assert (scope["scheme"], scope["server"], scope["root_path"]) == ("wss", ["a.org", 443], "/r")
    assert (scope["path"], scope["query_string"], scope["subprotocols"]) == ("/p q", b"x=2", ["p", "q"])
    assert scope["extensions"] == {"websocket.http.response": {}}
    assert {(b"connection", b"upgrade"), (b"sec-websocket-version", b"13")} <= set(scope["headers"])


@pytest.mark.parametrize("accepts", [False, True])
def test_errors_of_the_application_are_raised_in_the_test(accepts: bool) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        if accepts:
            await send({"type": "websocket.accept"})
        raise ValueError("boom")

    with pytest.raises(ValueError, match="boom"), TestClient(app).websocket_connect("/") as session:
        session.receive()


def test_an_application_that_returns_without_a_close_has_vanished() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "websocket.accept"})

    with TestClient(app).websocket_connect("/") as session:
        for _ in range(2):
            with pytest.raises(WebSocketDisconnect) as caught:
                session.receive_text()
            assert caught.value.code == 1006
        session.send_text("nobody hears it")


def test_an_application_that_does_not_end_is_cancelled() -> None:
    ended = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "websocket.accept"})
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    with TestClient(app).websocket_connect("/"):
        pass
    assert ended == [True]


def test_a_denial_that_breaks_off_has_the_body_that_came() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "websocket.http.response.start", "status": 403})
        await send({"type": "websocket.http.response.body", "body": b"half", "more_body": True})

    with pytest.raises(WebSocketDenialResponse) as caught, TestClient(app).websocket_connect("/"):
        pass
    assert caught.value.content == b"half"
