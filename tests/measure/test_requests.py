"""Which request is sent for which route."""

from __future__ import annotations

import json
from datetime import date
from enum import Enum
from typing import Annotated, Any
from uuid import UUID

import pytest
from pydantic import BaseModel, Field

from hanok import Body, Cookie, Hanok, Header, Path, Query, UploadFile
from hanok.exceptions import ConfigError
from hanok.http import JSONResponse
from hanok.measure.requests import Sent, Skipped, given_request, number, requests_of, text_of
from hanok.routing import Route


class Size(Enum):
    SMALL = "small"
    LARGE = "large"


class Line(BaseModel):
    sku: str
    quantity: int = Field(ge=3)
    note: str | None = None


class Order(BaseModel):
    customer: str
    lines: list[Line] = Field(min_length=1)
    size: Size


class Node(BaseModel):
    child: Node


app = Hanok()


def found(app: Any, **options: Any) -> dict[str, Sent | Skipped]:
    return {one.route: one for one in requests_of(app, **options)}


def target(app: Any, path: str) -> str:
    one = found(app)[path]
    assert isinstance(one, Sent), one
    return one.target


def reason(app: Any, path: str, **options: Any) -> str:
    one = found(app, **options)[path]
    assert isinstance(one, Skipped), one
    return one.reason


def test_parameters_get_the_plainest_value_of_their_type() -> None:
    app = Hanok()

    @app.get("/{a}/{b}/{c}/{d}/{e}/{f}")
    async def plain(a: int, b: str, c: float, d: bool, e: UUID, f: date) -> None: ...

    assert target(app, "/{a}/{b}/{c}/{d}/{e}/{f}") == ("/1/a/1/true/00000000-0000-4000-8000-000000000001/2026-01-02")


def test_examples_come_before_what_the_type_would_give() -> None:
    app = Hanok()

    @app.get("/items/{item}")
    async def read(
        item: Annotated[int, Path(examples=[42])],
        q: Annotated[str, Query(openapi_examples={"one": {"value": "two words"}})],
        size: Size,
        tags: Annotated[list[str], Query(min_length=2)],
    ) -> None: ...

    assert target(app, "/items/{item}") == "/items/42?q=two+words&size=small&tags=a&tags=a"


def test_what_may_be_left_out_is_left_out() -> None:
    app = Hanok()

    @app.get("/items")
    async def read(q: str | None = None, limit: int = 10) -> None: ...

    assert target(app, "/items") == "/items"


def test_headers_and_cookies_are_sent() -> None:
    app = Hanok()

    @app.get("/")
    async def read(x_room: Annotated[str, Header()], theme: Annotated[str, Cookie()]) -> None: ...

    one = found(app)["/"]
    assert isinstance(one, Sent)
    assert dict(one.headers) == {"x-room": "a", "cookie": "theme=a"}
    given = found(app, headers=(("X-Room", "hall"),))["/"]
    assert isinstance(given, Sent)
    assert dict(given.headers) == {"X-Room": "hall", "cookie": "theme=a"}


def test_what_cannot_be_guessed_is_said() -> None:
    app = Hanok()

    @app.get("/pattern/{code}")
    async def pattern(code: Annotated[str, Path(pattern="^[A-Z]{3}$")]) -> None: ...

    @app.get("/any/{thing}")
    async def anything(thing: Any) -> None: ...

    assert reason(app, "/pattern/{code}") == (
        "path parameter 'code': it has to match '^[A-Z]{3}$'; say it with --request 'GET /pattern/{code}'"
    )
    assert "path parameter 'thing'" in reason(app, "/any/{thing}")


