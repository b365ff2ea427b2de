"""What a page says is to be done about errors that are known."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
from typing import Any

import pytest

from hanok.exceptions import NoMatchFound, ResponseValidationError
from hanok.middleware.debug.remedies import remedy


async def forgotten() -> dict[str, int]:
    return {}


def subscript_a_coroutine() -> None:
    coroutine: Any = forgotten()
    try:
        coroutine["x"]
    finally:
        coroutine.close()


async def await_a_value() -> None:
    await None  # type: ignore[misc]


def run_in_a_loop() -> None:
    async def run() -> None:
        coroutine = forgotten()
        try:
            asyncio.run(coroutine)
        finally:
            coroutine.close()

    asyncio.run(run())


def read_environment() -> None:
    os.environ["A_NAME_THAT_NOBODY_SETS"]


def read_table() -> None:
    with sqlite3.connect(":memory:") as connection:
        try:
            connection.execute("select * from cups")
        finally:
            connection.close()


def endless() -> None:
    endless()


def raising(error: BaseException) -> Any:
    def fail() -> None:
        raise error

    return fail


def missing(name: str) -> Any:
    return raising(ModuleNotFoundError(f"No module named {name!r}", name=name))


def wrong(kind: str, value: Any = 1) -> Any:
    return raising(ResponseValidationError([{"type": kind, "loc": ("response",), "msg": "", "input": value}]))


class MissingGreenlet(Exception):
    pass


class DetachedInstanceError(Exception):
    pass


@pytest.mark.parametrize(
    ("fail", "says"),
    [
        (subscript_a_coroutine, "Write `await` before the call"),
        (lambda: asyncio.run(await_a_value()), "Leave the `await` out"),
        (run_in_a_loop, "instead of `asyncio.run"),
        (lambda: json.dumps(object()), "`object` cannot be written as JSON"),
        (lambda: json.dumps(float("nan"), allow_nan=False), "JSON has no NaN"),
        (raising(TypeError("vars() argument must have __dict__ attribute")), "no form in JSON"),
        (missing("yaml_of_nowhere"), "pip install yaml_of_nowhere"),
        (missing("sklearn_x.y"), "pip install sklearn_x"),
        (missing("json.nothing"), "`json` is there, but has no `json.nothing`"),
        (raising(AssertionError("orjson must be installed to use ORJSONResponse")), "pip install orjson"),
        (raising(AssertionError("jinja2 must be installed to use Jinja2Templates")), "'hanok[templates]'"),
        (raising(AssertionError("SessionMiddleware must be installed to access request.session")), "secret_key"),
        (raising(ConnectionRefusedError(111, "Connection refused")), "Nobody listens"),
        (read_environment, "A_NAME_THAT_NOBODY_SETS is not set"),
        (read_table, "run the migrations"),
        (raising(sqlite3.ProgrammingError("SQLite objects created in a thread can only")), "check_same_thread"),
        (raising(MissingGreenlet()), "selectinload"),
        (raising(DetachedInstanceError()), "before that"),
        (endless, "contains, itself"),
        (raising(NoMatchFound("x", {})), "`hanok routes`"),
        (wrong("model_attributes_type"), "from_attributes"),
        (wrong("missing"), "lacks fields"),
        (wrong("string_type", None), "`return` on every path"),
        (wrong("string_type"), "Change one of the two"),
    ],
)
def test_known_errors_have_a_remedy(fail: Any, says: str) -> None:
    with pytest.raises(BaseException) as caught:  # noqa: PT011
        fail()
    assert says in (remedy(caught.value) or "")


def test_a_remedy_is_found_for_what_an_error_came_from() -> None:
    error = RuntimeError("it did not work")
    error.__cause__ = ConnectionRefusedError()
    assert "Nobody listens" in (remedy(error) or "")
    assert "Nobody listens" in (remedy(ExceptionGroup("several", [ConnectionRefusedError()])) or "")


def test_others_have_none() -> None:
    error = ValueError("x")
    error.__cause__ = error
    assert remedy(error) is None
    assert remedy(KeyError("x")) is None


def test_a_result_that_is_a_coroutine_was_not_awaited() -> None:
    coroutine = forgotten()
    error = ResponseValidationError([{"type": "dict_type", "input": coroutine}])
    coroutine.close()
    assert "Write `await`" in (remedy(error) or "")
