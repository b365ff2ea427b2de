"""``hanok config``, and the spellings of options that ``hanok run`` reads."""

from __future__ import annotations

import json
import signal
import stat
from typing import Any

import click
import pytest

from hanok.cli.config import command as config_command
from hanok.cli.errors import guarded

ORIGIN = "from"


@pytest.fixture
def configured(monkeypatch: pytest.MonkeyPatch, tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> Any:
    """``configured(*arguments)`` gives the options by name, the target, and what was said beside it."""
    monkeypatch.chdir(tmp_path)
    for name in ("WEB_CONCURRENCY", "FORWARDED_ALLOW_IPS", "HANOK_CONFIG"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments: str) -> tuple[dict[str, Any], Any, str]:
        config_command.main([*arguments, "--json"], prog_name="hanok config", standalone_mode=False)
        said = capsys.readouterr()
        found = json.loads(said.out)
        return found["options"], found["target"], said.err

    return run


def values(options: dict[str, Any]) -> dict[str, Any]:
    return {name: one["value"] for name, one in options.items() if one[ORIGIN] != "default"}


def test_every_option_has_its_value_and_where_it_is_from(configured: Any, tmp_path: Any, monkeypatch: Any) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.hanok]\napp = "a:b"\nworkers = 2\n')
    monkeypatch.setenv("HANOK_PORT", "7")
    options, target, said = configured("--ssl-certfile", "c", "--ssl-keyfile-password", "geheim", "--header", "A: b")
    assert options["workers"] == {"value": 2, ORIGIN: "pyproject.toml, line 3 (workers)"}
    assert options["port"] == {"value": 7, ORIGIN: "HANOK_PORT"}
    assert options["backlog"] == {"value": 2048, ORIGIN: "default"}
    assert options["headers"] == {"value": ["A: b"], ORIGIN: "--header"}
    assert options["ssl_keyfile_password"] == {"value": "•••", ORIGIN: "--ssl-keyfile-password"}
    assert target == {"value": "a:b", ORIGIN: "pyproject.toml"}
    assert said == ""


def test_the_application_is_the_one_that_would_be_served(configured: Any, tmp_path: Any) -> None:
    assert configured()[1] is None
    (tmp_path / "main.py").touch()
    assert configured()[1] == {"value": "main:app", ORIGIN: "found here"}
    (tmp_path / "h.toml").write_text('app = "x:y"')
    assert configured("-c", "h.toml")[1] == {"value": "x:y", ORIGIN: "h.toml"}
    assert configured("z:z")[1]["value"] == "z:z"


def test_it_is_a_table_for_people(hanok: Any, project: Any) -> None:
    project(**{"pyproject.toml": "[tool.hanok]\nuds_permissions = '660'\naccess_log = false\n"})
    command = hanok("config", "main:app", "--bind", "a:1", "-b", "b:2", COLUMNS="200")
    assert command.ends() == 0
    lines = [" ".join(line.split()) for line in command.text.splitlines()]
    assert "application main:app the command line" in lines
    assert "bind a:1, b:2 --bind" in lines
    assert "uds_permissions 660 pyproject.toml, line 2 (uds_permissions)" in lines
    assert "access_log off pyproject.toml, line 3 (access_log)" in lines
    assert "host 127.0.0.1 default" in lines
    command = hanok("config")
    assert command.ends() == 0
    assert "application none none was named or found" in " ".join(command.text.split())


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        # Uvicorn's
        (["--no-access-log"], {"access_log": False}),
        (["--access-log", "false"], {"access_log": False}),
        (["--access-log"], {"access_log": True}),
        (["--ws-per-message-deflate", "false", "m:a"], {"ws_per_message_deflate": False}),
        (["--ws-per-message-deflate=no"], {"ws_per_message_deflate": False}),
        (["--ws-per-message-deflate", "True"], {"ws_per_message_deflate": True}),
        (["--ws-per-message-deflate", "m:a"], {"ws_per_message_deflate": True}),
        (["--h11-max-incomplete-event-size", "8192"], {"limit_request_head": 8192}),
        (["--reload-dir", "a", "--reload-dir", "b"], {"reload_dirs": ["a", "b"]}),
        (["--ssl-version", "17", "--ssl-cert-reqs", "2"], {"ssl_version": 17, "ssl_cert_reqs": 2}),
        # Gunicorn's
        (["-b", ":1", "-w", "3", "m:a"], {"bind": [":1"], "workers": 3}),
        (["--timeout", "0", "--graceful-timeout=9"], {"timeout_worker_healthcheck": None, "timeout_graceful_shutdown": 9}),
        (["-t", "9"], {"timeout_worker_healthcheck": 9}),
        (["--max-requests", "9", "--max-requests-jitter", "3"], {"limit_max_requests": 9, "limit_max_requests_jitter": 3}),
        (["--access-logfile", "-"], {"access_log_file": None}),
        (["--access-logfile", "a.log", "--log-file=e.log"], {"access_log_file": "a.log", "error_log_file": "e.log"}),
        (["--certfile", "c", "--keyfile", "k"], {"ssl_certfile": ["c"], "ssl_keyfile": ["k"]}),
        (["--preload", "--pid", "p"], {"preload": True, "pidfile": "p"}),
        (["--", "--access-log"], {}),
    ],
)  # fmt: skip
def test_flags_are_read_as_other_servers_users_type_them(configured: Any, arguments: list[str], options: Any) -> None:
    if arguments[0] == "--":
        with pytest.raises(click.UsageError):
            configured(*arguments, "x")
        return
    assert values(configured(*arguments)[0]) == options


