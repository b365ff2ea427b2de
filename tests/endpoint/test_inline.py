"""Sync functions that are marked as never blocking run in the event loop."""

from __future__ import annotations

import functools
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any

import pytest

from hanok import BackgroundTasks, Depends, Hanok, HTTPException, Request, inline
from hanok.dependencies import CallKind, call_kind
from hanok.endpoint.explain import explain
from hanok.http import JSONResponse, StreamingResponse
from hanok.routing import HTTPEndpoint, Route


def here() -> int:
    return threading.get_ident()


async def loop_thread() -> int:
    """A dependency that says which thread the event loop is in."""
    return here()


Loop = Annotated[int, Depends(loop_thread)]


# ---- what is marked


def test_a_marked_function_is_inline_and_an_unmarked_one_is_not() -> None:
    @inline
    def marked() -> None: ...

    @inline
    def yields() -> Iterator[None]:
        yield

    def plain() -> None: ...

    assert call_kind(marked) is CallKind.INLINE
    assert call_kind(yields) is CallKind.INLINE_GENERATOR
    assert call_kind(plain) is CallKind.SYNC


def test_the_mark_is_seen_through_partials_and_wrappers() -> None:
    @inline
    def add(a: int, b: int) -> int:
        return a + b

    @functools.wraps(add)
    def around(*args: Any) -> Any:
        return add(*args)

    assert call_kind(functools.partial(add, 1)) is CallKind.INLINE
    assert call_kind(around) is CallKind.INLINE
    assert call_kind(functools.partial(around, 1)) is CallKind.INLINE


def test_a_partial_can_be_marked_without_marking_its_function() -> None:
    def add(a: int, b: int) -> int:
        return a + b

    one_more = inline(functools.partial(add, 1))
    assert one_more(2) == 3
    assert call_kind(one_more) is CallKind.INLINE
    assert call_kind(add) is CallKind.SYNC


def test_a_method_can_be_marked_in_its_class_or_when_it_is_bound() -> None:
    class Counter:
        @inline
        def marked(self) -> int:
            return 1

        def plain(self) -> int:
            return 2

    bound = inline(Counter().plain)
    assert call_kind(Counter().marked) is CallKind.INLINE
    assert call_kind(bound) is CallKind.INLINE
    assert bound() == 2
    assert call_kind(Counter().plain) is CallKind.SYNC


def test_a_marked_class_is_made_inline_but_its_instances_and_subclasses_are_not_marked() -> None:
    @inline
    class Check:
        def __call__(self) -> None: ...

    class Stricter(Check): ...

    class CheckInline:
        @inline
        def __call__(self) -> None: ...

    assert call_kind(Check) is CallKind.INLINE
    assert call_kind(Check()) is CallKind.SYNC
    assert call_kind(Stricter) is CallKind.SYNC
    assert call_kind(CheckInline()) is CallKind.INLINE


def test_what_is_async_is_refused() -> None:
    async def wait() -> None: ...

    async def stream() -> AsyncIterator[int]:
        yield 1

    class Check:
        async def __call__(self) -> None: ...

    for one in (wait, stream, functools.partial(wait), Check()):
        with pytest.raises(TypeError, match="is async"):
            inline(one)


def test_a_wrapper_that_is_async_is_awaited_although_it_took_the_mark_over() -> None:
    @inline
    def answer() -> int:
        return 1

    @functools.wraps(answer)
    async def around() -> int:
        return answer()

    assert call_kind(around) is CallKind.ASYNC


# ---- how it runs, at both doors


def test_a_marked_endpoint_runs_in_the_thread_of_the_event_loop(client_for: Callable[..., Any]) -> None:
    app = Hanok()

    @app.get("/inline/{number}")
    @inline
    def marked(number: int, loop: Loop, q: str = "none") -> Any:
        return {"same": here() == loop, "number": number, "q": q}

    @app.get("/thread")
    def plain(loop: Loop) -> Any:
        return {"same": here() == loop}

    client = client_for(app)
    assert client.get("/inline/5?q=a").json() == {"same": True, "number": 5, "q": "a"}
    assert client.get("/inline/five").status_code == 422
    assert client.get("/thread").json() == {"same": False}


def test_errors_of_a_marked_endpoint_are_answered_as_usual(client_for: Callable[..., Any]) -> None:
    app = Hanok()

    class Closed(Exception): ...

    @app.exception_handler(Closed)
    async def closed(request: Request, error: Exception) -> JSONResponse:
        return JSONResponse({"closed": True}, 409)

    @app.get("/refused")
    @inline
    def refused() -> None:
        raise HTTPException(418, "no coffee")

    @app.get("/closed")
    @inline
    def shut() -> None:
        raise Closed

    @app.get("/broken")
    @inline
    def broken() -> None:
        raise LookupError

    client = client_for(app)
    response = client.get("/refused")
    assert (response.status_code, response.json()) == (418, {"detail": "no coffee"})
    assert client.get("/closed").status_code == 409
    assert client.get("/broken").status_code == 500


