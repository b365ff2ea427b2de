"""``hanok dev``: reload."""

from __future__ import annotations

import os
import signal
import socket
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

FAILS_AT_START = """
from contextlib import asynccontextmanager

from hanok import Hanok


@asynccontextmanager
async def lifespan(app):
    START
    yield


app = Hanok(lifespan=lifespan)
"""

CANNOT_BE_MADE = """
from hanok import Hanok


class Limit:
    def __init__(self, app, most):
        self.most = int(most)


app = Hanok()
app.add_middleware(Limit, most="many")
"""

REFUSES_TO_START = """
async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no <database> here"})
"""

STREAM = """
import asyncio

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    if scope["path"] != "/stream":
        return await send({"type": "http.response.body", "body": ANSWER})
    while True:
        await send({"type": "http.response.body", "body": b"data: tick\\n\\n", "more_body": True})
        await asyncio.sleep(3600)
"""

TELLS = """
import os

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        return
    if scope["path"] == "/crash":
        os._exit(3)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": f"{os.getpid()} {os.environ.get('HANOK_DEBUG')}".encode()})
"""


def save(directory: Path, text: str) -> None:
    (directory / "main.py").write_text(text, "utf-8")


def test_a_save_is_served_and_no_connection_is_refused_meanwhile(
    project: Any, hanok: Any, get: Any, asgi_app: Any
) -> None:
    directory = project(**{"main.py": asgi_app(b"one")})
    command = hanok("dev", "--port", "0")
    url = command.url()
    assert get(url) == b"one"
    answers: list[bytes] = []
    errors: list[OSError] = []

    def ask() -> None:
        while (not answers or answers[-1] != b"two") and not errors:
            try:
                answers.append(get(url))
            except OSError as error:
                errors.append(error)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    save(directory, asgi_app(b"two"))
    command.wait_for(r"changed +main\.py")
    command.wait_for("ready")
    asking.join(30)
    assert not errors
    assert answers[-1] == b"two"
    assert set(answers) <= {b"one", b"two"}


def test_a_broken_save_is_shown_and_the_next_one_mends_it(project: Any, hanok: Any, asgi_app: Any) -> None:
    directory = project(**{"main.py": asgi_app(b"one")})
    command = hanok("dev", "--port", "0")
    url = command.url()
    save(directory, "app = oops\n")
    command.wait_for(r"main\.py:1")
    command.wait_for("NameError: name 'oops' is not defined")
    command.wait_for("waiting for the next save")
    assert "Traceback" not in command.text
    page = httpx.get(url, headers={"Accept": "text/html"}, timeout=20)
    assert page.status_code == 500
    assert "name &#x27;oops&#x27; is not defined" in page.text
    assert "main.py, line 1" in page.text
    told = httpx.get(url, headers={"Accept": "application/json"}, timeout=20).json()["error"]
    assert (told["type"], Path(told["file"]).name, told["line"]) == ("NameError", "main.py", 1)
    assert httpx.get(url, timeout=20).text.endswith("NameError: name 'oops' is not defined\n")
    save(directory, asgi_app(b"mended"))
    command.wait_for("ready")
    assert httpx.get(url, timeout=20).content == b"mended"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("app = (\n", ["SyntaxError", "main.py, line 1", "was never closed"]),
        ("import nowhere_to_be_found\n", ["ModuleNotFoundError", "main.py, line 1", "pip install"]),
    ],
)
def test_the_page_of_a_broken_save_names_line_and_remedy(
    project: Any, hanok: Any, source: str, words: list[str]
) -> None:
    project(**{"main.py": source})
    command = hanok("dev", "--port", "0")
    found = command.wait_for(r"(http://\S+) shows why; waiting for the next save")
    page = httpx.get(found.group(1), headers={"Accept": "text/html"}, timeout=20).text
    for word in words:
        assert word in page


