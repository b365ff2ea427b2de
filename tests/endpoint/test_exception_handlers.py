"""The answers to errors, whatever was sent."""

from __future__ import annotations

from typing import Any

import pytest

from hanok import Hanok

JSON = {"content-type": "application/json"}
DEEP = 5000


@pytest.fixture
def client(client_for: Any) -> Any:
    app = Hanok()

    @app.post("/numbers")
    async def numbers(values: dict[str, int]) -> dict[str, int]:
        return values

    return client_for(app)


@pytest.mark.parametrize(
    ("sent", "kind", "told"),
    [
        (b"NaN", "finite_number", None),
        (b"-1e400", "finite_number", None),
        (b'"\\ud800x"', "string_unicode", "?x"),
        (b'{"\\udc00": [NaN, true, 1.5]}', "int_type", {"?": [None, True, 1.5]}),
    ],
)
def test_what_json_cannot_carry_back_is_refused_all_the_same(client: Any, sent: bytes, kind: str, told: Any) -> None:
    response = client.post("/numbers", content=b'{"a": %b}' % sent, headers=JSON)
    assert response.status_code == 422
    (fault,) = response.json()["detail"]
    assert (fault["type"], fault["loc"], fault["input"]) == (kind, ["body", "a"], told)


def test_what_is_nested_deeply_is_refused_without_repeating_all_of_it(client: Any) -> None:
    # How deep the parser goes depends on the Python; both answers say that it was the client's doing.
    for depth, statuses in ((300, [422]), (DEEP, [400, 422]), (20 * DEEP, [400, 422])):
        response = client.post("/numbers", content=b'{"a": %b%b}' % (b"[" * depth, b"]" * depth), headers=JSON)
        assert response.status_code in statuses
        assert len(response.content) < 1000