# Every flag that Uvicorn 0.54 has for its server, with a value that it accepts.
UVICORN = """
    --host 0.0.0.0|--port 9000|--uds s|--fd 3|--reload|--reload-dir .|--reload-include *.html|--reload-exclude *.tmp
    --reload-delay 0.5|--workers 4|--loop uvloop|--loop asyncio|--http auto|--http h11|--http httptools|--http zttp|--http2
    --ws auto|--ws websockets|--ws websockets-sansio|--ws wsproto|--ws-max-size 1000|--ws-max-queue 8|--ws-ping-interval 5
    --ws-ping-timeout 5|--ws-per-message-deflate true|--lifespan off|--interface asgi3|--interface asgi2|--interface wsgi
    --log-config log.json|--log-level trace|--access-log|--no-access-log|--use-colors|--no-use-colors|--proxy-headers
    --no-proxy-headers|--server-header|--no-server-header|--date-header|--no-date-header|--forwarded-allow-ips *
    --root-path /api|--limit-concurrency 100|--backlog 128|--limit-max-requests 1000|--limit-max-requests-jitter 10
    --timeout-keep-alive 10|--timeout-graceful-shutdown 10|--timeout-worker-healthcheck 10|--ssl-certfile c
    --ssl-keyfile-password x|--ssl-version 17|--ssl-cert-reqs 1|--ssl-ca-certs ca|--ssl-ciphers TLSv1|--header X-A:b
    --app-dir src|--h11-max-incomplete-event-size 65536|--reset-contextvars|--factory
"""


@pytest.mark.parametrize("flag", [one.strip() for line in UVICORN.strip().splitlines() for one in line.split("|")])
def test_every_flag_of_uvicorn_is_accepted(configured: Any, flag: str) -> None:
    options, target, _ = configured("m:a", *flag.split())
    assert target["value"] == "m:a"
    if flag != "--reset-contextvars":
        assert len(values(options)) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-k", "uvicorn.workers.UvicornWorker"], "-k: it has no meaning here: Hanok has one kind of worker"),
        (["--worker-class=uvicorn.workers.UvicornWorker"], "--worker-class: it has no meaning here"),
        (["--reset-contextvars"], "each request has a context of its own anyway"),
        (["--http", "h11"], "--http h11: Hanok has an HTTP/1.1 connection of its own"),
        (["--ws", "wsproto"], "--ws wsproto: Hanok has a WebSocket connection of its own"),
    ],
)
def test_what_has_no_meaning_here_is_told(configured: Any, arguments: list[str], message: str) -> None:
    _, target, said = configured("m:a", *arguments)
    assert message in said
    assert target["value"] == "m:a"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--access-log=perhaps"], "'perhaps' is not accepted; give true or false"),
        (["--port", "70000"], "70000 is not accepted; give a whole number from 0 to 65535"),
        (["--ws", "nonsense"], "'nonsense' is not accepted; give one of auto"),
        (["--bind", "::1"], "An IPv6 address stands in brackets"),
        (["--ssl-version", "3"], "it is too old"),
        (["--max-requests", "x"], "'x' is not accepted; give a whole number of at least 1, or none"),
    ],
)
def test_what_is_wrong_is_refused(
    configured: Any, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert guarded(lambda: configured(*arguments)) == 2
    assert message in " ".join(capsys.readouterr().err.replace("│", " ").split())


def test_run_serves_what_a_python_file_says(project: Any, hanok: Any, get: Any, asgi_app: Any) -> None:
    project(
        **{
            "served.py": asgi_app(b"by gunicorn's file"),
            "gunicorn.conf.py": "bind = '127.0.0.1:0'\nwsgi_app = 'served:app'\nworker_class = 'x'\n"
            "def when_ready(server):\n    print('the hook is called')\n",
        }
    )
    command = hanok("run", "-c", "gunicorn.conf.py")
    command.wait_for("note.*worker_class")
    assert get(command.url()) == b"by gunicorn's file"
    command.signal(signal.SIGTERM)
    assert command.ends() == 0
    assert "the hook is called" in command.text


def test_run_serves_several_addresses_and_leaves_no_file(project: Any, hanok: Any, get: Any, asgi_app: Any) -> None:
    directory = project(**{"main.py": asgi_app(b"many doors")})
    command = hanok("run", "--bind", "127.0.0.1:0", "--bind", "unix:s", "--uds-permissions", "600")
    assert get(command.url()) == b"many doors"
    assert stat.S_IMODE((directory / "s").stat().st_mode) == 0o600
    command.signal(signal.SIGTERM)
    assert command.ends() == 0
    assert not (directory / "s").exists()
