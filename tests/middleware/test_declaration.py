"""Middleware, as it is declared; the lifespan passes through every middleware."""

from __future__ import annotations

from typing import Any

import pytest

import hanok.middleware
from hanok.middleware import CORSMiddleware, Middleware, NativeMiddleware
from hanok.middleware.vary import add_vary
from hanok.testing import TestClient


def test_it_unpacks_to_class_and_arguments() -> None:
    cls, args, kwargs = Middleware(CORSMiddleware, 1, allow_origins=["*"])
    assert (cls, args, kwargs) == (CORSMiddleware, (1,), {"allow_origins": ["*"]})


def test_its_repr_is_its_declaration() -> None:
    assert repr(Middleware(CORSMiddleware)) == "Middleware(CORSMiddleware)"
    assert repr(Middleware(CORSMiddleware, 1, a="b")) == "Middleware(CORSMiddleware, 1, a='b')"


def test_the_lifespan_passes() -> None:
    seen = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["type"])

    with TestClient(NativeMiddleware(NativeMiddleware(app))):
        assert seen == ["lifespan"]


def test_a_middleware_that_adds_nothing_changes_nothing(client_for: Any, app: Any) -> None:
    assert client_for(NativeMiddleware(app.answering())).get("/").text == "ok"


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([], [(b"vary", b"A, B")]),
        ([(b"vary", b"a")], [(b"vary", b"a, B")]),
        ([(b"vary", b"a, B")], [(b"vary", b"a, B")]),
        ([(b"vary", b"*")], [(b"vary", b"*")]),
        ([(b"vary", b"C"), (b"x", b"y"), (b"vary", b"D")], [(b"vary", b"C, D, A, B"), (b"x", b"y")]),
    ],
)
def test_vary_names_everything_once(headers: Any, expected: Any) -> None:
    add_vary(headers, "A", "B")
    assert headers == expected


def test_the_room_has_no_other_names() -> None:
    with pytest.raises(AttributeError, match="nothing"):
        hanok.middleware.nothing  # noqa: B018
