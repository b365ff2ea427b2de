"""``hanok routes``: what an application answers."""

from __future__ import annotations

import inspect
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

import click

from hanok.cli.help import RichCommand


@dataclass
class Row:
    """One line of the table."""

    kind: str  # "http" | "websocket" | "mount" | "host"
    methods: list[str]
    path: str
    name: str
    endpoint: str  # module.qualname
    file: str | None
    line: int | None
    tags: list[str] = field(default_factory=list)
    depth: int = 0


@click.command("routes", cls=RichCommand, short_help="List what an application answers.")
@click.argument("target", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
@click.option("--app-dir", default="", metavar="PATH", help="Look for the application in this directory.")
@click.option("--factory", is_flag=True, help="The target is a function that returns the application.")
def command(target: str | None, as_json: bool, app_dir: str, factory: bool) -> int:
    """List every route of the application: methods, path, name, where its endpoint is written, tags.
    WebSockets and mounted applications too.

    TARGET is module:attribute. Without it, pyproject.toml, main:app and app:app are tried."""
    from hanok.cli.load import load_app

    target, app = load_app(target, app_dir, factory)
    rows = list(walk(getattr(app, "routes", None) or ()))
    if as_json:
        click.echo(json.dumps([{k: v for k, v in asdict(row).items() if k != "depth"} for row in rows], indent=2))
    else:
        show(rows, target)
    return 0


def walk(routes: Any, prefix: str = "", depth: int = 0) -> Iterator[Row]:
    """The rows of these routes, each mounted application's after its mount."""
    for one in effective(routes):
        yield from rows_of(one, prefix, depth)


def effective(routes: Any) -> Iterator[Any]:
    """The routes as they answer: those of included routers, with what including has added to them."""
    from hanok.routing.included import iter_route_contexts

    return (context.effective_route for context in iter_route_contexts(routes))


def rows_of(route: Any, prefix: str, depth: int) -> Iterator[Row]:
    path = prefix + (getattr(route, "path", None) or "")
    inner = getattr(route, "routes", None)
    if hasattr(route, "original_router"):  # an included router that matches in its own way
        path = prefix + route.inherited.prefix
        inner = route.original_router.routes
    host = getattr(route, "host", None)
    endpoint = getattr(route, "endpoint", None)
    name = getattr(route, "name", None) or ""
    tags = [str(getattr(tag, "value", tag)) for tag in getattr(route, "tags", None) or ()]
    if inner is not None or (hasattr(route, "app") and endpoint is None):
        app = getattr(route, "_base_app", None) or getattr(route, "app", None) or route
        kind = "mount" if host is None else "host"
        file, line = where(app)
        yield Row(kind, [], host or path or "/", name, label(app), file, line, tags, depth)
        yield from walk(inner or (), prefix if host is not None else path, depth + 1)
        return
    methods = sorted(getattr(route, "methods", None) or ())
    kind = "http" if hasattr(route, "methods") else "websocket"
    if "HEAD" in methods and "GET" in methods:
        methods.remove("HEAD")  # every GET answers HEAD
    file, line = where(endpoint)
    yield Row(kind, methods, path, name, label(endpoint), file, line, tags, depth)


def label(thing: Any) -> str:
    """module.name of a function or class, or of the class of an instance."""
    thing = inspect.unwrap(thing) if callable(thing) else thing
    if not hasattr(thing, "__qualname__"):
        thing = getattr(thing, "func", None) or type(thing)  # a partial, else an instance
    return f"{thing.__module__}.{thing.__qualname__}"


def where(thing: Any) -> tuple[str | None, int | None]:
    """File and line of a function or class, relative to here if it is below; None for what has no source."""
    while hasattr(thing, "func"):
        thing = thing.func
    try:
        thing = inspect.unwrap(thing)
        file = inspect.getsourcefile(thing)
        line = inspect.getsourcelines(thing)[1]
    except (TypeError, OSError):
        return None, None
    if file is None:
        return None, None
    relative = os.path.relpath(file)
    return (file if relative.startswith("..") else relative), max(line, 1)


def show(rows: list[Row], target: str) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from hanok.cli.console import out

    console = out()
    if not rows:
        console.print(Text(f"{target} has no routes."))
        return
    table = Table(box=box.SIMPLE_HEAD, border_style="dim", header_style="bold", pad_edge=False)
    for heading in ("Methods", "Path", "Name", "Endpoint"):
        table.add_column(heading, overflow="fold", no_wrap=heading in ("Methods", "Path"))
    with_tags = any(row.tags for row in rows)
    if with_tags:
        table.add_column("Tags")
    for row in rows:
        table.add_row(*cells(row)[: None if with_tags else 4])
    console.print(table)
    console.print(Text(f"{target}: {summary(rows)}", "quiet"))


def cells(row: Row) -> list[Any]:
    from rich.text import Text

    kinds = {"http": ",".join(row.methods) or "any", "websocket": "WS", "mount": "mount", "host": "host"}
    style = "method" if row.kind == "http" else "name" if row.kind == "websocket" else "quiet"
    path = Text("  " * row.depth + row.path)
    path.highlight_regex(r"\{[^}]*\}", "value")
    place = Text(row.endpoint if row.file is None else f"{row.file}:{row.line}", "path" if row.file else "quiet")
    return [Text(kinds[row.kind], style), path, Text(row.name), place, Text(", ".join(row.tags), "quiet")]


def summary(rows: list[Row]) -> str:
    counts = {kind: sum(row.kind == kind for row in rows) for kind in ("http", "websocket", "mount", "host")}
    words = {"http": "route", "websocket": "websocket", "mount": "mount", "host": "host"}
    return ", ".join(f"{n} {words[kind]}{'' if n == 1 else 's'}" for kind, n in counts.items() if n)
