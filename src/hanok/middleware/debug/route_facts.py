"""What is known of the route that took a request: where its endpoint is written, and what it depends on."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from html import escape
from types import CodeType
from typing import Any

from hanok.middleware.debug.frames import short_path
from hanok.middleware.debug.values import name_of


def route_of(request: Any) -> Any:
    """The route that was matched, if the request came that far."""
    route = request.exchange.route
    return route if route is not None else request.scope.get("route")


def route_rows(route: Any, endpoint: Any) -> Iterator[tuple[str, str]]:
    """Its facts, as far as it has them."""
    methods = sorted(getattr(route, "methods", None) or ())
    if "GET" in methods and "HEAD" in methods:
        methods.remove("HEAD")
    if path := getattr(route, "path", None):
        yield "route", f"{', '.join(methods)} {path}".strip()
    if name := getattr(route, "name", None):
        yield "name", str(name)
    if endpoint is not None:
        place = place_of(endpoint)
        yield "endpoint", name_of(endpoint) + (f", {place}" if place else "")
        dependant = getattr(route, "dependant", None)
        if dependant is not None:
            runs = "in the event loop" if inspect.iscoroutinefunction(inspect.unwrap(endpoint)) else "in a thread"
            yield "runs", runs
    if tags := getattr(route, "tags", None):
        yield "tags", ", ".join(map(str, tags))


def place_of(thing: Any) -> str:
    """``main.py:12`` of a function; empty for what has no code of its own."""
    code = code_of(thing)
    return f"{short_path(code.co_filename)}:{code.co_firstlineno}" if code is not None else ""


def code_of(thing: Any) -> CodeType | None:
    while hasattr(thing, "func"):
        thing = thing.func
    code = getattr(inspect.unwrap(thing) if callable(thing) else thing, "__code__", None)
    if code is None and inspect.isclass(thing):
        code = getattr(thing.__init__, "__code__", None)
    elif code is None:
        code = getattr(getattr(type(thing), "__call__", None), "__code__", None)  # noqa: B004
    return code if isinstance(code, CodeType) else None


def codes_in(dependant: Any, overrides: dict[Any, Any]) -> set[CodeType | None]:
    """The code of every function of a tree of dependencies."""
    if dependant is None:
        return set()
    found = {code_of(overrides.get(dependant.call, dependant.call))} - {None}
    return found.union(*(codes_in(each, overrides) for each in dependant.dependencies))


def dependency_tree(route: Any, failed: CodeType | None, overrides: dict[Any, Any]) -> str:
    """The endpoint and all that it depends on, as a tree; what was running when it failed is marked. Empty without any."""
    dependant = getattr(route, "dependant", None)
    if dependant is None or not dependant.dependencies:
        return ""
    return f'<ul class="tree mono">{branch(dependant, failed, overrides)}</ul>'


def branch(dependant: Any, failed: CodeType | None, overrides: dict[Any, Any]) -> str:
    call = overrides.get(dependant.call, dependant.call)
    code = code_of(call)
    name = name_of(call) if hasattr(call, "__qualname__") or hasattr(call, "func") else type(call).__name__
    label = escape(name)
    if code is not None and code is failed:
        label = f'<span class="failed">{label} ← failed here</span>'
    if call is not dependant.call:
        label += f' <span class="source">in place of {escape(name_of(dependant.call))}</span>'
    place = place_of(call)
    below = "".join(branch(each, failed, overrides) for each in dependant.dependencies)
    argument = f'<span class="source">{escape(dependant.name)} = </span>' if dependant.name else ""
    return (
        f'<li>{argument}{label} <span class="source">{escape(place)}</span>{f"<ul>{below}</ul>" if below else ""}</li>'
    )
