"""Dependencies through both doors: order, sharing, ends, overrides, limits."""

import contextlib
import contextvars
import functools
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Any

import anyio.lowlevel
import pytest

from hanok import BackgroundTasks, Depends, Hanok, Header, HTTPException, Request, Response, Security
from hanok.security import SecurityScopes


@pytest.fixture
def log() -> list[str]:
    return []


def test_ends_come_in_their_order(client_for: Any, log: list[str]) -> None:
    app = Hanok()
    over = threading.Event()  # what comes after the answer is not awaited by the client

    async def outer() -> AsyncIterator[int]:
        log.append("outer in")
        try:
            yield 1
        except Exception as error:
            log.append(f"outer saw {type(error).__name__}")
            raise
        finally:
            log.append("outer out")
            over.set()

    def inner(a: Annotated[int, Depends(outer)]) -> Iterator[int]:
        log.append("inner in")
        try:
            yield a + 1
        finally:
            log.append("inner out")

    def short() -> Iterator[int]:
        log.append("short in")
        yield 3
        log.append("short out")

    @app.get("/")
    def endpoint(
        tasks: BackgroundTasks,
        value: Annotated[int, Depends(inner)],
        brief: Annotated[int, Depends(short, scope="function")],
        fail: int = 0,
    ) -> Any:
        tasks.add_task(log.append, "background")
        if fail:
            raise HTTPException(400, "no")
        return [value, brief]

    client = client_for(app)
    assert client.get("/").json() == [2, 3]
    assert over.wait(10)
    assert log == ["outer in", "inner in", "short in", "short out", "background", "inner out", "outer out"]
    log.clear()
    assert client.get("/?fail=1").json() == {"detail": "no"}
    assert log == ["outer in", "inner in", "short in", "inner out", "outer saw HTTPException", "outer out"]
    assert client.get("/?fail=x").status_code == 422
    assert log[-2:] == ["outer saw RequestValidationError", "outer out"]


def test_a_shared_dependency_is_called_once_and_refused_at_each_place(client_for: Any, log: list[str]) -> None:
    app = Hanok()

    def common(q: int) -> int:
        log.append("common")
        return q

    @app.get("/")
    def endpoint(
        a: Annotated[int, Depends(common)],
        b: Annotated[int, Depends(common)],
        c: Annotated[int, Depends(common, use_cache=False)],
    ) -> Any:
        return [a, b, c]

    client = client_for(app)
    assert client.get("/?q=1").json() == [1, 1, 1]
    assert log == ["common", "common"]
    assert [each["loc"] for each in client.get("/").json()["detail"]] == [["query", "q"]] * 3


def test_a_dependency_that_refuses_goes_before_a_wrong_argument_behind_it(client_for: Any) -> None:
    app = Hanok()

    def guard(token: Annotated[str, Header()]) -> None:
        raise HTTPException(401, "who are you")

    @app.get("/")
    def endpoint(n: int, _: Annotated[None, Depends(guard)]) -> None: ...

    client = client_for(app)
    assert client.get("/?n=x", headers={"token": "1"}).status_code == 401
    assert [each["loc"] for each in client.get("/?n=x").json()["detail"]] == [["header", "token"], ["query", "n"]]