def test_outside_debug_mode_nobody_is_shown_why_a_save_is_broken(
    project: Any, hanok: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HANOK_DEBUG", "0")
    project(**{"main.py": "app = oops\n"})
    command = hanok("run", "main:app", "--reload", "--port", "0")
    command.wait_for("broken +waiting for the next save")
    assert "shows why" not in command.text


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (
            FAILS_AT_START.replace("START", "app.state.port = int('port')"),
            ["ValueError", "main.py, line 9, in lifespan"],
        ),
        (FAILS_AT_START.replace("START", "import nowhere_to_be_found"), ["main.py, line 9", "pip install"]),
        (FAILS_AT_START.replace("START", "raise SystemExit('no database')"), ["SystemExit", "no database", "line 9"]),
        (CANNOT_BE_MADE, ["ValueError", "main.py, line 7, in Limit.__init__"]),
        (REFUSES_TO_START, ["StartupFailed", "no &lt;database&gt; here"]),
        ("raise SystemExit('no database')\n", ["SystemExit", "no database", "main.py, line 1"]),
    ],
    ids=["lifespan", "remedy", "exit", "middleware", "message", "exit at import"],
)
def test_why_an_application_does_not_start_is_shown_and_the_next_save_mends_it(
    project: Any, hanok: Any, asgi_app: Any, source: str, words: list[str]
) -> None:
    directory = project(**{"main.py": source})
    command = hanok("dev", "--port", "0")
    url = command.wait_for(r"(http://\S+) shows why; waiting for the next save").group(1)
    page = httpx.get(url, headers={"Accept": "text/html"}, timeout=20)
    assert page.status_code == 500
    for word in words:
        assert word in page.text
    save(directory, asgi_app(b"mended"))
    command.wait_for("changed")
    assert command.url() == url
    assert httpx.get(url, timeout=20).content == b"mended"


def test_a_save_that_fails_to_start_takes_the_place_of_one_that_served(project: Any, hanok: Any, asgi_app: Any) -> None:
    directory = project(**{"main.py": asgi_app(b"one")})
    command = hanok("dev", "--port", "0")
    url = command.url()
    with httpx.Client(timeout=20) as client:
        assert client.get(url).content == b"one"
        save(directory, FAILS_AT_START.replace("START", "app.state.port = int('port')"))
        command.wait_for("the start-up of the application failed")
        command.wait_for("shows why; waiting for the next save")
        told = client.get(url, headers={"Accept": "application/json"}).json()["error"]
        assert (told["type"], Path(told["file"]).name, told["line"]) == ("ValueError", "main.py", 9)
        save(directory, asgi_app(b"mended"))
        command.wait_for("ready")
        assert client.get(url).content == b"mended"


def test_a_stop_ends_what_shows_why_the_application_does_not_start(project: Any, hanok: Any) -> None:
    project(**{"main.py": REFUSES_TO_START})
    command = hanok("dev", "--port", "0")
    command.wait_for("shows why")
    command.signal(signal.SIGTERM)
    assert command.ends() == 0


def test_outside_debug_mode_nobody_is_shown_why_an_application_does_not_start(project: Any, hanok: Any) -> None:
    project(**{"main.py": REFUSES_TO_START})
    command = hanok("run", "main:app", "--reload", "--port", "0", HANOK_DEBUG="0")
    command.wait_for("broken +waiting for the next save")
    assert "shows why" not in command.text


def test_a_websocket_is_refused_while_a_save_is_broken(project: Any, hanok: Any) -> None:
    project(**{"main.py": "app = oops\n"})
    command = hanok("dev", "--port", "0")
    url = command.wait_for(r"(http://\S+) shows why").group(1)
    with pytest.raises(InvalidStatus) as refused:
        connect(url.replace("http", "ws"), open_timeout=30)
    assert refused.value.response.status_code == 403


def test_an_application_that_is_broken_from_the_start_waits_for_a_save(
    project: Any, hanok: Any, get: Any, asgi_app: Any
) -> None:
    directory = project(**{"main.py": "app = oops\n"})
    command = hanok("dev", "--port", "0")
    command.wait_for("waiting for the next save")
    save(directory, asgi_app(b"mended"))
    assert get(command.url()) == b"mended"


