"""What options that have no page of their own do to a real server."""

import base64
import socket

import pytest

from hanok.gateways import NativeApp
from hanok.server.threaded import Server


class Told(NativeApp):
    async def handle(self, exchange):
        told = [
            exchange.client[0],
            exchange.scheme,
            exchange.path,
            exchange.root_path,
            dict(exchange.raw_headers)[b"host"],
        ]
        if exchange.kind == "websocket":
            await exchange.receive()
            await exchange.send({"type": "websocket.close"})
        else:
            exchange.answer(200, [], repr(told).encode())


def ask(server, *lines):
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as client:
        client.sendall("\r\n".join(["GET /x HTTP/1.1", "Host: inner", "Connection: close", *lines, "", ""]).encode())
        whole = b""
        while piece := client.recv(65536):
            whole += piece
    return whole


def test_headers_that_are_named_are_believed():
    named = "x-forwarded-for,x-forwarded-proto,x-forwarded-host,x-forwarded-prefix"
    lines = (
        "X-Forwarded-For: 1.2.3.4",
        "X-Forwarded-Proto: https",
        "X-Forwarded-Host: shop.example",
        "X-Forwarded-Prefix: /api",
    )
    with Server(Told(), forwarded_headers=named, root_path="/app") as server:
        assert b"['1.2.3.4', 'https', '/api/app/x', '/api/app', b'shop.example']" in ask(server, *lines)
    with Server(Told(), root_path="/app") as server:
        assert b"['1.2.3.4', 'https', '/app/x', '/app', b'inner']" in ask(server, *lines)
    with Server(Told(), forwarded_allow_ips="10.0.0.1", forwarded_headers=named) as server:
        assert b"['127.0.0.1', 'http', '/x', '', b'inner']" in ask(server, *lines)
    with Server(Told(), proxy_headers=False, forwarded_headers=named) as server:
        assert b"['127.0.0.1', 'http', '/x', '', b'inner']" in ask(server, *lines)


def test_the_forwarded_field_is_believed_by_choice():
    with Server(Told(), forwarded_headers=("forwarded",)) as server:
        answer = ask(server, "Forwarded: for=1.2.3.4;proto=https;host=shop.example", "X-Forwarded-For: 6.6.6.6")
    assert b"['1.2.3.4', 'https', '/x', '', b'shop.example']" in answer


@pytest.mark.parametrize(("ws", "status"), [("auto", b"403"), ("none", b"200")])
def test_websockets_may_be_turned_off(ws, status):
    key = base64.b64encode(bytes(16)).decode()
    upgrade = ["Upgrade: websocket", "Connection: upgrade", "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {key}"]
    with Server(Told(), ws=ws) as server:
        assert ask(server, *upgrade).startswith(b"HTTP/1.1 " + status)
