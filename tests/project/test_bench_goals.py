"""The goals are the ones that were set, each read from the run that has measured it; runs are kept without mixing them."""

from __future__ import annotations

import json
import tomllib
import xml.etree.ElementTree as ElementTree
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from bench import databases, http2, run
from bench.databases import FOLDER
from bench.gate import keep as keep_counts
from bench.gate import kept_of
from bench.goals import (
    DATABASES,
    FILES,
    GOALS,
    HTTP2,
    IMPORT,
    MEMORY,
    OLD,
    PURE,
    Goal,
    Reached,
    all_reached,
    measurements_of,
    needed,
    reached,
)
from bench.keep import keep, merged
from bench.over_time import draw, lines_of, spread
from bench.peer import read_peers
from bench.performance import BOUNDS, RESULTS, goals

# work, who → at least so many times whom; as they were set.
WANTED = {
    ("json", "hanok", "main"): {"fastapi": 12, "go": 1.3, "fastify": 1.7, "nginx": 0.75},
    ("params", "hanok", "main"): {"fastapi": 13, "go": 1.0, "fastify": 1.3},
    ("model", "hanok", "main"): {"fastapi": 10, "fastify": 1.0},
    ("dependencies", "hanok", "main"): {"fastapi": 10},
    ("middleware", "hanok", "main"): {"fastapi": 10},
    ("sync", "hanok", "main"): {"fastapi": 8},
    ("sync", "inline", "main"): {"fastapi": 12},
    ("routes1000", "hanok", "main"): {"hanok": 0.97},
    ("db", "hanok", DATABASES): {"fastapi": 1.8, "asgi": 1.05},
    ("db", "hanok-recommended", DATABASES): {"fastapi": 3, "fastify": 0.8},
    ("queries", "hanok-recommended", DATABASES): {"fastapi": 1.5, "fastify": 0.8},
    ("fortunes", "hanok-recommended", DATABASES): {"fastapi": 3, "fastify": 0.8},
    ("updates", "hanok-recommended", DATABASES): {"fastapi": 1.5, "fastify": 0.8},
    ("websocket", "hanok", "main"): {"asgi-uvicorn-ws": 1.3},
    ("upload10", "hanok", "main"): {"asgi-uvicorn": 1.5},
    ("download10", "hanok", "main"): {"asgi-uvicorn": 1.5},
    ("json", "h2-hanok", HTTP2): {"h2-granian": 2, "h2-nginx": 1.0, "h2-hypercorn": 50},
    (IMPORT, "hanok", "main"): {"fastapi": 0.25},
    (MEMORY, "hanok", "main"): {"fastapi": 0.8},
    ("json", "hanok", OLD): {"fastapi": 8},
    ("params", "hanok", OLD): {"fastapi": 8},
    ("json", "hanok", PURE): {"fastapi": 8},
    ("params", "hanok", PURE): {"fastapi": 8},
}


def measured(work: str, peer: str, *rates: float, memory: int = 0) -> list[dict[str, Any]]:
    same = {"p50": 1.0, "p99": 2.0, "processor": 10.0, "start_seconds": 0.5, "requests": 100, "worker_memory": memory}
    return [{"work": work, "peer": peer, "round": at, "rate": rate, **same} for at, rate in enumerate(rates)]


def results(date: str, *measurements: list[dict[str, Any]], rounds: int = 3, **more: Any) -> dict[str, Any]:
    settings = {"rounds": rounds, "seconds": 1.0, "connections": 64}
    return {"date": date, "settings": settings, "measurements": [*chain(*measurements)], **more}


# ---- what is wanted, and what was reached


def test_every_goal_that_was_set_is_a_row_and_no_other() -> None:
    found: dict[tuple[str, str, str], dict[str, float]] = {}
    for goal in GOALS:
        found.setdefault((goal.work, goal.peer, goal.where), {})[goal.against[0]] = goal.wanted
    assert found == WANTED
    assert {goal.work for goal in GOALS if goal.at_most} == {IMPORT, MEMORY}
    assert next(goal for goal in GOALS if goal.work == "websocket").against == (
        "asgi-uvicorn-ws", "asgi-granian-ws", "asgi-hypercorn",
    )  # fmt: skip
    assert set(all_reached(Path("nowhere"))) == set(GOALS)
    assert len({goal.key for goal in GOALS}) == len(GOALS)


def test_goals_are_about_works_and_peers_that_there_are() -> None:
    main, stores = read_peers(), read_peers(FOLDER, databases.WORKS)
    for where in FILES:
        for work, peer in needed(where):
            if where == HTTP2:
                assert peer in {one.key for one in http2.PEERS}
            else:
                assert work in (stores if where == DATABASES else main)[peer].works


