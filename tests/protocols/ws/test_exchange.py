"""What an application says and hears on its WebSocket."""

from __future__ import annotations

import asyncio
import http.client
import queue
import socket
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from hanok.exceptions import LocalProtocolError
from hanok.protocols.ws import PeerGone, WsState

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
ACCEPT = {"type": "websocket.accept"}


def handshake(path: str = "/", extra: str = "") -> bytes:
    return (
        f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        f"Sec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Version: 13\r\n{extra}\r\n"
    ).encode()


def raw_answer(port: int, request: bytes) -> http.client.HTTPResponse:
    """The HTTP answer to raw bytes; its connection is closed with the answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall(request)
        answer = http.client.HTTPResponse(client)
        answer.begin()
        answer.body = answer.read()  # type: ignore[attr-defined]
        return answer


async def echo(ws: Any) -> None:
    assert (await ws.receive())["type"] == "websocket.connect"
    await ws.send(ACCEPT)
    while (message := await ws.receive())["type"] == "websocket.receive":
        await ws.send({"type": "websocket.send", **{k: v for k, v in message.items() if k != "type"}})


def recording(heard: queue.Queue[Any]) -> Any:
    """An application that accepts and writes down all that it receives."""

    async def app(ws: Any) -> None:
        await ws.receive()
        await ws.send(ACCEPT)
        while True:
            message = await ws.receive()
            heard.put(message)
            if message["type"] == "websocket.disconnect":
                return

    return app


def test_text_and_bytes_travel_both_ways(serve: Any) -> None:
    with connect(serve(echo).url) as client:
        client.send("안녕")
        assert client.recv(timeout=10) == "안녕"
        client.send(b"\x00\xff")
        assert client.recv(timeout=10) == b"\x00\xff"


def test_fragments_arrive_as_one_message(serve: Any) -> None:
    with connect(serve(echo).url) as client:
        client.send(["한", "옥", "!"])
        assert client.recv(timeout=10) == "한옥!"
        client.send([b"a", b"", b"b"])
        assert client.recv(timeout=10) == b"ab"


def test_a_large_message_is_carried_whole(serve: Any) -> None:
    with connect(serve(echo).url, max_size=None) as client:
        client.send("x" * 3_000_000)
        assert client.recv(timeout=20) == "x" * 3_000_000


def test_permessage_deflate_is_negotiated_when_both_want_it(serve: Any) -> None:
    with connect(serve(echo).url) as client:
        assert "permessage-deflate" in client.response.headers["Sec-WebSocket-Extensions"]
        client.send("again " * 1000)
        assert client.recv(timeout=10) == "again " * 1000
    with connect(serve(echo, ws_per_message_deflate=False).url) as client:
        assert "Sec-WebSocket-Extensions" not in client.response.headers
    with connect(serve(echo).url, compression=None) as client:
        assert "Sec-WebSocket-Extensions" not in client.response.headers


def test_the_request_side_says_where_the_handshake_went(serve: Any) -> None:
    seen: queue.Queue[Any] = queue.Queue()

    async def app(ws: Any) -> None:
        seen.put((ws, dict(ws.scope)))
        await ws.receive()
        await ws.send({"type": "websocket.accept", "subprotocol": "chat", "headers": [(b"X-Room", b"7")]})

    server = serve(app, root_path="/api")
    with connect(server.url + "r%20m?q=1", subprotocols=["news", "chat"]) as client:
        assert client.subprotocol == "chat"
        assert client.response.headers["x-room"] == "7"
    ws, scope = seen.get(timeout=10)
    assert scope["type"] == "websocket"
    assert (scope["path"], scope["raw_path"], scope["query_string"]) == ("/api/r m", b"/api/r%20m", b"q=1")
    assert (scope["root_path"], scope["scheme"], scope["http_version"]) == ("/api", "ws", "1.1")
    assert scope["subprotocols"] == ["news", "chat"]
    assert scope["server"] == ("127.0.0.1", server.port)
    assert scope["client"][0] == "127.0.0.1"
    assert scope["state"] == {"db": "open"}
    assert scope["state"] is not server.state
    assert "websocket.http.response" in scope["extensions"]
    assert "method" not in scope
    assert ws.header(b"upgrade") == b"websocket"


def test_a_trusted_proxy_says_who_the_client_is(serve: Any) -> None:
    seen: queue.Queue[Any] = queue.Queue()

    async def app(ws: Any) -> None:
        seen.put((ws.client, ws.scheme))
        await echo(ws)

    with connect(serve(app).url, additional_headers={"X-Forwarded-For": "10.1.2.3", "X-Forwarded-Proto": "https"}):
        assert seen.get(timeout=10) == (("10.1.2.3", 0), "wss")


def test_the_answer_to_the_handshake_is_logged(serve: Any) -> None:
    server = serve(echo)
    with connect(server.url + "room"):
        pass
    raw_answer(server.port, handshake("/old").replace(b"13", b"8"))
    assert server.log == [("/room", 101), ("/old", 426)]


def test_above_the_concurrency_limit_the_answer_is_503(serve: Any) -> None:
    server = serve(echo, limit_concurrency=1)
    with connect(server.url) as client:
        assert raw_answer(server.port, handshake()).status == 503
        client.send("x")
        assert client.recv(timeout=10) == "x"


# ---- ends


def test_the_peers_code_and_reason_reach_the_application_after_its_messages(serve: Any) -> None:
    heard: queue.Queue[Any] = queue.Queue()
    with connect(serve(recording(heard)).url) as client:
        client.send("last words")
        client.close(3001, "enough")
    assert heard.get(timeout=10) == {"type": "websocket.receive", "text": "last words"}
    assert heard.get(timeout=10) == {"type": "websocket.disconnect", "code": 3001, "reason": "enough"}


def test_the_applications_code_and_reason_reach_the_peer(serve: Any) -> None:
    ended: queue.Queue[Any] = queue.Queue()

    async def app(ws: Any) -> None:
        await ws.receive()
        await ws.send(ACCEPT)
        await ws.send({"type": "websocket.close", "code": 4000, "reason": "가" * 60})
        with pytest.raises(LocalProtocolError, match="CLOSED; it takes nothing"):
            await ws.send({"type": "websocket.send", "text": "late"})
        ended.put(await ws.receive())

    with connect(serve(app).url) as client:
        with pytest.raises(ConnectionClosed):
            client.recv(timeout=10)
        assert client.close_code == 4000
        assert client.close_reason == "가" * 41  # a close frame has room for 123 bytes
    assert ended.get(timeout=10)["code"] == 4000


def test_a_peer_that_vanishes_is_a_disconnect_with_1006(serve: Any) -> None:
    heard: queue.Queue[Any] = queue.Queue()
    server = serve(recording(heard))
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
        client.sendall(handshake())
        assert client.recv(1000).startswith(b"HTTP/1.1 101 Switching Protocols\r\n")
    assert heard.get(timeout=10) == {"type": "websocket.disconnect", "code": 1006, "reason": ""}


def test_a_message_that_comes_too_late_raises_an_oserror(serve: Any, caplog: Any) -> None:
    raised: queue.Queue[Any] = queue.Queue()

    async def app(ws: Any) -> None:
        await ws.receive()
        await ws.send(ACCEPT)
        assert (await ws.receive())["type"] == "websocket.disconnect"
        assert (await ws.receive())["type"] == "websocket.disconnect"
        try:
            await ws.send({"type": "websocket.send", "text": "late"})
        except OSError as error:
            raised.put(error)
            raise

    with connect(serve(app).url) as client:
        client.close()
    assert isinstance(raised.get(timeout=10), PeerGone)
    assert "Exception" not in caplog.text


def test_an_application_that_returns_closes_with_1000(serve: Any) -> None:
    async def app(ws: Any) -> None:
        await ws.receive()
        await ws.send(ACCEPT)

    with connect(serve(app).url) as client:
        with pytest.raises(ConnectionClosed):
            client.recv(timeout=10)
        assert client.close_code == 1000


def test_an_exception_closes_with_1011_and_is_logged(serve: Any, caplog: Any) -> None:
    async def app(ws: Any) -> None:
        await ws.receive()
        await ws.send(ACCEPT)
        raise RuntimeError("boom")

    with connect(serve(app).url) as client:
        with pytest.raises(ConnectionClosed):
            client.recv(timeout=10)
        assert client.close_code == 1011
        assert client.close_reason == ""
    assert "boom" in caplog.text


@pytest.mark.parametrize("fails", [True, False])
def test_an_unanswered_handshake_is_answered_500(serve: Any, caplog: Any, fails: bool) -> None:
    async def app(ws: Any) -> None:
        await ws.receive()
        if fails:
            raise RuntimeError("boom")

    answer = raw_answer(serve(app).port, handshake())
    assert answer.status == 500
    assert answer.body == b"Internal Server Error"  # type: ignore[attr-defined]
    assert ("boom" if fails else "unanswered") in caplog.text


@pytest.mark.parametrize("group", [True, False])
def test_a_disconnect_that_nobody_catches_is_not_an_error(serve: Any, caplog: Any, group: bool) -> None:
    done: queue.Queue[Any] = queue.Queue()

    class WebSocketDisconnect(Exception):
        pass

    async def app(ws: Any) -> None:
        await ws.receive()
        await ws.send(ACCEPT)
        await ws.receive()
        asyncio.get_running_loop().call_soon(done.put, True)
        raise ExceptionGroup("tasks", [WebSocketDisconnect()]) if group else WebSocketDisconnect

    with connect(serve(app).url) as client:
        client.close()
    assert done.get(timeout=10)
    assert caplog.text == ""


# ---- refusals


def test_a_close_before_accept_is_a_403(serve: Any) -> None:
    ended: queue.Queue[Any] = queue.Queue()

    async def app(ws: Any) -> None:
        await ws.receive()
        await ws.send({"type": "websocket.close"})
        ended.put((ws.socket_state, await ws.receive()))

    server = serve(app)
    with pytest.raises(InvalidStatus, match="403"):
        connect(server.url)
    state, message = ended.get(timeout=10)
    assert state is WsState.CLOSED
    assert message == {"type": "websocket.disconnect", "code": 1006, "reason": ""}


def test_a_denial_is_an_http_answer_of_the_applications_own(serve: Any) -> None:
    async def app(ws: Any) -> None:
        await ws.receive()
        headers = [(b"Content-Type", b"application/json"), (b"server", b"other")]
        await ws.send({"type": "websocket.http.response.start", "status": 401, "headers": headers})
        await ws.send({"type": "websocket.http.response.body", "body": b"{}"})

    answer = raw_answer(serve(app).port, handshake())
    assert (answer.status, answer.reason) == (401, "Unauthorized")
    assert answer.getheader("content-type") == "application/json"
    assert answer.headers.get_all("server") == ["hanok"]
    assert answer.getheader("x-house") == "hanok"
    assert answer.getheader("content-length") == "2"
    assert answer.getheader("connection") == "close"
    assert answer.body == b"{}"  # type: ignore[attr-defined]


def test_a_denial_may_come_in_pieces(serve: Any) -> None:
    async def app(ws: Any) -> None:
        await ws.receive()
        await ws.send({"type": "websocket.http.response.start", "status": 599})
        for piece in (b"not ", b"to", b""):
            await ws.send({"type": "websocket.http.response.body", "body": piece, "more_body": True})
        await ws.send({"type": "websocket.http.response.body", "body": b"day"})

    answer = raw_answer(serve(app).port, handshake())
    assert (answer.status, answer.body) == (599, b"not today")  # type: ignore[attr-defined]


def test_a_denial_that_is_not_finished_cuts_the_connection(serve: Any, caplog: Any) -> None:
    async def app(ws: Any) -> None:
        await ws.receive()
        headers = [(b"content-length", b"9")]
        await ws.send({"type": "websocket.http.response.start", "status": 400, "headers": headers})
        await ws.send({"type": "websocket.http.response.body", "body": b"ha", "more_body": True})

    with pytest.raises((http.client.HTTPException, OSError)):
        raw_answer(serve(app).port, handshake())
    assert "unanswered" in caplog.text


@pytest.mark.parametrize(
    ("message", "complaint"),
    [
        ({"type": "websocket.send", "text": "x"}, "HANDSHAKE; it takes websocket.accept, websocket.close"),
        ({"type": "http.response.start"}, "'http.response.start' was sent"),
        ({"type": "websocket.accept", "headers": [(b"x", b"a\r\nb: c")]}, "cannot be sent"),
        ({"type": "websocket.accept", "headers": [(b"", b"a")]}, "cannot be sent"),
        ({"type": "websocket.accept", "headers": [(b"Upgrade", b"h2c")]}, "belongs to the handshake"),
        (
            {"type": "websocket.accept", "subprotocol": "a", "headers": [(b"sec-websocket-protocol", b"b")]},
            "given twice",
        ),
    ],
)
def test_what_may_not_be_said_is_refused_before_accept(serve: Any, message: Any, complaint: str) -> None:
    told: queue.Queue[str] = queue.Queue()

    async def app(ws: Any) -> None:
        await ws.receive()
        try:
            await ws.send(message)
        except LocalProtocolError as error:
            told.put(str(error))
        await ws.send(ACCEPT)

    with connect(serve(app).url):
        assert complaint in told.get(timeout=10)


@pytest.mark.parametrize(
    ("message", "complaint"),
    [
        (ACCEPT, "OPEN; it takes websocket.close, websocket.send"),
        ({"type": "websocket.send"}, "needs 'text' or 'bytes'"),
        ({"type": "websocket.close", "code": 1006}, "cannot be closed with the code 1006"),
    ],
)
def test_what_may_not_be_said_is_refused_after_accept(serve: Any, message: Any, complaint: str) -> None:
    told: queue.Queue[str] = queue.Queue()

    async def app(ws: Any) -> None:
        await ws.receive()
        await ws.send(ACCEPT)
        try:
            await ws.send(message)
        except LocalProtocolError as error:
            told.put(str(error))
        await ws.send({"type": "websocket.send", "bytes": b"still open"})

    with connect(serve(app).url) as client:
        assert complaint in told.get(timeout=10)
        assert client.recv(timeout=10) == b"still open"


def test_two_tasks_may_not_wait_for_the_same_message(serve: Any) -> None:
    told: queue.Queue[str] = queue.Queue()

    async def app(ws: Any) -> None:
        await ws.receive()
        await ws.send(ACCEPT)
        first = asyncio.ensure_future(ws.receive())
        await asyncio.sleep(0)
        try:
            await ws.receive()
        except LocalProtocolError as error:
            told.put(str(error))
        told.put((await first)["text"])

    with connect(serve(app).url) as client:
        assert "two tasks" in told.get(timeout=10)
        client.send("for the first")
        assert told.get(timeout=10) == "for the first"