def test_what_was_typed_wrongly_ends_it(project: Any, hanok: Any, asgi_app: Any) -> None:
    project(**{"main.py": asgi_app(b"")})
    command = hanok("dev", "main:nothing", "--port", "0")
    assert command.ends() == 2
    assert "type main:app" in command.text
    command = hanok("dev", "--reload-dir", "nowhere")
    assert command.ends() == 2
    assert "'nowhere' is not a directory" in command.text


def test_a_stream_that_never_ends_does_not_hold_up_a_reload(project: Any, hanok: Any, get: Any) -> None:
    directory = project(**{"main.py": STREAM.replace("ANSWER", "b'one'")})
    command = hanok("dev", "--port", "0")
    url = command.url()
    port = int(url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
        client.sendall(b"GET /stream HTTP/1.1\r\nHost: x\r\n\r\n")
        received = b""
        while b"tick" not in received:
            received += client.recv(1000)
        save(directory, STREAM.replace("ANSWER", "b'two'"))
        command.wait_for("ready")
        assert get(url) == b"two"
        try:
            while client.recv(1000):
                pass
        except ConnectionResetError:
            pass


def test_a_process_that_ends_by_itself_is_told(project: Any, hanok: Any) -> None:
    project(**{"main.py": TELLS})
    command = hanok("dev", "--port", "0")
    port = int(command.url().rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
        client.sendall(b"GET /crash HTTP/1.1\r\nHost: x\r\n\r\n")
        command.wait_for("waiting for the next save")


def test_debug_is_on_and_only_in_dev(project: Any, hanok: Any, get: Any) -> None:
    project(**{"main.py": TELLS})
    assert get(hanok("dev", "--port", "0").url()).endswith(b" 1")
    assert get(hanok("run", "--reload", "--port", "0").url()).endswith(b" None")
    assert get(hanok("dev", "--no-reload", "--port", "0").url()).endswith(b" 1")


def is_refused(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=30).close()
    except ConnectionRefusedError:
        return True
    except ConnectionResetError:
        return False
    return False


def test_one_interrupt_ends_parent_and_child(project: Any, hanok: Any, get: Any) -> None:
    project(**{"main.py": TELLS})
    command = hanok("dev", "--port", "0")
    url = command.url()
    child = int(get(url).split()[0])
    # A terminal interrupts every process of its foreground group.
    os.kill(child, signal.SIGINT)
    command.signal(signal.SIGINT)
    assert command.ends() == 0
    assert is_refused(int(url.rpartition(":")[2]))
    assert "Traceback" not in command.text


def test_a_stop_while_broken_ends_it(project: Any, hanok: Any) -> None:
    project(**{"main.py": "app = oops\n"})
    command = hanok("dev", "--port", "0")
    command.wait_for("waiting for the next save")
    command.signal(signal.SIGTERM)
    assert command.ends() == 0


def test_a_second_interrupt_does_not_wait(project: Any, hanok: Any, get: Any) -> None:
    source = TELLS.replace(
        'if scope["type"] == "lifespan":\n        return',
        """if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        print("shutting down", flush=True)
        import asyncio
        await asyncio.sleep(3600)""",
    )
    project(**{"main.py": source})
    command = hanok("dev", "--port", "0")
    command.url()
    command.signal(signal.SIGINT)
    command.wait_for("shutting down")
    command.signal(signal.SIGINT)
    command.ends()
    assert "was killed" not in command.text


def test_the_child_does_not_outlive_a_parent_that_was_killed(project: Any, hanok: Any, get: Any) -> None:
    project(**{"main.py": TELLS})
    command = hanok("dev", "--port", "0")
    url = command.url()
    get(url)
    command.signal(signal.SIGKILL)
    command.ends()
    port = int(url.rpartition(":")[2])
    while not is_refused(port):  # ends when the last process that holds the listener has
        pass
