"""Nginx itself runs the exported site in front of two real servers, and a client sees what it promises."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import httpx
import pytest
import trustme
from websockets.sync.client import connect

from hanok.cli.group import run_group

NGINX = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")
pytestmark = pytest.mark.skipif(NGINX is None, reason="needs Debian's nginx")

APP = """
    import asyncio
    import os

    from hanok import Hanok, Request, Response, WebSocket
    from hanok.http import EventSourceResponse

    app = Hanok()
    fetched = 0


    @app.get("/who")
    def who(request: Request):
        return {
            "server": os.environ["SERVER"],
            "process": os.getpid(),
            "scheme": request.url.scheme,
            "client": request.client.host,
            "host": request.headers["host"],
            "prefix": request.headers.get("x-forwarded-prefix"),
        }


    @app.get("/kept/page")
    def page():
        global fetched
        fetched += 1
        return Response(f"{os.environ['SERVER']} {fetched}", headers={"cache-control": "max-age=60"})


    @app.get("/items")
    def items():
        return [{"name": f"item {number}", "price": number} for number in range(200)]


    @app.post("/size")
    async def size(request: Request):
        return len(await request.body())


    @app.get("/events", response_class=EventSourceResponse)
    async def events():
        yield {"number": 1}
        await asyncio.Event().wait()  # for ever


    @app.websocket("/kept/echo")
    async def echo(socket: WebSocket):
        await socket.accept()
        async for text in socket.iter_text():
            await socket.send_text(text)
"""
OPTIONS = """
    [tool.hanok]
    app = "main:app"
    max_body_size = 100000
    timeout_keep_alive = 1
    timeout_graceful_shutdown = 5
