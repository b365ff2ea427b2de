"""Declarations that cannot work are refused where they stand, with words that say what is wrong."""

import functools
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Annotated, Any

import pytest

from hanok import Cookie, Depends, Path, Query, Request, Response, WebSocket
from hanok.dependencies import CallKind, Injected, call_kind, declared, flatten, merged, read_dependant
from hanok.dependencies.dependant import extra_dependant
from hanok.exceptions import DeclarationError, DependencyScopeError


def dep() -> int:
    return 1


class Unknown: ...


def default_in_annotated(q: Annotated[str, Query("a")]) -> None: ...
def depends_twice(q: Annotated[str, Depends(dep)] = Depends(dep)) -> None: ...
def query_and_depends(q: Annotated[str, Query()] = Depends(dep)) -> None: ...
def query_for_request(r: Annotated[Request, Query()]) -> None: ...
def default_of_path(p: Annotated[int, Path()] = 3) -> None: ...
def sequence_in_path(p: list[int]) -> None: ...
def mapping_in_path(p: dict[str, int]) -> None: ...
def mapping_in_query(q: Annotated[dict[str, int], Query()]) -> None: ...
def objects_in_query(q: Annotated[list[dict[str, int]], Query()]) -> None: ...
def declared_twice(q: Annotated[str, Query()] = Query()) -> None: ...
def query_for_path(p: int = Query()) -> None: ...


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (default_in_annotated, "`Query` default value cannot be set in `Annotated` for 'q'"),
        (depends_twice, "Cannot specify `Depends` in `Annotated` and default value together for 'q'"),
        (query_and_depends, "Cannot specify a FastAPI annotation in `Annotated` and `Depends` as a default value"),
        (query_for_request, "Cannot specify FastAPI annotation for type"),
        (default_of_path, "Path parameters cannot have default values"),
        (sequence_in_path, "Path params must be of one of the supported types"),
        (mapping_in_path, "Path params must be of one of the supported types"),
        (mapping_in_query, "Query parameter 'q' must be one of the supported types"),
        (objects_in_query, "Query parameter 'q' must be one of the supported types"),
        (declared_twice, "Cannot specify FastAPI annotations in `Annotated` and default value together for 'q'"),
        (query_for_path, "Cannot use `Query` for path param 'p'"),
    ],
)
def test_contradictions_are_refused(call: Callable[..., Any], message: str) -> None:
    with pytest.raises(AssertionError, match=message.replace("(", r"\(")):
        read_dependant(call, path_names=frozenset({"p"}))


def test_a_type_that_is_no_field_is_named() -> None:
    def endpoint(q: Unknown) -> None: ...

    with pytest.raises(DeclarationError, match=r"check that .*Unknown.* is a valid Pydantic field type"):
        read_dependant(endpoint)


def test_a_long_dependency_cannot_rest_on_a_short_one() -> None:
    async def short() -> AsyncIterator[int]:
        yield 1

    def long(x: Annotated[int, Depends(short, scope="function")]) -> Iterator[int]:
        yield x

    def endpoint(y: Annotated[int, Depends(long, scope="request")]) -> None: ...

    with pytest.raises(DependencyScopeError, match='The dependency "long" has a scope of "request"'):
        read_dependant(endpoint)


def test_a_dependency_must_be_callable() -> None:
    def endpoint(y: Any = Depends(3)) -> None: ...  # type: ignore[arg-type]

    with pytest.raises(TypeError, match="3 is not a callable object"):
        read_dependant(endpoint)
    with pytest.raises(AssertionError, match="must have a callable dependency"):
        extra_dependant(declared.Depends())


@pytest.mark.parametrize("limit", [0, -1, True, 1.5])
def test_a_limit_is_a_positive_whole_number(limit: Any) -> None:
    with pytest.raises(ValueError, match="max_concurrency must be a positive integer or None"):
        Depends(dep, max_concurrency=limit)


def test_kinds_of_callables_are_seen_through_wrappers() -> None:
    async def coroutine() -> None: ...
    async def generator() -> AsyncIterator[int]:
        yield 1

    class WithCall:
        def __call__(self) -> Iterator[int]:
            yield 1

    assert call_kind(dep) is CallKind.SYNC
    assert call_kind(Unknown) is CallKind.SYNC
    assert call_kind(functools.partial(coroutine)) is CallKind.ASYNC
    assert call_kind(generator) is CallKind.ASYNC_GENERATOR
    assert call_kind(WithCall()) is CallKind.GENERATOR
    assert call_kind(functools.partial(WithCall())) is CallKind.GENERATOR


def test_parts_of_the_request_are_known_by_their_type() -> None:
    def endpoint(r: Request, o: Annotated[Response, "note"], w: WebSocket | None = None) -> None: ...

    found = read_dependant(endpoint).injected
    assert found == {"r": Injected.REQUEST, "o": Injected.RESPONSE, "w": Injected.WEBSOCKET}


def test_the_plan_has_every_call_once_leaves_first() -> None:
    def leaf(a: int) -> int:
        return a

    def left(x: Annotated[int, Depends(leaf)], b: Annotated[str, Cookie()] = "") -> int:
        return x

    def endpoint(y: Annotated[int, Depends(left)], z: Annotated[int, Depends(leaf)], c: int = 0) -> None: ...

    root = read_dependant(endpoint)
    flat = flatten(root)
    assert [node.call for node in flat.nodes] == [leaf, left, endpoint]
    assert [flat.nodes[each.node].call for each in flat.occurrences] == [leaf, left, leaf, endpoint]
    assert flat.calls == {leaf, left}
    assert [each.name for each in merged(root).query_params] == ["c", "a", "a"]


def lower(above: Any = None) -> int:
    return 1


def upper(below: Annotated[int, Depends(lower)]) -> int:
    return below


def test_dependencies_that_need_each_other_are_named_with_their_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lower, "__defaults__", (Depends(upper),))

    def endpoint(one: Annotated[int, Depends(upper)]) -> None: ...

    with pytest.raises(DeclarationError, match=r"upper \(test_dependant.py:\d+\) → lower \(.*\) → upper \("):
        read_dependant(endpoint)


def test_a_dependency_may_be_needed_twice_and_on_several_levels() -> None:
    def endpoint(
        one: Annotated[int, Depends(dep)], two: Annotated[int, Depends(upper)], x: int = Depends(dep)
    ) -> None: ...

    assert len(read_dependant(endpoint).dependencies) == 3
