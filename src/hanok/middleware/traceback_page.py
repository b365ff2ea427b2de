"""The page that shows an exception to the developer: as HTML to browsers, as text to others. It loads nothing."""

from __future__ import annotations

import inspect
import sys
import traceback
from html import escape
from types import TracebackType
from typing import TYPE_CHECKING

from hanok.http.response import HTMLResponse, PlainTextResponse, Response
from hanok.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from hanok.http.request import Request

CONTEXT_LINES = 5  # shown before and after the line that was running
# Never shown: the page may be read over a shoulder, or land in a bug report.
HIDDEN_HEADERS = frozenset(("authorization", "cookie", "proxy-authorization"))

STYLE = """
:root { --paper: #fbfaf7; --ink: #26221c; --soft: #75705f; --line: #e3dfd3; --mark: #fdeeb5; --red: #a3341f; --card: #fff }
@media (prefers-color-scheme: dark) {
  :root { --paper: #1d1b18; --ink: #e9e4d8; --soft: #a39c89; --line: #3a362f; --mark: #4b3f14; --red: #f08f74; --card: #26231f }
}
* { box-sizing: border-box }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif }
main { max-width: 62rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem }
h1 { margin: 0; font-size: 1.1rem; color: var(--red); letter-spacing: .02em }
h2 { margin: 2.5rem 0 .75rem; font-size: 1rem; color: var(--soft); font-weight: 600 }
.message { margin: .25rem 0 0; font-size: 1.5rem; line-height: 1.3; white-space: pre-wrap; overflow-wrap: anywhere }
.where { color: var(--soft); margin: .75rem 0 0 }
details { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; margin: .5rem 0; overflow: hidden }
summary { cursor: pointer; padding: .6rem .9rem; overflow-wrap: anywhere }
summary b { font-weight: 600 } summary span { color: var(--soft) }
pre, code, table { font: 13px/1.6 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace }
pre { margin: 0; padding: .5rem 0; border-top: 1px solid var(--line); overflow-x: auto }
pre div { padding: 0 .9rem; white-space: pre } pre i { color: var(--soft); font-style: normal; user-select: none }
pre div.now { background: var(--mark) }
table { border-collapse: collapse; width: 100% } td { padding: .2rem .9rem .2rem 0; vertical-align: top }
td:first-child { color: var(--soft); white-space: nowrap } td:last-child { overflow-wrap: anywhere; width: 100% }
footer { margin-top: 3rem; color: var(--soft); font-size: .85rem }
"""


def traceback_response(request: Request, error: BaseException) -> Response:
    """A 500 that shows ``error``."""
    if "text/html" in request.headers.get("accept", ""):
        return HTMLResponse(html_page(request, error), status_code=500)
    return PlainTextResponse("".join(traceback.format_exception(error)), status_code=500)


def html_page(request: Request, error: BaseException) -> str:
    """The whole page."""
    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    query = request.url.query
    target = request.url.path + (f"?{query}" if query else "")
    sections = "".join(
        f"<h2>{heading}</h2>{''.join(frames_html(each.__traceback__))}" for heading, each in chain(error)
    )
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{escape(name)}: {escape(str(error))}</title><style>{STYLE}</style></head>
<body><main>
<h1>{escape(name)}</h1>
<p class="message">{escape(str(error)) or "(no message)"}</p>
<p class="where"><code>{escape(request.method)} {escape(target)}</code></p>
{sections}
<h2>Request</h2>
<table>{"".join(request_rows(request))}</table>
<h2>As text</h2>
<details><summary>Traceback</summary><pre>{text_lines(error)}</pre></details>
<footer>Hanok {VERSION}, Python {sys.version.split()[0]}. You see this page because the application runs with
<code>debug=True</code>.</footer>
</main></body></html>
"""


def chain(error: BaseException) -> Iterator[tuple[str, BaseException]]:
    """The exception and those that led to it, the last one first."""
    heading = "Traceback, the failing call first"
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield heading, cause
        previous = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
        if previous is not None:
            how = "caused by" if cause.__cause__ is not None else "raised while handling"
            heading = f"{how} {escape(repr(previous))}"
        cause = previous


def frames_html(trace: TracebackType | None) -> list[str]:
    """One box a frame, innermost first; the innermost frame of the application's own code is open."""
    frames = list(reversed(list(traceback.walk_tb(trace))))
    own = next((index for index, (frame, _) in enumerate(frames) if not is_library(frame)), 0)
    return [frame_html(frame, line, index == own) for index, (frame, line) in enumerate(frames)]


def is_library(frame: FrameType) -> bool:
    file = frame.f_code.co_filename
    name = frame.f_globals.get("__name__", "")
    return "site-packages" in file or file.startswith((sys.base_prefix, "<")) or name.startswith("hanok.")


def frame_html(frame: FrameType, line: int, opened: bool) -> str:
    code = frame.f_code
    return (
        f"<details{' open' if opened else ''}><summary><b>{escape(code.co_qualname)}</b> "
        f"<span>{escape(code.co_filename)}, line {line}</span></summary>"
        f"<pre>{''.join(source_lines(frame, line))}</pre></details>"
    )


def source_lines(frame: FrameType, line: int) -> Iterator[str]:
    """The source around a line, with numbers."""
    try:
        source, _ = inspect.findsource(frame)
    except (OSError, IndexError):
        yield "<div>(the source is not available)</div>"
        return
    first = max(0, line - 1 - CONTEXT_LINES)
    for number, text in enumerate(source[first : line + CONTEXT_LINES], first + 1):
        now = ' class="now"' if number == line else ""
        yield f"<div{now}><i>{number:>5}  </i>{escape(text.rstrip())}</div>"


def request_rows(request: Request) -> Iterator[str]:
    """The headers and path parameters of the request."""
    rows = [(name, "(hidden)" if name in HIDDEN_HEADERS else value) for name, value in request.headers.items()]
    rows += [(f"path parameter {name}", repr(value)) for name, value in request.path_params.items()]
    for name, value in rows:
        yield f"<tr><td>{escape(name)}</td><td>{escape(value)}</td></tr>"


def text_lines(error: BaseException) -> str:
    text = "".join(traceback.format_exception(error))
    return "".join(f"<div>{escape(each)}</div>" for each in text.splitlines())
