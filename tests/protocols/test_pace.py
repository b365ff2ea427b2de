from hanok.protocols.pace import Pace


def test_silence_uses_the_time_up():
    pace = Pace(now=100, timeout=10)
    assert pace.lasts(105, 0, 10, 240)
    assert pace.lasts(109.9, 0, 10, 240)
    assert not pace.lasts(110, 0, 10, 240)


def test_who_keeps_the_rate_may_go_on_for_ever():
    pace = Pace(now=0, timeout=10)
    assert all(pace.lasts(second, 240 * second, 10, 240) for second in range(1, 10_000))


def test_who_trickles_may_not():
    pace = Pace(now=0, timeout=10)
    # Half of the rate earns half of the time back.
    last = next(second for second in range(1, 10_000) if not pace.lasts(second, 120 * second, 10, 240))
    assert last == 20


def test_time_cannot_be_saved_up():
    pace = Pace(now=0, timeout=10)
    assert pace.lasts(1, 10**9, 10, 240)
    assert not pace.lasts(12, 10**9, 10, 240)


def test_a_slow_look_forgives_what_moved_meanwhile():
    pace = Pace(now=0, timeout=10)
    assert pace.lasts(60, 10**6, 10, 240)


def test_without_a_rate_any_byte_is_enough():
    pace = Pace(now=0, timeout=10)
    assert all(pace.lasts(9 * number, number, 10, 0) for number in range(1, 100))
    assert not pace.lasts(99 * 9 + 10, 99, 10, 0)


def test_time_that_was_not_its_own_is_not_counted():
    pace = Pace(now=0, timeout=10)
    pace.rest(1000)
    assert pace.lasts(1005, 0, 10, 240)
    assert not pace.lasts(1010, 0, 10, 240)
