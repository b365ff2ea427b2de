"""Real handshakes, most of them in memory; the exchange of certificates on real connections."""

import contextlib
import logging
import os
import socket
import ssl
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from hanok.exceptions import ConfigError
from hanok.gateways import NativeApp
from hanok.server.config import Config
from hanok.server.threaded import Server
from hanok.server.tls import Certificates, context_of


@pytest.fixture(scope="module")
def ca():
    return trustme.CA()


@pytest.fixture
def write(ca, tmp_path):
    """``write("a", "a.example")`` makes a certificate and gives the options that name its files."""

    def certificate(name, *names, authority=ca, **how):
        issued = authority.issue_cert(*(names or ("localhost", "127.0.0.1")), **how)
        key, chain = tmp_path / f"{name}.key", tmp_path / f"{name}.pem"
        key.write_bytes(issued.private_key_pem.bytes())
        chain.write_bytes(b"".join(one.bytes() for one in issued.cert_chain_pems))
        return {"ssl_certfile": str(chain), "ssl_keyfile": str(key)}

    return certificate


@pytest.fixture
def trusting(ca):
    """Makes a client's context, and changes it."""

    def context(change=None):
        made = ssl.create_default_context()
        ca.configure_trust(made)
        if change is not None:
            change(made)
        return made

    return context


def handshake(server: ssl.SSLContext, client: ssl.SSLContext, name: str | None):
    """The client's and the server's side of a finished handshake; raises what the client or the server raises."""
    c_in, c_out, s_in, s_out = (ssl.MemoryBIO() for _ in range(4))
    theirs = client.wrap_bio(c_in, c_out, server_hostname=name)
    ours = server.wrap_bio(s_in, s_out, server_side=True)
    for _ in range(5):
        for side in (theirs, ours):
            with contextlib.suppress(ssl.SSLWantReadError):
                side.do_handshake()
            s_in.write(c_out.read())
            c_in.write(s_out.read())
    return theirs, ours


def names(side):
    return {value for kind, value in side.getpeercert()["subjectAltName"] if kind == "DNS"}


def joined(*given):
    return {key: tuple(one[key] for one in given) for key in ("ssl_certfile", "ssl_keyfile")}


class Hello(NativeApp):
    async def handle(self, exchange):
        exchange.answer(200, [], b"hello")


# ---- which certificate


def test_the_certificate_is_chosen_by_the_name_of_the_server(write, trusting):
    given = joined(
        write("a", "a.example"), write("b", "b.example", "*.b.example"), write("c", "c.example", "x.b.example")
    )
    context = context_of(Config(**given))
    for asked, shown in {
        "a.example": "a.example",
        "B.Example": "b.example",
        "www.b.example": "b.example",
        "x.b.example": "c.example",
    }.items():
        theirs, _ = handshake(context, trusting(), asked)
        assert shown in names(theirs)


@pytest.mark.parametrize("asked", [None, "other.example", "deep.www.b.example"])
def test_who_asks_for_no_known_name_gets_the_first(write, trusting, asked):
    def careless(context):
        context.check_hostname = False

    context = context_of(Config(**joined(write("a", "a.example"), write("b", "b.example", "*.b.example"))))
    theirs, _ = handshake(context, trusting(careless), asked)
    assert names(theirs) == {"a.example"}


def test_one_file_may_hold_certificate_and_key(write, trusting, tmp_path):
    given = write("a", "a.example")
    both = tmp_path / "both.pem"
    both.write_text(Path(given["ssl_keyfile"]).read_text() + Path(given["ssl_certfile"]).read_text())
    handshake(context_of(Config(ssl_certfile=both)), trusting(), "a.example")


def test_without_a_certificate_there_is_no_context():
    assert context_of(Config()) is None


# ---- what is spoken


