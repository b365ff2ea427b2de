"""What docs/server.md says about options is what the options are."""

from __future__ import annotations

import runpy
from pathlib import Path

from hanok.server.config import Config


def test_the_table_of_options_is_made_from_the_options(root: Path) -> None:
    updated = runpy.run_path(str(root / "docs" / "options.py"))["updated"]
    page = (root / "docs" / "server.md").read_text("utf-8")
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