def test_every_kind_of_callable_can_be_a_dependency(client_for: Any) -> None:
    app = Hanok()

    class Page:
        def __init__(self, size: int = 10) -> None:
            self.size = size

    class Checker:
        def __init__(self, word: str) -> None:
            self.word = word

        async def __call__(self, q: str = "") -> bool:
            return self.word in q

    async def add(a: int, b: int = 1) -> int:
        return a + b

    def wrap(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            return function(*args, **kwargs)

        return wrapper

    async def opened() -> AsyncIterator[str]:
        yield "open"

    @app.get("/")
    async def endpoint(
        page: Annotated[Page, Depends()],
        found: Annotated[bool, Depends(Checker("x"))],
        partial: Annotated[int, Depends(functools.partial(add, b=5))],
        wrapped: Annotated[int, Depends(wrap(add))],
        state: Annotated[str, Depends(wrap(opened))],
    ) -> Any:
        return [page.size, found, partial, wrapped, state]

    assert client_for(app).get("/?size=3&q=axb&a=1").json() == [3, True, 6, 2, "open"]


def test_overrides_may_change_between_requests(client_for: Any) -> None:
    app = Hanok()

    async def real(q: int = 1) -> int:
        return q

    async def fake(r: str = "fake") -> str:
        return r

    async def between(value: Annotated[Any, Depends(real)]) -> Any:
        return value

    @app.get("/")
    async def endpoint(value: Annotated[Any, Depends(between)]) -> Any:
        return value

    @app.get("/other")
    async def other() -> Any:
        return "other"

    client = client_for(app)
    assert client.get("/?q=2").json() == 2
    app.dependency_overrides[real] = fake
    assert client.get("/?r=x").json() == "x"
    assert client.get("/other").json() == "other"
    app.dependency_overrides = {between: lambda: "both"}
    assert client.get("/").json() == "both"
    app.dependency_overrides.clear()
    assert client.get("/?q=3").json() == 3


def test_what_a_dependency_sets_in_its_context_the_endpoint_sees(client_for: Any) -> None:
    app = Hanok()
    user: contextvars.ContextVar[str] = contextvars.ContextVar("user", default="nobody")

    async def login() -> None:
        user.set("kim")

    @app.get("/", dependencies=[Depends(login)])
    async def endpoint() -> str:
        return user.get()

    @app.get("/sync", dependencies=[Depends(login)])
    def sync() -> list[Any]:
        return [user.get(), threading.current_thread() is threading.main_thread()]

    @app.get("/none")
    async def none() -> str:
        return user.get()

    client = client_for(app)
    assert client.get("/").json() == "kim"
    assert client.get("/sync").json() == ["kim", False]
    assert client.get("/none").json() == "nobody"


def test_scopes_are_gathered_from_above(client_for: Any) -> None:
    app = Hanok()

    def user(scopes: SecurityScopes) -> list[str]:
        return scopes.scopes

    def admin(found: Annotated[list[str], Security(user, scopes=["admin"])]) -> list[str]:
        return found

    @app.get("/")
    def endpoint(
        a: Annotated[list[str], Security(admin, scopes=["items"])], b: Annotated[list[str], Depends(user)]
    ) -> Any:
        return [a, b]

    assert client_for(app).get("/").json() == [["items", "admin"], []]


def test_the_injected_response_and_request_are_this_one(client_for: Any) -> None:
    app = Hanok()

    def mark(response: Response) -> None:
        response.headers["x-mark"] = "1"
        response.status_code = 418

    @app.get("/", dependencies=[Depends(mark)])
    async def endpoint(request: Request, response: Response) -> Any:
        response.set_cookie("a", "b")
        return request.url.path

    response = client_for(app).get("/")
    assert (response.status_code, response.json()) == (418, "/")
    assert response.headers["x-mark"] == "1"
    assert response.headers["set-cookie"] == "a=b; Path=/; SameSite=lax"


def test_a_limited_dependency_runs_so_many_times_at_once(client_for: Any) -> None:
    app = Hanok()
    running: list[int] = []
    peak: list[int] = []

    async def one_at_a_time() -> AsyncIterator[None]:
        running.append(1)
        peak.append(len(running))
        await anyio.lowlevel.checkpoint()
        yield
        running.pop()

    limited = Depends(one_at_a_time, max_concurrency=1)

    @app.get("/", dependencies=[limited])
    async def endpoint() -> str:
        return "ok"

    client = client_for(app)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: client.get("/").json(), range(12)))
    assert answers == ["ok"] * 12
    assert max(peak) == 1


def test_a_dependency_that_hides_an_error_is_told_so(client_for: Any) -> None:
    app = Hanok()

    async def hides() -> AsyncIterator[None]:
        with contextlib.suppress(Exception):
            yield

    @app.get("/", dependencies=[Depends(hides)])
    async def endpoint() -> None:
        raise HTTPException(400)

    assert client_for(app).get("/").status_code == 500


def test_a_dependency_must_yield_exactly_once(client_for: Any) -> None:
    app = Hanok()

    async def twice() -> AsyncIterator[int]:
        yield 1
        yield 2

    def never() -> Iterator[int]:
        yield from ()

    @app.get("/twice", dependencies=[Depends(twice, scope="function")])
    async def first() -> None: ...

    @app.get("/never", dependencies=[Depends(never)])
    async def second() -> None: ...

    client = client_for(app)
    assert client.get("/twice").status_code == 500
    assert client.get("/never").status_code == 500
