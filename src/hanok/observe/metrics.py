"""The counts of all workers as Prometheus reads them; prometheus-client knows how that is written.

The format is OpenMetrics where the reader says that it accepts it, else the older text format.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from hanok.observe.counters import BUCKETS, Shown, added
from hanok.version import VERSION

Workers = Sequence[tuple[int, Shown]]


def exposition(workers: Workers, accept: str) -> tuple[bytes, str]:
    """The page, and its media type."""
    from prometheus_client.exposition import choose_encoder

    encode, media_type = choose_encoder(accept)
    return encode(Collected(workers)), media_type  # type: ignore[no-any-return, unused-ignore]  # loosely typed there


class Collected:
    """What prometheus-client calls a registry: something that gives metrics."""

    def __init__(self, workers: Workers) -> None:
        self._workers = workers

    def collect(self) -> Iterator[Any]:
        from prometheus_client.metrics_core import (
            CounterMetricFamily,
            GaugeMetricFamily,
            HistogramMetricFamily,
            InfoMetricFamily,
        )

        series, times = added(one for _, one in self._workers)
        yield InfoMetricFamily("hanok", "The server.", value={"version": VERSION})
        requests = CounterMetricFamily("http_requests", "Answered requests.", labels=("method", "route", "status"))
        for (method, route, status), count in sorted(series.items()):
            requests.add_metric((method, route, str(status)), count)
        yield requests
        durations = HistogramMetricFamily(
            "http_request_duration_seconds", "From the head of a request to the end of its answer.",
            labels=("method", "route"),
        )  # fmt: skip
        for (method, route), counts in sorted(times.items()):
            durations.add_metric((method, route), cumulative(counts[:-1]), counts[-1])
        yield durations
        sent = CounterMetricFamily("http_response_body_bytes", "Bytes of the answers' bodies.")
        sent.add_metric((), sum(one.sent for _, one in self._workers))
        yield sent
        yield from self._gauges(GaugeMetricFamily)

    def _gauges(self, family: Any) -> Iterator[Any]:
        told: tuple[tuple[str, str, Callable[[Shown], float]], ...] = (
            ("connections", "Open connections.", lambda one: one.connections),
            ("running_requests", "Requests that wait for something.", lambda one: one.running),
            ("resident_memory_bytes", "Memory of the process.", lambda one: one.rss),
            ("cpu_seconds", "Processor time of the process.", lambda one: one.cpu),
            ("loop_lag_seconds", "How late the last tick of the event loop was.", lambda one: one.lag),
            ("start_time_seconds", "When the process began, since the epoch.", lambda one: one.born),
        )
        alive = [(slot, one) for slot, one in self._workers if one.state != "gone"]
        for name, help, value in told:
            gauge = family(f"hanok_worker_{name}", help, labels=("worker",))
            for slot, one in alive:
                gauge.add_metric((str(slot),), value(one))
            yield gauge
        workers = family("hanok_workers", "Worker processes.", labels=("state",))
        states = [one.state for _, one in alive]
        for state in ("starting", "serving", "draining"):
            workers.add_metric((state,), states.count(state))
        yield workers


def cumulative(counts: Sequence[float]) -> list[tuple[str, float]]:
    """Buckets as Prometheus has them: each counts what the ones below it count as well."""
    total, found = 0.0, []
    for bound, count in zip((*BUCKETS, float("inf")), counts, strict=True):
        total += count
        found.append(("+Inf" if bound == float("inf") else str(bound), total))
    return found
