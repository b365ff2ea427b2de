"""A compiled endpoint can be read step by step."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from pydantic import BaseModel

from hanok import BackgroundTasks, Depends, Form, Hanok, Header, Query, Request, Security
from hanok.endpoint.explain import Step, explain
from hanok.http import PlainTextResponse
from hanok.security import APIKeyHeader


class Item(BaseModel):
    name: str


async def database() -> AsyncIterator[int]:
    yield 1


def session(db: Annotated[int, Depends(database)]) -> int:
    return db


def text_of(steps: list[Step]) -> str:
    return "\n".join(line for step in steps for line in (f"[{step.kind}] {step.title}", *step.details))


def told(app: Hanok) -> str:
    return text_of(explain(app.routes[-1].compiled_endpoint))


def test_every_argument_is_told_with_its_source() -> None:
    app = Hanok()

    @app.post("/items/{item_id}", dependencies=[Security(APIKeyHeader(name="x-key"))], status_code=201)
    async def endpoint(
        item_id: int,
        item: Item,
        request: Request,
        tasks: BackgroundTasks,
        s: Annotated[int, Depends(session, max_concurrency=3)],
        tags: Annotated[list[str], Query(default_factory=list)],
        q: str = "none",
        token: Annotated[str | None, Header()] = None,
    ) -> Item:
        return item

    text = told(app)
    for line in (
        "[body] read the JSON body",
        "validated straight from the bytes: the schema has only parts for which that is the same",
        "item_id: int ← path 'item_id', required",
        "item: Item ← body (the whole of it), required",
        "q: str ← query 'q', else 'none'; any text is valid",
        "tags: list[str] ← query 'tags', else its default",
        "token: str | None ← header 'token', else None; any text is valid",
        "request ← the request",
        "at most 3 at a time",
        "a security scheme",
        "for its effect; nobody takes its value",
        "[answer] answer with status 201",
        "[end] run the code after yield, after the answer was sent",
    ):
        assert line in text, line
    assert text.index("call the dependency") < text.index("call the endpoint") < text.index("[end]")


def test_forms_models_and_other_responses_are_told() -> None:
    app = Hanok()

    @app.post("/form", response_class=PlainTextResponse, max_body_size=99, form_limits={"max_files": 1})
    def form(a: Annotated[str, Form()], page: Annotated[Item, Query()]) -> Any: ...

    text = told(app)
    assert "[body] read the form (multipart or urlencoded)" in text
    assert "at most 99 bytes, else 413" in text
    assert "max_files 1" in text
    assert "page: Item ← query ('name'), required" in text
    assert "run in a worker thread" in text
    assert "by PlainTextResponse" in text


def test_streams_and_websockets_are_told() -> None:
    app = Hanok()

    @app.get("/stream")
    async def stream() -> AsyncIterator[int]:
        yield 1

    assert "stream each item as application/jsonl" in told(app)

    @app.websocket("/ws")
    async def socket(a: Annotated[Item, Depends(session)], word: str) -> None: ...

    assert "word: str ← query 'word', required" in told(app)


def test_overrides_are_told_as_they_are_now() -> None:
    app = Hanok()

    def other() -> int:
        return 2

    @app.get("/")
    async def endpoint(s: Annotated[int, Depends(session)]) -> Any: ...

    app.dependency_overrides[session] = other
    assert "other" in told(app)
    assert "database" not in told(app)