def test_marked_dependencies_run_in_the_event_loop_too(client_for: Callable[..., Any]) -> None:
    app = Hanok()
    seen: dict[str, int] = {}

    @inline
    def value() -> int:
        return here()

    @inline
    @dataclass
    class Page:
        skip: int = 0

        def __post_init__(self) -> None:
            seen["page"] = here()

    @app.get("/")
    async def endpoint(
        loop: Loop,
        value: int = Depends(value),
        limited: int = Depends(functools.partial(value), max_concurrency=1),
        page: Any = Depends(Page),
    ) -> Any:
        return {"value": value == loop, "limited": limited == loop, "page": seen["page"] == loop, "skip": page.skip}

    response = client_for(app).get("/?skip=3")
    assert response.json() == {"value": True, "limited": True, "page": True, "skip": 3}


def test_a_marked_override_runs_in_the_event_loop(client_for: Callable[..., Any]) -> None:
    app = Hanok()

    def value() -> int:
        return here()

    @app.get("/")
    async def endpoint(loop: Loop, value: int = Depends(value)) -> bool:
        return value == loop

    app.dependency_overrides[value] = inline(lambda: here())
    client = client_for(app)
    assert client.get("/").json() is True
    app.dependency_overrides.clear()
    assert client.get("/").json() is False


@pytest.mark.parametrize("scope", ["request", "function"])
def test_both_halves_of_a_marked_dependency_that_yields_run_in_the_event_loop(
    client_for: Callable[..., Any], scope: Any
) -> None:
    app = Hanok()
    steps: list[Any] = []
    over = threading.Event()

    @inline
    def session() -> Iterator[int]:
        steps.append(("begin", here()))
        try:
            yield 7
        except HTTPException as error:
            steps.append(("error", error.status_code))
            raise
        finally:
            steps.append(("end", here()))
            over.set()

    @app.get("/")
    async def endpoint(loop: Loop, session: int = Depends(session, scope=scope), fail: bool = False) -> Any:
        steps.append(("loop", loop))
        if fail:
            raise HTTPException(400)
        return session

    client = client_for(app)
    assert client.get("/").json() == 7
    assert over.wait(10)
    assert [name for name, _ in steps] == ["begin", "loop", "end"]
    assert len({thread for _, thread in steps}) == 1
    steps.clear()
    over.clear()
    assert client.get("/?fail=true").status_code == 400
    assert over.wait(10)
    assert [name for name, _ in steps] == ["begin", "loop", "error", "end"]


def test_a_marked_dependency_that_never_yields_is_reported(client_for: Callable[..., Any]) -> None:
    app = Hanok()

    @inline
    def empty() -> Iterator[int]:
        yield from ()

    @app.get("/", dependencies=[Depends(empty)])
    async def endpoint() -> None: ...

    assert client_for(app).get("/").status_code == 500


def test_the_items_of_a_marked_generator_are_made_in_the_event_loop(client_for: Callable[..., Any]) -> None:
    app = Hanok()
    ended: list[str] = []

    @app.get("/lines")
    @inline
    def lines(loop: Loop) -> Iterator[bool]:
        yield here() == loop
        yield here() == loop
        ended.append("lines")

    @app.get("/chunks", response_class=StreamingResponse)
    @inline
    def chunks(loop: Loop) -> Iterator[bytes]:
        yield b"same" if here() == loop else b"other"

    client = client_for(app)
    assert client.get("/lines").text == "true\ntrue\n"
    assert client.get("/chunks").text == "same"
    assert ended == ["lines"]


def test_marked_background_tasks_and_plain_endpoints_run_in_the_event_loop(client_for: Callable[..., Any]) -> None:
    ran: dict[str, int] = {}
    over = threading.Event()

    @inline
    def later() -> None:
        ran["task"] = here()
        over.set()

    @inline
    def plain(request: Request) -> JSONResponse:
        ran["plain"] = here()
        return JSONResponse(None)

    class Methods(HTTPEndpoint):
        @inline
        def get(self, request: Request) -> JSONResponse:
            ran["method"] = here()
            return JSONResponse(None)

    app = Hanok(routes=[Route("/plain", plain), Route("/method", Methods)])

    @app.get("/")
    async def endpoint(tasks: BackgroundTasks) -> None:
        ran["loop"] = here()
        tasks.add_task(later)

    client = client_for(app)
    assert [client.get(path).status_code for path in ("/", "/plain", "/method")] == [200, 200, 200]
    assert over.wait(10)
    assert len(ran) == 4
    assert len(set(ran.values())) == 1


def test_explain_says_what_runs_in_the_event_loop() -> None:
    app = Hanok()

    @inline
    def session() -> Iterator[int]:
        yield 1

    @app.get("/")
    @inline
    def endpoint(session: int = Depends(session)) -> None: ...

    route: Any = app.routes[-1]
    calls = [step for step in explain(route.compiled_endpoint) if step.kind == "call"]
    assert all("it is marked as inline" in step.details[-1] for step in calls)
    assert len(calls) == 2


def test_a_marked_exception_handler_runs_in_the_event_loop(client_for: Callable[..., Any]) -> None:
    app = Hanok()

    @app.exception_handler(KeyError)
    @inline
    def handle(request: Request, exc: KeyError) -> JSONResponse:
        return JSONResponse(here())

    @app.get("/")
    async def endpoint(loop: Loop) -> None:
        threads.append(loop)
        raise KeyError

    threads: list[int] = []
    assert client_for(app).get("/").json() == threads[0]
