"""The comparison is fair, and its arithmetic is right. Nothing is timed here."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest

from bench.load import parse, script
from bench.peer import read_peers
from bench.plot import draw
from bench.report import for_readme, into_readme, whole
from bench.summary import summarise
from bench.works import WORKS

WRK = """Running 3s test @ http://127.0.0.1:8000/json
  1 threads and 64 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     1.21ms  310.00us   9.87ms   91.00%
    Req/Sec    52.81k     2.04k   55.62k    80.00%
  Latency Distribution
     50%    1.17ms
     75%  980.00us
     90%    1.41ms
     99%    1.02s
  157712 requests in 3.00s, 22.41MB read
Requests/sec:  52570.66
Transfer/sec:      7.47MB
"""


def measurement(peer: str, number: int, rate: float, **more: Any) -> dict[str, Any]:
    values = {"p50": 1.0, "p99": 2.0, "processor": 1e6 / rate, "worker_memory": 40960, "start_seconds": 0.5}
    return {"work": "json", "peer": peer, "round": number, "rate": rate, "requests": 100, **values} | more


@pytest.fixture
def results() -> dict[str, Any]:
    measurements = []
    for number, slow in enumerate((1.0, 0.5, 0.25)):  # the machine becomes slower, for both
        measurements.append(measurement("fastapi", number, 1000 * slow))
        measurements.append(measurement("hanok", number, 10_000 * slow + 100 * number))
        measurements.append(measurement("go", number, 12_000 * slow))
    return {
        "date": "2026-01-02T03:04:05+00:00",
        "machine": {"processor": "a processor", "python": "Python 3.13.0 (main)"},
        "settings": {"rounds": 3, "seconds": 3.0, "connections": 64},
        "versions": {"hanok": "hanok 1", "fastapi": "fastapi 1", "go": "go 1"},
        "measurements": measurements,
        "imports": {"import x": [{"seconds": 0.5, "modules": 10, "memory": 2048}]},
        "absent": {"nginx": "nginx is not installed"},
        "failed": {"go model": "Go answered 500\nand more"},
    }


def test_the_hanok_and_the_fastapi_application_differ_only_in_their_imports_and_class(root: Path) -> None:
    def body(peer: str) -> list[str]:
        text = (root / "bench" / "peers" / peer / "app.py").read_text()
        lines = [line for line in text.splitlines() if line and not line.startswith(("from ", "import "))]
        return [line.replace("Hanok()", "FastAPI()") for line in lines]

    assert body("hanok") == body("fastapi")


def test_hanok_and_fastapi_do_every_work() -> None:
    peers = read_peers()
    assert list(peers)[:4] == ["fastapi", "hanok", "dropin", "inline"]
    assert set(peers["hanok"].works) == set(peers["fastapi"].works) == set(WORKS)


def test_the_drop_in_serves_the_very_file_that_fastapi_runs() -> None:
    peers = read_peers()
    assert peers["dropin"].folder == peers["fastapi"].folder
    assert peers["dropin"].works == peers["fastapi"].works
    assert "fastapi" not in peers["dropin"].packages


def test_every_peer_does_works_that_there_are_and_large_ones_are_done_by_several() -> None:
    peers = read_peers().values()
    for key, work in WORKS.items():
        doing = [peer.key for peer in peers if key in peer.works]
        assert len(doing) >= 3, key
        assert work.connections is None or work.connections <= 16


def test_a_large_body_is_written_by_wrk_itself() -> None:
    with script(WORKS["upload10"].question) as [flag, file]:
        written = Path(file).read_text()
    assert flag == "-s"
    assert 'string.rep("x", 10485760)' in written
    with script(WORKS["model"].question) as [_, file]:
        assert '{"customer":"Seo Mina"' in Path(file).read_text()


def test_ratios_are_taken_inside_a_round(results: dict[str, Any]) -> None:
    row = summarise(results["measurements"])["json", "hanok"]
    assert (row.lowest, row.ratio, row.highest) == (10.0, pytest.approx(10.2), pytest.approx(10.8))
    assert row.rate == 5100  # the median of the rates themselves
    assert row.processor_ratio == pytest.approx(10.2)


def test_without_a_baseline_there_is_no_ratio(results: dict[str, Any]) -> None:
    alone = [raw for raw in results["measurements"] if raw["peer"] == "hanok"]
    row = summarise(alone)["json", "hanok"]
    assert row.ratio is None
    assert row.processor_ratio is None


def test_the_report_of_wrk_is_read_in_its_units() -> None:
    spoken = parse(WRK)
    assert (spoken.rate, spoken.requests, spoken.failures) == (52570.66, 157712, 0)
    assert (spoken.p50, spoken.p99) == (1.17, 1020.0)


def test_failed_requests_are_counted() -> None:
    bad = "  Socket errors: connect 0, read 2, write 0, timeout 1\n  Non-2xx or 3xx responses: 7\n"
    assert parse(WRK.replace("Requests/sec", bad + "Requests/sec")).failures == 10


def test_what_is_no_report_of_wrk_is_refused() -> None:
    with pytest.raises(ValueError, match="no report of wrk"):
        parse("unable to connect")


def test_the_picture_is_well_formed_and_shows_the_losses(results: dict[str, Any]) -> None:
    rows = summarise(results["measurements"])
    picture = draw(rows, read_peers(), "here & now")
    ElementTree.fromstring(picture)
    assert picture.index("Go net/http") < picture.index(">Hanok<") < picture.index("FastAPI on Uvicorn</text>", 900)


def test_the_page_names_what_was_left_out(results: dict[str, Any]) -> None:
    page = whole(results, summarise(results["measurements"]), read_peers())
    assert "- nginx: nginx is not installed" in page
    assert "- go model: Go answered 500\n" in page


def test_the_readme_gets_the_table_between_its_markers(results: dict[str, Any]) -> None:
    block = for_readme(results, summarise(results["measurements"]), read_peers())
    readme = into_readme("before\n<!-- bench:start -->old<!-- bench:end -->\nafter", block)
    assert readme.startswith("before\n<!-- bench:start -->\n![")
    assert "| **Hanok** | **10.2** |" in readme
    assert readme.endswith("<!-- bench:end -->\nafter")
    assert into_readme(readme, block) == readme


def test_a_readme_without_a_place_for_the_table_is_refused() -> None:
    with pytest.raises(SystemExit, match="bench:start"):
        into_readme("nothing here", "block")