def test_old_versions_and_weak_ciphers_are_not_spoken(write, trusting):
    context = context_of(Config(**write("a")))
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    for cipher in context.get_ciphers():
        assert "GCM" in cipher["name"] or "CHACHA20" in cipher["name"]
        assert cipher["protocol"] == "TLSv1.3" or cipher["name"].startswith("ECDHE-")
    theirs, _ = handshake(context, trusting(), "localhost")
    assert theirs.version() == "TLSv1.3"
    assert theirs.compression() is None
    assert theirs.selected_alpn_protocol() is None

    def weak(client):
        client.maximum_version = ssl.TLSVersion.TLSv1_2
        client.set_ciphers("AES256-SHA:ECDHE-ECDSA-AES256-SHA384")

    with pytest.raises(ssl.SSLError):
        handshake(context, trusting(weak), "localhost")


def test_the_protocol_is_agreed_in_the_handshake(write, trusting):
    context = context_of(Config(**write("a")))
    theirs, _ = handshake(context, trusting(lambda one: one.set_alpn_protocols(["x", "http/1.1"])), "localhost")
    assert theirs.selected_alpn_protocol() == "http/1.1"


def test_only_tls_1_3_can_be_asked_for_and_only_1_2(write, trusting):
    def old(client):
        client.maximum_version = ssl.TLSVersion.TLSv1_2

    given = write("a")
    with pytest.raises(ssl.SSLError):
        handshake(context_of(Config(**given, ssl_min_version="1.3")), trusting(old), "localhost")
    theirs, _ = handshake(context_of(Config(**given, ssl_version=ssl.PROTOCOL_TLSv1_2)), trusting(), "localhost")
    assert theirs.version() == "TLSv1.2"


@pytest.mark.parametrize("number", [ssl.PROTOCOL_TLSv1, ssl.PROTOCOL_TLSv1_1])
def test_versions_that_are_too_old_are_refused_with_a_remedy(number):
    with pytest.raises(ConfigError, match=r"too old .*--ssl-min-version 1\.2"):
        Config(ssl_version=int(number))


# ---- clients with certificates


def test_a_client_must_show_a_certificate_if_that_is_required(ca, write, trusting, tmp_path):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    given = {**write("a"), "ssl_ca_certs": str(tmp_path / "ca.pem")}
    context = context_of(Config(**given, ssl_cert_reqs=2))
    known = authority.issue_cert("me@example.org")
    _, ours = handshake(context, trusting(known.configure_cert), "localhost")
    assert ours.getpeercert()["subjectAltName"] == (("email", "me@example.org"),)
    with pytest.raises(ssl.SSLError):
        handshake(context, trusting(), "localhost")
    with pytest.raises(ssl.SSLError):
        handshake(context, trusting(ca.issue_cert("x@example.org").configure_cert), "localhost")
    optional = context_of(Config(**given, ssl_cert_reqs=1))
    _, ours = handshake(optional, trusting(), "localhost")
    assert not ours.getpeercert()


def test_authorities_may_be_a_directory(write, tmp_path):
    assert context_of(Config(**write("a"), ssl_ca_certs=str(tmp_path), ssl_cert_reqs=2)) is not None


def test_client_certificates_need_authorities(write):
    with pytest.raises(ConfigError, match="--ssl-cert-reqs: client certificates need --ssl-ca-certs"):
        context_of(Config(**write("a"), ssl_cert_reqs=2))


# ---- what can be wrong


def encrypt(key, password):
    command = ["openssl", "pkey", "-in", key, "-aes256", "-passout", f"pass:{password}", "-out", f"{key}.secret"]
    subprocess.run(command, check=True, capture_output=True, timeout=30)
    return f"{key}.secret"


def test_the_password_of_a_key(write, trusting):
    given = write("a")
    secret = encrypt(given["ssl_keyfile"], "geheim, wirklich")
    given["ssl_keyfile"] = secret
    context = context_of(Config(**given, ssl_keyfile_password="geheim, wirklich"))
    handshake(context, trusting(), "localhost")
    with pytest.raises(ConfigError, match=f"--ssl-keyfile-password: it does not open the key in {secret}"):
        context_of(Config(**given, ssl_keyfile_password="wrong"))
    with pytest.raises(ConfigError, match=f"the key in {secret} is encrypted; give --ssl-keyfile-password"):
        context_of(Config(**given))


