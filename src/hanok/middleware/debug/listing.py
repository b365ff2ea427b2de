"""The routes of an application as rows, by what they say of themselves: this room knows no router."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape
from typing import Any

from hanok.middleware.debug.route_facts import place_of
from hanok.middleware.debug.values import name_of

MOUNT, SOCKET = "mount", "WebSocket"


@dataclass(frozen=True, slots=True)
class Row:
    """One route."""

    methods: tuple[str, ...]  # or MOUNT, or SOCKET
    path: str
    endpoint: str
    place: str  # file and line
    is_documentation: bool = False

    @property
    def can_be_opened(self) -> bool:
        """Whether a link leads there."""
        return ("GET" in self.methods or self.methods == (MOUNT,)) and "{" not in self.path


def rows_of(app: Any) -> list[Row]:
    """Every route in the order in which they are asked; those of included routers and mounted applications too."""
    return list(walk(getattr(app, "routes", None) or ()))


def walk(routes: Iterable[Any], prefix: str = "") -> Iterator[Row]:
    for route in routes:
        if hasattr(route, "effective_routes"):  # a router that was included
            yield from walk(route.effective_routes(), prefix)
            continue
        path = prefix + str(getattr(route, "path", None) or "")
        endpoint = getattr(route, "endpoint", None)
        inner = getattr(route, "routes", None)
        if inner is not None or (endpoint is None and hasattr(route, "app")):
            app = getattr(route, "_base_app", None) or getattr(route, "app", route)
            host = getattr(route, "host", None)
            yield Row((MOUNT,), host or path or "/", type(app).__name__, "")
            if host is None:
                yield from (row for row in walk(inner or (), path) if not row.is_documentation)
            continue
        methods = sorted(getattr(route, "methods", None) or ())
        if "GET" in methods and "HEAD" in methods:
            methods.remove("HEAD")
        kind = tuple(methods) if hasattr(route, "methods") else (SOCKET,)
        own_page = type(endpoint).__name__ == "DocumentationPage"
        name = name_of(endpoint)
        yield Row(kind, path, "" if own_page else name, "" if own_page else place_of(endpoint), own_page)


def table(rows: Iterable[Row], root_path: str) -> str:
    """The routes as a table; documentation pages are left out, because they have links of their own."""
    lines = []
    for row in rows:
        if row.is_documentation:
            continue
        lines.append(
            f'<tr><td class="methods">{escape(", ".join(row.methods) or "any")}</td><td>{linked(row, root_path)}</td>'
            f'<td>{escape(row.endpoint)} <span class="source">{escape(row.place)}</span></td></tr>'
        )
    return f'<div class="card"><table class="routes mono">{"".join(lines)}</table></div>' if lines else ""


def linked(row: Row, root_path: str) -> str:
    """Its path, as a link if a browser can follow it."""
    if not row.can_be_opened:
        return escape(row.path)
    return f'<a href="{escape(root_path + row.path)}">{escape(row.path)}</a>'
