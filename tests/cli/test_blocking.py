"""Which calls in async functions are known to block."""

from __future__ import annotations

import subprocess
import time
import urllib.request
from time import sleep as nap
from typing import Any

import pytest

from hanok.cli.blocking import blocking_calls


async def sleeps() -> None:
    time.sleep(1)  # noqa: ASYNC251


async def sleeps_by_another_name() -> None:
    nap(1)  # noqa: ASYNC251


async def imports_by_itself() -> None:
    import sqlite3
    from socket import create_connection as connect

    sqlite3.connect("x")
    connect(("x", 1))


async def yields() -> Any:
    subprocess.run(["true"])  # noqa: ASYNC221
    yield


async def opens_many(names: list[str]) -> None:
    for name in names:
        with open(name):  # noqa: ASYNC230
            pass


async def opens_in_a_comprehension(names: list[str]) -> list[Any]:
    return [open(name) for name in names]  # noqa: ASYNC230


async def opens_one() -> None:
    open("x")  # noqa: ASYNC230, SIM115


async def is_right(time: Any) -> None:
    time.sleep(1)  # its own argument, not the module


async def leaves_it_to_others() -> Any:
    def inner() -> None:
        time.sleep(1)

    return inner, lambda: urllib.request.urlopen("x"), time.sleep, [].append(1), (lambda: 1)()


def is_plain() -> None:
    time.sleep(1)


made: dict[str, Any] = {}
exec("async def without_source():\n    import time\n    time.sleep(1)\n", made)


@pytest.mark.parametrize(
    ("function", "names"),
    [
        (sleeps, ["time.sleep()"]),
        (sleeps_by_another_name, ["time.sleep()"]),
        (imports_by_itself, ["sqlite3.connect()", "socket.create_connection()"]),
        (yields, ["subprocess.run()"]),
        (opens_many, ["open()"]),
        (opens_in_a_comprehension, ["open()"]),
        (opens_one, []),
        (is_right, []),
        (leaves_it_to_others, []),
        (is_plain, []),
        (made["without_source"], []),
    ],
)
def test_calls_that_block(function: Any, names: list[str]) -> None:
    assert [one.call for one in blocking_calls(function)] == names


def test_a_call_has_its_place_and_what_to_write_instead() -> None:
    [found] = blocking_calls(sleeps)
    assert found.file == __file__
    assert found.line == sleeps.__code__.co_firstlineno + 1
    assert found.instead == "await asyncio.sleep(...)"