"""
# What Debian's nginx.conf is around a site, in a folder of the test's own.
AROUND = """
    daemon off;
    {user}
    worker_processes 2;
    pid {folder}/nginx.pid;
    error_log {folder}/error.log notice;
    events {{ worker_connections 256; }}
    http {{
        access_log off;
        {temporary}
        include {folder}/sites/*.conf;
    }}
"""


class Site(NamedTuple):
    url: str
    hasty: str  # the same servers, where few requests a second are allowed
    narrow: str  # and where few connections are
    tls: ssl.SSLContext
    servers: list[Any]


@pytest.fixture(scope="module")
def site(
    tmp_path_factory: pytest.TempPathFactory,
    free_port: Callable[[], int],
    start: Callable[..., Any],
) -> Site:
    folder = tmp_path_factory.mktemp("nginx")
    (folder / "main.py").write_text(textwrap.dedent(APP))
    (folder / "pyproject.toml").write_text(textwrap.dedent(OPTIONS))
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost", "127.0.0.1")
    certificate.cert_chain_pems[0].write_to_path(folder / "certificate.pem")
    certificate.private_key_pem.write_to_path(folder / "key.pem")
    ports = [free_port(), free_port()]
    run = [sys.executable, "-m", "hanok", "run", "--no-access-log"]
    servers = [
        start([*run, "--port", str(port)], port, folder, SERVER=name) for port, name in zip(ports, "ab", strict=True)
    ]
    upstreams = [part for port in ports for part in ("--upstream", f"127.0.0.1:{port}")]
    http, https, hasty, narrow = (free_port() for _ in range(4))
    with contextlib.chdir(folder):
        export = ["export", "nginx", *upstreams, "--output", "sites"]
        tls = ["--certificate", str(folder / "certificate.pem"), "--certificate-key", str(folder / "key.pem")]
        plenty = ["--rate", "5000", "--burst", "5000"]
        for arguments in (
            ["--name", "shop", "--server-name", "localhost", *tls, "--http-port", str(http), "--https-port", str(https),
             *plenty, "--cache", "/kept/", "--cache-folder", str(folder / "cache")],
            ["--name", "hasty", "--http-port", str(hasty), "--rate", "1", "--burst", "3"],
            ["--name", "narrow", "--http-port", str(narrow), *plenty, "--connections", "2"],
        ):  # fmt: skip
            assert run_group([*export, *arguments]) == 0
    (folder / "cache").mkdir()
    for conf in (folder / "sites").iterdir():
        text = re.sub(r"listen \[::\].*\n", "", conf.read_text())
        text = text.replace("listen ", "listen 127.0.0.1:")  # loopback only
        # Who waits for another's request waits for ever, so that no test has to ask how long something took.
        conf.write_text(re.sub(r"(proxy_cache_lock)( on;)", r"\1\2 \1_timeout 1h; \1_age 1h;", text))
    kinds = ("client_body", "proxy", "fastcgi", "scgi", "uwsgi")
    around = AROUND.format(
        folder=folder,
        user="user root;" if os.geteuid() == 0 else "",
        temporary=" ".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds),
    )
    (folder / "nginx.conf").write_text(around)
    assert NGINX is not None
    command = [NGINX, "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(folder / "nginx.conf")]
    checked = subprocess.run([*command, "-t"], capture_output=True, text=True, timeout=30)
    assert checked.returncode == 0, checked.stderr
    assert "[warn]" not in checked.stderr
    start(command, https, folder)
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return Site(
        f"https://localhost:{https}", f"http://127.0.0.1:{hasty}", f"http://127.0.0.1:{narrow}", context, servers
    )


@pytest.fixture
def client(site: Site) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=site.url, verify=site.tls, trust_env=False, timeout=20) as found:
        yield found


def test_requests_are_shared_out_between_the_servers(client: httpx.Client) -> None:
    assert {client.get("/who").json()["server"] for _ in range(8)} == {"a", "b"}


def test_the_application_knows_the_client_the_scheme_and_the_host(client: httpx.Client, site: Site) -> None:
    invented = {"x-forwarded-for": "203.0.113.9", "x-forwarded-proto": "gopher", "x-forwarded-prefix": "/no"}
    told = client.get("/who", headers=invented).json()
    assert told["client"] == "127.0.0.1"
    assert told["scheme"] == "https"
    assert told["host"] == site.url.removeprefix("https://")
    assert told["prefix"] is None


def test_tls_ends_at_nginx_and_http2_is_spoken(site: Site) -> None:
    with httpx.Client(base_url=site.url, verify=site.tls, trust_env=False, http2=True, timeout=20) as client:
        assert client.get("/who").http_version == "HTTP/2"
    port = int(site.url.rpartition(":")[2])
    plain = socket.create_connection(("127.0.0.1", port))
    with site.tls.wrap_socket(plain, server_hostname="localhost") as secure:
        assert secure.version() == "TLSv1.3"
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.set_ciphers("AES256-SHA256")  # no forward secrecy
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    with socket.create_connection(("127.0.0.1", port)) as plain, pytest.raises(ssl.SSLError):
        old.wrap_socket(plain)


def test_plain_http_is_led_to_tls(site: Site) -> None:
    conf = next(path for path in (site.servers[0].folder / "sites").iterdir() if path.name == "shop.conf")
    port = re.search(r"listen 127.0.0.1:(\d+);", conf.read_text())
    assert port is not None
    answer = httpx.post(
        f"http://127.0.0.1:{port[1]}/size?a=b", headers={"host": "localhost"}, trust_env=False, timeout=20
    )
    assert (answer.status_code, answer.headers["location"]) == (308, site.url + "/size?a=b")


def test_what_may_be_cached_is_asked_for_once(client: httpx.Client) -> None:
    first, second = client.get("/kept/page"), client.get("/kept/page")
    assert (first.headers["x-cache-status"], second.headers["x-cache-status"]) == ("MISS", "HIT")
    assert first.text == second.text


def test_what_a_user_was_answered_is_not_given_to_others(client: httpx.Client) -> None:
    mine = client.get("/kept/page?user", headers={"authorization": "Bearer me"})
    assert mine.headers["x-cache-status"] == "BYPASS"
    assert client.get("/kept/page?user").headers["x-cache-status"] == "MISS"


def test_json_is_compressed(client: httpx.Client) -> None:
    answer = client.get("/items", headers={"accept-encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert "accept-encoding" in answer.headers["vary"].lower()
    assert len(answer.json()) == 200
    assert "content-encoding" not in client.get("/items", headers={"accept-encoding": "identity"}).headers


def test_bodies_are_as_large_as_the_server_takes_them(client: httpx.Client) -> None:
    assert client.post("/size", content=b"x" * 100_000).json() == 100_000
    assert client.post("/size", content=b"x" * 100_001).status_code == 413


def test_websockets_come_through_and_do_not_wait_for_each_other(site: Site) -> None:
    url = site.url.replace("https", "wss") + "/kept/echo"  # below a path that is cached
    with (
        connect(url, ssl=site.tls, proxy=None, open_timeout=20) as one,
        connect(url, ssl=site.tls, proxy=None, open_timeout=20) as other,
    ):
        other.send("second")
        one.send("first")
        assert (one.recv(20), other.recv(20)) == ("first", "second")


def test_events_are_passed_on_while_the_stream_goes_on(client: httpx.Client) -> None:
    with client.stream("GET", "/events") as answer:
        assert next(answer.iter_lines()) == 'data: {"number": 1}'


def test_a_flood_of_requests_is_answered_with_429(site: Site) -> None:
    with httpx.Client(base_url=site.hasty, trust_env=False, timeout=20) as client:
        statuses = [client.get("/who").status_code for _ in range(12)]
    assert statuses[:4] == [200] * 4  # one, and the burst
    assert 429 in statuses


def test_a_flood_of_connections_is_answered_with_429(site: Site) -> None:
    port = int(site.narrow.rpartition(":")[2])
    head = b"POST /size HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n"
    held = []
    try:
        answers = []
        for _ in range(3):
            held.append(socket.create_connection(("127.0.0.1", port), 10))
            held[-1].sendall(head)
            answers.append(held[-1].recv(100).split(b"\r\n")[0])
    finally:
        for one in held:
            one.close()
    assert answers == [b"HTTP/1.1 100 Continue"] * 2 + [b"HTTP/1.1 429 Too Many Requests"]


def restarted(server: Any, client: httpx.Client) -> None:
    """Stopped, and started again; and Nginx has found it before the next one goes."""
    server.stop()
    server.start()
    server.wait(lambda: client.get("/who").json()["server"] == server.environment["SERVER"])


def reloaded(server: Any, client: httpx.Client) -> None:
    """Its workers replaced."""
    with httpx.Client(base_url=f"http://127.0.0.1:{server.port}", trust_env=False, timeout=20) as direct:

        def process() -> int:
            return int(direct.get("/who", headers={"connection": "close"}).json()["process"])

        before = process()
        server.process.send_signal(signal.SIGHUP)
        server.wait(lambda: process() != before)


@pytest.mark.parametrize(
    "renewed",
    [restarted, reloaded],
)
def test_no_request_fails_while_each_server_is_renewed_in_turn(
    site: Site, client: httpx.Client, renewed: Callable[..., None]
) -> None:
    answers: list[Any] = []
    enough = threading.Event()

    def ask() -> None:
        with httpx.Client(base_url=site.url, verify=site.tls, trust_env=False, timeout=20) as mine:
            while not enough.is_set():
                # Nginx repeats a GET that was lost with a server, and no POST.
                for method, path in (("GET", "/who"), ("POST", "/size")):
                    try:
                        answers.append(mine.request(method, path).status_code)
                    except httpx.HTTPError as error:
                        answers.append(repr(error))

    askers = [threading.Thread(target=ask) for _ in range(4)]
    for one in askers:
        one.start()
    try:
        for server in site.servers:
            renewed(server, client)
    finally:
        enough.set()
        for one in askers:
            one.join()
    assert len(answers) > 20
    log = (site.servers[0].folder / "error.log").read_text()
    assert {one for one in answers if one != 200} == set(), log
