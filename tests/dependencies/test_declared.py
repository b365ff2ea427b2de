from __future__ import annotations

import gc
from dataclasses import replace
from weakref import ref

import anyio
import pytest

from hanok import Depends, Hanok


def passes() -> int:
    return 1


@pytest.mark.anyio
async def test_a_declaration_has_one_semaphore_for_each_event_loop():
    declaration = Depends(passes, max_concurrency=2)
    semaphore = declaration._concurrency.get_semaphore()
    assert isinstance(semaphore, anyio.Semaphore)
    assert semaphore.value == 2
    assert declaration._concurrency.get_semaphore() is semaphore


@pytest.mark.anyio
async def test_a_semaphore_goes_with_its_declaration():
    declaration = Depends(passes, max_concurrency=2)
    semaphore = ref(declaration._concurrency.get_semaphore())
    gc.collect()
    assert semaphore() is not None
    del declaration
    gc.collect()
    assert semaphore() is None


def test_a_semaphore_goes_with_its_event_loop(anyio_backend_name):
    declaration = Depends(passes, max_concurrency=1)

    async def hold():
        await declaration._concurrency.acquire()
        return ref(declaration._concurrency.get_semaphore())

    for _ in range(2):  # what was held in a loop that has ended is held no longer
        semaphore = anyio.run(hold, backend=anyio_backend_name)
        gc.collect()
        assert semaphore() is None


@pytest.mark.parametrize(("limit", "shared"), [(1, True), (2, False)])
def test_a_copy_with_the_same_limit_shares_it(limit, shared):
    declaration = Depends(passes, max_concurrency=1)
    copied = replace(declaration, max_concurrency=limit, use_cache=False)
    assert (copied._concurrency is declaration._concurrency) is shared
    assert copied._concurrency.max_concurrency == limit


def test_a_copy_without_a_limit_has_none():
    assert replace(Depends(passes, max_concurrency=1), max_concurrency=None)._concurrency is None


@pytest.mark.parametrize("limit", [0, -1, True, 1.5, "2"])
def test_a_limit_is_a_positive_integer(limit):
    with pytest.raises(ValueError, match="positive integer"):
        Depends(passes, max_concurrency=limit)


def test_a_place_is_waited_for_and_given_back(anyio_backend_name):
    app = Hanok()
    running = most = 0

    async def limited():
        nonlocal running, most
        running += 1
        most = max(most, running)
        await anyio.lowlevel.checkpoint()
        yield
        running -= 1

    @app.get("/", dependencies=[Depends(limited, max_concurrency=2)])
    async def read():
        return "ok"

    async def main():
        statuses = []
        async with anyio.create_task_group() as group:
            for _ in range(6):
                group.start_soon(call, app, statuses)
        assert statuses == [200] * 6

    anyio.run(main, backend=anyio_backend_name)
    assert most == 2


async def call(app, statuses):

    async def receive():
        await anyio.sleep_forever()

    async def send(message):
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "asgi": {"spec_version": "2.4"}}
    await app(scope, receive, send)
