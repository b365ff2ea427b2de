"""The profile of one request is read from callgrind's files; the requests that are counted are answered."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bench.profile import EIGHT, by_object, read, self_costs, short, write
from bench.wire import ROUTES, Wire, replay

WRITTEN = """\
# callgrind format
version: 1
positions: line
events: Ir
summary: 1000

ob=(1) /usr/lib/libpython3.13.so.1.0
fl=(1) ???
fn=(1) eval
0 100
cob=(2) /x/scan.cpython-313-x86_64-linux-gnu.so
cfi=(1)
cfn=(2) walk
calls=3 0
0 500
+1 7

ob=(2)
fn=(2)
0 40
* 2
0
fn=(3) other
cfn=(1)
cob=(1)
calls=1 0
0 9
0 5
"""


def test_a_function_costs_what_it_does_itself() -> None:
    python, scan = "/usr/lib/libpython3.13.so.1.0", "/x/scan.cpython-313-x86_64-linux-gnu.so"
    costs = self_costs(WRITTEN.splitlines())
    assert costs == {(python, "eval"): 107, (scan, "walk"): 42, (scan, "other"): 5}
    assert by_object(costs) == {python: 107, scan: 47}
    assert (short(python), short(scan), short("")) == ("libpython3.13", "scan", "?")


def test_what_was_kept_is_read_again(tmp_path: Path) -> None:
    found = {"json": {("a", "b"): 1.5, ("a", "c"): 2.0}}
    write(tmp_path / "file", found)
    assert read(tmp_path / "file") == found


def test_the_first_eight_routes_of_the_gate_are_profiled() -> None:
    assert [*EIGHT, "inline", "h2"] == list(ROUTES)
    assert len(EIGHT) == 8


@pytest.mark.parametrize("name", ["json", "model", "refused", "inline", "h2"])
def test_every_request_differs_and_is_answered(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCH_WORK", "")

    async def main() -> None:
        wire = Wire(name)
        requests = await wire.requests(5)
        assert len(set(requests)) == 5
        await replay(wire, requests)
        wire.check()
        wire.sink.written[:] = [b"HTTP/1.1 599 No\r\n\r\n"]
        with pytest.raises(SystemExit, match="was answered with"):
            wire.check()

    asyncio.run(main())
