"""An application behind a real socket, served by Hanok's own server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def serve(app: Any) -> Iterator[str]:
    """The address of the application while the ``with`` lasts."""
    from hanok.testing import LiveServer

    with LiveServer(app) as server:
        yield server.url
