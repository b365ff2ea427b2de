"""LiveServer and its pytest plugin."""

from __future__ import annotations

import socket
from typing import Any

import pytest

import hanok.testing
from hanok.testing import LiveServer
from hanok.websockets import WebSocketDisconnect

pytest_plugins = ["hanok.testing.pytest_plugin"]


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "http":
        host = dict(scope["headers"])[b"host"]
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": host})
    elif scope["type"] == "websocket":
        await send({"type": "websocket.accept"})


def test_a_server_runs_while_the_with_lasts() -> None:
    with LiveServer(app) as server:
        assert server.url == f"http://127.0.0.1:{server.port}"
        assert server.client.get("/").text == f"127.0.0.1:{server.port}"
        # Whatever the host of the URL, it is this server that answers.
        assert server.client.get("http://a.org/").text == "a.org"
    with pytest.raises(ConnectionError), socket.create_connection(server.address, timeout=1):
        pass


def test_the_plugin_starts_servers(live_server: Any) -> None:
    first, second = live_server(app), live_server(app)
    assert first.port != second.port
    assert second.client.get("/").status_code == 200


def test_a_connection_that_ends_without_a_close_is_told(live_server: Any) -> None:
    with live_server(app).client.websocket_connect("/") as session:
        with pytest.raises(WebSocketDisconnect):
            session.receive_text()
        session.send_text("nobody hears it")


def test_a_port_where_no_server_answers_as_one_is_an_error() -> None:
    from hanok.testing.live import LiveClient

    with socket.create_server(("127.0.0.1", 0)) as nobody:
        client = LiveClient(nobody.getsockname()[:2])
        session = client.websocket_connect("/")
        peer, _ = nobody.accept()
        peer.close()
        with pytest.raises(Exception), session:  # noqa: B017, PT011
            pass
        client.close()


def test_the_room_has_no_other_names() -> None:
    with pytest.raises(AttributeError, match="nothing"):
        hanok.testing.nothing  # noqa: B018
