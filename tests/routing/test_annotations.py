"""Annotations are understood as they are written: evaluated at once, as strings, or when they are asked for (PEP 649)."""

from __future__ import annotations

import sys
from collections.abc import Callable
from itertools import count
from textwrap import dedent
from types import ModuleType
from typing import Any

import pytest

from hanok import APIRouter, Hanok
from hanok.routing import APIRoute
from hanok.testing import TestClient

AS_STRINGS = "from __future__ import annotations\n"
IMPORTS = """
import dataclasses, functools
from typing import TYPE_CHECKING, Annotated, Literal, Optional
from pydantic import BaseModel
from hanok import APIRouter, Depends, Form, Hanok, Query, Request, Response, WebSocket
"""
NUMBERS = count()
Load = Callable[[str], Any]


def loader(head: str, monkeypatch: pytest.MonkeyPatch) -> Load:
    def load(source: str) -> Any:
        module = ModuleType(f"annotated_{next(NUMBERS)}")
        monkeypatch.setitem(sys.modules, module.__name__, module)
        exec(compile(head + IMPORTS + dedent(source), module.__name__, "exec", dont_inherit=True), vars(module))
        return module

    return load


@pytest.fixture(params=["as strings", "as this Python does"])
def load(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Makes a module of a source."""
    return loader(AS_STRINGS if request.param == "as strings" else "", monkeypatch)


@pytest.fixture(params=["as strings", "lazily"])
def load_lazily(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Load:
    """The same for sources whose annotations cannot be evaluated at once."""
    if request.param == "lazily" and sys.version_info < (3, 14):
        pytest.skip("annotations are evaluated at once before Python 3.14")
    return loader(AS_STRINGS if request.param == "as strings" else "", monkeypatch)


@pytest.fixture(params=["lazily"])
def load_only_lazily(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Load:
    """For sources whose annotations must not be strings: they name what a function has locally, or what is never there."""
    if sys.version_info < (3, 14):
        pytest.skip("annotations are evaluated at once before Python 3.14")
    return loader("", monkeypatch)


def schema_of(client: TestClient, method: str = "post") -> dict[str, Any]:
    operation: dict[str, Any] = client.get("/openapi.json").json()["paths"]["/x"][method]
    return operation


# ---- names that are defined later


def test_a_model_may_be_defined_after_the_endpoint_that_takes_it(load_lazily: Load) -> None:
    module = load_lazily("""
        app = Hanok()

        @app.post("/x")
        def x(item: Item, several: list[Tag] | None = None) -> Answer:
            return Answer(of=item.a + len(several or ()))

        class Item(BaseModel):
            a: int

        class Tag(BaseModel):
            name: str

        class Answer(BaseModel):
            of: int
    """)
    client = TestClient(module.app)
    body = {"item": {"a": "1"}, "several": [{"name": "n"}]}
    assert client.post("/x", json=body).json() == {"of": 2}
    wrong = client.post("/x", json={"item": {"a": "x"}})
    assert (wrong.status_code, wrong.json()["detail"][0]["loc"]) == (422, ["body", "item", "a"])
    answers = schema_of(client)["responses"]
    assert answers["200"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Answer"}


def test_the_document_knows_them_before_the_first_request(load_lazily: Load) -> None:
    module = load_lazily("""
        app = Hanok()

        @app.post("/x")
        def x(item: Item) -> list[Item]: ...

        class Item(BaseModel):
            a: int
    """)
    operation = schema_of(TestClient(module.app))
    reference = {"$ref": "#/components/schemas/Item"}
    assert operation["requestBody"]["content"]["application/json"]["schema"] == reference
    assert operation["responses"]["200"]["content"]["application/json"]["schema"]["items"] == reference


def test_they_are_found_through_an_included_router_and_in_dependencies(load_lazily: Load) -> None:
    module = load_lazily("""
        router = APIRouter()

        def limit(query: Annotated[Filter, Query()]) -> int:
            return query.limit

        @router.get("/x")
        def x(limit: Annotated[int, Depends(limit)], kind: Kind = "a") -> Answer:
            return {"limit": limit, "kind": kind, "secret": 1}

        app = Hanok()
        app.include_router(router, prefix="/below", dependencies=[Depends(limit)])

        class Filter(BaseModel):
            limit: int = 10

        Kind = Literal["a", "b"]

        class Answer(BaseModel):
            limit: int
            kind: str
    """)
    client = TestClient(module.app)
    assert client.get("/below/x?limit=3&kind=b").json() == {"limit": 3, "kind": "b"}
    assert client.get("/below/x?kind=c").status_code == 422


def test_a_response_class_may_be_defined_later(load_lazily: Load) -> None:
    module = load_lazily("""
        app = Hanok()

        @app.get("/x")
        def x(request: Asked) -> Answer:
            return Answer(request.url.path)

        class Answer(Response):
            media_type = "text/plain"

        Asked = Request
    """)
    client = TestClient(module.app)
    assert client.get("/x").text == "/x"


def test_a_websocket_takes_them_too(load_lazily: Load) -> None:
    module = load_lazily("""
        app = Hanok()

        @app.websocket("/ws")
        async def ws(websocket: WebSocket, number: Number = 1) -> None:
            await websocket.accept()
            await websocket.send_json(number)
            await websocket.close()

        Number = int
    """)
    with TestClient(module.app).websocket_connect("/ws?number=5") as session:
        assert session.receive_json() == 5


def test_models_name_each_other_in_any_order(load_lazily: Load) -> None:
    module = load_lazily("""
        app = Hanok()

        class Branch(BaseModel):
            leaf: Leaf
            branches: list[Branch] = []

        @app.post("/x")
        def x(branch: Branch) -> Branch:
            return branch

        class Leaf(BaseModel):
            n: int
    """)
    client = TestClient(module.app)
    sent = {"leaf": {"n": 1}, "branches": [{"leaf": {"n": 2}, "branches": []}]}
    assert client.post("/x", json=sent).json() == sent
    assert schema_of(client)["requestBody"]["content"]["application/json"]["schema"] == {
        "$ref": "#/components/schemas/Branch-Input"
    }


# ---- names that are never defined


def test_a_dependency_may_be_annotated_with_what_only_type_checkers_import(load_only_lazily: Load) -> None:
    module = load_only_lazily("""
        if TYPE_CHECKING:
            import somewhere
            from elsewhere import Session

        app = Hanok()

        def session() -> Session:
            return 7

        @app.get("/x")
        def x(
            a: Annotated[Session, Depends(session)],
            b: Annotated[somewhere.orm.Session | None, Depends(session)],
            c: Session = Depends(session),
            q: int = 1,
        ) -> list[int]:
            return [a, b, c, q]
    """)
    assert TestClient(module.app).get("/x?q=2").json() == [7, 7, 7, 2]


def test_a_default_that_depends_needs_no_known_annotation(load_lazily: Load) -> None:
    module = load_lazily("""
        if TYPE_CHECKING:
            from elsewhere import Session

        app = Hanok()

        @app.get("/x", response_model=None)
        def x(session: Session = Depends(lambda: 7)) -> Session | None:
            return session
    """)
    assert TestClient(module.app).get("/x").json() == 7


# ---- however the callable is made


def test_local_names_are_found_in_the_function_that_has_them(load_only_lazily: Load) -> None:
    module = load_only_lazily("""
        def make():
            app = Hanok()

            @app.post("/x")
            def x(item: Item, number: Annotated[Number, Depends(lambda: 3)]) -> Item:
                return Item(a=item.a + number)

            class Item(BaseModel):
                a: int

            Number = int
            return app

        app = make()
    """)
    assert TestClient(module.app).post("/x", json={"a": 1}).json() == {"a": 4}


def test_partials_wrappers_methods_and_callable_objects_are_read(load: Load) -> None:
    module = load("""
        app = Hanok()
        Number = int

        class Item(BaseModel):
            a: Number

        def wrapped(function):
            @functools.wraps(function)
            async def inner(*args, **kwargs):
                return function(*args, **kwargs)
            return inner

        class Adds:
            def __init__(self, by):
                self.by = by

            def __call__(self, q: Number = 1) -> Number:
                return self.by + q

            def handle(self, total: Annotated[Number, Query(gt=0)]) -> list[Number]:
                return [total + self.by]

        @dataclasses.dataclass
        class Page:
            size: Number = 10
            sort: Optional[Number] = None

        def with_fixed(item: Item, *, fixed: Number, q: Number = 2):
            return [item.a, fixed, q]

        app.post("/partial")(functools.partial(with_fixed, fixed=9))
        app.get("/method")(Adds(1).handle)

        @app.post("/wrapped")
        @wrapped
        def in_wrapper(item: Item, added: Annotated[int, Depends(Adds(2))], page: Annotated[Page, Depends()]) -> list[int]:
            return [item.a, added, page.size]
    """)
    client = TestClient(module.app)
    assert client.post("/partial?q=3", json={"a": 1}).json() == [1, 9, 3]
    assert client.get("/method?total=4").json() == [5]
    assert client.get("/method?total=0").status_code == 422
    assert client.post("/wrapped?q=5&size=20", json={"a": 1}).json() == [1, 7, 20]


def test_typed_dicts_dataclasses_and_forms_are_read(load: Load) -> None:
    module = load("""
        from typing_extensions import NotRequired, TypedDict  # pydantic needs this one before Python 3.12

        app = Hanok()

        class Node(TypedDict):
            value: int
            below: "NotRequired[Node]"

        @dataclasses.dataclass
        class Point:
            x: int
            next: "Point | None" = None

        class Login(BaseModel):
            name: str

        @app.post("/x")
        def x(node: Node, point: Point) -> Point:
            return Point(node["below"]["value"], point)

        @app.post("/form")
        def form(login: Annotated[Login, Form()]) -> str:
            return login.name
    """)
    client = TestClient(module.app)
    body = {"node": {"value": 1, "below": {"value": "2"}}, "point": {"x": 3}}
    assert client.post("/x", json=body).json() == {"x": 2, "next": {"x": 3, "next": None}}
    assert client.post("/form", data={"name": "n"}).json() == "n"


def test_a_declared_response_model_stays_where_the_annotation_is_found_later() -> None:
    router = APIRouter()

    @router.get("/x", response_model=dict[str, int])
    def x() -> Later:
        return Later()

    route = next(each for each in router.routes if isinstance(each, APIRoute))
    app = Hanok()
    app.include_router(router)
    assert TestClient(app).get("/x").json() == {"a": 1}
    assert route.response_model == dict[str, int]


class Later(dict[str, int]):
    def __init__(self) -> None:
        super().__init__(a=1)
