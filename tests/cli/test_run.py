"""``hanok run``."""

from __future__ import annotations

import os
import signal
import socket
import textwrap
from typing import Any

import pytest


def test_it_serves_the_target_and_says_where(project: Any, hanok: Any, get: Any, asgi_app: Any) -> None:
    project(**{"main.py": asgi_app(b"hello")})
    command = hanok("run", "main:app", "--port", "0")
    assert get(command.url()) == b"hello"
    command.wait_for("ASGI application: requests go through the ASGI gateway")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_well(project: Any, hanok: Any, asgi_app: Any, number: int) -> None:
    project(**{"main.py": asgi_app(b"")})
    command = hanok("run", "--port", "0")
    command.url()
    command.signal(number)
    assert command.ends() == 0
    assert "Traceback" not in command.text


def test_several_workers_serve_one_address(project: Any, hanok: Any, get: Any, asgi_app: Any) -> None:
    project(**{"main.py": asgi_app(b"many")})
    command = hanok("run", "main:app", "--port", "0", WEB_CONCURRENCY="2")
    assert get(command.url()) == b"many"
    command.wait_for("2 workers")
    command.signal(signal.SIGTERM)
    assert command.ends() == 0


def test_workers_that_cannot_import_end_the_server_and_say_why_once(project: Any, hanok: Any, asgi_app: Any) -> None:
    project(**{"main.py": "app = oops\n"})
    command = hanok("run", "main:app", "--port", "0", "--workers", "2")
    assert command.ends() == 1
    assert command.text.count("Error while importing main:app") <= 1
    assert "name 'oops' is not defined" in command.text
    assert "Traceback" not in command.text
    project(**{"main.py": asgi_app(b"")})
    command = hanok("run", "main:nothing", "--port", "0", "--workers", "2")
    assert command.ends() == 2
    assert "Traceback" not in command.text


@pytest.mark.parametrize(
    ("pyproject", "served"),
    [
        ("[tool.hanok]\napp = 'other:application'", b"other"),
        ("[tool.fastapi]\nentrypoint = 'other:application'", b"other"),
        ("[tool.hanok]\n", b"main"),
    ],
)
def test_without_a_target_pyproject_decides_then_main(
    project: Any, hanok: Any, get: Any, asgi_app: Any, pyproject: str, served: bytes
) -> None:
    other = asgi_app(b"other") + "application = app\n"
    project(**{"pyproject.toml": pyproject, "main.py": asgi_app(b"main"), "other.py": other})
    assert get(hanok("run", "--port", "0").url()) == served


def test_without_any_target_it_says_what_it_tried(hanok: Any) -> None:
    command = hanok("run")
    assert command.ends() == 2
    for word in ("main.py", "app.py", "[tool.hanok] app", "hanok run main:app"):
        assert word in command.text
    assert "Traceback" not in command.text


@pytest.mark.parametrize("text", ["[tool.hanok]\napp = 3", "[tool.hanok]\napp = ''", "not = [toml"])
def test_a_wrong_pyproject_is_told(project: Any, hanok: Any, text: str) -> None:
    project(**{"pyproject.toml": text})
    command = hanok("run")
    assert command.ends() == 2
    assert "pyproject.toml" in command.text
    assert "Traceback" not in command.text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nothing:app", "--port", "0"), ["Cannot start", "No module 'nothing'"]),
        (("main:nothing", "--port", "0"), ["type main:app"]),
        (("main:app", "--port", "many"), ["Wrong usage", "--port", "whole number from 0 to 65535"]),
        (("main:app", "--log-level", "loud"), ["one of critical, error"]),
        (("main:app", "--reload", "--workers", "2"), ["--reload watches one process"]),
        (("main:app", "--prot", "1"), ["--port"]),
        (("main:app", "--env-file", "missing"), ["--env-file: there is no file", "missing"]),
        (("main:app", "--host", "192.0.2.1"), ["--host: 192.0.2.1 is no address of this machine"]),
    ],
)
def test_mistakes_are_explained_without_a_traceback(
    project: Any, hanok: Any, asgi_app: Any, arguments: tuple[str, ...], words: list[str]
) -> None:
    project(**{"main.py": asgi_app(b"")})
    command = hanok("run", *arguments)
    assert command.ends() == 2
    for word in words:
        assert word in command.text
    assert "Traceback" not in command.text


