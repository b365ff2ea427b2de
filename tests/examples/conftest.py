"""The shop through both doors, and the shop as a process of its own."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import websockets.sync.client

from examples.shop import create_app
from examples.shop.settings import Settings
from hanok.testing import TestClient
from hanok.testing.http_client import httpx

STAFF = {"X-API-Key": "demo-key"}
ROOT = Path(__file__).parents[2]

# Listens at a path; gives a function that receives one JSON message.
Listen = Callable[[str], AbstractContextManager[Callable[[], Any]]]


@dataclass(frozen=True)
class Shop:
    client: Any  # with the methods of httpx.Client
    listen: Listen
    staff: dict[str, str]


@contextmanager
def through_asgi(settings: Settings) -> Iterator[Shop]:
    with TestClient(create_app(settings)) as client:

        @contextmanager
        def listen(path: str) -> Iterator[Callable[[], Any]]:
            with client.websocket_connect(path) as websocket:
                yield websocket.receive_json

        yield Shop(client, listen, STAFF)


@contextmanager
def through_a_socket(settings: Settings) -> Iterator[Shop]:
    from hanok.server.threaded import Server

    with Server(create_app(settings)) as server, httpx.Client(base_url=server.url, timeout=30) as client:
        yield Shop(client, listening(server.url), STAFF)


def listening(url: str) -> Listen:
    @contextmanager
    def listen(path: str) -> Iterator[Callable[[], Any]]:
        with websockets.sync.client.connect(url.replace("http", "ws", 1) + path, proxy=None) as websocket:
            yield lambda: json.loads(websocket.recv(timeout=30))

    return listen


DOORS = {"asgi": through_asgi, "native": through_a_socket}


@pytest.fixture(params=list(DOORS))
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shop]:
    """The shop with its first products and no orders."""
    with DOORS[request.param](Settings(database_url=f"sqlite:///{tmp_path}/shop.db")) as shop:
        yield shop


# ---- as a user starts it

Serve = Callable[..., AbstractContextManager[str]]


@pytest.fixture
def serve(tmp_path: Path) -> Serve:
    """Starts a command that serves the shop, from the root of the repository; gives the URL that it tells. The
    database is the same for all that one test starts.
    """

    @contextmanager
    def serve(*command: str, port: str = "0") -> Iterator[str]:
        environment = {**os.environ, "SHOP_DATABASE_URL": f"sqlite:///{tmp_path}/shop.db"}
        process = subprocess.Popen(
            [sys.executable, "-m", *command, "examples.shop:app", "--port", port],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stderr is not None
        told: list[str] = []
        try:
            for line in process.stderr:
                told.append(line)
                if found := re.search(r"on (http://127\.0\.0\.1:\d+)", line):
                    break
            else:
                pytest.fail(f"it ended with {process.wait()}: {''.join(told)}")
            yield found[1]
        finally:
            process.send_signal(signal.SIGTERM)
            _, rest = process.communicate(timeout=30)
        assert process.returncode in (0, -signal.SIGTERM), [*told, rest]
        assert "Traceback" not in rest

    return serve
