"""What an endpoint returns becomes the answer: through both doors."""

import json
import threading
from collections.abc import AsyncIterable, Iterable, Iterator
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, ConfigDict, Field

from hanok import APIRouter, BackgroundTasks, Depends, Form, Hanok, HTTPException, Request, Response
from hanok.exceptions import ResponseValidationError
from hanok.http import (
    EventSourceResponse,
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    ServerSentEvent,
    StreamingResponse,
)
from hanok.routing import APIRoute
from hanok.testing import TestClient


class Item(BaseModel):
    name: str
    price: float = 1.0
    note: str | None = None


class Secret(Item):
    password: str = "hunter2"


class Named(BaseModel):
    some_name: int = Field(alias="someName")


def opened() -> Iterator[None]:
    yield


class Checked(BaseModel):
    model_config = ConfigDict(revalidate_instances="always")
    n: int


def test_a_plain_value_is_json(client_for: Any) -> None:
    app = Hanok()

    @app.get("/")
    async def endpoint() -> Any:
        return {"text": "é", "list": [1, 2.5, None, True]}

    response = client_for(app).get("/")
    assert response.content == '{"text":"é","list":[1,2.5,null,true]}'.encode()
    assert response.headers["content-type"] == "application/json"
    assert response.headers["content-length"] == str(len(response.content))


def test_a_response_model_filters_and_names(client_for: Any) -> None:
    app = Hanok()

    @app.get("/filtered", response_model=Item)
    async def filtered() -> Any:
        return Secret(name="a")

    @app.get("/annotated")
    async def annotated() -> list[Item]:
        return [{"name": "a"}, Item(name="b", price=2)]  # type: ignore[list-item]

    @app.get("/unset", response_model_exclude_unset=True)
    async def unset() -> Item:
        return Item(name="a")

    @app.get("/none", response_model_exclude_none=True, response_model_exclude={"price"})
    def none() -> Item:
        return Item(name="a")

    @app.get("/by-name", response_model_by_alias=False)
    async def by_name() -> Named:
        return Named(someName=3)

    client = client_for(app)
    assert client.get("/filtered").json() == {"name": "a", "price": 1.0, "note": None}
    assert client.get("/annotated").json()[1] == {"name": "b", "price": 2.0, "note": None}
    assert client.get("/unset").json() == {"name": "a"}
    assert client.get("/none").json() == {"name": "a"}
    assert client.get("/by-name").json() == {"some_name": 3}


def test_a_value_that_breaks_the_response_model_is_our_fault(client_for: Any) -> None:
    app = Hanok()

    @app.get("/direct")
    async def direct() -> Item:
        return {"price": "x"}  # type: ignore[return-value]

    @app.get("/custom", response_class=PlainTextResponse)
    async def custom() -> Item:
        return {"price": "x"}  # type: ignore[return-value]

    @app.get("/again")
    async def again() -> Checked:
        return Checked.model_construct(n="no")  # type: ignore[arg-type]

    client = client_for(app)
    for path in ("/direct", "/custom", "/again"):
        response = client.get(path)
        assert (response.status_code, response.text) == (500, "Internal Server Error")


def test_a_wrong_value_of_a_mounted_application_is_told_with_its_whole_path(client_for: Any) -> None:
    app, inner = Hanok(), Hanok()
    told: list[ResponseValidationError] = []

    @inner.exception_handler(ResponseValidationError)
    async def note(request: Request, error: ResponseValidationError) -> Response:
        told.append(error)
        return PlainTextResponse("ours")

    @inner.get("/short")
    async def wrong() -> Item:
        return {"price": "x"}  # type: ignore[return-value]

    @inner.get("/full")
    async def wrong_fully(background: BackgroundTasks) -> Item:
        background.add_task(len, "")
        return {"price": "x"}  # type: ignore[return-value]

    @inner.get("/brief")
    async def wrong_briefly(_: Annotated[None, Depends(opened)]) -> Item:
        return {"price": "x"}  # type: ignore[return-value]

    inner.get("/class", response_class=PlainTextResponse)(wrong)
    app.mount("/sub/{name}", inner)
    client = client_for(app)
    for path in ("short", "full", "brief", "class"):
        assert client.get(f"/sub/one/{path}").text == "ours"
        message = str(told.pop())
        assert f"GET /sub/one/{path}" in message
        assert __file__ in message
        assert "in wrong" in message
    assert client_for(inner).get("/short").text == "ours"
    assert "GET /short" in str(told.pop())


