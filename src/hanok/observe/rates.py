"""What changed between two looks at ``/status``: rates and latencies. No I/O; ``hanok top`` draws it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hanok.observe.counters import BUCKETS, quantile

NOTHING: list[float] = [0.0] * (len(BUCKETS) + 2)


@dataclass(frozen=True)
class WorkerRate:
    slot: int
    pid: int
    state: str
    age: float  # seconds
    rate: float  # answers a second
    running: int
    connections: int
    rss: int  # bytes
    cpu: float  # share of one core
    lag: float  # seconds


@dataclass(frozen=True)
class RouteRate:
    method: str
    route: str
    rate: float
    half: float | None  # seconds within which half of the answers came; None if none came
    most: float | None  # seconds within which 99 of 100 came
    client_errors: float  # 4xx a second
    server_errors: float  # 5xx a second


@dataclass(frozen=True)
class Rates:
    """``total`` is over all routes."""

    workers: list[WorkerRate]
    routes: list[RouteRate]
    total: RouteRate


def rates(before: Mapping[str, Any], after: Mapping[str, Any]) -> Rates:
    """From two answers of ``/status``; routes with the most answers first."""
    old = {one["slot"]: one for one in before["workers"]}
    workers = []
    sums: dict[tuple[str, str], tuple[dict[str, float], list[float]]] = {}
    span = max((one["now"] - old[one["slot"]]["now"] for one in after["workers"] if one["slot"] in old), default=0.0)
    for one in after["workers"]:
        was = old.get(one["slot"])
        if one["state"] != "gone":
            workers.append(worker_rate(was, one))
        routes_before = {(each["method"], each["route"]): each for each in was["routes"]} if was else {}
        for each in one["routes"]:
            key = (each["method"], each["route"])
            statuses, times = sums.setdefault(key, ({}, list(NOTHING)))
            then = routes_before.get(key, {"statuses": {}, "times": None})
            for status, count in each["statuses"].items():
                statuses[status] = statuses.get(status, 0) + count - then["statuses"].get(status, 0)
            pairs = zip(times, each["times"] or NOTHING, then["times"] or NOTHING, strict=True)
            sums[key] = statuses, [summed + now - earlier for summed, now, earlier in pairs]
    routes = [route_rate(method, route, *counted, span) for (method, route), counted in sums.items()]
    everything: dict[str, float] = {}
    all_times = list(NOTHING)
    for statuses, times in sums.values():
        for status, count in statuses.items():
            everything[status] = everything.get(status, 0) + count
        all_times = [summed + more for summed, more in zip(all_times, times, strict=True)]
    routes.sort(key=lambda one: (-one.rate, one.route, one.method))
    return Rates(workers, routes, route_rate("", "", everything, all_times, span))


def worker_rate(was: Mapping[str, Any] | None, one: Mapping[str, Any]) -> WorkerRate:
    same = was is not None and was["pid"] == one["pid"]
    span = one["now"] - was["now"] if was is not None else 0.0
    return WorkerRate(
        slot=one["slot"],
        pid=one["pid"],
        state=one["state"],
        age=max(0.0, one["now"] - one["born"]),
        rate=(one["requests"] - was["requests"]) / span if was is not None and span > 0 else 0.0,
        running=one["running"],
        connections=one["connections"],
        rss=one["rss"],
        cpu=(one["cpu"] - was["cpu"]) / span if same and was is not None and span > 0 else 0.0,
        lag=one["lag"],
    )


def route_rate(method: str, route: str, statuses: Mapping[str, float], times: list[float], span: float) -> RouteRate:
    def a_second(first: str = "") -> float:
        return sum(count for status, count in statuses.items() if status.startswith(first)) / span if span > 0 else 0.0

    counts = times[:-1]
    return RouteRate(
        method, route, a_second(), quantile(counts, 0.5), quantile(counts, 0.99), a_second("4"), a_second("5")
    )
