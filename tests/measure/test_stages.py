"""Which code belongs to which stage."""

from __future__ import annotations

import functools
from typing import Any

import pytest

import hanok.routing.router
from hanok import Depends, Hanok
from hanok.measure import meter
from hanok.measure.stages import HARNESS, TABLE, Stage, Stages, code_of, own_code, stage_of


@pytest.mark.parametrize(
    ("module", "name", "stage"),
    [
        ("hanok.protocols.h1.head", "parse_head", Stage.PARSE),
        ("hanok.protocols.h1.exchange", "H1Exchange.__init__", Stage.PARSE),
        ("hanok.protocols.h1.exchange", "H1Exchange._answer", Stage.WRITE),
        ("hanok.routing.table", "MatchTable.slot", Stage.MATCH),
        ("hanok.endpoint.bind", "parse", Stage.PARAMETERS),
        ("hanok.endpoint.run", "Endpoint._short_run.<locals>.run", Stage.SERIALIZATION),
        ("hanok.exchange.http", "Exchange.answer", Stage.WRITE),
        ("hanok.exchange.http", "Exchange.client", None),
        ("hanok.gateways.event_loop", "start", None),
        ("json.decoder", "JSONDecoder.decode", None),
    ],
)
def test_the_longest_name_in_the_table_counts(module: str, name: str, stage: Stage | None) -> None:
    assert stage_of(module, name) is stage


def test_every_module_and_function_in_the_table_exists() -> None:
    for key in TABLE:
        module, _, name = key.partition(":")
        found: Any = __import__(module, fromlist=["_"])
        for part in name.split(".") if name else ():
            found = getattr(found, part)


def test_the_functions_of_an_application_are_known() -> None:
    app, inner = Hanok(), Hanok()

    class Page:
        def __init__(self, skip: int = 0) -> None: ...

    def session() -> int:
        return 1

    @app.get("/")
    async def endpoint(page: Any = Depends(Page), session: int = Depends(session)) -> None: ...

    @inner.get("/")
    async def below() -> None: ...

    app.mount("/inner", inner)
    own = own_code(app)
    assert own[endpoint.__code__] is own[below.__code__] is Stage.HANDLER
    assert own[session.__code__] is own[Page.__init__.__code__] is Stage.DEPENDENCIES


def test_code_is_looked_up_once_and_ours_is_told_apart() -> None:
    stages = Stages()
    dispatch = hanok.routing.router.Router.dispatch
    assert stages(dispatch.__code__) is stages(dispatch.__code__) is Stage.MATCH
    assert stages(meter.nothing.__code__) is HARNESS
    assert stages(pytest.raises.__code__) is None
    assert stages(compile("1", "<hanok endpoint 7>", "eval")) is Stage.PARAMETERS


def test_the_code_behind_wrappers_is_found() -> None:
    def add(a: int, b: int) -> int:
        return a + b

    @functools.wraps(add)
    def around(*args: int) -> int:
        return add(*args)

    assert set(code_of(functools.partial(around, 1))) == {add.__code__, around.__code__}
    assert list(code_of(len)) == []
