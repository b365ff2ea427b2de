"""Whether a task is in a cancel scope of anyio, as far as that can be known."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from hanok.gateways.scopes import open_scope, outside_of_scopes

BACKEND = "anyio._backends._asyncio"


def test_a_task_is_outside_until_it_enters_one_and_after_it_has_left() -> None:
    async def main() -> None:
        assert outside_of_scopes()
        assert open_scope() is None
        with anyio.CancelScope() as scope:  # noqa: ASYNC100 - what is asked in it does not wait
            assert not outside_of_scopes()
            assert open_scope() is scope
        assert outside_of_scopes()
        assert open_scope() is None

    asyncio.run(main())


def test_a_task_of_a_task_group_is_inside() -> None:
    async def look() -> None:
        found.append(outside_of_scopes())

    async def main() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(look)

    found: list[bool] = []
    asyncio.run(main())
    assert found == [False]


def test_on_trio_nobody_is_known_to_be_outside() -> None:
    async def look() -> bool:
        return outside_of_scopes()

    assert anyio.run(look, backend="trio") is False


def test_without_anyios_backend_nobody_has_entered_one(monkeypatch: pytest.MonkeyPatch) -> None:
    async def look() -> tuple[bool, Any]:
        return outside_of_scopes(), open_scope()

    monkeypatch.delitem(sys.modules, BACKEND, raising=False)
    assert asyncio.run(look()) == (True, None)


def test_what_anyio_does_not_tell_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    async def look() -> tuple[bool, Any]:
        with anyio.CancelScope():  # noqa: ASYNC100 - what is asked in it does not wait
            monkeypatch.delattr(f"{BACKEND}._task_states")
            try:
                return outside_of_scopes(), open_scope()
            finally:
                monkeypatch.undo()

    assert asyncio.run(look()) == (False, None)


def test_without_a_task_there_is_no_scope() -> None:
    async def main() -> None:
        with anyio.CancelScope():
            found: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
            asyncio.get_running_loop().call_soon(lambda: found.set_result(open_scope()))
            assert await found is None

    asyncio.run(main())
    assert open_scope() is None
