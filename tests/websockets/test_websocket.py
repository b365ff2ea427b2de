"""WebSocket: who may say what when, and the forms in which it is said."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from hanok.gateways import AsgiWebSocketExchange
from hanok.http import Response
from hanok.websockets import (
    WebSocket,
    WebSocketClose,
    WebSocketDisconnect,
    WebSocketDisconnected,
    WebSocketState,
)

CONNECT = {"type": "websocket.connect"}
LEAVE = {"type": "websocket.disconnect", "code": 1001, "reason": "bye"}
ACCEPTED = {"type": "websocket.accept", "subprotocol": None, "headers": []}


def text(data: str) -> dict[str, Any]:
    return {"type": "websocket.receive", "text": data}


def binary(data: bytes) -> dict[str, Any]:
    return {"type": "websocket.receive", "bytes": data}


# ---- a conversation, through both doors


def test_a_conversation(client_for: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "websocket":
            return
        websocket: WebSocket = WebSocket(scope, receive, send)
        assert websocket.url.path == "/room"
        await websocket.accept(subprotocol="chat", headers=[(b"x-a", b"b")])
        assert await websocket.receive_text() == "hé"
        assert await websocket.receive_bytes() == b"\xff"
        assert await websocket.receive_json() == {"a": 1}
        assert await websocket.receive_json(mode="binary") == [2]
        await websocket.send_text("hé")
        await websocket.send_bytes(b"\xff")
        await websocket.send_json({"é": [1, 2]})
        await websocket.send_json(None, mode="binary")
        await websocket.close(3000, "done")

    with client_for(app).websocket_connect("/room", subprotocols=["chat"]) as session:
        assert session.accepted_subprotocol == "chat"
        assert (b"x-a", b"b") in session.extra_headers
        session.send_text("hé")
        session.send_bytes(b"\xff")
        session.send_json({"a": 1})
        session.send_json([2], mode="binary")
        assert session.receive_text() == "hé"
        assert session.receive_bytes() == b"\xff"
        assert session.receive()["text"] == '{"é":[1,2]}'
        assert session.receive_json(mode="binary") is None
        with pytest.raises(WebSocketDisconnect) as caught:
            session.receive_text()
        assert (caught.value.code, caught.value.reason) == (3000, "done")


def test_a_denial_is_an_http_response(client_for: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            websocket: WebSocket = WebSocket(scope, receive, send)
            await websocket.send_denial_response(Response("no", status_code=401, headers={"x-a": "b"}))

    with pytest.raises(WebSocketDisconnect) as caught, client_for(app).websocket_connect("/"):
        pass
    refused: Any = caught.value
    assert (refused.status_code, refused.headers["x-a"], refused.content) == (401, "b", b"no")


# ---- receiving


def test_a_disconnect_is_raised_with_its_code(peer: Any) -> None:
    async def talk(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.receive_text()

    with pytest.raises(WebSocketDisconnect) as caught:
        peer(CONNECT, LEAVE).run(talk)
    assert (caught.value.code, caught.value.reason) == (1001, "bye")
    with pytest.raises(WebSocketDisconnect) as caught:
        peer(CONNECT, {"type": "websocket.disconnect"}).run(talk)
    assert (caught.value.code, caught.value.reason) == (1005, "")


@pytest.mark.parametrize(
    ("name", "incoming", "items"),
    [
        ("iter_text", [text("a"), text("b")], ["a", "b"]),
        ("iter_bytes", [binary(b"a")], [b"a"]),
        ("iter_json", [text("{}"), text("1")], [{}, 1]),
    ],
)
def test_iteration_ends_with_the_peer(peer: Any, name: str, incoming: list[Any], items: list[Any]) -> None:
    async def talk(websocket: WebSocket) -> list[Any]:
        await websocket.accept()
        return [item async for item in getattr(websocket, name)()]

    assert peer(CONNECT, *incoming, LEAVE).run(talk) == items


def test_the_wrong_kind_of_message_is_a_key_error(peer: Any) -> None:
    async def talk(websocket: WebSocket) -> str:
        await websocket.accept()
        return await websocket.receive_text()

    with pytest.raises(KeyError, match="text"):
        peer(CONNECT, binary(b"a")).run(talk)


def test_json_that_is_none_is_a_value_error(peer: Any) -> None:
    async def talk(websocket: WebSocket) -> Any:
        await websocket.accept()
        return await websocket.receive_json()

    with pytest.raises(json.JSONDecodeError):
        peer(CONNECT, text("{")).run(talk)


@pytest.mark.parametrize("name", ["receive_text", "receive_bytes", "receive_json"])
def test_receiving_needs_an_accept_first(peer: Any, name: str) -> None:
    with pytest.raises(WebSocketDisconnected, match=r'WebSocket is not connected. Need to call "accept" first.'):
        peer(CONNECT).run(lambda websocket: getattr(websocket, name)())


def test_the_first_message_is_the_connect(peer: Any) -> None:
    for first in (text("a"), LEAVE):
        with pytest.raises(RuntimeError, match=r'Expected ASGI message "websocket.connect", but got'):
            peer(first).run(lambda websocket: websocket.accept())


def test_a_second_connect_is_unexpected(peer: Any) -> None:
    async def talk(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.receive()

    with pytest.raises(RuntimeError, match=r'Expected ASGI message "websocket.receive" or "websocket.disconnect"'):
        peer(CONNECT, CONNECT).run(talk)


def test_nothing_can_be_received_after_the_disconnect(peer: Any) -> None:
    async def talk(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.receive()
        await websocket.receive()

    with pytest.raises(RuntimeError, match=r'Cannot call "receive" once a disconnect message has been received.'):
        peer(CONNECT, LEAVE).run(talk)


# ---- sending


def test_accept_takes_the_connect_if_nobody_has(peer: Any) -> None:
    async def talk(websocket: WebSocket) -> None:
        await websocket.receive()
        await websocket.accept("sub", [(b"a", b"b")])

    one = peer(CONNECT)
    one.run(talk)
    assert one.sent == [{"type": "websocket.accept", "subprotocol": "sub", "headers": [(b"a", b"b")]}]
    assert one.websocket.client_state is one.websocket.application_state is WebSocketState.CONNECTED


def test_close_before_accept_refuses(peer: Any) -> None:
    one = peer(CONNECT)
    one.run(lambda websocket: websocket.close(1001))
    assert one.sent == [{"type": "websocket.close", "code": 1001, "reason": ""}]
    assert one.websocket.application_state is WebSocketState.DISCONNECTED


@pytest.mark.parametrize(
    ("messages", "complaint"),
    [
        (
            ["websocket.send"],
            'Expected ASGI message "websocket.accept", "websocket.close" or "websocket.http.response.start", '
            "but got 'websocket.send'",
        ),
        (
            ["websocket.accept", "websocket.accept"],
            'Expected ASGI message "websocket.send" or "websocket.close", but got \'websocket.accept\'',
        ),
        (
            ["websocket.http.response.start", "websocket.send"],
            "Expected ASGI message \"websocket.http.response.body\", but got 'websocket.send'",
        ),
        (
            ["websocket.close", "websocket.close"],
            'Cannot call "send" once a close message has been sent.',
        ),
        (
            ["websocket.http.response.start", "websocket.http.response.body", "websocket.http.response.body"],
            'Cannot call "send" once a close message has been sent.',
        ),
    ],
)
def test_messages_out_of_order_are_not_sent(peer: Any, messages: list[str], complaint: str) -> None:
    async def talk(websocket: WebSocket) -> None:
        for kind in messages:
            await websocket.send({"type": kind})

    one = peer()
    with pytest.raises(RuntimeError) as caught:
        one.run(talk)
    assert str(caught.value) == complaint
    assert [message["type"] for message in one.sent] == messages[:-1]


def test_a_denial_may_have_a_body_in_pieces(peer: Any) -> None:
    async def talk(websocket: WebSocket) -> None:
        await websocket.send({"type": "websocket.http.response.start", "status": 403})
        await websocket.send({"type": "websocket.http.response.body", "body": b"a", "more_body": True})
        await websocket.send({"type": "websocket.http.response.body", "body": b"b"})

    one = peer()
    one.run(talk)
    assert one.websocket.application_state is WebSocketState.DISCONNECTED


@pytest.mark.parametrize("extensions", [{}, None])
def test_a_denial_needs_a_server_that_can(peer: Any, extensions: Any) -> None:
    with pytest.raises(RuntimeError, match="doesn't support the Websocket Denial Response extension"):
        peer(extensions=extensions).run(lambda websocket: websocket.send_denial_response(Response()))


def test_a_peer_that_vanished_is_a_disconnect(peer: Any) -> None:
    async def talk(websocket: WebSocket) -> None:
        await websocket.accept()
        one.gone = True
        with pytest.raises(WebSocketDisconnect) as caught:
            await websocket.send_text("hello?")
        assert caught.value.code == 1006
        with pytest.raises(WebSocketDisconnected):
            await websocket.send_text("hello?")

    one = peer(CONNECT)
    one.run(talk)


def test_a_peer_that_vanished_before_the_accept_is_an_os_error(peer: Any) -> None:
    one = peer(CONNECT)
    one.gone = True
    with pytest.raises(OSError, match="gone"):
        one.run(lambda websocket: websocket.accept())


@pytest.mark.parametrize("name", ["send_json", "receive_json"])
def test_json_is_text_or_binary(peer: Any, name: str) -> None:
    async def talk(websocket: WebSocket) -> None:
        await websocket.accept()
        await (websocket.send_json({}, mode="x") if name == "send_json" else websocket.receive_json(mode="x"))

    with pytest.raises(RuntimeError, match='The "mode" argument should be "text" or "binary"'):
        peer(CONNECT).run(talk)


# ---- the object


def test_it_is_made_of_a_websocket_scope() -> None:
    with pytest.raises(AssertionError, match="not 'http'"):
        WebSocket({"type": "http"}, None, None)  # type: ignore[arg-type]


def test_an_exchange_knows_who_speaks_on_it(peer: Any) -> None:
    one = peer(CONNECT)
    exchange = AsgiWebSocketExchange(one.scope, one.receive, one.send)
    websocket: WebSocket = WebSocket.of(exchange)
    assert exchange.websocket is websocket
    asyncio.run(websocket.accept())
    assert one.sent == [ACCEPTED]


def test_websocket_close_refuses_everybody(client_for: Any) -> None:
    app = WebSocketClose(1008, "no")

    async def lifespan_too(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await app(scope, receive, send)

    with pytest.raises(WebSocketDisconnect), client_for(lifespan_too).websocket_connect("/"):
        pass


def test_the_default_of_a_disconnect() -> None:
    assert (WebSocketDisconnect().code, WebSocketDisconnect().reason) == (1000, "")
