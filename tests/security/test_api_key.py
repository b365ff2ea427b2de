from __future__ import annotations

import pytest

from hanok.exceptions import HTTPException
from hanok.security import APIKeyCookie, APIKeyHeader, APIKeyQuery

SCHEMES = [
    (APIKeyQuery, {"query": b"key=secret"}, {"query": b"key="}, "query"),
    (APIKeyHeader, {"headers": ((b"key", b"secret"),)}, {"headers": ((b"key", b""),)}, "header"),
    (
        APIKeyCookie,
        {"headers": ((b"cookie", b"key=secret"),)},
        {"headers": ((b"cookie", b"key="),)},
        "cookie",
    ),
]


@pytest.mark.parametrize(("scheme", "sent", "empty", "place"), SCHEMES)
class TestEachPlace:
    def test_gives_the_key(self, ask, scheme, sent, empty, place):
        assert ask(scheme(name="key"), **sent) == "secret"

    def test_works_on_a_websocket_handshake(self, ask, scheme, sent, empty, place):
        assert ask(scheme(name="key"), kind="websocket", **sent) == "secret"

    def test_answers_401_when_there_is_no_key(self, ask, scheme, sent, empty, place):
        error = ask(scheme(name="key"))
        assert isinstance(error, HTTPException)
        assert (error.status_code, error.detail) == (401, "Not authenticated")
        assert error.headers == {"WWW-Authenticate": "APIKey"}

    def test_an_empty_key_is_none(self, ask, scheme, sent, empty, place):
        assert ask(scheme(name="key", auto_error=False), **empty) is None
        assert ask(scheme(name="key"), **empty).status_code == 401

    def test_without_auto_error_gives_none(self, ask, scheme, sent, empty, place):
        assert ask(scheme(name="key", auto_error=False)) is None

    def test_is_described_for_openapi(self, scheme, sent, empty, place):
        described = scheme(name="key", description="A key").model.as_openapi()
        assert described == {"type": "apiKey", "description": "A key", "in": place, "name": "key"}
        assert list(described) == ["type", "description", "in", "name"]

    def test_scheme_name_defaults_to_the_class(self, scheme, sent, empty, place):
        assert scheme(name="key").scheme_name == scheme.__name__
        assert scheme(name="key", scheme_name="Mine").scheme_name == "Mine"
