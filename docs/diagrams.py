"""Draws the state tables as SVG into the folder diagrams: python -m docs.diagrams

What is drawn is read from the tables; only the places are given here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from pathlib import Path
from typing import Any

from docs.drawing import Diagram, Step, draw, faults
from hanok.protocols.h1 import state as h1
from hanok.protocols.h2 import state as h2
from hanok.protocols.ws import states as ws
from hanok.server import lifespan, reload, worker
from hanok.server.supervisor import states as processes

FOLDER = Path(__file__).with_name("diagrams")


def steps(table: Mapping[Any, Mapping[Any, Any]], prefix: str = "") -> Iterator[Step]:
    """Of a table event → state → state."""
    for event, row in table.items():
        for before, after in row.items():
            yield Step(before.name, prefix + event.name, after.name)


def nameless(table: Mapping[Any, Iterable[Any]]) -> Iterator[Step]:
    """Of a table state → states; in the order of the enum, since a set has none."""
    for before, others in table.items():
        for after in sorted(others, key=list(table).index):
            yield Step(before.name, "", after.name)


def sent(event: str, row: Mapping[Any, Any]) -> Iterator[Step]:
    for before, after in row.items():
        yield Step(before.name, f"we send {event}", after.name)


DIAGRAMS = (
    Diagram(
        "process",
        "The states of a worker process, as its supervisor sees it",
        "SPAWNED",
        tuple(steps(processes.PROCESS)),
        {
            "SPAWNED": (0, 0),
            "READY": (1, 0),
            "DRAINING": (2, 0),
            "TERM": (0, 1.35),
            "KILL": (1.15, 1.35),
            "REAPED": (2.2, 1.35),
        },
    ),
    Diagram(
        "supervisor",
        "The states of the supervisor",
        "STARTING",
        tuple(steps(processes.SUPERVISOR)),
        {
            "STARTING": (0, 0),
            "SERVING": (0, 1.35),
            "DRAINING": (1.45, 0.68),
            "QUITTING": (2.9, 0),
            "STOPPED": (2.9, 1.35),
        },
    ),
    Diagram(
        "worker",
        "The states of a worker",
        "NEW",
        tuple(nameless(worker.TRANSITIONS)),
        {"NEW": (0, 0), "STARTING": (0.8, 0), "SERVING": (1.65, 0), "DRAINING": (2.5, 0), "STOPPED": (3.35, 0)},
        bends={("STARTING", "STOPPED"): 30},
    ),
    Diagram(
        "lifespan",
        "The states of a lifespan",
        "NEW",
        tuple(nameless(lifespan.TRANSITIONS)),
        {
            "NEW": (0, 0),
            "STARTING": (0.8, 0),
            "RUNNING": (1.65, 0),
            "STOPPING": (2.5, 0),
            "STOPPED": (3.35, 0),
            "ABSENT": (0.4, 0.9),
            "FAILED": (1.65, 0.9),
        },
        bends={("RUNNING", "STOPPED"): 26},
    ),
    Diagram(
        "reload",
        "The states of hanok dev",
        "STARTING",
        tuple(steps(reload.TRANSITIONS)),
        {
            "STARTING": (0, 1),
            "REPLACING": (1.2, 0),
            "SERVING": (2.4, 1),
            "BROKEN": (1.2, 2),
            "STOPPING": (3.6, 1),
            "STOPPED": (3.6, 2),
        },
    ),
    Diagram(
        "h1",
        "The states of an HTTP/1.1 connection",
        "IDLE",
        tuple(steps(h1.TRANSITIONS)),
        {
            "IDLE": (1.3, 0),
            "ANSWERING": (0, 1.3),
            "READING": (1.3, 1.3),
            "DISCARDING": (2.6, 1.3),
            "UPGRADED": (2.6, 0),
            "LINGERING": (0.6, 2.6),
            "CLOSED": (2, 2.6),
        },
    ),
    Diagram(
        "h2_stream",
        "The states of an HTTP/2 stream",
        "IDLE",
        (*steps(h2.RECEIVED), *sent("END_STREAM", h2.SENT_END), *sent("RST_STREAM", h2.SENT_RESET)),
        {
            "IDLE": (0, 1),
            "OPEN": (1.1, 1),
            "HALF_CLOSED_REMOTE": (2.3, 0),
            "HALF_CLOSED_LOCAL": (2.3, 2),
            "CLOSED": (3.7, 1),
            "RESET": (1.1, 3.3),
            "SKIPPED": (2.3, 3.3),
        },
    ),
    Diagram(
        "h2_connection",
        "The states of an HTTP/2 connection",
        "OPEN",
        tuple(steps(h2.TRANSITIONS)),
        {"OPEN": (0, 0), "DRAINING": (1, 0), "LEAVING": (2, 0), "LINGERING": (0.45, 1.35), "CLOSED": (1.55, 1.35)},
        bends={("OPEN", "LEAVING"): 34},
    ),
    Diagram(
        "websocket",
        "What an application may still say on its WebSocket",
        "HANDSHAKE",
        tuple(steps(ws.TRANSITIONS)),
        {"HANDSHAKE": (0, 1), "OPEN": (1.3, 0), "DENYING": (1.3, 2), "CLOSED": (2.6, 1), "GONE": (2.6, 2)},
        sides={"GONE": "bottom"},
    ),
)

# Every enum that is drawn: a test sees that all of its members have a place.
STATES: dict[str, type[Enum]] = {
    "process": processes.ProcessState,
    "supervisor": processes.SupervisorState,
    "worker": worker.WorkerState,
    "lifespan": lifespan.LifespanState,
    "reload": reload.ReloadState,
    "h1": h1.H1State,
    "h2_stream": h2.StreamState,
    "h2_connection": h2.ConnectionState,
    "websocket": ws.WsState,
}

if __name__ == "__main__":
    for diagram in DIAGRAMS:
        for fault in faults(diagram):
            print(f"{diagram.name}: {fault}")
        (FOLDER / f"{diagram.name}.svg").write_text(draw(diagram), "utf-8")