def test_each_certificate_may_have_a_password_of_its_own(write, trusting):
    given = joined(write("a", "a.example"), write("b", "b.example"))
    given["ssl_keyfile"] = tuple(encrypt(key, n) for n, key in enumerate(given["ssl_keyfile"]))
    context = context_of(Config(**given, ssl_keyfile_password=("0", "1")))
    handshake(context, trusting(), "b.example")


def test_a_key_of_another_certificate_is_named(write):
    a, b = write("a"), write("b")
    given = {"ssl_certfile": a["ssl_certfile"], "ssl_keyfile": b["ssl_keyfile"]}
    with pytest.raises(ConfigError) as caught:
        context_of(Config(**given))
    assert f"the key in {b['ssl_keyfile']} does not belong to the certificate in {a['ssl_certfile']}" in str(
        caught.value
    )


@pytest.mark.parametrize(
    ("certificate", "key", "message"),
    [
        ("no/such", None, "--ssl-certfile: cannot load no/such: there is no such file"),
        ("a.pem", "no/such", "--ssl-keyfile: cannot load no/such: there is no such file"),
        ("a.pem", None, "--ssl-keyfile: a.pem holds no private key; give --ssl-keyfile, too"),
        ("a.key", "a.pem", "--ssl-certfile: a.key holds no certificate in PEM."),
        ("a.pem", "a.pem", "--ssl-keyfile: a.pem holds no private key in PEM."),
        ("a.der", "a.key", "it looks like DER: convert it with openssl x509 -inform DER"),
        ("broken.pem", "a.key", "--ssl-certfile: cannot load broken.pem and a.key: "),
        (".", None, "--ssl-certfile: cannot load .: [Errno 21] Is a directory"),
    ],
)
def test_what_cannot_be_loaded_is_named_with_a_remedy(write, tmp_path, monkeypatch, certificate, key, message):
    text = Path(write("a")["ssl_certfile"]).read_text()
    (tmp_path / "a.der").write_bytes(ssl.PEM_cert_to_DER_cert(text[: text.index("-----END") + 26]))
    (tmp_path / "broken.pem").write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError) as caught:
        context_of(Config(ssl_certfile=certificate, ssl_keyfile=key or ()))
    assert message in str(caught.value)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(write):
    given = write("a")
    os.chmod(given["ssl_keyfile"], 0)
    with pytest.raises(ConfigError, match="this user may not read it"):
        context_of(Config(**given))


def test_authorities_and_ciphers_that_are_wrong(write, tmp_path):
    given = write("a")
    with pytest.raises(ConfigError, match="--ssl-ca-certs: cannot load /no/such: there is no such file"):
        context_of(Config(**given, ssl_ca_certs="/no/such"))
    (tmp_path / "empty").touch()
    with pytest.raises(ConfigError, match=r"--ssl-ca-certs: cannot load .*empty"):
        context_of(Config(**given, ssl_ca_certs=str(tmp_path / "empty")))
    with pytest.raises(ConfigError, match="--ssl-ciphers: OpenSSL knows no cipher in 'NONSENSE'"):
        context_of(Config(**given, ssl_ciphers="NONSENSE"))


def test_an_expired_certificate_is_told_and_used(write, caplog):
    past = datetime(2020, 1, 1, tzinfo=UTC)
    given = write("a", not_before=past, not_after=past + timedelta(days=1))
    with caplog.at_level(logging.WARNING, "hanok.error"):
        assert context_of(Config(**given)) is not None
    assert f"{given['ssl_certfile']}: the certificate expired on 2020-01-02; renew it" in caplog.text


def test_a_certificate_of_the_future_is_told(write, caplog):
    future = datetime.now(UTC) + timedelta(days=400)
    given = write("a", not_before=future, not_after=future + timedelta(days=1))
    with caplog.at_level(logging.WARNING, "hanok.error"):
        context_of(Config(**given))
    assert "is good only from" in caplog.text


