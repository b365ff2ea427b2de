"""Which code belongs to which stage of a request, as a table.

Code that the table does not name (the standard library, pydantic, what an application imports) belongs to the stage that called
it. The functions of the application itself are known from its compiled routes.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from types import CodeType
from typing import Any


class Stage(Enum):
    """The stages, in the order in which a request first meets them."""

    PARSE = "parse"
    MIDDLEWARE = "middleware"
    MATCH = "match"
    PARAMETERS = "parameters"
    DEPENDENCIES = "dependencies"
    HANDLER = "handler"
    THREADS = "threads"  # the way to a worker thread and back
    SERIALIZATION = "serialization"
    WRITE = "write"
    LOOP = "event loop"  # tasks, callbacks, and waiting


# module, or module:the beginning of a qualified name → stage. The longest that fits counts. None: the stage of the caller.
TABLE: Mapping[str, Stage | None] = {
    "hanok.protocols": Stage.PARSE,
    "hanok.protocols.h1.answer": Stage.WRITE,
    "hanok.protocols.h1.closing": Stage.WRITE,
    "hanok.protocols.h1.output": Stage.WRITE,
    "hanok.protocols.h1.exchange": Stage.WRITE,
    "hanok.protocols.h1.exchange:H1Exchange.__init__": Stage.PARSE,
    "hanok.protocols.h1.exchange:H1Exchange.raw_headers": Stage.PARSE,
    "hanok.protocols.h1.exchange:H1Exchange._next_chunk": Stage.PARSE,
    "hanok.protocols.h1.connection:H1Connection.answer_end": Stage.WRITE,
    "hanok.protocols.h1.connection:H1Connection._idle": Stage.WRITE,
    "hanok.protocols.h1.connection:H1Connection.may_persist": Stage.WRITE,
    "hanok.exchange.http:Exchange.answer": Stage.WRITE,
    "hanok.exchange.http:Exchange.start": Stage.WRITE,
    "hanok.exchange.http:Exchange.finish": Stage.WRITE,
    "hanok.http.response:Response.send": Stage.WRITE,
    "hanok.observe": Stage.WRITE,
    "hanok.app": Stage.MIDDLEWARE,
    "hanok.application": Stage.MIDDLEWARE,
    "hanok.middleware": Stage.MIDDLEWARE,
    "hanok.gateways": Stage.MIDDLEWARE,
    "hanok.gateways.event_loop": None,
    "hanok.routing": Stage.MATCH,
    "hanok.endpoint": Stage.PARAMETERS,
    "hanok.params": Stage.PARAMETERS,
    "hanok.endpoint.context": Stage.DEPENDENCIES,
    "hanok.dependencies": Stage.DEPENDENCIES,
    "hanok.security": Stage.DEPENDENCIES,
    "hanok.endpoint.run": Stage.SERIALIZATION,  # what was returned → the answer
    "hanok.endpoint.stream": Stage.SERIALIZATION,
    "hanok.serialization": Stage.SERIALIZATION,
    "hanok.http.threads": Stage.THREADS,
    "hanok.http.concurrency": Stage.THREADS,
}
# What ``endpoint.bind`` has generated: it has no module of its own.
GENERATED = "<hanok endpoint "


def stage_of(module: str, name: str = "") -> Stage | None:
    """The stage that the table gives a function."""
    key = f"{module}:{name}"
    for end in range(len(name), 0, -1):
        found = TABLE.get(key[: len(module) + 1 + end], key)
        if found is not key:
            return found  # type: ignore[return-value]  # key stands for "nothing found"
    while module:
        if module in TABLE:
            return TABLE[module]
        module = module.rpartition(".")[0]
    return None


class Harness:
    """What measures: it belongs to no stage."""


HARNESS = Harness()


class Stages:
    """The stage of any code object. ``own`` are those of the application's functions."""

    def __init__(self, own: Mapping[CodeType, Stage] | None = None) -> None:
        self._known: dict[CodeType, Stage | Harness | None] = dict(own or {})
        self._modules: dict[str, str] = {}  # file → module; a code object does not say where it is from

    def __call__(self, code: CodeType) -> Stage | Harness | None:
        known = self._known
        if code not in known:
            known[code] = self._look_up(code)
        return known[code]

    def _look_up(self, code: CodeType) -> Stage | Harness | None:
        if code.co_filename.startswith(GENERATED):
            return Stage.PARAMETERS
        module = self._module(code.co_filename)
        return HARNESS if module.startswith("hanok.measure") else stage_of(module, code.co_qualname)

    def _module(self, file: str) -> str:
        if file not in self._modules:
            self._modules |= {
                origin: name
                for name, module in list(sys.modules.items())
                if isinstance(origin := getattr(module, "__file__", None), str)
            }
        return self._modules.setdefault(file, "")


def own_code(app: Any) -> dict[CodeType, Stage]:
    """The functions of an application: its endpoints, and what they depend on."""
    found: dict[CodeType, Stage] = {}
    for route in every_route(getattr(app, "routes", None) or ()):
        compiled = getattr(route, "compiled_endpoint", None)
        if compiled is not None:
            for node in compiled.current_plan().flat.nodes[:-1]:
                found |= dict.fromkeys(code_of(node.call), Stage.DEPENDENCIES)
        endpoint = getattr(route, "endpoint", None)
        if endpoint is not None:
            found |= dict.fromkeys(code_of(endpoint), Stage.HANDLER)
    return found


def every_route(routes: Any) -> Iterator[Any]:
    """These routes and those of included routers and mounted applications."""
    from hanok.routing.included import iter_route_contexts

    for context in iter_route_contexts(routes):
        route = context.effective_route
        yield route
        yield from every_route(getattr(route, "routes", None) or ())


def code_of(call: Any) -> Iterable[CodeType]:
    """The code behind a callable: behind partials, wrappers, methods; of a class, what makes it."""
    from inspect import isclass

    from hanok.http.inspection import faces

    for face in faces(call):
        made = [face.__init__, face.__new__] if isclass(face) else [face]
        for each in made:
            code = getattr(each, "__code__", None)
            if isinstance(code, CodeType):
                yield code
