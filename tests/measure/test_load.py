"""The small client, and the server of its own that it presses."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hanok import Hanok
from hanok.exceptions import ConfigError
from hanok.http import JSONResponse
from hanok.measure.load import CONNECTIONS, Load, press
from hanok.measure.requests import Sent
from hanok.measure.served import Served, descendants, processor_seconds
from hanok.server.threaded import Server


@pytest.fixture
def app() -> Hanok:
    app = Hanok()

    @app.get("/")
    async def read(close: bool = False) -> Any:
        return JSONResponse({}, headers={"connection": "close"} if close else None)

    return app


def test_connections_ask_again_until_the_time_is_over(app: Hanok) -> None:
    with Server(app) as server:
        load = press(server.port, Sent("GET", "/"), 200, 0.1)
    assert load.requests > CONNECTIONS
    assert load.failures == 0
    assert 0 < load.p50 <= load.p99
    assert load.rate > 0


def test_answers_with_another_status_are_failures(app: Hanok) -> None:
    with Server(app) as server:
        load = press(server.port, Sent("GET", "/nowhere"), 200, 0.05)
    assert load.failures == load.requests > 0


def test_a_connection_that_the_server_closes_is_left(app: Hanok) -> None:
    with Server(app) as server:
        load = press(server.port, Sent("GET", "/?close=true"), 200, 5)
    assert load.requests == CONNECTIONS


def test_nothing_in_no_time_is_no_rate() -> None:
    assert Load(0, 0, 0.0, 0.0, 0.0).rate == 0


def test_a_server_that_ended_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(sys.modules["hanok"].__file__ or "").parents[1]))
    with Served("nowhere:app", str(tmp_path)) as served:
        served.check()  # it has not ended yet
        served.process.wait(30)
        with pytest.raises(ConfigError, match="the server ended with"):
            served.check()


def test_the_application_may_be_made_by_a_function(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(sys.modules["hanok"].__file__ or "").parents[1]))
    (tmp_path / "made.py").write_text("from hanok import Hanok\ndef make():\n    return Hanok()\n")
    with Served("made:make", str(tmp_path), factory=True) as served:
        load = press(served.port, Sent("GET", "/"), 404, 0.01)
        spent = served.processor_seconds()
    assert load.failures == 0
    assert spent is None or spent > 0


def test_a_server_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hanok.measure.served.STOP_SECONDS", 0.01)
    with Served("nowhere:app") as served:
        served.process.kill()
        served.process.wait(30)
        stubborn = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        monkeypatch.setattr(stubborn, "terminate", lambda: None)
        served.process = stubborn
    assert stubborn.returncode is not None


def test_processes_are_found_and_weighed() -> None:
    assert os.getpid() in descendants(os.getpid())
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait(30)
    assert processor_seconds(gone.pid) == 0


def test_a_wire_leads_nowhere() -> None:
    from hanok.measure.inprocess import Wire

    wire = Wire()
    assert isinstance(wire, asyncio.Transport)
    wire.writelines([b"one", memoryview(b"two")])
    wire.pause_reading()
    wire.resume_reading()
    wire.set_write_buffer_limits(high=1)
    assert (wire.head, wire.length, wire.get_write_buffer_size(), wire.can_write_eof()) == (b"one", 6, 0, False)
    assert wire.get_extra_info("socket") is None
    wire.abort()
    assert wire.is_closing()