def test_each_missed_goal_has_a_text_about_what_bounds_it_or_is_named_as_missing_one(root: Path) -> None:
    bounds = tomllib.loads(BOUNDS.read_text())
    page = (root / "docs" / "performance.md").read_text()
    assert set(bounds) <= {goal.key for goal in GOALS}
    for goal, found in all_reached().items():
        if found is not None and not goal.is_met(found.ratio):
            told = bounds.get(goal.key, f"(`{goal.key}` in bench/bounds.toml)")
            assert told in page, goal


def test_a_goal_is_reached_inside_rounds_against_the_fastest() -> None:
    raw = [
        *measured("json", "fastapi", 1000, 500, 250),
        *measured("json", "hanok", 13_000, 6500, 3250),
        *measured("json", "go", 14_000, 7000, 3500),
    ]
    assert ratio_of(Goal("json", "hanok", 12, ("fastapi",)), raw) == 13
    assert ratio_of(Goal("json", "hanok", 1, ("fastapi", "go")), raw) == pytest.approx(13 / 14)
    assert reached(Goal("json", "hanok", 1, ("fastapi", "nginx")), raw) is None
    assert reached(Goal("params", "hanok", 1, ("fastapi",)), raw) is None


def ratio_of(goal: Goal, raw: list[dict[str, Any]]) -> float:
    found = reached(goal, raw)
    assert found is not None
    return found.ratio


def test_a_goal_comes_with_how_far_its_rounds_are_apart_and_what_a_request_costs() -> None:
    ours = measured("json", "hanok", 8000, 10_000, 13_000)
    for one in ours:
        one |= {"processor": 5.0, "load_busy": 0.95}
    found = reached(Goal("json", "hanok", 12, ("fastapi",)), [*ours, *measured("json", "fastapi", 1000, 1000, 1000)])
    assert found == Reached(10, 8, 13, processor=2.0, load_busy=0.95)
    goal = Goal("json", "hanok", 12, ("fastapi",))
    text = goals({goal: found}, {goal.key: "What bounds it."})
    assert "| json | hanok | ≥ 12 × fastapi | 10.00 * | **missed** | 8.00 to 13.00 | 2.00 |" in text
    assert "What bounds it." in text
    assert "not measured" in goals({goal: None}, {})


def test_the_newest_run_that_has_measured_both_counts_if_it_has_rounds_enough(tmp_path: Path) -> None:
    goal = GOALS[0]
    old = results("2026-01-01T00:00", measured("json", "hanok", 20, 20, 20), measured("json", "fastapi", 2, 2, 2))
    one_sided = results("2026-01-02T00:00", measured("json", "hanok", 30, 30, 30))
    smoke = results("2026-01-03T00:00", measured("json", "hanok", 1), measured("json", "fastapi", 1), rounds=1)
    for number, one in enumerate((old, one_sided, smoke)):
        (tmp_path / f"2026-01-0{number}.json").write_text(json.dumps(one))
    assert all_reached(tmp_path)[goal] == Reached(10, 10, 10, processor=1, date="2026-01-01")


def test_import_memory_and_http_2_are_read_from_where_they_are(tmp_path: Path) -> None:
    imports = {"from hanok import Hanok": [{"seconds": 0.1}] * 3, "from fastapi import FastAPI": [{"seconds": 0.4}] * 3}
    works = [measured("json", "hanok", 1, 1, 1, memory=40), measured("json", "fastapi", 1, 1, 1, memory=50)]
    main = results("2026-01-01T00:00", *works, imports=imports)
    (tmp_path / "2026-01-01.json").write_text(json.dumps(main))
    h2 = {"date": "2026-01-02T00:00", "rounds": {"h2-hanok": [{"rate": 30}], "h2-nginx": [{"rate": 20}]}}
    (tmp_path / "http2.json").write_text(json.dumps(h2))
    found = {goal.key: told for goal, told in all_reached(tmp_path).items()}
    assert found["import hanok fastapi"] == Reached(0.25, 0.25, 0.25, date="2026-01-01")
    assert found["memory hanok fastapi"] == Reached(0.8, 0.8, 0.8, date="2026-01-01")
    assert found["http2 json h2-hanok h2-nginx"] == Reached(1.5, 1.5, 1.5, date="2026-01-02")
    assert found["http2 json h2-hanok h2-granian"] is None
    assert len(measurements_of(main)) == 3 * 2 * 3


