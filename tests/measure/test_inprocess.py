"""Requests without a socket: what is counted, and what is not measured."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from hanok import BackgroundTasks, Depends, Hanok, HTTPException, Request, inline
from hanok.cli.version import form
from hanok.exceptions import ConfigError
from hanok.http import StreamingResponse
from hanok.measure import inprocess
from hanok.measure.inprocess import Failed, Measured, measure_all
from hanok.measure.requests import Sent, given_request
from hanok.measure.stages import Stage, Stages, own_code


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers do not have to be good here."""
    for name, value in {"WARM_UP": 2, "BATCHES": 1, "ROUNDS": 1, "WATCHED": 4, "WEIGHED": 4, "PATIENCE": 20.0}.items():
        monkeypatch.setattr(inprocess, name, value)


def measured(app: Any, *requests: str | Sent) -> list[Any]:
    sent = [given_request(one) if isinstance(one, str) else one for one in requests]
    return measure_all(app, sent, Stages(own_code(app)))


def test_the_stages_of_a_request_are_told_apart() -> None:
    app = Hanok()
    loaded: list[str] = []

    @asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[None]:
        loaded.append("up")
        yield
        loaded.append("down")

    app.router.lifespan_context = lifespan

    async def page(skip: int = 0) -> int:
        return max(skip, len("page"))

    @app.get("/items/{item_id}")
    async def item(item_id: int, q: str | None = None, page: int = Depends(page)) -> Any:
        return {"items": sorted([item_id, len(repr(page))])}

    [one] = measured(app, "GET /items/5?q=abc")
    assert isinstance(one, Measured)
    assert loaded == ["up", "down"]
    assert (one.status, one.sent.label) == (200, "GET /items/5?q=abc")
    assert one.length > 100
    stages = one.stages
    assert stages[Stage.DEPENDENCIES].calls >= 3  # page, max, len
    assert stages[Stage.HANDLER].calls >= 4  # item, sorted, len, repr
    seen = {Stage.PARSE, Stage.MATCH, Stage.PARAMETERS, Stage.SERIALIZATION, Stage.WRITE, Stage.MIDDLEWARE}
    if form() == "compiled":
        seen -= {Stage.PARSE, Stage.WRITE}  # nobody sees into compiled code: it counts for what called it
    for stage in seen:
        assert stages[stage].calls >= 1, stage
    assert stages[Stage.THREADS].calls == 0
    assert one.nanoseconds == pytest.approx(sum(cost.nanoseconds for cost in stages.values()))
    assert one.bytes > 0
    assert one.blocks > 0
    assert one.calls == pytest.approx(sum(cost.calls for cost in stages.values()))


def test_the_way_to_a_thread_is_a_stage_of_its_own_and_inline_functions_do_not_take_it() -> None:
    app = Hanok()

    def work() -> Any:
        return {"sum": sum(range(3))}

    app.get("/thread")(work)
    app.get("/inline")(inline(lambda: {"sum": sum(range(3))}))
    thread, inlined = measured(app, "GET /thread", "GET /inline")
    assert thread.stages[Stage.THREADS].calls > 0
    assert thread.stages[Stage.HANDLER].calls >= 2
    assert inlined.stages[Stage.THREADS].calls == 0
    assert inlined.stages[Stage.HANDLER].calls >= 2


def test_counts_are_the_same_each_time() -> None:
    app = Hanok()

    @app.get("/")
    async def read() -> Any:
        return {"a": 1}

    first, second = (measured(app, "GET /")[0] for _ in range(2))
    assert first.stages[Stage.HANDLER].calls == second.stages[Stage.HANDLER].calls
    assert first.stages[Stage.MATCH].calls == second.stages[Stage.MATCH].calls


def test_answers_that_come_later_in_pieces_or_with_work_after_them_are_waited_for() -> None:
    app = Hanok()
    after: list[int] = []

    def session() -> Iterator[int]:
        yield 1
        after.append(1)

    @app.get("/later")
    async def later(tasks: BackgroundTasks, session: int = Depends(session)) -> Any:
        await asyncio.sleep(0)
        tasks.add_task(after.append, 2)
        return None

    @app.get("/pieces")
    async def pieces() -> Any:
        async def parts() -> AsyncIterator[bytes]:
            yield b"one"
            await asyncio.sleep(0)
            yield b"two"

        return StreamingResponse(parts())

    later_one, pieces_one = measured(app, "GET /later", "GET /pieces")
    assert later_one.status == pieces_one.status == 200
    assert after.count(1) == after.count(2) > 10


def test_a_connection_that_is_closed_is_opened_again() -> None:
    app = Hanok()

    @app.get("/")
    async def read() -> Any:
        return 1

    [one] = measured(app, Sent("GET", "/", headers=(("Connection", "close"),)))
    assert isinstance(one, Measured)
    assert one.status == 200


def test_a_body_is_sent() -> None:
    app = Hanok()

    @app.post("/")
    async def read(request: Request) -> Any:
        return await request.json()

    [one] = measured(app, 'POST / {"a": 1}')
    assert one.status == 200


def test_an_answer_that_says_nothing_of_the_route_is_not_measured_unless_it_was_asked_for() -> None:
    app = Hanok()

    @app.get("/")
    async def read() -> None:
        raise HTTPException(401)

    failed, wanted = measured(app, Sent("GET", "/", route="/"), "GET /")
    assert isinstance(failed, Failed)
    assert "answered 401" in failed.reason
    assert wanted.status == 401


def test_an_answer_without_an_end_is_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inprocess, "PATIENCE", 0.05)
    app = Hanok()

    @app.get("/")
    async def read() -> None:
        await asyncio.Event().wait()

    [failed] = measured(app, "GET /")
    assert isinstance(failed, Failed)
    assert "did not end" in failed.reason


def test_a_foreign_application_is_measured_too() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            return
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})

    [one] = measured(app, "GET /")
    assert one.status == 200
    assert one.stages[Stage.MIDDLEWARE].calls > 0  # the ASGI gateway, and what is behind it


def test_an_application_that_does_not_start_is_an_error() -> None:
    app = Hanok()

    @asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[None]:
        raise RuntimeError("no database")
        yield

    app.router.lifespan_context = lifespan
    with pytest.raises(ConfigError, match="did not start"):
        measured(app, "GET /")
