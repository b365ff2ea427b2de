"""The shop through both doors, and the shop as a process of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from examples.shop import create_app
from examples.shop.settings import Settings

ROOT = Path(__file__).parents[2]


@pytest.fixture
def shop(client_for: Callable[..., Any], tmp_path: Path) -> Any:
    """A client of a shop with its first products and no orders."""
    return client_for(create_app(Settings(database_url=f"sqlite:///{tmp_path}/shop.db")))


@pytest.fixture
def staff() -> dict[str, str]:
    """The headers that staff send."""
    return {"X-API-Key": "demo-key"}


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
