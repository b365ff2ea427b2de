"""What an application is told of the TLS of its connection."""

import base64
import socket
import ssl

import pytest
import trustme

from hanok.protocols.tls_extension import distinguished_name
from hanok.server.threaded import Server

GET = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
UPGRADE = (
    b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: " + base64.b64encode(bytes(16)) + b"\r\n\r\n"
)


@pytest.fixture(scope="module")
def ca():
    return trustme.CA()


@pytest.fixture(scope="module")
def files(ca, tmp_path_factory):
    directory = tmp_path_factory.mktemp("tls")
    ca.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(str(directory / "pem"))
    ca.cert_pem.write_to_path(str(directory / "ca"))
    return {"ssl_certfile": str(directory / "pem"), "ssl_ca_certs": str(directory / "ca")}


@pytest.fixture(params=["asyncio", "uvloop"])
def ask(request, files):
    """The ``tls`` of the scopes of one connection for each request that is sent."""

    def told(change, *requests, **options):
        seen = []

        async def app(scope, receive, send):
            seen.append(scope["extensions"].get("tls"))
            if scope["type"] == "websocket":
                await send({"type": "websocket.close"})
                return
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
            await send({"type": "http.response.body", "body": b""})

        context = ssl.create_default_context(cafile=files["ssl_ca_certs"])
        change(context)
        with (
            Server(app, loop=request.param, lifespan="off", **files, **options) as server,
            socket.create_connection(("127.0.0.1", server.port), timeout=20) as raw,
            context.wrap_socket(raw, server_hostname="localhost") as client,
        ):
            client.sendall(b"".join(requests))
            while client.recv(65536):
                pass
        return seen

    return told


@pytest.mark.parametrize("request_", [GET, UPGRADE])
def test_without_a_client_certificate_version_and_cipher_are_told(ask, request_):
    def old(context):
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers("ECDHE-ECDSA-AES128-GCM-SHA256")

    assert ask(old, request_) == [
        {
            "server_cert": None,
            "client_cert_chain": [],
            "client_cert_name": None,
            "client_cert_error": None,
            "tls_version": 0x0303,
            "cipher_suite": 0xC02B,
        }
    ]


def test_the_clients_certificate_is_told(ask, ca):
    known = ca.issue_cert("me@example.org", common_name="Me, myself", organization_name="We")
    first, second = ask(known.configure_cert, GET.replace(b"close", b"keep-alive"), GET, ssl_cert_reqs=2)
    assert first["tls_version"] == 0x0304
    assert first["cipher_suite"] in (0x1301, 0x1302, 0x1303)
    assert first["client_cert_chain"][0] == known.cert_chain_pems[0].bytes().decode()
    assert "O=We" in first["client_cert_name"]
    assert r"CN=Me\, myself" in first["client_cert_name"]
    assert second is first


@pytest.mark.parametrize(
    ("subject", "name"),
    [
        ((), ""),
        (((("countryName", "CH"),), (("commonName", "a"),)), "CN=a,C=CH"),
        (((("commonName", "a"), ("userId", "b")),), "CN=a+UID=b"),
        (((("emailAddress", "a"),),), "emailAddress=a"),
        (((("commonName", ' #"+;<>\\\0 '),),), r"CN=\ #\"\+\;\<\>\\\00\ "),
        (((("commonName", "#a"),),), r"CN=\#a"),
        (((("commonName", " "),),), r"CN=\ "),
    ],
)
def test_names_are_written_as_rfc_4514_has_it(subject, name):
    assert distinguished_name(subject) == name
