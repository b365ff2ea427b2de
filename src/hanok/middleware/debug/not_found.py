"""The pages for browsers that ask for what no route answers: what is near, and the start page of an application without one.

API clients get the same 404 and 405 as ever, and so does everybody where the application answers them itself.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING, Any

from hanok.middleware.debug.listing import SOCKET, Row, linked, rows_of, table
from hanok.middleware.debug.request_facts import shown_target
from hanok.middleware.debug.shell import ROOF, page, wants_html

if TYPE_CHECKING:
    from hanok.http.request import Request
    from hanok.http.response import Response

Handler = Callable[[Any, Any], Any]

NEAREST = 5
LIKE_ENOUGH = 0.55
MUCH_LESS = 0.6  # than the best: not worth showing
FEW_ROUTES = 15  # so many are shown without a click
PARAMETER = re.compile(r"\{[^}]*\}")
EXAMPLE = """from hanok import Hanok

app = Hanok()


@app.get("/")
async def hello() -> dict[str, str]:
    return {"Hello": "World"}"""


def instead_of(handler: Handler, exchange: Any, error: Any) -> Handler:
    """A handler that answers browsers with a page, if it was our router that found nothing; else ``handler``."""
    if not str(getattr(handler, "__module__", "")).startswith("hanok.") or not found_nothing(exchange, error):
        return handler

    async def answer(request: Request, failed: Any) -> Response:
        if not wants_html(request):
            return await handler(request, failed) if handler_waits(handler) else handler(request, failed)  # type: ignore[no-any-return]
        return unanswered(request, failed)

    return answer


def handler_waits(handler: Any) -> bool:
    from hanok.http.inspection import is_async_callable

    return is_async_callable(handler)


def found_nothing(exchange: Any, error: Any) -> bool:
    """Whether the error is the router's, and not that of an endpoint which says that something is not there."""
    if exchange.app is None:
        return False
    if error.status_code == 405:
        return exchange.method not in (getattr(exchange.route, "methods", None) or (exchange.method,))
    # Below a mount the route is that of the application outside, and what it leads to is this one.
    return exchange.endpoint is None or exchange.endpoint is exchange.app


def unanswered(request: Request, error: Any) -> Response:
    """The page of a 404 or a 405."""
    app = request.exchange.app
    root_path = request.scope.get("root_path", "")
    path = request.scope["path"].removeprefix(root_path) or "/"
    rows = rows_of(app)
    if error.status_code == 405:
        return wrong_method(request, error, [row for row in rows if matches(row, path)], rows, root_path)
    if path == "/" and request.method == "GET":
        return welcome(app, rows, root_path)
    near = nearest(rows, request.method, path)
    shown = "".join(f"<li>{methods(row)} {linked(row, root_path)}{note(why)}</li>" for row, why in near)
    body = f"""{ROOF}<h1>404 Not Found</h1>
<p class="message">Nothing answers {escape(shown_target(request))}</p>
<p class="where">asked with <code>{escape(request.method)}</code></p>
{f'<h2>Did you mean</h2><div class="card"><ol class="near mono">{shown}</ol></div>' if near else ""}
{all_routes(rows, root_path)}
{links(app, root_path)}"""
    return page("404 Not Found", body, 404, accent="blue", headers=error.headers)


def wrong_method(request: Request, error: Any, same: list[Row], rows: list[Row], root_path: str) -> Response:
    allowed = (error.headers or {}).get("Allow", "")
    body = f"""{ROOF}<h1>405 Method Not Allowed</h1>
<p class="message">{escape(shown_target(request))} does not answer {escape(request.method)}</p>
<p class="where">It answers <code>{escape(allowed)}</code>.</p>
<h2>At this path</h2>{table(same, root_path)}
{all_routes(rows, root_path)}"""
    return page("405 Method Not Allowed", body, 405, accent="blue", headers=error.headers)


def welcome(app: Any, rows: list[Row], root_path: str) -> Response:
    """The start page of an application that has none."""
    own = [row for row in rows if not row.is_documentation]
    title = str(getattr(app, "title", "") or "")
    name = "Your application" if title in ("", "FastAPI") else title
    example = (
        "" if own else f"<h2>Its first route</h2><div class='card'><pre style='border:0'>{code(EXAMPLE)}</pre></div>"
    )
    body = f"""{ROOF}<h1>It runs</h1>
<p class="message">{escape(name)} is here, and has no route for / yet</p>
<p class="where">This page stands in for it while you develop; clients of the API get a 404.</p>
{links(app, root_path)}
{example}
{all_routes(rows, root_path)}"""
    return page(name, body, 404, accent="green")


