"""``hanok bench``: what an application's requests cost, stage by stage."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from hanok.cli.help import RichCommand
from hanok.exceptions import ConfigError

if TYPE_CHECKING:
    from hanok.measure.inprocess import Failed, Measured
    from hanok.measure.load import Load
    from hanok.measure.requests import Sent, Skipped

MOST_SECONDS = 30.0
WHOLE_SECONDS = 60.0  # for all routes together


@dataclass(frozen=True)
class Pressed:
    """A request over a socket: what the client saw, and the processor time of the server in µs of one request."""

    load: Load
    processor: float | None


@click.command("bench", cls=RichCommand, short_help="Measure what each request costs, stage by stage.")
@click.argument("target", required=False)
@click.option("--request", "-r", "given", multiple=True, metavar="REQUEST",
              help="Measure this: 'GET /items/5?q=a' or 'POST /items {\"a\": 1}'; may be given several times.")  # fmt: skip
@click.option("--header", "-H", "headers", multiple=True, metavar="HEADER",
              help="Send this with every request: 'Authorization: Bearer x'; may be given several times.")  # fmt: skip
@click.option(
    "--all", "also_writing", is_flag=True, help="Send POST, PUT, PATCH and DELETE too: they may change something."
)
@click.option("--seconds", type=click.FloatRange(0, MOST_SECONDS), default=1.0, show_default=True,
              metavar="SECONDS", help="How long each request is pressed over a socket; 0 leaves that out.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
@click.option("--app-dir", default="", metavar="PATH", help="Look for the application in this directory.")
@click.option("--factory", is_flag=True, help="The target is a function that returns the application.")
def command(
    target: str | None,
    given: tuple[str, ...],
    headers: tuple[str, ...],
    also_writing: bool,
    seconds: float,
    as_json: bool,
    app_dir: str,
    factory: bool,
) -> int:
    """Send requests to the application's own routes and show what each stage of them costs: in this process, without a socket,
    and over one, to a server that is started for it.

    Without --request, a GET is made for each route from the examples, defaults and types of its parameters. Requests are
    really answered: what the application does for them, it does."""
    from hanok.cli.load import load_app
    from hanok.measure.inprocess import Failed, Measured, measure_all
    from hanok.measure.requests import Sent, Skipped, given_request, requests_of
    from hanok.measure.stages import Stages, own_code

    target, app = load_app(target, app_dir, factory)
    sent = tuple(header(text) for text in headers)
    if given:
        found: list[Sent | Skipped] = [given_request(text, sent) for text in given]
    else:
        found = list(requests_of(app, sent, also_writing=also_writing))
    requests = [one for one in found if isinstance(one, Sent)]
    skipped: list[Skipped | Failed] = [one for one in found if isinstance(one, Skipped)]
    answers = measure_all(app, requests, Stages(own_code(app)))
    measured = [one for one in answers if isinstance(one, Measured)]
    skipped += [one for one in answers if isinstance(one, Failed)]
    pressed = press_all(target, measured, seconds, app_dir, factory) if seconds and measured else {}
    if as_json:
        click.echo(json.dumps(as_data(target, measured, skipped, pressed), indent=2))
    else:
        show(target, measured, skipped, pressed)
    return 0 if measured else 1


def header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise ConfigError(f"--header {text!r}: give a name, a colon and a value.")
    return name.strip(), value.strip()


def press_all(
    target: str, measured: Sequence[Measured], seconds: float, app_dir: str, factory: bool
) -> dict[Sent, Pressed]:
    """Over a socket, one request after the other. Those for which no time is left are not in it."""
    from time import monotonic

    from hanok.measure.load import press
    from hanok.measure.served import Served

    pressed: dict[Sent, Pressed] = {}
    deadline = monotonic() + WHOLE_SECONDS
    with Served(target, app_dir, factory) as served:
        for one in measured:
            if monotonic() + seconds > deadline:
                break
            try:
                press(served.port, one.sent, one.status, min(0.2, seconds))  # imports, compiles, warms up
                before = served.processor_seconds()
                load = press(served.port, one.sent, one.status, seconds)
                after = served.processor_seconds()
            except (OSError, TimeoutError):
                served.check()
                continue
            spent = None
            if before is not None and after is not None and load.requests:
                spent = (after - before) / load.requests * 1e6
            pressed[one.sent] = Pressed(load, spent)
    return pressed


# ---- showing it


def as_data(
    target: str, measured: Sequence[Measured], skipped: Sequence[Any], pressed: dict[Sent, Pressed]
) -> dict[str, Any]:
    """Everything, as JSON has it. Times in ns (in process), ms and µs (over the socket), memory in bytes."""
    requests = []
    for one in measured:
        stages = {
            stage.value: {
                "ns": round(cost.nanoseconds),
                "calls": round(cost.calls, 1),
                "bytes": round(cost.bytes),
                "blocks": round(cost.blocks, 1),
            }
            for stage, cost in one.stages.items()
        }
        row: dict[str, Any] = {
            "request": one.sent.label,
            "route": one.sent.route,
            "status": one.status,
            "answer_bytes": one.length,
            "ns": round(one.nanoseconds),
            "calls": round(one.calls, 1),
            "bytes": round(one.bytes),
            "blocks": round(one.blocks, 1),
            "stages": stages,
        }
        if one.sent in pressed:
            load = pressed[one.sent].load
            row["socket"] = {
                "requests_per_second": round(load.rate),
                "requests": load.requests,
                "failures": load.failures,
                "p50_ms": round(load.p50, 3),
                "p99_ms": round(load.p99, 3),
                "server_processor_us": pressed[one.sent].processor,
            }
        requests.append(row)
    left_out = [{"route": route_of(one), "reason": one.reason} for one in skipped]
    return {"target": target, "requests": requests, "skipped": left_out}


def route_of(one: Any) -> str:
    return one.sent.label if hasattr(one, "sent") else f"{one.method} {one.route}"


def show(target: str, measured: Sequence[Measured], skipped: Sequence[Any], pressed: dict[Sent, Pressed]) -> None:
    from rich.padding import Padding
    from rich.text import Text

    from hanok.cli.console import out
    from hanok.cli.version import form

    console = out()
    for one in measured:
        console.print(Padding(heading(one, pressed.get(one.sent)), (1, 1, 0, 1)))
        console.print(stages_table(one))
    if skipped:
        from rich.table import Table

        console.print(Padding(Text("Not measured", "title"), (1, 1, 0, 1)))
        table = Table.grid(padding=(0, 3))
        for one in skipped:
            table.add_row(Text(route_of(one), "path"), Text(one.reason, "quiet"))
        console.print(Padding(table, (0, 2, 0, 2)))
    notes = "Time is what one request takes in this process with nobody watching, shared among the stages as a profile says; "
    notes += "calls are counted, of Python and of C; memory is the least that was taken."
    if form() == "compiled":
        notes += " The core is compiled, and nobody sees into it: what it takes counts for the stages around it."
    if pressed:
        notes += " Over the socket, 16 connections of a client in Python, which may be the slower one."
    console.print(
        Padding(Text(f"{target}: {len(measured)} measured, {len(skipped)} not. {notes}", "quiet"), (1, 1, 1, 1))
    )


def heading(one: Measured, pressed: Pressed | None) -> Any:
    from rich.text import Text

    head = Text.assemble((one.sent.method, "method"), " ", (one.sent.target, "bold"), "  ")
    head.append(str(one.status), "good" if one.status < 400 else "bad")
    head.append(f"  {one.length:,} bytes", "quiet")
    if pressed is not None:
        load = pressed.load
        head.append(f"\nover a socket: {load.rate:,.0f} requests/s, p50 {load.p50:.2f} ms, p99 {load.p99:.2f} ms")
        if pressed.processor is not None:
            head.append(f", {pressed.processor:.1f} µs of the server's processor each")
        if load.failures:
            head.append(f", {load.failures} failed", "bad")
    return head


def stages_table(one: Measured) -> Any:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, border_style="dim", header_style="bold", pad_edge=False)
    table.add_column("Stage")
    for title in ("µs", "%", "Calls", "Bytes", "Blocks"):
        table.add_column(title, justify="right")
    whole = one.nanoseconds or 1.0
    for stage, cost in one.stages.items():
        if not cost.calls and not cost.nanoseconds:
            continue
        share = f"{cost.nanoseconds / whole:.0%}".rstrip("%")
        table.add_row(stage.value, f"{cost.nanoseconds / 1e3:.1f}", share, f"{cost.calls:,.0f}", f"{cost.bytes:,.0f}",
                      f"{cost.blocks:,.0f}")  # fmt: skip
    table.add_section()
    table.add_row("all", f"{whole / 1e3:.1f}", "100", f"{one.calls:,.0f}", f"{one.bytes:,.0f}", f"{one.blocks:,.0f}",
                  style="bold")  # fmt: skip
    return table
