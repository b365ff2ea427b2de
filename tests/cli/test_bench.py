"""``hanok bench``."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from hanok.cli.bench import command, header
from hanok.cli.version import form
from hanok.exceptions import ConfigError
from hanok.measure import inprocess

TINY = """
from hanok import Hanok

app = Hanok()

@app.get("/items/{item_id}")
async def item(item_id: int, q: str | None = None):
    return {"item_id": item_id, "q": q}

@app.post("/items")
async def make(name: str):
    return {"name": name}

@app.get("/gone")
async def gone():
    from hanok import HTTPException
    raise HTTPException(410)
"""


@pytest.fixture
def bench(
    project: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., str]:
    """``bench("--seconds", "0")`` runs the command on a tiny application, with few repeats, and gives its output."""
    for name, value in {"WARM_UP": 2, "BATCHES": 1, "ROUNDS": 1, "WATCHED": 3, "WEIGHED": 3}.items():
        monkeypatch.setattr(inprocess, name, value)
    monkeypatch.setenv("PYTHONPATH", str(Path(inprocess.__file__).parents[2]))
    monkeypatch.setenv("COLUMNS", "120")

    def run(*arguments: str, target: str = "main:app") -> str:
        directory = project(**{"main.py": TINY})
        monkeypatch.delitem(sys.modules, "main", raising=False)
        monkeypatch.setattr(sys, "path", list(sys.path))
        done = CliRunner().invoke(command, [target, "--app-dir", str(directory), *arguments], catch_exceptions=False)
        return done.output

    return run


def test_a_table_for_each_route_and_a_reason_for_each_that_is_left_out(bench: Any) -> None:
    text = bench("--seconds", "0")
    assert "GET /items/1  200" in text
    for stage in ("match", "parameters", "handler", "serialization"):
        assert f" {stage} " in text
    for stage in ("parse", "write"):  # nobody sees into compiled code
        assert (f" {stage} " in text) == (form() == "pure Python")
    assert ("core is compiled" in " ".join(text.split())) == (form() == "compiled")
    assert "may change something" in text
    assert "answered 410" in text
    assert "1 measured, 2 not" in text
    assert "over a socket" not in text


def test_as_json_with_requests_that_were_given(bench: Any) -> None:
    told = json.loads(
        bench("--seconds", "0", "--json", "-r", "GET /items/7?q=x", "-r", "GET /gone", "-H", "X-Room: hall")
    )
    assert told["target"] == "main:app"
    first, second = told["requests"]
    assert (first["request"], first["status"], second["status"]) == ("GET /items/7?q=x", 200, 410)
    assert first["stages"]["handler"]["calls"] == 1
    assert first["ns"] > 0
    assert "socket" not in first
    assert told["skipped"] == []


def test_over_a_socket_to_a_server_of_its_own(bench: Any) -> None:
    told = json.loads(bench("--seconds", "0.1", "--json", "-r", "GET /items/7"))
    pressed = told["requests"][0]["socket"]
    assert pressed["requests"] > 0
    assert pressed["failures"] == 0
    assert 0 < pressed["p50_ms"] <= pressed["p99_ms"]
    text = bench("--seconds", "0.1", "-r", "GET /items/7")
    assert "over a socket" in text


def test_the_shop_is_measured(bench: Any) -> None:
    pytest.importorskip("sqlalchemy")
    told = json.loads(bench("--seconds", "0", "--json", target="examples.shop:app"))
    statuses = {row["request"]: row["status"] for row in told["requests"]}
    assert len(statuses) >= 3
    assert set(statuses.values()) <= {200, 307}
    assert all(row["reason"] for row in told["skipped"])


@pytest.mark.parametrize("text", ["nothing", ": value"])
def test_a_header_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="--header"):
        header(text)