def test_a_taken_port_is_named(project: Any, hanok: Any, asgi_app: Any) -> None:
    project(**{"main.py": asgi_app(b"")})
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        command = hanok("run", "--port", port)
        assert command.ends() == 2
    assert port in command.text
    assert "in use" in command.text


def test_an_error_in_the_users_module_is_shown_from_the_users_file_on(project: Any, hanok: Any) -> None:
    project(**{"main.py": "import helper\n", "helper.py": "def go():\n    return 1 / 0\n\ngo()\n"})
    command = hanok("run", "main:app", "--port", "0")
    assert command.ends() == 1
    for word in ("main.py:1", "helper.py:4", "helper.py:2 in go", "return 1 / 0", "ZeroDivisionError: division"):
        assert word in command.text
    assert "importlib" not in command.text
    assert "hanok/" not in command.text


def test_the_error_is_shown_once_whichever_worker_meets_it_first(project: Any, hanok: Any) -> None:
    project(**{"main.py": "import os\n\nKEY = os.environ['NO_SUCH_KEY']\n"})
    command = hanok("run", "main:app", "--port", "0", "--workers", "2")
    assert command.ends() == 1
    assert command.text.count("main.py:3") == 1
    assert "The environment variable NO_SUCH_KEY is not set" in command.text
    assert "<frozen" not in command.text


def test_recursion_is_shown_in_short(project: Any, hanok: Any) -> None:
    project(**{"main.py": "def again():\n    again()\n\nagain()\n"})
    command = hanok("run", "main:app", "--port", "0")
    assert command.ends() == 1
    assert command.text.count("main.py:2 in again") == 1
    assert " times" in command.text


def test_an_error_at_startup_begins_at_the_line_of_the_user(project: Any, hanok: Any) -> None:
    source = """
    from contextlib import asynccontextmanager
    from hanok import Hanok

    @asynccontextmanager
    async def lifespan(app):
        raise OSError("no database")
        yield

    app = Hanok(lifespan=lifespan)
    """
    project(**{"main.py": textwrap.dedent(source)})
    command = hanok("run", "main:app", "--port", "0")
    assert command.ends() == 3
    assert 'main.py", line 7, in lifespan' in command.text
    assert "routing/lifespan.py" not in command.text


def test_a_syntax_error_is_shown_with_its_line(project: Any, hanok: Any) -> None:
    project(**{"main.py": "app = (\n"})
    command = hanok("run", "main:app", "--port", "0")
    assert command.ends() == 1
    assert "main.py:1" in command.text
    assert "SyntaxError" in command.text


def test_the_command_line_beats_the_environment_which_beats_the_file(
    project: Any, hanok: Any, get: Any, asgi_app: Any
) -> None:
    files = {".env": "HANOK_PORT=1\nHANOK_HOST=256.0.0.0\nHANOK_SERVER_HEADER=maybe\n"}
    project(**{"main.py": asgi_app(b"hi"), **files})
    environment = {"HANOK_HOST": "127.0.0.1", "HANOK_PORT": "2", "HANOK_SERVER_HEADER": "no"}
    command = hanok("run", "--env-file", ".env", "--port", "0", **environment)
    assert get(command.url()) == b"hi"
    command = hanok("run", "--env-file", ".env", "--port", "0", HANOK_HOST="127.0.0.1")
    assert command.ends() == 2
    assert "HANOK_SERVER_HEADER" in command.text


def test_a_unix_socket_is_served(project: Any, hanok: Any, asgi_app: Any) -> None:
    directory = project(**{"main.py": asgi_app(b"over unix")})
    command = hanok("run", "--uds", "s")
    command.wait_for("unix:s")
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(30)
        client.connect(os.path.relpath(directory / "s"))
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        received = b""
        while piece := client.recv(1000):
            received += piece
    assert received.endswith(b"over unix")
