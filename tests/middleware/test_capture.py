"""The exchange under a middleware function begins as every exchange does, with the request of the one outside."""

from __future__ import annotations

from typing import Any

from hanok.exchange import Exchange, Incoming
from hanok.gateways import AsgiExchange
from hanok.middleware.capture import CaptureExchange, with_length


async def nothing(*_: Any) -> Any: ...


def outer_exchange() -> AsgiExchange:
    scope = {"type": "http", "method": "GET", "path": "/a", "query_string": b"b=c", "headers": [(b"host", b"x")]}
    outer = AsgiExchange(scope, nothing, nothing)
    for name in (*Incoming.__slots__, "body", "body_limit", "form_cache", "exits"):
        if name not in ("_headers", "_scope"):
            setattr(outer, name, f"its {name}")
    return outer


def test_it_is_prepared_as_every_exchange_is() -> None:
    outer = outer_exchange()
    made, prepared = CaptureExchange(outer), CaptureExchange(outer)
    prepared.prepare()
    prepared.take_request_side(outer)
    for name in ("body", "body_limit", "form_cache", "exits"):
        setattr(prepared, name, getattr(outer, name))
    for name in (*Incoming.__slots__, *Exchange.__slots__):
        if name != "_headers":
            assert getattr(made, name) == getattr(prepared, name), name


def test_its_headers_are_those_outside_until_it_is_given_others() -> None:
    outer = outer_exchange()
    inner = CaptureExchange(outer)
    assert inner.raw_headers is outer.raw_headers
    inner.raw_headers = [(b"host", b"y")]
    assert inner.header(b"host") == b"y"
    assert outer.header(b"host") == b"x"


def test_an_answer_gets_its_length_where_it_may_have_one() -> None:
    own = [(b"content-length", b"7")]
    assert with_length(200, own, 5) == own
    assert with_length(200, [], 5) == [(b"content-length", b"5")]
    assert with_length(204, [], 0) == []
