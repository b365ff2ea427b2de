from __future__ import annotations

import anyio
import pytest

from hanok import Hanok
from hanok.endpoint import stream
from hanok.http import EventSourceResponse
from hanok.testing import TestClient


@pytest.fixture
def client_of(anyio_backend_name):
    return lambda app: TestClient(app, backend=anyio_backend_name)


@pytest.fixture
def app():
    return Hanok()


def test_items_become_lines(app, client_of):
    @app.get("/")
    async def read():
        for item in (1, {"a": 2.5}):
            await anyio.lowlevel.checkpoint()
            yield item

    @app.get("/sync")
    def read_sync():
        yield from (1, 2)

    client = client_of(app)
    assert client.get("/").text == '1\n{"a": 2.5}\n'
    assert client.get("/sync").text == "1\n2\n"


def test_items_become_events_with_comments_while_none_comes(app, client_of, monkeypatch):
    monkeypatch.setattr(stream, "PING_INTERVAL", 0.001)

    @app.get("/", response_class=EventSourceResponse)
    async def read():
        yield 1
        await anyio.sleep(0.05)
        yield 2

    text = client_of(app).get("/").text
    # On a slow machine the first item, too, may be late enough for a comment.
    before, _, after = text.partition("data: 1\n\n")
    between, _, end = after.partition("data: 2\n\n")
    assert ": ping\n\n" in between
    assert (before + between).replace(": ping\n\n", "") == end == ""


def test_what_a_generator_raises_is_raised(app, client_of):
    @app.get("/", response_class=EventSourceResponse)
    async def read():
        yield 1
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        client_of(app).get("/")


@pytest.mark.parametrize("options", [{}, {"response_class": EventSourceResponse}])
def test_a_generator_is_closed_when_the_peer_goes(app, client_of, options):
    closed = []

    @app.get("/", **options)
    async def read():
        try:
            yield 1
            await anyio.sleep_forever()
        finally:
            closed.append(True)

    with client_of(app) as client, client.stream("GET", "/") as response:
        next(response.iter_raw())
    assert closed == [True]
