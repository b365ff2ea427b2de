from types import SimpleNamespace

import pytest

from hanok.observe import counters as module
from hanok.observe.board import SLOT, Board
from hanok.observe.counters import BUCKETS, Counters, added, all_shown, quantile, resident, shown


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def board():
    board = Board(3)
    yield board
    board.close()


@pytest.fixture
def clock():
    return Clock()


def counting(board, clock, slot=0):
    return Counters(board, slot, clock, lambda: (5, 2))


def answered(**more):
    told = {"method": "GET", "route": SimpleNamespace(path="/items/{id}"), "status": 200, "started": 0.0, "sent": 10}
    return SimpleNamespace(**told | more)


def test_answers_are_counted_by_method_route_and_status(board, clock):
    counters = counting(board, clock)
    for more in ({}, {}, {"status": 404}, {"method": "", "status": 101}, {"route": None}):
        counters.answered(answered(**more))
    counters.show()
    one = shown(board, 0)
    assert one.requests == 5
    assert one.sent == 50
    assert one.series == {
        ("GET", "/items/{id}", 200): 2,
        ("GET", "/items/{id}", 404): 1,
        ("WebSocket", "/items/{id}", 101): 1,
        ("GET", "", 200): 1,
    }
    assert (one.connections, one.running) == (5, 2)
    assert one.rss > 0


def test_durations_are_counted_in_buckets(board, clock):
    counters = counting(board, clock)
    for seconds in (0.0004, 0.003, 0.003, 99.0):
        counters.answered(answered(started=clock.now - seconds))
    counters.answered(answered())  # its clock was not started
    counters.show()
    counts = shown(board, 0).times["GET", "/items/{id}"]
    assert sum(counts[:-1]) == 4
    assert counts[0] == 1
    assert counts[BUCKETS.index(0.005)] == 2
    assert counts[len(BUCKETS)] == 1
    assert counts[-1] == pytest.approx(99.0064)


def test_words_that_strangers_invent_make_no_series(board, clock, monkeypatch):
    monkeypatch.setattr(module, "MOST_SERIES", 2)
    counters = counting(board, clock)
    for method in ("EVIL1", "EVIL2"):
        counters.answered(answered(method=method))
    for number in range(5):
        counters.answered(answered(route=SimpleNamespace(path=f"/{number}")))
    counters.show()
    assert shown(board, 0).series == {
        ("OTHER", "/items/{id}", 200): 2,
        ("GET", "/0", 200): 1,
        ("GET", "(other)", 200): 4,
    }


def test_a_worker_goes_on_from_what_the_one_before_it_had_counted(board, clock):
    before = counting(board, clock)
    before.answered(answered())
    before.become("gone")
    after = counting(board, clock)
    after.answered(answered())
    after.become("serving")
    one = shown(board, 0)
    assert (one.state, one.requests, one.sent) == ("serving", 2, 20)
    assert one.series == {("GET", "/items/{id}", 200): 2}


def test_the_counts_of_all_workers_are_added(board, clock):
    for slot in (0, 2):
        counters = counting(board, clock, slot)
        counters.answered(answered(started=clock.now - 0.003))
        counters.show()
    found = all_shown(board)
    assert [slot for slot, _ in found] == [0, 2]
    series, times = added(one for _, one in found)
    assert series == {("GET", "/items/{id}", 200): 2}
    assert times["GET", "/items/{id}"][BUCKETS.index(0.005)] == 2


def test_a_long_list_is_counted_before_anybody_asks(board, clock, monkeypatch):
    monkeypatch.setattr(module, "LONGEST", 3)
    counters = counting(board, clock)
    for _ in range(3):
        counters.answered(answered())
    assert counters.shown.requests == 3


def test_a_tick_that_comes_late_tells_how_long_the_loop_was_held_up(board, clock):
    counters = counting(board, clock)
    clock.now += 1.0
    counters.tick(1.0)
    assert shown(board, 0).lag == 0
    clock.now += 1.75
    counters.tick(1.0)
    assert shown(board, 0).lag == pytest.approx(0.75)


def test_too_many_series_for_the_slot_leave_the_totals(board, clock):
    counters = counting(board, clock)
    counters.answered(answered(route=SimpleNamespace(path="x" * SLOT)))
    counters.show()
    one = shown(board, 0)
    assert one.requests == 1
    assert one.series == {}


def test_a_quantile_is_read_from_the_buckets():
    counts = [0.0] * (len(BUCKETS) + 1)
    assert quantile(counts, 0.5) is None
    counts[1] = 10
    assert quantile(counts, 0.5) == pytest.approx((BUCKETS[0] + BUCKETS[1]) / 2)
    counts[-1] = 90
    assert quantile(counts, 0.99) == BUCKETS[-1]


def test_the_memory_is_known_without_procfs(monkeypatch):
    def absent(*_):
        raise OSError

    monkeypatch.setattr("builtins.open", absent)
    assert resident() > 2**20
