"""The PROXY protocol in front of real connections."""

import base64
import contextlib
import errno
import logging
import socket
import ssl
import struct
import time

import pytest
import trustme

from hanok.gateways import NativeApp
from hanok.server.threaded import Server

HEADER = b"PROXY TCP4 1.2.3.4 5.6.7.8 4711 443\r\n"
REQUEST = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


class Told(NativeApp):
    """Answers with what it knows of its client."""

    async def handle(self, exchange):
        said = f"{exchange.client} {exchange.server} {exchange.scheme}"
        if exchange.kind == "websocket":
            await exchange.receive()
            await exchange.send({"type": "websocket.close", "reason": said})
        else:
            exchange.answer(200, [], said.encode())


@pytest.fixture(params=["asyncio", "uvloop"])
def serve(request):
    servers = []

    def start(app=None, **options):
        server = Server(app or Told(), loop=request.param, proxy_protocol=True, **options)
        servers.append(server)
        return server.start()

    yield start
    for server in servers:
        server.stop()


def received(sock):
    whole = b""
    try:
        while piece := sock.recv(65536):
            whole += piece
    except ConnectionResetError:
        pass
    return whole


def connect(server):
    return socket.create_connection(("127.0.0.1", server.port), timeout=20)


@pytest.mark.parametrize("pieces", [[HEADER + REQUEST], [HEADER, REQUEST], [HEADER[:3], HEADER[3:-1], b"\n" + REQUEST]])
def test_the_client_is_the_one_that_the_proxy_tells(serve, pieces):
    server = serve()
    with connect(server) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in pieces:
            client.sendall(piece)
        assert received(client).endswith(b"('1.2.3.4', 4711) ('5.6.7.8', 443) http")


def test_version_2_may_tell_that_the_client_spoke_tls(serve):
    addresses = bytes([1, 2, 3, 4, 5, 6, 7, 8]) + struct.pack("!HH", 4711, 443)
    rest = addresses + b"\x20\x00\x05\x01\0\0\0\0"
    header = b"\r\n\r\n\x00\r\nQUIT\n\x21\x11" + struct.pack("!H", len(rest)) + rest
    with connect(serve()) as client:
        client.sendall(header + REQUEST)
        assert received(client).endswith(b"('1.2.3.4', 4711) ('5.6.7.8', 443) https")


def test_the_proxys_own_connection_is_its_own(serve):
    with connect(serve()) as client:
        client.sendall(b"PROXY UNKNOWN\r\n" + REQUEST)
        assert b"('127.0.0.1', " in received(client)


def test_it_stands_before_tls(serve, tmp_path):
    ca = trustme.CA()
    issued = ca.issue_cert("localhost")
    issued.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "pem"))
    context = ssl.create_default_context()
    ca.configure_trust(context)
    server = serve(ssl_certfile=str(tmp_path / "pem"))
    with connect(server) as raw:
        raw.sendall(HEADER)
        with context.wrap_socket(raw, server_hostname="localhost") as client:
            client.sendall(REQUEST)
            assert received(client).endswith(b"('1.2.3.4', 4711) ('5.6.7.8', 443) https")
    with connect(server) as raw:
        raw.sendall(HEADER + REQUEST)  # no TLS follows
        assert not received(raw).startswith(b"HTTP")


def test_a_websocket_knows_its_client(serve):
    key = base64.b64encode(bytes(16)).decode()
    upgrade = f"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"

    class Accepting(Told):
        async def handle(self, exchange):
            await exchange.receive()
            await exchange.send({"type": "websocket.accept"})
            await exchange.send({"type": "websocket.send", "text": f"{exchange.client} {exchange.scheme}"})
            await exchange.send({"type": "websocket.close"})

    with connect(serve(Accepting())) as client:
        client.sendall(HEADER + upgrade.encode() + b"Sec-WebSocket-Version: 13\r\n\r\n")
        whole = b""
        while b"ws" not in whole.partition(b"\r\n\r\n")[2]:
            piece = client.recv(65536)
            assert piece, whole
            whole += piece
    assert b"('1.2.3.4', 4711) ws" in whole


def test_what_the_client_that_was_told_says_of_its_own_client_is_believed_if_it_is_trusted(serve):
    request = REQUEST.replace(b"Host", b"X-Forwarded-For: 9.9.9.9\r\nHost")
    with connect(serve(forwarded_allow_ips="1.2.3.4")) as client:
        client.sendall(HEADER + request)
        assert b"('9.9.9.9', 0)" in received(client)
    with connect(serve(forwarded_allow_ips="127.0.0.1")) as client:
        client.sendall(HEADER + request)
        assert b"('1.2.3.4', 4711)" in received(client)


@pytest.mark.parametrize("wrong", [REQUEST, b"PROXY TCP4 nonsense\r\n" + REQUEST, b"PROXY TCP4"])
def test_a_connection_without_a_header_is_closed_without_an_answer(serve, wrong):
    with connect(serve()) as client:
        client.sendall(wrong)
        with contextlib.suppress(OSError):  # it may have been closed already
            client.shutdown(socket.SHUT_WR)
        assert received(client) == b""


def test_a_peer_that_is_no_proxy_is_closed(serve, caplog):
    with connect(serve(proxy_allow_ips="10.0.0.0/8")) as client, caplog.at_level(logging.WARNING, "hanok.error"):
        client.sendall(HEADER + REQUEST)
        assert received(client) == b""
    assert "127.0.0.1 is no proxy of --proxy-allow-ips" in caplog.text


def test_a_header_that_takes_too_long_ends_the_connection(serve):
    with connect(serve(timeout_request_header=0.1)) as client:
        client.sendall(HEADER[:5])
        assert received(client) == b""


def test_a_peer_that_resets_is_forgotten(serve):
    server = serve()
    with connect(server) as client:
        client.sendall(HEADER[:5])
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    with connect(server) as client:
        client.sendall(HEADER + REQUEST)
        assert b"200 OK" in received(client)


def test_a_unix_socket_may_carry_it(serve, tmp_path):
    serve(uds=str(tmp_path / "s"))
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(20)
        client.connect(str(tmp_path / "s"))
        client.sendall(HEADER + REQUEST)
        assert b"('1.2.3.4', 4711)" in received(client)


def test_a_stop_drops_who_has_said_nothing(serve):
    server = serve()
    with connect(server) as client:
        client.sendall(HEADER[:5])
        # The connection is accepted when a later one has its answer.
        with connect(server) as later:
            later.sendall(HEADER + REQUEST)
            received(later)
        began = time.monotonic()
        server.stop()
        assert received(client) == b""
        assert time.monotonic() - began < 20


def test_a_process_without_descriptors_goes_on_later(serve, monkeypatch, caplog):
    server = serve()
    failures = [OSError(errno.EMFILE, "Too many open files"), ConnectionAbortedError(), BlockingIOError()]
    accept = socket.socket.accept

    def failing(self):
        if failures and self.getsockname()[1] == server.port:
            raise failures.pop(0)
        return accept(self)

    monkeypatch.setattr("hanok.server.proxy_listener.PAUSE", 0.01)
    monkeypatch.setattr(socket.socket, "accept", failing)
    with connect(server) as client, caplog.at_level(logging.ERROR, "hanok.error"):
        client.sendall(HEADER + REQUEST)
        assert b"200 OK" in received(client)
    assert "no connection can be accepted: Too many open files" in caplog.text
