"""``hanok top``: a live view of a running server, from its admin listener."""

from __future__ import annotations

import http.client
import json
import os
import socket
import time
from typing import TYPE_CHECKING, Any

import click

from hanok.cli.help import RichCommand
from hanok.exceptions import ConfigError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from hanok.observe.rates import Rates, RouteRate

PATIENCE = 5.0  # seconds for an answer of the admin listener
MOST_ROUTES = 15
STATES = {"serving": "good", "starting": "value", "draining": "value", "gone": "bad"}


@click.command("top", cls=RichCommand, short_help="Watch a running server: workers, rates, latencies, memory.")
@click.argument("address", required=False)
@click.option("--interval", type=click.FloatRange(0.1, 3600), default=1.0, help="Seconds between two looks.")
@click.option("--once", is_flag=True, help="Look for one interval, print that, and end.")
@click.option("--json", "as_json", is_flag=True, help="Print what the server tells, as JSON, and end.")
def command(address: str | None, interval: float, once: bool, as_json: bool) -> int:
    """Watch a server that runs with --admin-bind, until Ctrl-C.

    ADDRESS is what --admin-bind was given: host:port or unix:/path; $HANOK_ADMIN_BIND is the default."""
    from hanok.cli.console import out
    from hanok.observe.rates import rates

    address = address or os.environ.get("HANOK_ADMIN_BIND")
    if not address:
        raise ConfigError(
            "No server was named. Start one with: hanok run main:app --admin-bind 127.0.0.1:9000, "
            "and then type: hanok top 127.0.0.1:9000"
        )
    before = ask(address)
    if as_json:
        click.echo(json.dumps(before))
        return 0
    console = out()
    if once:
        time.sleep(interval)
        console.print(view(rates(before, ask(address)), address))
        return 0
    from rich.live import Live

    try:
        with Live(view(rates(before, before), address), console=console, screen=console.is_terminal) as live:
            while True:
                time.sleep(interval)
                after = ask(address)
                live.update(view(rates(before, after), address), refresh=True)
                before = after
    except KeyboardInterrupt:
        return 0


def ask(address: str) -> Any:
    """What ``/status`` of this admin listener says. Raises ConfigError if it does not answer."""
    connection = connection_to(address)
    try:
        connection.request("GET", "/status", headers={"host": "admin"})
        answer = connection.getresponse()
        text = answer.read()
        told = json.loads(text) if answer.status == 200 else None
        if not isinstance(told, dict) or "workers" not in told:
            raise ValueError(f"it answered {answer.status} to /status")
    except (OSError, ValueError, http.client.HTTPException) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise ConfigError(
            f"No admin listener of a Hanok server answers at {address}: {reason}. "
            "Is a server running there with --admin-bind?"
        ) from None
    finally:
        connection.close()
    return told


def connection_to(address: str) -> http.client.HTTPConnection:
    from hanok.server.addresses import TcpAddress, UnixAddress, parse_address

    place = parse_address(address.removeprefix("http://").rstrip("/"))
    if isinstance(place, UnixAddress):
        return UnixConnection(place.path)
    if not isinstance(place, TcpAddress):
        raise ConfigError(f"{address!r}: give host:port, as 127.0.0.1:9000, or unix:/path.")
    return http.client.HTTPConnection(place.host or "127.0.0.1", place.port, timeout=PATIENCE)


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix domain socket."""

    def __init__(self, path: str) -> None:
        super().__init__("admin", timeout=PATIENCE)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(PATIENCE)
        self.sock.connect(self._path)


# ---- the view


def view(told: Rates, address: str) -> RenderableType:
    from rich.console import Group
    from rich.text import Text

    total = told.total
    head = Text.assemble(
        ("hanok top  ", "title"), (address, "path"), "   ",
        (f"{total.rate:,.0f}", "value"), " answers/s   half in ", (duration(total.half), "value"), ", 99 % in ",
        (duration(total.most), "value"), "   ",
        (f"{total.server_errors:,.1f} errors/s", "bad" if total.server_errors else "quiet"),
    )  # fmt: skip
    return Group(head, "", workers_table(told), "", routes_table(told.routes))


def workers_table(told: Rates) -> RenderableType:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="title", padding=(0, 2, 0, 0))
    for column in ("worker", "pid", "state", "up", "answers/s", "running", "connections", "memory", "CPU", "loop lag"):
        table.add_column(column, justify="left" if column == "state" else "right")
    for one in told.workers:
        table.add_row(
            str(one.slot), str(one.pid), Text(one.state, STATES.get(one.state, "")), duration(one.age),
            f"{one.rate:,.0f}", str(one.running), str(one.connections), f"{one.rss / 2**20:,.0f} MiB",
            f"{one.cpu:.0%}", Text(duration(one.lag), "bad" if one.lag > 0.1 else ""),
        )  # fmt: skip
    return table


def routes_table(routes: list[RouteRate]) -> RenderableType:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="title", padding=(0, 2, 0, 0))
    for column in ("method", "route", "answers/s", "half in", "99 % in", "4xx/s", "5xx/s"):
        table.add_column(column, justify="left" if column in ("method", "route") else "right")
    for one in routes[:MOST_ROUTES]:
        table.add_row(
            Text(one.method, "method"), Text(one.route or "(no route)", "" if one.route else "quiet"), f"{one.rate:,.1f}",
            duration(one.half), duration(one.most), f"{one.client_errors:,.1f}",
            Text(f"{one.server_errors:,.1f}", "bad" if one.server_errors else ""),
        )  # fmt: skip
    if len(routes) > MOST_ROUTES:
        table.add_row("", Text(f"and {len(routes) - MOST_ROUTES} more", "quiet"))
    return table


def duration(seconds: float | None) -> str:
    """For people: 1.2 ms, 3.4 s, 5 min, 6 h."""
    if seconds is None:
        return "–"
    if seconds < 1:
        return f"{seconds * 1000:.1f} ms"
    if seconds < 120:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
