import asyncio
import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import threading

import pytest

from hanok import Hanok
from hanok.exceptions import ConfigError
from hanok.gateways import NativeApp
from hanok.middleware import Middleware
from hanok.server.config import Config
from hanok.server.interface import adapted
from hanok.server.threaded import Server
from hanok.server.worker import STARTUP_FAILED, Worker, loop_factory


class Native(NativeApp):
    async def handle(self, exchange):
        exchange.answer(200, [], exchange.path.encode())


async def bare(scope, receive, send):
    """An ASGI application of the barest kind, with a lifespan."""
    if scope["type"] == "lifespan":
        await receive()
        scope["state"]["started"] = True
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    scope["state"]["touched"] = scope["state"].get("touched", 0) + 1
    body = json.dumps(scope["state"]).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"Content-Type", b"text/plain")]})
    await send({"type": "http.response.body", "body": body})


def get(server, path="/", context=None):
    if context is None:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    else:
        connection = http.client.HTTPSConnection("127.0.0.1", server.port, timeout=20, context=context)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_a_native_application_is_served(loop):
    with Server(Native(), loop=loop) as server:
        assert server.url == f"http://127.0.0.1:{server.port}"
        assert get(server, "/x") == (200, b"/x")
    assert server.exit_code == 0
    assert server.stop() == 0


def test_an_asgi_application_is_served_with_its_lifespan_state_copied_for_each_request():
    with Server(bare) as server:
        assert [get(server)[1] for _ in range(2)] == [b'{"started": true, "touched": 1}'] * 2


def test_a_foreign_starlette_application_works():
    starlette = pytest.importorskip("starlette.applications")
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route

    app = starlette.Starlette(routes=[Route("/hi", lambda request: PlainTextResponse("hi " + request.method))])
    with Server(app) as server:
        assert get(server, "/hi") == (200, b"hi GET")
        assert get(server, "/nowhere")[0] == 404


def test_a_startup_that_fails_is_told():
    async def app(scope, receive, send):
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no database"})

    server = Server(app)
    with pytest.raises(ConfigError, match="exit code 3"):
        server.start()
    assert server.exit_code == STARTUP_FAILED


def test_a_shutdown_that_fails_is_an_exit_code():
    async def app(scope, receive, send):
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.failed"})

    with Server(app) as server:
        pass
    assert server.exit_code == 1


def test_stopping_during_startup_does_not_wait_for_it():
    async def app(scope, receive, send):
        await asyncio.Event().wait()

    async def main():
        worker = Worker(Config(access_log=False), app)
        serving = asyncio.ensure_future(worker.serve([]))
        await asyncio.sleep(0)
        worker.stop()
        return await serving

    assert asyncio.run(main()) == 0


def test_a_worker_stops_after_its_share_of_requests():
    with Server(Native(), limit_max_requests=2) as server:
        assert get(server) == get(server) == (200, b"/")
        server._thread.join(20)
        assert not server._thread.is_alive()
    assert server.exit_code == 0


def test_the_access_log_goes_to_standard_output(capsys):
    with Server(Native(), access_log=True, use_colors=False) as server:
        get(server, "/seen?x=y")
    assert '"GET /seen?x=y HTTP/1.1" 200\n' in capsys.readouterr().out


def test_the_access_log_goes_through_logging_if_that_was_configured(caplog):
    caplog.set_level("INFO", logger="hanok.access")
    with Server(Native(), access_log=True, log_config={"version": 1}) as server:
        get(server, "/seen")
    assert any('"GET /seen HTTP/1.1" 200' in message for message in caplog.messages)


