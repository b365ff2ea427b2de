"""pytest fixtures: ``pytest_plugins = ["hanok.testing.pytest_plugin"]`` in a conftest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from hanok.testing.live import LiveServer


@pytest.fixture
def live_server() -> Iterator[Callable[..., LiveServer]]:
    """A function: ``live_server(app, **options)`` starts a server that stops with the test."""
    with ExitStack() as stack:

        def start(app: Any, **options: Any) -> LiveServer:
            return stack.enter_context(LiveServer(app, **options))

        yield start