def test_the_goals_can_be_measured_in_twenty_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    peers = list(read_peers().values())
    monkeypatch.setattr("sys.argv", ["run", "--goals"])
    settings = run.settings_of(run.read_options())
    assert (settings.rounds, settings.seconds, settings.warmup) == (5, 1.0, 0.5)
    pairs = list(run.pairs(settings, peers))
    assert {(work, peer.key) for work, peer in pairs} == needed("main")
    stores = list(read_peers(FOLDER, databases.WORKS).values())
    more = list(databases.pairs(list(databases.WORKS), stores, goals=True))
    # A second and a half of load, and as much again for the start and the end of a server.
    assert (len(pairs) + len(more)) * 5 * 3 < 15 * 60


# ---- what becomes of a run


def test_a_run_takes_a_work_over_only_with_all_of_its_peers() -> None:
    old = results("2026-01-01", measured("json", "hanok", 1), measured("json", "go", 1), measured("params", "hanok", 1))
    new = results(
        "2026-01-02", measured("json", "hanok", 2), measured("params", "hanok", 2), measured("sync", "hanok", 2)
    )
    found = merged(old, new)
    rates = {(one["work"], one["peer"]): one["rate"] for one in found["measurements"]}
    assert rates == {("json", "hanok"): 1, ("json", "go"): 1, ("params", "hanok"): 2, ("sync", "hanok"): 2}
    assert {work: told["date"] for work, told in found["measured"].items()} == {
        "json": "2026-01-01", "params": "2026-01-02", "sync": "2026-01-02",
    }  # fmt: skip
    assert merged(old, results("2026-01-03", measured("json", "hanok", 3))) == old
    assert merged(old, results("2026-01-03", measured("params", "hanok", 3), rounds=1)) == old


def test_what_belongs_to_a_work_that_was_not_measured_again_stays() -> None:
    said = {"failed": {"go json": "a", "go params round 2": "b"}, "versions": {"go": "1", "hanok": "1"}}
    old = results(
        "2026-01-01", measured("json", "hanok", 1), measured("params", "hanok", 1), imports={"x": [1]}, **said
    )
    new = results(
        "2026-01-02", measured("json", "hanok", 2), failed={"nginx json": "c"}, versions={"hanok": "2"}, imports={}
    )
    found = merged(old, new)
    assert found["failed"] == {"go params round 2": "b", "nginx json": "c"}
    assert found["versions"] == {"go": "1", "hanok": "2"}
    assert found["imports"] == {"x": [1]}


def test_every_run_is_kept_in_a_file_of_its_own(tmp_path: Path) -> None:
    full = results("2026-01-01", measured("json", "hanok", 1), measured("json", "go", 1))
    part = results("2026-01-02", measured("json", "hanok", 2))
    keep(full, tmp_path / "results", "2026-01-01-0000.json", "latest.json")
    file = keep(part, tmp_path / "results", "2026-01-02-0000.json", "latest.json")
    assert json.loads(file.read_text()) == part
    assert json.loads((tmp_path / "results" / "latest.json").read_text())["measurements"] == full["measurements"]


# ---- how it went


def test_the_picture_over_time_shows_those_that_are_faster() -> None:
    runs = [
        results("2026-01-01", measured("json", "fastapi", 1), measured("json", "hanok", 6), measured("json", "go", 7)),
        results("2026-01-02", measured("json", "fastapi", 1), measured("json", "hanok", 12), measured("json", "go", 9)),
        results("2026-01-03", measured("json", "hanok", 12)),
    ]
    assert lines_of(runs) == {"json": {"hanok": [(0, 6.0), (1, 12.0)], "go": [(0, 7.0), (1, 9.0)]}}
    picture = draw(runs, read_peers())
    ElementTree.fromstring(picture)
    assert "Go net/http 9.0" in picture
    assert "Hanok 12.0" in picture
    assert "prefers-color-scheme: dark" in picture
    ElementTree.fromstring(draw(runs[:1], read_peers()))
    assert spread({"a": 10, "b": 12}) == {"a": 10, "b": 24}


def test_the_picture_in_the_results_is_the_one_that_they_make(root: Path) -> None:
    from bench.performance import history

    assert (RESULTS / "over-time.svg").read_text() == draw(history(), read_peers())
    assert "(../bench/results/over-time.svg)" in (root / "docs" / "performance.md").read_text()


def test_counts_that_are_kept_stand_after_those_that_were(tmp_path: Path) -> None:
    file = tmp_path / "gate.toml"
    for number, reason in enumerate(("the first", 'a "second"')):
        keep_counts({"json": {"instructions": 100.0 + number, "calls": 5.0}}, reason, "3.13", file)
    keep_counts({"json": {"instructions": 90.0, "calls": 5.0}}, "another", "3.12", file)
    entries = tomllib.loads(file.read_text())["3.13"]
    assert [entry["reason"] for entry in entries] == ["the first", 'a "second"']
    assert kept_of("3.13", file)["json"] == {"instructions": 101.0, "calls": 5.0}
    assert kept_of("3.14", file) == {}