# ---- new certificates


def test_new_files_are_what_new_connections_see(write, trusting, caplog):
    given = write("a", "a.example", "old.example")
    certificates = Certificates(Config(**given))
    theirs, _ = handshake(certificates.context, trusting(), "a.example")
    write("a", "a.example", "new.example")
    with caplog.at_level(logging.INFO, "hanok.error"):
        certificates.look(100.0)
    assert "new certificates: a.example, new.example until" in caplog.text
    later, _ = handshake(certificates.context, trusting(), "new.example")
    assert names(theirs) == {"a.example", "old.example"}
    assert names(later) == {"a.example", "new.example"}


def test_files_that_do_not_fit_change_nothing_until_they_do(write, trusting, caplog):
    given = write("a", "a.example", "old.example")
    certificates = Certificates(Config(**given))
    old_key = Path(given["ssl_keyfile"]).read_bytes()
    write("a", "a.example", "new.example")
    new_key = Path(given["ssl_keyfile"]).read_bytes()
    Path(given["ssl_keyfile"]).write_bytes(old_key)
    certificates.look(100.0)
    assert "the certificates have changed and the old ones stay in use: --ssl-keyfile: the key in" in caplog.text
    assert "old.example" in names(handshake(certificates.context, trusting(), "a.example")[0])
    Path(given["ssl_keyfile"]).unlink()
    certificates.look(200.0)
    Path(given["ssl_keyfile"]).write_bytes(new_key)
    certificates.look(200.1)  # too soon after the last look
    assert "old.example" in names(handshake(certificates.context, trusting(), "a.example")[0])
    certificates.look(300.0)
    assert "new.example" in names(handshake(certificates.context, trusting(), "a.example")[0])


def test_nothing_is_loaded_while_nothing_changes(write, caplog):
    certificates = Certificates(Config(**write("a")))
    with caplog.at_level(logging.INFO, "hanok.error"):
        certificates.look(100.0)
    assert caplog.text == ""


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_an_open_connection_outlives_its_certificate(write, trusting, loop):
    given = write("a", "a.example", "old.example")
    request = b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"
    with Server(Hello(), loop=loop, **given) as server:

        def connect():
            raw = socket.create_connection(("127.0.0.1", server.port), timeout=20)
            return trusting().wrap_socket(raw, server_hostname="a.example")

        def ask(connection):
            connection.sendall(request)
            received = b""
            while not received.endswith(b"hello"):
                piece = connection.recv(1000)
                assert piece
                received += piece

        with connect() as before:
            ask(before)
            write("a", "a.example", "new.example")
            server.worker.certificates.renew()
            with connect() as after:
                ask(after)
                assert "new.example" in names(after)
            ask(before)
            assert "old.example" in names(before)


# ---- as OpenSSL's client sees it


def test_openssl_cannot_renegotiate_and_finds_no_compression(write):
    with Server(Hello(), **write("a")) as server:
        command = ["openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", "-tls1_2", "-servername", "localhost"]
        told = subprocess.run(command, input=b"R\n", capture_output=True, timeout=30)
    text = (told.stdout + told.stderr).decode()
    assert "Compression: NONE" in text
    assert "Secure Renegotiation IS supported" in text  # the extension of RFC 5746 is there
    assert "no renegotiation" in text  # and renegotiation is not
    assert "Temp Key: X25519" in text  # the server's, or the peer's as OpenSSL 3.5 says


@pytest.mark.parametrize("version", ["-tls1", "-tls1_1"])
def test_openssl_cannot_speak_an_old_version(write, version):
    with Server(Hello(), **write("a")) as server:
        command = ["openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", version, "-cipher", "ALL:@SECLEVEL=0"]
        told = subprocess.run(command, input=b"", capture_output=True, timeout=30)
    assert told.returncode != 0
    assert b"Cipher is (NONE)" in told.stdout
