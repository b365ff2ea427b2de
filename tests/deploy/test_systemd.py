"""The units, judged by systemd-analyze; and the service started as systemd would start it, by its socket."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hanok.cli.group import run_group

ANALYZE = shutil.which("systemd-analyze")
ACTIVATE = shutil.which("systemd-socket-activate")
Exported = Callable[..., dict[str, str]]
MakeProject = Callable[..., Path]
APP = """
    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"served"})
"""


def settings(unit: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in unit.splitlines():
        if "=" in line and not line.startswith("#"):
            name, _, value = line.partition("=")
            found.setdefault(name, []).append(value)
    return found


@pytest.mark.skipif(ANALYZE is None, reason="needs Debian's systemd")
@pytest.mark.parametrize(
    "options",
    [
        "",
        "host = '::'\nworkers = 4\ntimeout_graceful_shutdown = 'none'\ntimeout_worker_boot = 'none'",
        "bind = ['127.0.0.1:8000', '[::1]:8000', 'unix:shop.sock']\nuser = 'www-data'\ngroup = 'www-data'\numask = '22'",
        "uds = '/run/shop.sock'\naccess_log_file = 'log/access.log'\npidfile = '/run/a.pid'\nreload = true",
    ],
)
def test_systemd_analyze_verifies_the_units(project: MakeProject, exported: Exported, options: str) -> None:
    folder = project(options)
    program = folder / "a venv" / "bin" / "hanok"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    exported("systemd", "--environment", "a venv")
    units = [folder / "exported" / f"my-shop.{kind}" for kind in ("service", "socket")]
    assert ANALYZE is not None
    verified = subprocess.run([ANALYZE, "verify", "--man=no", *units], capture_output=True, text=True, timeout=30)
    # It speaks of other units of this machine, too.
    about_ours = [line for line in verified.stderr.splitlines() if "my-shop" in line]
    assert about_ours == []
    assert verified.returncode == 0, verified.stderr


@pytest.mark.skipif(ANALYZE is None, reason="needs Debian's systemd")
def test_systemd_analyze_finds_little_exposed(project: MakeProject, exported: Exported) -> None:
    folder = project()
    exported("systemd")
    assert ANALYZE is not None
    judged = subprocess.run(
        [ANALYZE, "security", "--offline=true", "--threshold=20", folder / "exported" / "my-shop.service"],
        capture_output=True,
        text=True,
        timeout=30,
    )
    if "unrecognized option" in judged.stderr:
        pytest.skip("needs systemd 250")
    assert judged.returncode == 0, judged.stdout + judged.stderr  # at most 2.0 of 10


@pytest.mark.skipif(ACTIVATE is None, reason="needs Debian's systemd")
def test_the_service_serves_on_the_socket_that_it_is_given_and_says_when(
    project: MakeProject,
    exported: Exported,
    free_port: Callable[[], int],
    clean: Callable[[], dict[str, str]],
    tmp_path: Path,
) -> None:
    port = free_port()
    folder = project(f"port = {port}", **{"main.py": APP})
    found = exported("systemd")
    service, listen = settings(found["my-shop.service"]), settings(found["my-shop.socket"])["ListenStream"]
    assert listen == [f"127.0.0.1:{port}"]
    # An environment in which this package is not installed has no such program; a module it has.
    command = shlex.split(service["ExecStart"][0].replace(f"{sys.prefix}/bin/hanok", f"{sys.executable} -m hanok"))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
        told.bind(str(tmp_path / "notify"))
        told.settimeout(30)
        passed = {**clean(), "NOTIFY_SOCKET": str(tmp_path / "notify")}
        # It refuses names that are no identifiers: those under which a shell hands functions on.
        names = [part for name in passed if name.isidentifier() for part in ("-E", name)]
        assert ACTIVATE is not None
        with (tmp_path / "log").open("wb") as log:
            process = subprocess.Popen(
                [ACTIVATE, "-l", listen[0], *names, *command], cwd=folder, env=passed, stdout=log, stderr=log
            )
        try:
            assert get_when_it_listens(process, port) == b"served"
            messages = []
            while not any(message.startswith("READY=1") for message in messages):
                messages.append(told.recv(4096).decode())
        finally:
            process.terminate()
            assert process.wait(30) == 0


def get_when_it_listens(process: subprocess.Popen[Any], port: int) -> bytes:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while True:
        assert process.poll() is None
        try:
            body: bytes = opener.open(f"http://127.0.0.1:{port}/", timeout=30).read()
        except OSError:
            continue
        return body


def test_the_times_are_those_of_the_server(project: MakeProject, exported: Exported) -> None:
    project("timeout_graceful_shutdown = 100\ntimeout_worker_boot = 10")
    service = settings(exported("systemd")["my-shop.service"])
    assert (service["TimeoutStopSec"], service["TimeoutStartSec"]) == (["110"], ["15"])
    project("timeout_graceful_shutdown = 'none'")
    assert settings(exported("systemd")["my-shop.service"])["TimeoutStopSec"] == ["infinity"]


@pytest.mark.parametrize(
    ("options", "listens"),
    [
        ("host = '0.0.0.0'", ["0.0.0.0:8000"]),
        ("host = '::'", ["[::]:8000"]),
        ("bind = [':80', 'localhost:81', '[::1]:82']", ["80", "127.0.0.1:81", "[::1]:82"]),
        ("bind = ['unix:/run/shop.sock', 'unix:shop.sock']", ["/run/shop.sock", "/run/my-shop/shop.sock"]),
    ],
)
def test_the_socket_listens_where_the_server_would(
    project: MakeProject, exported: Exported, options: str, listens: list[str]
) -> None:
    project(options)
    assert settings(exported("systemd")["my-shop.socket"])["ListenStream"] == listens


def test_the_permissions_of_a_socket_file_are_the_servers(project: MakeProject, exported: Exported) -> None:
    project("uds = '/run/shop.sock'\nuds_permissions = '660'\nreuse_port = true")
    unit = exported("systemd")["my-shop.socket"]
    assert settings(unit)["SocketMode"] == ["0660"]
    assert "reuse_port = on" in unit


def test_an_inherited_descriptor_cannot_be_exported(project: MakeProject, capsys: pytest.CaptureFixture[str]) -> None:
    project("fd = 3")
    assert run_group(["export", "systemd"]) == 2
    assert "name an address" in capsys.readouterr().err


def test_the_user_is_one_of_the_machine_if_one_is_named(project: MakeProject, exported: Exported) -> None:
    project()
    assert settings(exported("systemd")["my-shop.service"])["DynamicUser"] == ["yes"]
    assert settings(exported("systemd", "--user", "shop")["my-shop.service"])["User"] == ["shop"]
    project("user = 'web'\ngroup = 'web'")
    service = settings(exported("systemd")["my-shop.service"])
    assert (service["User"], service["Group"]) == (["web"], ["web"])
    # The workers may not become who they are already.
    assert service["Environment"] == ["HANOK_USER=none", "HANOK_GROUP=none"]


def test_a_project_in_a_home_can_be_read(project: MakeProject, exported: Exported) -> None:
    project()
    place = ["--directory", "/srv/my shop", "--environment", "/srv/venv"]
    service = settings(exported("systemd", *place)["my-shop.service"])
    assert service["ProtectHome"] == ["yes"]
    assert service["WorkingDirectory"] == [r"/srv/my\x20shop"]
    assert service["ExecStart"] == ["/srv/venv/bin/hanok run main:app"]
    place[1] = os.path.join("/home", "me", "shop")
    assert settings(exported("systemd", *place)["my-shop.service"])["ProtectHome"] == ["read-only"]


def test_log_files_can_be_written(project: MakeProject, exported: Exported) -> None:
    project("access_log_file = '/var/log/shop/access.log'\nerror_log_file = 'log/error.log'")
    unit = exported("systemd", "--directory", "/srv/shop")["my-shop.service"]
    assert settings(unit)["ReadWritePaths"] == ["/srv/shop/log /var/log/shop"]
    assert re.search(r"access_log_file = \S+ \(pyproject.toml, line\s+(# )?9\)", unit)
