"""What a browser sends, and the page that it gets of an application in debug mode."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hanok.testing import TestClient

BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
def browse() -> Callable[..., Any]:
    """``browse(app, path, method="GET", headers=..., ...)``: the response that a browser gets."""

    def ask(app: Any, path: str, method: str = "GET", headers: Any = None, root_path: str = "", **more: Any) -> Any:
        client = TestClient(app, raise_server_exceptions=False, root_path=root_path)
        return client.request(method, path, headers={**BROWSER, **(headers or {})}, **more)

    return ask
