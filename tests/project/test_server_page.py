"""What docs/server.md says about options and limits is what they are."""

from __future__ import annotations

import re
import runpy
import socket
from pathlib import Path

import pytest

from hanok import Hanok, Request
from hanok.server.config import Config
from hanok.testing import LiveServer


def test_the_table_of_options_is_made_from_the_options(root: Path) -> None:
    updated = runpy.run_path(str(root / "docs" / "options.py"))["updated"]
    page = (root / "docs" / "options.md").read_text("utf-8")
    assert updated(page) == page, "run: python docs/options.py"
    assert "| `--port` | `HANOK_PORT` | `8000` | Listen on this port; 0 takes a free one." in page


def test_the_limits_on_the_page_are_the_defaults(root: Path) -> None:
    page = (root / "docs" / "server.md").read_text("utf-8")
    config = Config()
    size = {16384: "16 KiB", 65536: "64 KiB", 2**30: "1 GiB", 2**24: "16 MiB"}
    said = {
        "limit_request_line": size[config.limit_request_line],
        "limit_request_field_size": size[config.limit_request_field_size],
        "limit_request_fields": str(config.limit_request_fields),
        "limit_request_head": size[config.limit_request_head],
        "max_body_size": size[config.max_body_size or 0],
        "limit_concurrency": str(config.limit_concurrency).lower(),
        "timeout_request_header": f"{config.timeout_request_header:g} s",
        "timeout_request_body": f"{config.timeout_request_body:g} s",
        "timeout_send": f"{config.timeout_send:g} s",
        "timeout_keep_alive": f"{config.timeout_keep_alive:g} s",
        "ws_max_size": size[config.ws_max_size],
        "ws_ping_timeout": f"{config.ws_ping_timeout:g} s",
    }
    for name, value in said.items():
        assert f"| `--{name.replace('_', '-')}` | {value} |" in page


REQUESTS = {
    "--limit-request-line": b"GET /" + b"x" * 1200 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    "--limit-request-field-size": b"GET / HTTP/1.1\r\nHost: a\r\nx: " + b"x" * 950 + b"\r\n\r\n",
    "--limit-request-fields": b"GET / HTTP/1.1\r\nHost: a\r\n" + b"x: x\r\n" * 12 + b"\r\n",
    "--limit-request-head": b"GET / HTTP/1.1\r\nHost: a\r\n" + (b"x: " + b"x" * 800 + b"\r\n") * 4 + b"\r\n",
    "--max-body-size": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 200\r\n\r\n",
    "`max_body_size=`": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 20\r\n\r\n" + b"x" * 20,
}


@pytest.mark.parametrize("limit", REQUESTS)
def test_above_a_limit_the_answer_is_the_one_on_the_page(root: Path, limit: str) -> None:
    page = (root / "docs" / "server.md").read_text("utf-8")
    [said] = re.findall(rf"\| `?{re.escape(limit)}.* \| (\d+) \|$", page, re.MULTILINE)
    app = Hanok()

    @app.post("/", max_body_size=10)
    async def read(request: Request) -> int:
        return len(await request.body())

    limits = {
        "limit_request_line": 1000,
        "limit_request_field_size": 900,
        "limit_request_fields": 10,
        "limit_request_head": 3000,
        "max_body_size": 100,
    }
    with LiveServer(app, **limits) as server, socket.create_connection(server.address, timeout=30) as connection:
        connection.sendall(REQUESTS[limit])
        assert connection.recv(4096).startswith(f"HTTP/1.1 {said} ".encode())
