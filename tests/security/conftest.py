"""A connection made of what a client would send, and a scheme asked about it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from hanok.exceptions import HTTPException
from hanok.http import HTTPConnection


@pytest.fixture
def ask() -> Callable[..., Any]:
    """``ask(scheme, authorization)``: the credentials, or the HTTPException that it raised."""

    def asked(
        scheme: Any,
        authorization: str | None = None,
        *,
        query: bytes = b"",
        headers: tuple[tuple[bytes, bytes], ...] = (),
        kind: str = "http",
    ) -> Any:
        pairs = list(headers)
        if authorization is not None:
            pairs.append((b"authorization", authorization.encode("latin-1")))
        scope = {"type": kind, "path": "/", "headers": pairs, "query_string": query, "method": "GET"}
        try:
            return asyncio.run(scheme(HTTPConnection(scope)))
        except HTTPException as error:
            return error

    return asked