def test_a_wrong_item_of_a_mounted_application_is_told_with_its_whole_path() -> None:
    app, inner = Hanok(), Hanok()

    @inner.get("/items")
    async def wrong() -> AsyncIterable[Item]:
        yield {"price": "x"}  # type: ignore[misc]

    app.mount("/sub", inner)
    with pytest.raises(ResponseValidationError, match="GET /sub/items"):
        TestClient(app).get("/sub/items")


def test_a_body_that_cannot_be_read_is_the_clients_fault(client_for: Any) -> None:
    class Breaks:
        def __init__(self, app: Any) -> None:
            self.app = app

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            async def broken() -> Any:
                raise HTTPException(418) if b"teapot" in scope["query_string"] else OSError("gone")

            await self.app(scope, broken if scope["type"] == "http" else receive, send)

    app = Hanok()
    app.add_middleware(Breaks)

    @app.post("/json")
    def body(item: Item) -> Item:
        return item

    @app.post("/form")
    def form(item: Annotated[str, Form()]) -> str:
        return item

    client = client_for(app)
    for answer in (client.post("/json", json={}), client.post("/form", data={"item": "a"})):
        assert (answer.status_code, answer.json()) == (400, {"detail": "There was an error parsing the body"})
    assert client.post("/json?teapot", json={}).status_code == 418
    assert client.post("/form?teapot", data={"item": "a"}).status_code == 418


