"""Bind: a Plan → the source of one coroutine function, compiled.

There are two of them. ``bind(exchange, context)`` returns what the endpoint has returned. ``run(exchange)``, for endpoints that
need no Context, goes on and answers with it: one coroutine less for each request.

The generated function is what one would write by hand for that endpoint: read the query once, validate each argument with
its own validator, await the dependencies in order, call the endpoint. Straight-line code is two to three times as fast as
walking the plan, and a debugger can step through it (the source is registered in ``linecache``).

Nothing from a user is put into the source but the names of arguments, which Python has already accepted as identifiers;
every value (aliases, defaults, validators, callables) is passed through the namespace under a generated name.

Whatever is wrong or rare is handed over to ``solve``, with the values that are already there. ``tests/endpoint`` proves both
ways equal on generated requests.
"""

from __future__ import annotations

import linecache
from collections.abc import Callable, Coroutine
from itertools import count
from typing import TYPE_CHECKING, Any

from hanok.endpoint.bind_source import Ending, Writer

if TYPE_CHECKING:
    from hanok.endpoint.plan import Bind, Plan
    from hanok.exchange import Exchange

_numbers = count(1)


def compile_bind(plan: Plan) -> Bind:
    """The coroutine function ``bind(exchange, context)`` of a plan."""
    return _compiled(Writer(plan), "bind")  # type: ignore[no-any-return]  # it comes out of exec


def compile_run(plan: Plan, ending: Ending) -> Callable[[Exchange], Coroutine[Any, Any, None]]:
    """The coroutine function ``run(exchange)`` of a plan that needs no Context."""
    return _compiled(Writer(plan, ending), "run")  # type: ignore[no-any-return]  # it comes out of exec


def _compiled(writer: Writer, name: str) -> Any:
    source = writer.source()
    filename = f"<hanok endpoint {next(_numbers)}>"
    namespace = writer.namespace
    exec(compile(source, filename, "exec"), namespace)
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    function: Any = namespace[name]
    function.source = source
    return function