def test_only_what_reads_is_sent_without_being_asked_for() -> None:
    app = Hanok()

    @app.post("/orders")
    async def order(order: Order) -> None: ...

    @app.delete("/orders/{number}")
    async def remove(number: int) -> None: ...

    assert "may change something" in reason(app, "/orders")
    sent = found(app, also_writing=True)
    posted, removed = sent["/orders"], sent["/orders/{number}"]
    assert isinstance(posted, Sent)
    assert isinstance(removed, Sent)
    assert (posted.method, removed.method) == ("POST", "DELETE")
    assert json.loads(posted.body) == {"customer": "a", "lines": [{"sku": "a", "quantity": 3}], "size": "small"}
    assert Order.model_validate_json(posted.body)


def test_a_body_has_its_example() -> None:
    app = Hanok()

    @app.post("/named")
    async def named(order: Annotated[Line, Body(examples=[{"sku": "tile", "quantity": 9}])]) -> None: ...

    one = found(app, also_writing=True)["/named"]
    assert isinstance(one, Sent)
    assert json.loads(one.body) == {"sku": "tile", "quantity": 9}


def test_bodies_that_are_no_json_and_those_without_an_end_are_skipped() -> None:
    app = Hanok()

    @app.post("/upload")
    async def upload(file: UploadFile) -> None: ...

    @app.post("/tree")
    async def tree(node: Node) -> None: ...

    assert "multipart/form-data" in reason(app, "/upload", also_writing=True)
    assert "too deep" in reason(app, "/tree", also_writing=True)


def test_routes_that_openapi_does_not_show_are_asked_as_they_are() -> None:
    def plain(request: Any) -> JSONResponse:
        return JSONResponse(None)

    app = Hanok(routes=[Route("/plain", plain), Route("/plain/{number}", plain)])

    @app.get("/hidden", include_in_schema=False)
    async def hidden() -> None: ...

    rows = found(app)
    assert set(rows) == {"/plain", "/plain/{number}", "/hidden"}
    assert isinstance(rows["/plain"], Sent)
    assert isinstance(rows["/hidden"], Sent)
    assert "not in OpenAPI" in reason(app, "/plain/{number}")


def test_an_application_without_routes_has_no_requests() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None: ...

    assert found(app) == {}


@pytest.mark.parametrize(
    ("text", "method", "target", "body"),
    [
        ("GET /items/5?q=a", "GET", "/items/5?q=a", b""),
        ("/items", "GET", "/items", b""),
        ('post /orders {"a": 1}', "POST", "/orders", b'{"a": 1}'),
        ("GET /ü", "GET", "/%C3%BC", b""),
    ],
)
def test_a_request_is_given_as_text(text: str, method: str, target: str, body: bytes) -> None:
    one = given_request(text)
    assert (one.method, one.target, one.body, one.given) == (method, target, body, True)


@pytest.mark.parametrize("text", ["", "GET", "GET items", "5 /items"])
def test_a_request_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="give a method and a path"):
        given_request(text)


def test_every_message_has_other_header_bytes() -> None:
    one = Sent("POST", "/orders", b"{}", (("X-Room", "hall"),))
    assert one.message(1) != one.message(2)
    assert one.message(1).startswith(b"POST /orders HTTP/1.1\r\n")
    assert b"content-length: 2\r\nx-room: hall\r\n\r\n{}" in one.message(1)


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "integer"}, 1),
        ({"type": "integer", "minimum": 10}, 10),
        ({"type": "integer", "exclusiveMinimum": 10}, 11),
        ({"type": "integer", "multipleOf": 5, "minimum": 12}, 15),
        ({"type": "integer", "maximum": 0}, 0),
        ({"type": "integer", "exclusiveMaximum": 0}, -1),
        ({"type": "number", "exclusiveMinimum": 1}, 2),
        ({"type": "number", "exclusiveMaximum": 1}, 0),
    ],
)
def test_numbers_keep_their_bounds(schema: dict[str, Any], value: float) -> None:
    assert number(schema) == value


def test_booleans_stand_in_a_path_as_json_has_them() -> None:
    assert (text_of(True), text_of(5), text_of("A")) == ("true", "5", "A")