def test_json_is_written_by_the_response_class_that_was_chosen(
    client_for: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = Hanok()
    written: list[Any] = []
    dumps = json.dumps

    def counting(value: Any, **options: Any) -> str:
        written.append(value)
        return dumps(value, **options)

    @app.get("/default")
    @app.get("/chosen", response_class=JSONResponse)
    def item() -> Item:
        return Item(name="a")

    client = client_for(app)
    monkeypatch.setattr(json, "dumps", counting)
    whole = {"name": "a", "price": 1.0, "note": None}
    assert client.get("/default").json() == whole
    assert written == []
    assert client.get("/chosen").json() == whole
    assert written == [whole]


def test_a_returned_response_is_sent_as_it_is(client_for: Any) -> None:
    app = Hanok()
    done = threading.Event()

    @app.get("/whole")
    async def whole() -> Response:
        return Response(b"raw", 203, {"x-a": "1"}, "text/x-raw")

    @app.get("/with-tasks")
    async def with_tasks(tasks: BackgroundTasks) -> Response:
        tasks.add_task(done.set)
        return PlainTextResponse("later")

    client = client_for(app)
    response = client.get("/whole")
    assert (response.status_code, response.content, response.headers["x-a"]) == (203, b"raw", "1")
    assert client.get("/with-tasks").text == "later"
    assert done.wait(10)


def test_response_classes_take_the_value(client_for: Any) -> None:
    app = Hanok(default_response_class=HTMLResponse)

    class Upper(JSONResponse):
        def render(self, content: Any) -> bytes:
            return super().render(content).upper()

    @app.get("/html")
    def html() -> Any:
        return "<b>"

    @app.get("/upper", response_class=Upper)
    def upper() -> Item:
        return Item(name="a")

    @app.get("/elsewhere", response_class=RedirectResponse)
    def elsewhere() -> str:
        return "/html"

    client = client_for(app)
    assert client.get("/html").headers["content-type"] == "text/html; charset=utf-8"
    assert client.get("/upper").content == b'{"NAME":"A","PRICE":1.0,"NOTE":NULL}'
    response = client.get("/elsewhere", follow_redirects=False)
    assert (response.status_code, response.headers["location"]) == (307, "/html")


def test_a_status_that_allows_no_body_has_none(client_for: Any) -> None:
    app = Hanok()

    @app.delete("/", status_code=204)
    async def delete() -> None: ...

    @app.delete("/set", status_code=204)
    async def delete_and_set(response: Response) -> None:
        response.headers["x-a"] = "1"

    client = client_for(app)
    assert (client.delete("/").status_code, client.delete("/").content) == (204, b"")
    response = client.delete("/set")
    assert (response.status_code, response.content, response.headers["x-a"]) == (204, b"", "1")


def test_head_is_answered_as_get_without_the_body(client_for: Any) -> None:
    app = Hanok()

    @app.get("/")
    async def endpoint() -> Any:
        return "abc"

    response = client_for(app).head("/")
    assert (response.status_code, response.content, response.headers["content-length"]) == (200, b"", "5")


def test_yielded_items_become_lines_of_json(client_for: Any) -> None:
    app = Hanok()

    @app.get("/typed")
    async def typed() -> AsyncIterable[Item]:
        yield Item(name="a")
        yield {"name": "b"}  # type: ignore[misc]

    @app.get("/untyped")
    def untyped() -> Any:
        yield 1
        yield {"nan": float("nan"), "list": [float("inf")]}

    client = client_for(app)
    response = client.get("/typed")
    assert response.headers["content-type"] == "application/jsonl"
    assert response.text == '{"name":"a","price":1.0,"note":null}\n{"name":"b","price":1.0,"note":null}\n'
    assert client.get("/untyped").text == '1\n{"nan": null, "list": [null]}\n'


def test_yielded_items_become_events(client_for: Any) -> None:
    app = Hanok()

    @app.get("/", response_class=EventSourceResponse)
    async def endpoint() -> AsyncIterable[Any]:
        yield {"x": 1}
        yield ServerSentEvent(data="d", event="e", id="3", retry=5, comment="c")
        yield ServerSentEvent(raw_data="l1\nl2")
        yield ServerSentEvent(comment="only")

    response = client_for(app).get("/")
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.headers["cache-control"] == "no-cache"
    assert response.headers["x-accel-buffering"] == "no"
    first, second, third, fourth, rest = response.text.split("\n\n")
    assert first == 'data: {"x":1}'
    assert sorted(second.split("\n")) == sorted([": c", "event: e", 'data: "d"', "id: 3", "retry: 5"])
    assert third == "data: l1\ndata: l2"
    assert (fourth, rest) == (": only", "")


def test_a_stream_without_events_is_kept_alive_with_comments(client_for: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from hanok.endpoint import stream

    monkeypatch.setattr(stream, "PING_INTERVAL", 0.01)
    app = Hanok()
    pinged = threading.Event()

    @app.get("/", response_class=EventSourceResponse)
    def endpoint() -> Iterable[str]:
        pinged.wait(10)
        yield "done"

    with client_for(app).stream("GET", "/") as response:
        lines = response.iter_lines()
        assert next(lines).startswith(":")
        pinged.set()
        assert 'data: "done"' in list(lines)


def test_yielded_chunks_are_sent_as_they_are(client_for: Any) -> None:
    app = Hanok()

    @app.get("/", response_class=StreamingResponse)
    def endpoint() -> Any:
        yield "text"
        yield b"bytes"

    assert client_for(app).get("/").content == b"textbytes"


def test_a_route_class_may_stand_around_its_handler(client_for: Any) -> None:
    class Reversed(Request):
        async def body(self) -> bytes:
            return (await super().body())[::-1]

    class ReversedRoute(APIRoute):
        def get_route_handler(self) -> Any:
            handle = super().get_route_handler()

            async def around(request: Request) -> Response:
                response: Response = await handle(Reversed(request.scope, request.receive))
                response.headers["x-around"] = "1"
                return response

            return around

    app = Hanok()
    router = APIRouter(route_class=ReversedRoute)

    @router.post("/")
    async def endpoint(item: Item) -> Item:
        return item

    app.include_router(router)
    body = b'{"name":"a"}'[::-1]
    response = client_for(app).post("/", content=body, headers={"content-type": "application/json"})
    assert (response.json()["name"], response.headers["x-around"]) == ("a", "1")


def test_a_body_above_the_limit_of_its_route_is_413(client_for: Any) -> None:
    app = Hanok()

    @app.post("/", max_body_size=10)
    async def endpoint(item: Item) -> Any:
        return item

    @app.post("/raw", max_body_size=10)
    async def raw(request: Request) -> Any:
        return len(await request.body())

    client = client_for(app)
    assert client.post("/raw", content=b"a" * 11).status_code == 413
    assert client.post("/raw", content=iter([b"a" * 6, b"a" * 6])).status_code == 413
    assert client.post("/raw", content=iter([b"a" * 6, b"a" * 4])).json() == 10
    assert client.post("/", json={"name": "a" * 20}).status_code == 413
    assert client.post("/", content=b"{}", headers={"content-type": "application/json"}).status_code == 422