# ---- parts


def nearest(rows: list[Row], method: str, path: str) -> list[tuple[Row, str]]:
    """The routes most like the path, the best first, each with what is different."""
    found: list[tuple[float, Row, str]] = []
    for row in rows:
        if row.is_documentation and not row.can_be_opened:
            continue
        likeness, why = compared(row, method, path)
        if likeness >= LIKE_ENOUGH:
            found.append((likeness, row, why))
    found.sort(key=lambda one: -one[0])
    return [(row, why) for likeness, row, why in found[:NEAREST] if likeness > found[0][0] - MUCH_LESS]


def compared(row: Row, method: str, path: str) -> tuple[float, str]:
    """How like they are, from 0 to 1, and what is different, in words where there are some."""
    if row.methods == (SOCKET,) and matches(row, path):
        return 2.0, "it takes WebSockets only: connect to it with ws://"
    template, literal, theirs = filled(row.path, path)
    bonus = 0.05 if method in row.methods else 0.0
    if template == path and "{" in row.path:
        return 1.5 + bonus, "the value does not have the form that the path asks for"
    if template.rstrip("/") == path.rstrip("/"):
        return 1.5 + bonus, "it differs in the final slash"
    if template.lower() == path.lower():
        return 1.4 + bonus, "it differs in upper and lower case"
    if theirs.strip("/") and template.endswith(path):
        return 1.0 + bonus, f"it begins with {template[: -len(path)]}"
    if literal.strip("/") and path.endswith(template):
        return 0.9 + bonus, f"it is there without {path[: -len(template)]}"
    return difflib.SequenceMatcher(None, literal, theirs).ratio() + bonus, ""


def filled(template: str, path: str) -> tuple[str, str, str]:
    """The template with what the path has at the places of its parameters; and both without what stands there, so that only
    what was written counts. Of two that differ in length the ends belong together: a prefix is what is often forgotten.
    """
    mine, theirs = template.split("/"), path.split("/")
    literal, other = mine.copy(), theirs.copy()
    for place, piece in enumerate(reversed(mine), 1):
        if place <= len(theirs) and theirs[-place] and PARAMETER.fullmatch(piece):
            mine[-place] = theirs[-place]
            literal[-place] = other[-place] = ""
    return "/".join(mine), "/".join(literal), "/".join(other)


def matches(row: Row, path: str) -> bool:
    """Whether the path has the form of the route, whatever its parameters ask of their values."""
    pattern = "".join(
        (".+" if ":path}" in piece else "[^/]+") if PARAMETER.fullmatch(piece) else re.escape(piece)
        for piece in re.split(r"(\{[^}]*\})", row.path)
    )
    return re.fullmatch(pattern, path) is not None


def methods(row: Row) -> str:
    return f'<span class="methods">{escape(", ".join(row.methods) or "any")}</span>'


def note(why: str) -> str:
    return f"<small>{escape(why)}</small>" if why else ""


def all_routes(rows: list[Row], root_path: str) -> str:
    html = table(rows, root_path)
    if not html:
        return ""
    count = sum(not row.is_documentation for row in rows)
    if count <= FEW_ROUTES:
        return f"<h2>What it answers</h2>{html}"
    return f"<h2>What it answers</h2><details><summary>All {count} routes</summary>{html}</details>"


def links(app: Any, root_path: str) -> str:
    """The pages that an application has of itself."""
    if not getattr(app, "openapi_url", None):
        return ""
    pages = (
        (getattr(app, "docs_url", None), "Documentation", "to read and to try"),
        (getattr(app, "redoc_url", None), "Reference", "to read"),
        (app.openapi_url, "OpenAPI", "for programs"),
    )
    items = [
        f'<li><a href="{escape(root_path + url)}">{name}<small>{escape(url)}, {what}</small></a></li>'
        for url, name, what in pages
        if url
    ]
    return f'<ul class="links">{"".join(items)}</ul>'


def code(text: str) -> str:
    from hanok.middleware.debug.highlight import line_html, spans_of

    lines = text.splitlines()
    spans = spans_of([line + "\n" for line in lines])
    return "".join(f"<div>{line_html(line, spans.get(n, [])) or ' '}</div>" for n, line in enumerate(lines, 1))
