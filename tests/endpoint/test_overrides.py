"""Overrides that a dependency installs while its own request is under way."""

from typing import Annotated

import pytest

from hanok import Depends, Hanok, Query, Response, WebSocket
from hanok.testing import TestClient


async def original() -> str:
    return "original"


async def replacement() -> str:
    return "replacement"


@pytest.fixture
def app():
    return Hanok()


def installs(app, substitute, of=original):
    calls = []

    async def configure():
        calls.append(1)
        app.dependency_overrides[of] = substitute

    configure.calls = calls
    return configure


def test_they_hold_for_the_dependencies_that_follow(app):
    configure = installs(app, replacement)

    @app.get("/")
    async def read(before: Annotated[str, Depends(original)], _: Annotated[None, Depends(configure)],
                   after: Annotated[str, Depends(original, use_cache=False)]):  # fmt: skip
        return [before, after]

    client = TestClient(app)
    assert client.get("/").json() == ["original", "replacement"]
    assert client.get("/").json() == ["replacement", "replacement"]
    assert len(configure.calls) == 2


def test_they_can_be_taken_away(app):
    app.dependency_overrides[original] = replacement

    async def restore():
        app.dependency_overrides.clear()

    @app.get("/")
    async def read(_: Annotated[None, Depends(restore)], value: Annotated[str, Depends(original)]):
        return value

    assert TestClient(app).get("/").json() == "original"


def test_others_change_nothing(app):
    configure = installs(app, replacement, of=len)

    @app.get("/")
    async def read(_: Annotated[None, Depends(configure)], value: Annotated[str, Depends(original)]):
        return value

    assert TestClient(app).get("/").json() == "original"
    assert len(configure.calls) == 1


def test_the_substitutes_parameters_are_read(app):
    async def asks(q: int):
        return str(q)

    configure = installs(app, asks)

    @app.get("/")
    async def read(_: Annotated[None, Depends(configure)], value: Annotated[str, Depends(original)]):
        return value

    client = TestClient(app)
    assert client.get("/?q=7").json() == "7"
    app.dependency_overrides.clear()
    refused = client.get("/?q=x")
    assert refused.status_code == 422
    assert refused.json()["detail"][0]["loc"] == ["query", "q"]


def test_a_dependency_whose_own_dependencies_have_begun_is_kept(app):
    async def parent(_: Annotated[None, Depends(lambda: app.dependency_overrides.update({parent: replacement}))]):
        return "parent"

    @app.get("/")
    async def read(value: Annotated[str, Depends(parent)]):
        return value

    client = TestClient(app)
    assert client.get("/").json() == "parent"
    assert client.get("/").json() == "replacement"


def test_a_substitute_that_yields_is_ended(app):
    events = []

    async def yields(response: Response):
        response.headers["x-from"] = "substitute"
        events.append("begun")
        yield "yielded"
        events.append("ended")

    configure = installs(app, yields)

    @app.get("/")
    async def read(_: Annotated[None, Depends(configure)], value: Annotated[str, Depends(original)]):
        events.append("called")
        return value

    response = TestClient(app).get("/")
    assert response.json() == "yielded"
    assert response.headers["x-from"] == "substitute"
    assert events == ["begun", "called", "ended"]
    assert len(configure.calls) == 1


def test_they_hold_where_a_dependency_yields(app):
    configure = installs(app, replacement)

    async def yields():
        yield 1

    @app.get("/")
    async def read(a: Annotated[int, Depends(yields)], _: Annotated[None, Depends(configure)],
                   value: Annotated[str, Depends(original)], q: Annotated[int, Query()] = 3):  # fmt: skip
        return [a, value, q]

    assert TestClient(app).get("/").json() == [1, "replacement", 3]


def test_they_hold_where_the_request_has_a_body(app):
    configure = installs(app, replacement)

    @app.post("/")
    async def read(item: dict[str, int], _: Annotated[None, Depends(configure)],
                   value: Annotated[str, Depends(original)]):  # fmt: skip
        return [item, value]

    assert TestClient(app).post("/", json={"a": 1}).json() == [{"a": 1}, "replacement"]


def test_they_hold_in_web_sockets(app):
    configure = installs(app, replacement)

    @app.websocket("/")
    async def talk(websocket: WebSocket, _: Annotated[None, Depends(configure)],
                   value: Annotated[str, Depends(original)]):  # fmt: skip
        await websocket.accept()
        await websocket.send_text(value)
        await websocket.close()

    with TestClient(app).websocket_connect("/") as session:
        assert session.receive_text() == "replacement"


def test_an_endpoint_with_one_dependency_asks_nothing(app):
    @app.get("/")
    async def read(value: Annotated[str, Depends(original)]):
        return value

    assert TestClient(app).get("/").json() == "original"
