"""The compiled way through an endpoint gives what the careful way gives: values, errors, and calls made."""

from __future__ import annotations

import asyncio
import linecache
from collections.abc import Callable
from functools import wraps
from inspect import signature
from typing import Annotated, Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from hanok.dependencies import read_dependant
from hanok.dependencies.functions import Depends
from hanok.endpoint import Context, Operation, compile_operation
from hanok.endpoint.body import parse_json
from hanok.endpoint.plan import Plan
from hanok.endpoint.solve import solve
from hanok.exceptions import HTTPException, RequestValidationError
from hanok.params.functions import Body, Cookie, Header, Query


class Item(BaseModel):
    name: str
    price: float = 1.5
    tags: list[str] = []
    note: str | None = None


class Filter(BaseModel):
    limit: int = 10
    tag: list[str] = []
    owner: str | None = Field(None, alias="owner_name")


class Extras(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)
    limit: int = Field(5, validation_alias=AliasChoices("o1", "o2"))
    tag: list[int] = Field([], alias="tags")


calls: list[str] = []


async def common(q: int = 3) -> int:
    calls.append("common")
    return q


async def first(c: Annotated[int, Depends(common)], x: str = "d") -> list[Any]:
    calls.append("first")
    return [c, x]


async def second(c: Annotated[int, Depends(common)]) -> int:
    calls.append("second")
    return c


async def guard(token: Annotated[str | None, Header()] = None) -> None:
    calls.append("guard")
    if token == "bad":
        raise HTTPException(401, "bad token")


async def scalars(
    item_id: int,
    x: str,
    q: int = 3,
    flag: bool | None = None,
    limit: Annotated[int, Query(ge=1, le=5)] = 2,
    tag: Annotated[list[int], Query()] = [],  # noqa: B006
    token: Annotated[str | None, Header()] = None,
    session: Annotated[str, Cookie()] = "none",
    other: Annotated[str, Query(validation_alias=AliasChoices("o1", "o2"))] = "-",
) -> Any:
    return [item_id, x, q, flag, limit, tag, token, session, other]


async def dependencies(
    item_id: int, a: Annotated[Any, Depends(first)], b: Annotated[int, Depends(second)], limit: int = 1
) -> Any:
    calls.append("endpoint")
    return [item_id, a, b, limit]


async def guarded(x: int, _: Annotated[None, Depends(guard)], f: Annotated[Filter, Query()]) -> Any:
    return [x, f]


async def body(item: Item, q: int = 1) -> Any:
    return [item, q]


async def optional_body(item: Item | None = None) -> Any:
    return item


async def two_bodies(item: Item, k: Annotated[int, Body()] = 7) -> Any:
    return [item, k]


async def choices(
    x: Annotated[int, Query(validation_alias=AliasChoices("o1", "x", "o2"))],
    tag: Annotated[list[int], Query(validation_alias=AliasChoices("tags", "tag"))] = [],  # noqa: B006
    token: Annotated[str, Header(alias="unused", validation_alias=AliasChoices("X-None", "Token"))] = "-",
) -> Any:
    return [x, tag, token]


async def groups(
    f: Annotated[Filter | None, Query()] = None, e: Annotated[Extras | None, Query()] = None, q: int = 0
) -> Any:
    return [f, e, q]


async def group_of_all(e: Annotated[Extras, Query()], k: Annotated[int, Body()]) -> Any:
    return [e, k]


async def nullable_body(item: Item | None) -> Any:
    return item


async def number_body(k: Annotated[int, Body()] = 7) -> Any:
    return k


async def embedded_choices(
    k: Annotated[int | None, Body(embed=True, validation_alias=AliasChoices("k", "name"))] = 3,
) -> Any:
    return k


ENDPOINTS = (
    scalars,
    dependencies,
    guarded,
    body,
    optional_body,
    two_bodies,
    choices,
    groups,
    group_of_all,
    nullable_body,
    number_body,
    embedded_choices,
)
COMPILED = {
    call.__name__: compile_operation(
        Operation(path="/{item_id}", dependant=read_dependant(call, path_names=frozenset({"item_id"})))
    )
    for call in ENDPOINTS
}
PLANS = {call.__name__: Plan(read_dependant(call, path_names=frozenset({"item_id"}))) for call in ENDPOINTS}

texts = st.sampled_from(["", "1", "7", "x", "true", "é ü", "3.0", "null"])
names = st.sampled_from(["q", "x", "flag", "limit", "tag", "tags", "o1", "o2", "owner_name", "zzz"])
queries = st.lists(st.tuples(names, texts), max_size=6).map(
    lambda pairs: "&".join(f"{name}={quote(value)}" for name, value in pairs).encode()
)
json_values = st.sampled_from(
    [
        b"",
        b"null",
        b"{",
        b"[]",
        b'"x"',
        b'{"name":"a"}',
        b'{"name":1,"price":"x"}',
        b'{"name":"a","price":"2.5","tags":["t"],"extra":1}',
        b'{"name":"a","tags":"t"}',
        b'{"item":{"name":"a"}}',
        b'{"item":{"name":"a"},"k":"9"}',
        b'{"item":null,"k":{}}',
        b'{"k":null,"name":2}',
        b'{"name":null}',
        b"7",
        b'\xef\xbb\xbf{"name":"bom"}',
        b'{"name":"\\ud800"}',
        b'{"name":"a","name":"b"}',
        b'{"name":"a","price":NaN}',
    ]
)
content_types = st.sampled_from(["application/json", "text/plain", "application/x+json; charset=utf-8", None])


