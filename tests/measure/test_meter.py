"""What passes between two events is booked to the stage that was running. The meter is told of events by hand here."""

from __future__ import annotations

import sys
import threading
import tracemalloc

import pytest

import hanok.routing.router
from hanok.measure import watching as ways
from hanok.measure.meter import MemoryMeter, Meter, TimeMeter, middle, nothing, own_cost
from hanok.measure.stages import Stage, Stages
from hanok.measure.watching import threads_prepared, watching

MATCH = hanok.routing.router.Router.dispatch.__code__
OURS = nothing.__code__


def helper() -> int:
    return len("help")


FOREIGN = helper.__code__


class Clock(Meter):
    """Each event comes one unit after the one before."""

    counts_c_calls = True

    def book(self) -> None:
        self.booked(1.0, 2.0)

    def begin(self) -> None:
        pass


def meter() -> Clock:
    made = Clock(Stages({FOREIGN: Stage.HANDLER}))
    made.restart()
    return made


def test_a_stage_gets_what_passes_until_it_ends_or_calls_another() -> None:
    one = meter()
    one.enter(MATCH, True)  # what passed before was ours
    one.call()
    one.enter(FOREIGN, True)
    one.leave()
    one.leave()
    found = one.net(1)
    assert found[Stage.MATCH] == (2, 3.0, 6.0)
    assert found[Stage.HANDLER] == (1, 1.0, 2.0)
    assert one.harness.amounts == [1.0, 2.0]


def test_code_of_no_stage_belongs_to_its_caller_and_to_the_event_loop_if_that_is_us() -> None:
    plain = compile("1", "somewhere.py", "eval")
    one = meter()
    one.enter(plain, True)
    one.leave()
    one.enter(MATCH, True)
    one.enter(plain, True)
    one.leave()
    one.leave()
    found = one.net(1)
    assert found[Stage.LOOP] == (1, 1.0, 2.0)
    assert found[Stage.MATCH] == (2, 3.0, 6.0)


def test_what_goes_on_after_a_yield_is_no_other_call() -> None:
    one = meter()
    one.enter(MATCH, True)
    one.leave()
    one.enter(MATCH, False)
    one.leave()
    assert one.net(2)[Stage.MATCH] == (0.5, 1.0, 2.0)


def test_ours_is_nobodys_cost() -> None:
    one = meter()
    one.enter(OURS, True)
    one.leave()
    assert all(cost == (0, 0.0, 0.0) for cost in one.net(1).values())


def test_the_end_of_what_began_before_leads_outside() -> None:
    one = meter()
    one.leave()
    one.leave()
    one.call()
    assert one.net(1)[Stage.LOOP][0] == 1


def test_another_thread_has_its_own_calls_under_way() -> None:
    one = meter()
    one.enter(MATCH, True)

    def work() -> None:
        one.enter(FOREIGN, True)
        one.leave()
        one.call()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    one.leave()
    found = one.net(1)
    assert found[Stage.HANDLER][0] == 1
    assert found[Stage.THREADS][0] == 1
    assert found[Stage.MATCH][0] == 1


def test_what_an_event_costs_is_taken_off_but_never_more_than_there_is() -> None:
    one = Clock(Stages(), (0.25, 5.0))
    one.restart()
    one.enter(MATCH, True)
    one.leave()
    assert one.net(1)[Stage.MATCH] == (1, 0.75, 0.0)


def test_time_and_memory_are_measured() -> None:
    timed = TimeMeter(Stages())
    timed.restart()
    timed.enter(MATCH, True)
    timed.leave()
    assert timed.costs[Stage.MATCH].amounts[0] > 0
    tracemalloc.start()
    try:
        weighed = MemoryMeter(Stages())
        weighed.restart()
        weighed.enter(MATCH, True)
        kept = bytearray(100_000)
        weighed.leave()
    finally:
        tracemalloc.stop()
    assert weighed.net(1)[Stage.MATCH][1] >= len(kept)


def test_the_own_cost_is_found_out() -> None:
    first, second = own_cost(TimeMeter, watching)
    assert first > 0
    assert second == 0
    assert middle([3, 1, 2]) == 2


@pytest.mark.parametrize("way", ["watching", "_profiled"])
def test_the_interpreter_tells_of_calls(way: str) -> None:
    one = Clock(Stages({FOREIGN: Stage.HANDLER}))
    with getattr(ways, way)(one):
        one.restart()
        helper()
        one.restart()
    calls, _, _ = one.net(1)[Stage.HANDLER]
    assert calls == 2  # helper and len
    helper()
    assert one.net(1)[Stage.HANDLER][0] == 2  # nobody is watching any more


def test_frames_are_told_of_as_events() -> None:
    one = meter()
    frame = sys._getframe()
    ways._told(frame, "call", None)  # nobody asked
    assert one.harness.amounts == [0.0, 0.0]
    ways._meters.append(one)
    try:
        for event in ("call", "c_call", "c_return", "return"):
            ways._told(frame, event, None)
    finally:
        ways._meters.pop()
    assert one.net(1)[Stage.LOOP][0] == 2


def test_threads_are_prepared_only_where_they_have_to_be_and_not_for_ever() -> None:
    before = threading.getprofile()
    with threads_prepared():
        assert (threading.getprofile() is before) is (sys.version_info >= (3, 12))
    assert threading.getprofile() is before