def test_a_unix_socket_is_served(tmp_path):
    seen = []

    class App(NativeApp):
        async def handle(self, exchange):
            seen.append((exchange.client, exchange.server))
            exchange.answer(200, [], b"")

    path = str(tmp_path / "s")
    with Server(App(), uds=path) as server:
        assert server.url == f"unix:{path}"
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(path)
            client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 1.2.3.4\r\nConnection: close\r\n\r\n")
            assert client.recv(1000).startswith(b"HTTP/1.1 200 OK\r\n")
    assert seen == [(("1.2.3.4", 0), (path, None))]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    directory = tmp_path_factory.mktemp("tls")
    key, cert = str(directory / "key.pem"), str(directory / "cert.pem")
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-keyout", key, "-out", cert, "-days", "2", "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1"]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=30)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no openssl to make a certificate with")
    return key, cert


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_tls(certificate, loop):
    class App(NativeApp):
        async def handle(self, exchange):
            exchange.answer(200, [], exchange.scheme.encode())

    key, cert = certificate
    with Server(App(), loop=loop, ssl_keyfile=key, ssl_certfile=cert, ssl_ciphers="ECDHE+AESGCM") as server:
        assert server.url.startswith("https://")
        assert get(server, context=ssl.create_default_context(cafile=cert)) == (200, b"https")
        with socket.create_connection(("127.0.0.1", server.port), timeout=20) as plain:
            plain.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            assert not plain.recv(1000).startswith(b"HTTP")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"ssl_certfile": "/no/such"}, "--ssl-certfile: cannot load /no/such"),
        ({"ssl_ca_certs": "/no/such"}, "--ssl-ca-certs: cannot load /no/such"),
        ({"ssl_ciphers": "NONSENSE"}, "--ssl-ciphers: OpenSSL knows no cipher"),
    ],
)
def test_wrong_tls_options_are_named(certificate, options, message):
    key, cert = certificate
    given = {"ssl_certfile": cert, "ssl_keyfile": key, **options}
    with pytest.raises(ConfigError) as caught:
        Server(Native(), **given).start()
    assert message in str(caught.value)


def test_the_interface_can_be_chosen():
    class Loud(NativeApp):
        async def handle(self, exchange):
            exchange.answer(200, [], b"handle")

    app = Loud()
    assert adapted(app, "auto")[1] == app.handle
    assert adapted(app, "native")[1] == app.handle
    assert adapted(app, "asgi3")[1] != app.handle
    with pytest.raises(ConfigError, match="--interface native: a function is no native application"):
        adapted(bare, "native")


def test_the_loop_can_be_chosen():
    assert loop_factory("asyncio") is asyncio.new_event_loop
    assert "uvloop" in loop_factory("auto").__module__


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT])
def test_signals_stop_a_worker(number):
    def ready():
        os.kill(os.getpid(), number)

    before = signal.signal(number, signal.SIG_DFL)  # who started the tests may have it ignored
    try:
        worker = Worker(Config(port=0, access_log=False), Native(), on_ready=ready)
        assert worker.run() == 0
    finally:
        signal.signal(number, before)


def test_a_second_signal_does_not_wait_for_requests():
    started = threading.Event()

    class App(NativeApp):
        async def handle(self, exchange):
            started.set()
            await asyncio.Event().wait()

    server = Server(App(), timeout_graceful_shutdown=None).start()
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert started.wait(20)
        for _ in range(2):
            server._loop.call_soon_threadsafe(server.worker.stop)
        server._thread.join(20)
        assert not server._thread.is_alive()
    assert server.exit_code == 0


def test_middleware_that_cannot_be_made_is_told_at_start_up(caplog):
    app = Hanok()

    class Timing:
        def __init__(self, app, *, every):
            self.app = app

    app.add_middleware(Timing)
    with pytest.raises(ConfigError, match="did not start: exit code 3"):
        Server(app).start()
    [record] = [one for one in caplog.records if "cannot be put together" in one.message]
    assert "missing 1 required keyword-only argument: 'every'" in str(record.exc_info[1])
    [note] = record.exc_info[1].__notes__
    assert note.endswith(f"{Timing.__qualname__} cannot be made as it was added.")


def test_where_that_is_noticed_later_each_request_is_answered_with_an_error():
    app = Hanok()

    class Timing:
        def __init__(self, app, *, every):
            self.app = app

    @app.get("/")
    def hello():
        return "hello"

    with Server(app) as server:

        def status():
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
            connection.request("GET", "/", headers={"connection": "close"})
            return connection.getresponse().status

        assert status() == 200
        app.user_middleware.append(Middleware(Timing))
        app.middleware_stack = None
        assert status() == 500