async def outcome(way: Callable[[], Any]) -> Any:
    calls.clear()
    try:
        result = await way()
    except RequestValidationError as error:
        return "refused", error.errors(), repr(error.body), sorted(calls)
    except HTTPException as error:
        return "raised", error.status_code, sorted(calls)
    return "answered", repr(result), sorted(calls)


@pytest.mark.parametrize("name", PLANS)
@given(
    query=queries,
    item_id=st.sampled_from(["1", "x", "-3"]),
    token=st.sampled_from([None, "bad", "good"]),
    cookie=st.sampled_from([None, "session=abc", "session="]),
    raw=json_values,
    content_type=content_types,
)
@settings(max_examples=150, deadline=None)
def test_both_ways_agree_on_every_request(
    make_exchange: Any, name: str, query: bytes, item_id: str, token: Any, cookie: Any, raw: bytes, content_type: Any
) -> None:
    plan = PLANS[name]
    headers = {"token": token, "cookie": cookie, "content-type": content_type}
    given_headers = {key: value for key, value in headers.items() if value is not None}

    def exchange() -> Any:
        return make_exchange(query, given_headers, raw, {"item_id": item_id})

    async def careful() -> Any:
        made = exchange()
        parsed = parse_json(made, raw, True, None) if plan.body_params else None
        return await solve(plan, made, Context(made), parsed, {})

    async def both() -> None:
        fast = exchange()
        assert await outcome(lambda: plan.bind(fast, Context(fast))) == await outcome(careful)

    asyncio.run(both())


@pytest.mark.parametrize("name", PLANS)
@given(
    query=queries,
    item_id=st.sampled_from(["1", "x"]),
    token=st.sampled_from([None, "bad"]),
    raw=json_values,
    content_type=content_types,
)
@settings(max_examples=60, deadline=None)
def test_what_runs_without_a_context_answers_as_the_full_way_does(
    make_exchange: Any, name: str, query: bytes, item_id: str, token: Any, raw: bytes, content_type: Any
) -> None:
    endpoint = COMPILED[name]
    headers = {"token": token, "content-type": content_type}
    given_headers = {key: value for key, value in headers.items() if value is not None}

    async def sent_by(way: Callable[[Any], Any]) -> Any:
        exchange = make_exchange(query, given_headers, raw, {"item_id": item_id})

        async def answered() -> Any:
            try:
                await way(exchange)
            except ValueError as error:  # half a pair of surrogates or a NaN cannot be written, whichever way
                return str(error)
            return await exchange.drain()

        return await outcome(answered), exchange.status, exchange.scope["sent"]

    async def both() -> None:
        assert await sent_by(endpoint.run) == await sent_by(endpoint._full)

    assert endpoint.run is not endpoint._full
    asyncio.run(both())


def test_a_dependency_is_called_once_even_when_the_careful_way_takes_over(make_exchange: Any) -> None:
    async def run() -> None:
        calls.clear()
        exchange = make_exchange(b"limit=x", path_params={"item_id": "1"})
        with pytest.raises(RequestValidationError):
            await PLANS["dependencies"].bind(exchange, None)
        assert calls == ["common", "first", "second"]

    asyncio.run(run())


def test_the_generated_source_can_be_read_by_a_debugger() -> None:
    plan = PLANS["scalars"]
    code: Any = plan.bind
    assert "async def bind" in linecache.getline(code.__code__.co_filename, 1)
    assert code.source.startswith("async def bind")


def test_nothing_of_the_user_but_argument_names_is_in_the_source() -> None:
    async def endpoint(q: Annotated[str, Query(alias='"); import os #')] = "'''") -> Any: ...

    source = compile_operation(Operation(path="/", dependant=read_dependant(endpoint))).plan.bind.source  # type: ignore[attr-defined]
    assert "import os" not in source
    assert "'''" not in source


async def in_order(a: str, b: str = "B") -> Any:
    return a, b


async def named_only(a: str, *, b: str = "B") -> Any:
    return a, b


class Callable_:
    async def __call__(self, a: str, b: str = "B") -> Any:
        return a, b


def turned(function: Any) -> Any:
    """Says that it takes what the function takes, and takes it in another order."""

    async def wrapper(b: str, a: str) -> Any:
        return await function(a=a, b=b)

    wrapper.__signature__ = signature(function)  # type: ignore[attr-defined]
    return wrapper


def passed_on(function: Any) -> Any:
    @wraps(function)
    async def wrapper(*arguments: Any, **named: Any) -> Any:
        assert not arguments
        return await function(**named)

    return wrapper


@pytest.mark.parametrize(
    ("endpoint", "without_names"),
    [
        (in_order, True),
        (named_only, False),
        (Callable_(), False),
        (turned(in_order), False),
        (passed_on(in_order), False),
    ],
)
def test_arguments_come_where_they_belong(make_exchange: Any, endpoint: Any, without_names: bool) -> None:
    plan = compile_operation(Operation(path="/", dependant=read_dependant(endpoint))).plan
    assert asyncio.run(plan.bind(make_exchange(b"a=1&b=2"), None)) == ("1", "2")
    assert asyncio.run(plan.bind(make_exchange(b"a=1"), None)) == ("1", "B")
    assert ("a=a" not in plan.bind.source) == without_names  # type: ignore[attr-defined]
