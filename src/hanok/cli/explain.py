"""``hanok explain``: what happens to one request, step by step, and why that route takes it."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import click

from hanok.cli.help import RichCommand

WEBSOCKET = ("WS", "WEBSOCKET")


@dataclass
class Found:
    """How a request travels: the mounts that it passes, and the route that takes it, or why none does."""

    way: list[str] = field(default_factory=list)  # one line for each mount or host entered
    app: Any = None  # the innermost application
    route: Any = None
    params: dict[str, Any] = field(default_factory=dict)
    place: int = 0  # of the route among its neighbours, from 1
    total: int = 0
    allowed: set[str] = field(default_factory=set)  # methods of routes that have the path but not the method


@click.command("explain", cls=RichCommand, short_help="Show what a request will go through.")
@click.argument("target")
@click.argument("method")
@click.argument("path")
@click.option("--host", default="localhost", metavar="NAME", help="The host that the request asks for.")
@click.option("--app-dir", default="", metavar="PATH", help="Look for the application in this directory.")
@click.option("--factory", is_flag=True, help="The target is a function that returns the application.")
def command(target: str, method: str, path: str, host: str, app_dir: str, factory: bool) -> int:
    """Show the route that answers METHOD PATH, why it does, and every step that the request takes: middleware
    in order, what is read and validated, which dependencies run, how the answer is made.

    METHOD is GET, POST, ..., or WS for a WebSocket. PATH may have a query, which is ignored."""
    from hanok.cli.load import load_app

    target, app = load_app(target, app_dir, factory)
    method, path = method.upper(), path.partition("?")[0]
    if not path.startswith("/"):
        raise click.BadParameter(f"{path!r} is not a path; it begins with /.", param_hint="PATH")
    found = find(app, method, path, host)
    if found.route is None:
        show_nothing(app, found, method, path)
        return 1
    show_found(app, found, method, path)
    return 0


# ---- finding the route


def find(app: Any, method: str, path: str, host: str = "localhost") -> Found:
    """Walk the routes in the order in which the router asks them."""
    found = Found(app=app)
    scope: dict[str, Any] = {
        "type": "websocket" if method in WEBSOCKET else "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(b"host", host.encode("latin-1", "replace"))],
        "path_params": {},
    }
    enter(app, scope, found)
    if found.route is None and method == "HEAD" and "GET" in found.allowed:
        return find(app, "GET", path, host)  # RFC 9110 §9.3.2: HEAD is answered as GET would be
    return found


def enter(app: Any, scope: dict[str, Any], found: Found) -> None:
    from hanok.cli.routes import effective, label
    from hanok.routing.base import Match

    routes = [route for route in effective(getattr(app, "routes", ())) if hasattr(route, "matches")]
    for place, route in enumerate(routes, 1):
        match, child = route.matches(dict(scope))
        if match is Match.PARTIAL:
            found.allowed |= set(getattr(route, "methods", None) or ())
        if match is not Match.FULL:
            continue
        scope = {**scope, **child}
        if hasattr(route, "routes"):  # a mount or a host
            inner = getattr(route, "_base_app", None) or route.app
            what = getattr(route, "host", None) or getattr(route, "path", None) or "/"
            found.way.append(f"{what} → {label(inner)}")
            found.app = inner
            found.allowed.clear()
            if getattr(inner, "routes", None):
                enter(inner, scope, found)
                return
        found.route, found.params = route, scope["path_params"]
        found.place, found.total = place, len(routes)
        return


def nearest(app: Any, method: str, path: str) -> list[tuple[str, str]]:
    """The routes whose path looks most like this one: (methods, path)."""
    from hanok.cli.routes import walk

    kind = "websocket" if method in WEBSOCKET else "http"
    rows = [row for row in walk(getattr(app, "routes", ())) if row.kind in ("http", "websocket")]
    by_path: dict[str, list[str]] = {}
    for row in rows:
        by_path.setdefault(row.path, []).extend(row.methods if row.kind == "http" else ["WS"])

    def likeness(template: str) -> float:
        same_kind = ("WS" in by_path[template]) == (kind == "websocket")
        return difflib.SequenceMatcher(None, filled(template, path), path).ratio() + (0.05 if same_kind else 0)

    best = sorted(by_path, key=likeness, reverse=True)[:3]
    return [(",".join(dict.fromkeys(by_path[one])), one) for one in best if likeness(one) > 0.4]


def filled(template: str, path: str) -> str:
    """The template with each parameter replaced by what the path has at its place, so that only real
    differences count.
    """
    mine, theirs = template.split("/"), path.split("/")
    for index, piece in enumerate(mine):
        if piece.startswith("{") and index < len(theirs):
            mine[index] = theirs[index]
    return "/".join(mine)


# ---- showing it


def show_found(app: Any, found: Found, method: str, path: str) -> None:
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    from hanok.cli.console import out
    from hanok.cli.routes import label, where

    console = out()
    route = found.route
    endpoint = getattr(route, "endpoint", None) or getattr(route, "app", route)
    file, line = where(endpoint)
    head = Text.assemble((method, "method"), " ", (path, "bold"), ("  →  ", "quiet"))
    head.append_text(Text.assemble((getattr(route, "path", ""), "value"), "  ", (label(endpoint), "name")))
    if file:
        head.append(f"  {file}:{line}", "path")
    facts = Table.grid(padding=(0, 3))
    facts.add_row(Text("why", "quiet"), Text(why(found, method)))
    for one in found.way:
        facts.add_row(Text("through", "quiet"), Text(one))
    for name, value in found.params.items():
        facts.add_row(Text("path", "quiet"), Text(f"{name} = {value!r}"))
    console.print(Padding(head, (1, 1, 1, 1)))
    console.print(Padding(facts, (0, 2, 1, 2)))
    table = Table.grid(padding=(0, 2))
    for number, (kind, title, details) in enumerate(steps(app, found), 1):
        table.add_row(Text(f"{number:2}", "quiet"), Text(kind, "flag"), Text(title, "bold"))
        for detail in details:
            table.add_row("", "", Text(detail, "quiet"))
    console.print(Padding(table, (0, 2, 1, 2)))


def why(found: Found, method: str) -> str:
    route = found.route
    first = f"route {found.place} of {found.total}, the first that takes it"
    if found.total == 1:
        first = "the only route"
    methods = sorted(getattr(route, "methods", None) or ())
    if method == "HEAD" and "HEAD" not in methods and "GET" in methods:
        return f"{first}; HEAD is answered as GET, without the body"
    if methods and method not in WEBSOCKET:
        return f"{first}; it answers {', '.join(methods)}"
    return first


def steps(app: Any, found: Found) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """(kind, title, details) of every step from the door to the answer."""
    apps = [app] if found.app is app else [app, found.app]
    for one in apps:
        yield from middleware_steps(one)
    plan = compiled(found.route)
    if plan is not None:
        from hanok.endpoint.explain import explain

        for step in explain(plan):
            yield step.kind, step.title, step.details
        return
    from hanok.cli.routes import label

    endpoint = getattr(found.route, "endpoint", None) or getattr(found.route, "app", None)
    yield "call", f"call {label(endpoint)}", ("with the request: it answers by itself",)


def middleware_steps(app: Any) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    from hanok.cli.banner import is_native

    for one in getattr(app, "user_middleware", None) or ():
        cls = one.cls
        name = getattr(cls, "__name__", repr(cls))
        dispatch = one.kwargs.get("dispatch") if isinstance(getattr(one, "kwargs", None), dict) else None
        if dispatch is not None:
            name += f" ({getattr(dispatch, '__qualname__', dispatch)})"
        road = "native: looks at the request, may change the answer on its way back"
        if not is_native(cls):
            road = "ASGI only: the request goes through the ASGI gateway here"
        yield "around", name, (road,)


def compiled(route: Any) -> Any:
    """The compiled endpoint of a route, if it is of the kind that is compiled."""
    return getattr(route, "compiled_endpoint", None)


def show_nothing(app: Any, found: Found, method: str, path: str) -> None:
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    from hanok.cli.console import out

    console = out()
    head = Text.assemble((method, "method"), " ", (path, "bold"), ("  →  ", "quiet"))
    turned = path.rstrip("/") if path.endswith("/") else path + "/"
    redirects = getattr(getattr(found.app, "router", found.app), "redirect_slashes", False)
    if found.allowed:
        head.append("405 Method Not Allowed", "bad")
        reason = f"routes with this path answer {', '.join(sorted(found.allowed))}"
    elif method not in WEBSOCKET and path != "/" and redirects and find(app, method, turned).route is not None:
        head.append("307 Temporary Redirect", "value")
        reason = f"the route is {turned}: clients are sent there"
    else:
        head.append("403 (closed before it was accepted)" if method in WEBSOCKET else "404 Not Found", "bad")
        reason = "no route has this path"
    console.print(Padding(head, (1, 1, 1, 1)))
    table = Table.grid(padding=(0, 3))
    table.add_row(Text("why", "quiet"), Text(reason))
    for one in found.way:
        table.add_row(Text("through", "quiet"), Text(one))
    similar = [] if found.allowed else nearest(app, method, path)
    for index, (methods, template) in enumerate(similar):
        table.add_row(Text("" if index else "nearest", "quiet"), Text.assemble((methods, "method"), " ", template))
    console.print(Padding(table, (0, 2, 1, 2)))
