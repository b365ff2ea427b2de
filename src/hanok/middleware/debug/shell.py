"""What all pages share: how they look, and that they load nothing and run no script."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING

from hanok.http.response import HTMLResponse
from hanok.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hanok.http.request import Request

HEADERS = {
    # The page is one file: whatever an error message may hold, the browser fetches nothing and runs nothing.
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'",
    "cache-control": "no-store",
}

STYLE = """
:root { color-scheme: light dark;
  --paper: #faf9f6; --card: #fff; --ink: #23201b; --soft: #6f6a5c; --line: #e4e0d5; --now: #fff4c9; --mark: #ffd96b;
  --red: #ae3322; --green: #2f6f4e; --green-paper: #edf5ef; --blue: #1f5f8b; --string: #3b7a3b; --word: #8a3f8f;
  --number: #9a5b13 }
@media (prefers-color-scheme: dark) { :root {
  --paper: #191816; --card: #22201d; --ink: #ece7db; --soft: #a39c8b; --line: #38342d; --now: #3a3219; --mark: #6f5a16;
  --red: #f4927c; --green: #8fcfa9; --green-paper: #1e2b23; --blue: #8cc3ea; --string: #9ccf8f; --word: #d9a5e0;
  --number: #e5b774 } }
* { box-sizing: border-box }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif;
  border-top: .3rem solid var(--accent, var(--red)) }
main { max-width: 64rem; margin: 0 auto; padding: 2rem 1.25rem 4rem }
a { color: var(--blue) } a:hover { text-decoration-thickness: 2px }
h1 { margin: 0; font-size: 1rem; line-height: 1.4; color: var(--accent, var(--red)); overflow-wrap: anywhere }
h2 { margin: 2.25rem 0 .75rem; font-size: 1rem; font-weight: 600; overflow-wrap: anywhere }
.message { margin: .35rem 0 0; font-size: clamp(1.2rem, 3.2vw, 1.55rem); line-height: 1.3; font-weight: 600;
  white-space: pre-wrap; overflow-wrap: anywhere }
.where { color: var(--soft); margin: .75rem 0 0; overflow-wrap: anywhere }
code, pre, .mono, .mono td { font: .8125rem/1.6 ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace }
.where code, p code, li code { font-size: .875em; color: var(--ink); overflow-wrap: anywhere }
.remedy { margin: 1.5rem 0 0; padding: .85rem 1.1rem; background: var(--green-paper); border-left: .25rem solid var(--green);
  border-radius: .25rem }
.remedy p { margin: .25rem 0 } .remedy b { color: var(--green) }
.card, details { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; margin: .6rem 0;
  overflow: hidden }
.head, summary { padding: .55rem .9rem; overflow-wrap: anywhere } .head span, summary span { color: var(--soft) }
summary { cursor: pointer } summary:hover { background: color-mix(in srgb, var(--line) 35%, transparent) }
details.folded { background: none; border-style: dashed; color: var(--soft) }
details.folded .card, details details { margin: .4rem .6rem; border-style: solid }
.head b, summary b { font-weight: 600; color: var(--ink) }
pre { margin: 0; padding: .4rem 0; border-top: 1px solid var(--line); overflow-x: auto; tab-size: 4 }
pre > div { padding: 0 .9rem; white-space: pre; width: max-content; min-width: 100% }
pre i { color: var(--soft); font-style: normal; user-select: none; opacity: .75 }
pre .now { background: var(--now) } pre .now i { color: var(--red); opacity: 1 }
mark { background: var(--mark); color: inherit; border-radius: .15rem; padding: .1rem 0 }
.k { color: var(--word) } .s { color: var(--string) } .n { color: var(--number) } .c { color: var(--soft); font-style: italic }
table { border-collapse: collapse; width: 100%; table-layout: auto }
td, th { padding: .3rem .9rem; vertical-align: top; text-align: left; overflow-wrap: anywhere }
tr + tr td { border-top: 1px solid color-mix(in srgb, var(--line) 60%, transparent) }
td:first-child { color: var(--soft) } .facts td:first-child { width: 12rem }
.locals { border-top: 1px solid var(--line) }
.methods { color: var(--green) !important; font-weight: 600; white-space: nowrap } .source { color: var(--soft) }
.hidden { color: var(--soft); font-style: italic }
ul.tree { list-style: none; margin: 0; padding: .5rem .9rem } ul.tree ul { list-style: none; padding-left: 1.25rem; margin: 0 }
ul.tree li { overflow-wrap: anywhere } .failed { color: var(--red); font-weight: 600 }
ol.near { margin: 0; padding: 0; list-style: none } ol.near li { padding: .6rem .9rem; overflow-wrap: anywhere }
ol.near li + li { border-top: 1px solid var(--line) } ol.near small { display: block; color: var(--soft); font-size: .85rem }
.links { display: flex; flex-wrap: wrap; gap: .6rem; margin: 1.5rem 0 0; padding: 0; list-style: none }
.links a { display: block; padding: .5rem 1rem; border: 1px solid var(--line); border-radius: .5rem; background: var(--card);
  text-decoration: none; font-weight: 600 }
.links a:hover { border-color: var(--blue) } .links small { display: block; color: var(--soft); font-weight: 400 }
.logo { display: block; width: 3.5rem; margin: 0 0 1rem; color: var(--accent, var(--red)) }
.text { user-select: all }
footer { margin-top: 3rem; padding-top: 1rem; border-top: 1px solid var(--line); color: var(--soft); font-size: .85rem }
@media (max-width: 40rem) {
  main { padding: 1.25rem .9rem 3rem } td, th { padding: .3rem .6rem } .facts td:first-child { width: 7.5rem }
  .facts tr, .routes tr { display: block; padding: .35rem 0 } .facts td, .routes td { display: block; width: auto !important;
    padding: 0 .7rem; border: 0 !important } .facts tr + tr, .routes tr + tr { border-top: 1px solid var(--line) }
  pre > div { padding: 0 .6rem } .routes th { display: none }
}
"""

ROOF = (
    '<svg class="logo" viewBox="0 0 64 40" fill="none" stroke="currentColor" stroke-width="3.5" stroke-linecap="round" '
    'stroke-linejoin="round" aria-hidden="true"><path d="M3 21C14 19 24 13 32 5c8 8 18 14 29 16"/>'
    '<path d="M12 22v15M52 22v15M25 37V26h14v11M7 37h50"/></svg>'
)


def wants_html(request: Request) -> bool:
    """Whether a browser asks."""
    return "text/html" in request.headers.get("accept", "")


def page(
    title: str, body: str, status: int, *, accent: str = "red", headers: Mapping[str, str] | None = None
) -> HTMLResponse:
    """A whole page. ``body`` is HTML, ``title`` is text."""
    style = STYLE if accent == "red" else STYLE + f":root {{ --accent: var(--{accent}) }}"
    html = f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex"><link rel="icon" href="data:,">
<title>{escape(title)}</title><style>{style}</style></head>
<body><main>
{body}
<footer>Hanok {VERSION}, Python {sys.version.split()[0]}. You see this page because the application runs in debug mode
(<code>hanok dev</code>, <code>HANOK_DEBUG=1</code> or <code>debug=True</code>).
Without, nothing of it is shown.</footer>
</main></body></html>
"""
    # What was sent to us may hold half a surrogate pair, which UTF-8 cannot carry.
    sent = html.encode("utf-8", "replace")
    return HTMLResponse(sent, status_code=status, headers={**HEADERS, **(headers or {})})


def facts(rows: Iterable[tuple[str, str]]) -> str:
    """A table of names and texts; empty without rows."""
    html = "".join(f"<tr><td>{escape(name)}</td><td>{quiet(value)}</td></tr>" for name, value in rows)
    return f'<table class="facts mono">{html}</table>' if html else ""


def quiet(value: str) -> str:
    """A text, or that it is not shown."""
    from hanok.middleware.debug.masking import HIDDEN

    return f'<span class="hidden">{HIDDEN}</span>' if value == HIDDEN else escape(value)


def with_code(text: str) -> str:
    """Text in which `backticks` stand around code, as HTML."""
    pieces = escape(text).split("`")
    return "".join(f"<code>{piece}</code>" if index % 2 else piece for index, piece in enumerate(pieces))
