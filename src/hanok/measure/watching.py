"""Watching: the interpreter tells a meter of every call.

By ``sys.monitoring`` (PEP 669), for all threads, from Python 3.12 on; before, by ``sys.setprofile``, which counts a coroutine
that goes on after waiting as one more call, and does not count the calls of classes.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import CodeType, FrameType, FunctionType, MethodType
from typing import Any

from hanok.measure.meter import Meter


@contextmanager
def watching(meter: Meter) -> Iterator[None]:
    """Tell ``meter`` of everything that is called until the end of the block."""
    watch = _monitored if sys.version_info >= (3, 12) else _profiled
    with watch(meter):
        yield


@contextmanager
def _monitored(meter: Meter) -> Iterator[None]:
    monitoring: Any = sys.monitoring  # type: ignore[attr-defined, unused-ignore]  # mypy looks with the eyes of 3.11
    events = monitoring.events

    def begins(code: CodeType, offset: int) -> None:
        meter.enter(code, True)

    def goes_on(code: CodeType, offset: int, error: object = None) -> None:
        meter.enter(code, False)

    def ends(code: CodeType, offset: int, value: object) -> None:
        meter.leave()

    def call(code: CodeType, offset: int, called: object, first: object) -> None:
        if not isinstance(called, FunctionType | MethodType):
            meter.call()

    callbacks = {
        events.PY_START: begins,
        events.PY_RESUME: goes_on,
        events.PY_THROW: goes_on,
        events.PY_RETURN: ends,
        events.PY_YIELD: ends,
        events.PY_UNWIND: ends,
    }
    if meter.counts_c_calls:
        callbacks[events.CALL] = call
    tool = monitoring.PROFILER_ID
    monitoring.use_tool_id(tool, "hanok bench")
    try:
        for event, callback in callbacks.items():
            monitoring.register_callback(tool, event, callback)
        monitoring.set_events(tool, sum(callbacks))
        yield
    finally:
        monitoring.set_events(tool, 0)
        for event in callbacks:
            monitoring.register_callback(tool, event, None)
        monitoring.free_tool_id(tool)


# Whoever profiles the threads that exist already: worker threads are started with this, before anything is measured.
_meters: list[Meter] = []


def _told(frame: FrameType, event: str, argument: object) -> None:
    if not _meters:
        return
    meter = _meters[-1]
    if event == "call":
        meter.enter(frame.f_code, True)
    elif event == "return":
        meter.leave()
    elif event == "c_call" and meter.counts_c_calls:
        meter.call()


@contextmanager
def threads_prepared() -> Iterator[None]:
    """Threads that start in the block can be watched. Before Python 3.12 they have to be told when they start."""
    if sys.version_info >= (3, 12):
        yield
        return
    before = threading.getprofile()
    threading.setprofile(_told)
    try:
        yield
    finally:
        threading.setprofile(before)  # type: ignore[arg-type, unused-ignore]  # None is what it was


@contextmanager
def _profiled(meter: Meter) -> Iterator[None]:
    before = sys.getprofile()
    _meters.append(meter)
    sys.setprofile(_told)
    try:
        yield
    finally:
        sys.setprofile(before)
        _meters.pop()
