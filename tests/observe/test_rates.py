import pytest

from hanok.observe.counters import BUCKETS
from hanok.observe.rates import rates


def times(**counts):
    found = [0.0] * (len(BUCKETS) + 2)
    for name, count in counts.items():
        found[BUCKETS.index(float(name.removeprefix("s").replace("_", ".")))] = count
    return found


def worker(slot=1, pid=7, now=100.0, **more):
    told = {"slot": slot, "pid": pid, "state": "serving", "born": 90.0, "now": now, "connections": 3, "running": 1}
    return told | {"requests": 0, "rss": 2**20, "cpu": 1.0, "lag": 0.0, "routes": []} | more


def route(statuses, counted=None):
    return {"method": "GET", "route": "/x", "statuses": statuses, "times": counted}


def test_rates_are_what_was_added_in_the_time_between():
    before = worker(requests=10, routes=[route({"200": 10}, times(s0_005=10))])
    after = worker(
        requests=30, now=102.0, cpu=2.0, routes=[route({"200": 26, "404": 2, "500": 2}, times(s0_005=10, s0_01=20))]
    )
    told = rates({"workers": [before]}, {"workers": [after]})
    (one,) = told.workers
    assert (one.rate, one.cpu, one.age) == (10.0, 0.5, 12.0)
    (each,) = told.routes
    assert (each.rate, each.client_errors, each.server_errors) == (10.0, 1.0, 1.0)
    assert each.half == pytest.approx(0.0075)
    assert told.total.rate == 10.0


def test_workers_are_added_and_those_that_are_gone_are_not_shown():
    before = {"workers": [worker(1), worker(2)]}
    gone = worker(2, state="gone", now=101.0, routes=[route({"200": 4})])
    told = rates(before, {"workers": [worker(1, now=101.0, routes=[route({"200": 6})]), gone]})
    assert [one.slot for one in told.workers] == [1]
    assert told.routes[0].rate == 10.0


def test_a_new_worker_has_no_rate_yet():
    told = rates({"workers": []}, {"workers": [worker(requests=50, routes=[route({"200": 50})])]})
    assert told.workers[0].rate == 0
    assert told.routes[0].rate == 0
    assert told.routes[0].half is None


def test_a_replaced_worker_has_no_share_of_the_processor_yet():
    before, after = worker(pid=7, cpu=50.0), worker(pid=8, now=101.0, cpu=0.5, requests=5)
    (one,) = rates({"workers": [before]}, {"workers": [after]}).workers
    assert (one.cpu, one.rate) == (0.0, 5.0)
