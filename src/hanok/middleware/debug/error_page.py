"""The page of an error that nobody handled: the failing line, the values around it, the request, and what to do."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Iterator
from html import escape
from itertools import groupby
from types import CodeType
from typing import TYPE_CHECKING, Any

from hanok.http.json_response import JSONResponse
from hanok.http.response import PlainTextResponse, Response
from hanok.middleware.debug.frames import Frame, frames_of, is_library_file, short_path
from hanok.middleware.debug.highlight import characters, line_html, spans_of
from hanok.middleware.debug.masking import masked_source
from hanok.middleware.debug.remedies import causes, remedy
from hanok.middleware.debug.request_facts import request_rows, shown_target
from hanok.middleware.debug.route_facts import code_of, codes_in, dependency_tree, route_of, route_rows
from hanok.middleware.debug.shell import facts, page, quiet, wants_html, with_code
from hanok.middleware.debug.values import local_variables, shown

if TYPE_CHECKING:
    from hanok.http.request import Request

LONGEST_MESSAGE = 1200
LONGEST_FUNCTION = 25  # lines of an endpoint that are shown
MOST_FRAMES = 40  # of one exception; a recursion has a thousand
INSIDE = "inside of it"


def error_response(request: Request, error: BaseException) -> Response:
    """A 500 that shows ``error``: a page for browsers, JSON for who asks for it, the traceback as text for others.

    The error takes a note along, so that the log says what to do, too.
    """
    response: Response | None = None
    try:
        if wants_html(request):
            response = error_html(request, error)
        elif "application/json" in request.headers.get("accept", ""):
            response = JSONResponse(error_json(request, error), status_code=500)
        add_note(request, error)
    except Exception as broken:  # whatever an exception is made of, it is shown at least as text
        broken.__context__ = None
        return text_response(error, "".join(traceback.format_exception(broken)))
    return response or text_response(error)


def add_note(request: Request, error: BaseException) -> None:
    """Where it happened, if no line of the traceback says so, and what to do."""
    endpoint = refused_of(request, error)
    lines = []
    if endpoint is not None:
        lines.append(f"In {short_path(endpoint.co_filename)}:{endpoint.co_firstlineno}, {endpoint.co_qualname}")
    if what_to_do := remedy(error):
        lines.append(f"What to do: {what_to_do}")
    note = "\n".join(lines)
    if note and note not in getattr(error, "__notes__", ()):
        error.add_note(note)


def refused_of(request: Request, error: BaseException) -> CodeType | None:
    """The endpoint, where its result was refused after it had ended, so that it is in no traceback."""
    at = failing(error)
    endpoint = code_of(getattr(route_of(request), "endpoint", None))
    if (at is None or at.is_library) and endpoint is not None and not is_library_file(endpoint.co_filename):
        return endpoint
    return None


def text_response(error: BaseException, more: str = "") -> Response:
    text = "".join(traceback.format_exception(error))
    if more:
        text += f"\nThe page that should show this has failed itself:\n\n{more}"
    return PlainTextResponse(text.encode("utf-8", "replace"), status_code=500)


def error_json(request: Request, error: BaseException) -> dict[str, Any]:
    """What tools want to know. ``detail`` is what the client would get outside debug mode."""
    name, message = told(error)
    at = failing(error)
    endpoint = refused_of(request, error)
    code = endpoint or (at.code if at else None)
    return {
        "detail": "Internal Server Error",
        "error": {
            "type": name,
            "message": message,
            "file": code.co_filename if code else None,
            "line": endpoint.co_firstlineno if endpoint else at.line if at else None,
            "function": code.co_qualname if code else None,
            "remedy": remedy(error),
            "traceback": "".join(traceback.format_exception(error)).splitlines(),
        },
    }


def error_html(request: Request, error: BaseException) -> Response:
    name, message = told(error)
    at = failing(error)
    where = f" · {at.file}, line {at.line}, in {at.code.co_qualname}" if at else ""
    route = route_of(request)
    written = ""
    if (endpoint := refused_of(request, error)) is not None:
        where = f" · {short_path(endpoint.co_filename)}, line {endpoint.co_firstlineno}, {endpoint.co_qualname}"
        written = f"<h2>The endpoint</h2>{function_html(endpoint)}"
    what_to_do = remedy(error)
    box = f'<div class="remedy"><b>What to do</b><p>{with_code(what_to_do)}</p></div>' if what_to_do else ""
    body = f"""<h1>{escape(name).replace(".", ".<wbr>")}</h1>
<p class="message">{escape(message) or "(no message)"}</p>
<p class="where"><code>{escape(request.method)} {escape(shown_target(request))}</code>{escape(where)}</p>
{box}
{validation_table(error)}
{written}
{"".join(f"<h2>{heading}</h2>{frames_html(each)}" for heading, each in chain(error))}
{route_html(request, route, error)}
<h2>Request</h2>
<div class="card">{facts(request_rows(request))}</div>
<h2>As text</h2>
<details><summary>Traceback, to copy</summary><pre class="text">{text_lines(error)}</pre></details>"""
    return page(f"{name}: {message[:120]}", body, 500)


def told(error: BaseException) -> tuple[str, str]:
    """Name and message, with the suggestions and notes that Python adds."""
    kind = type(error)
    name = (
        kind.__qualname__ if kind.__module__ in ("builtins", "__main__") else f"{kind.__module__}.{kind.__qualname__}"
    )
    if type(error).__name__ == "ResponseValidationError":
        count = len(error.errors())  # type: ignore[attr-defined]
        return name, f"The result is not what was declared: {count} fault{'' if count == 1 else 's'}."
    if isinstance(error, SyntaxError):
        return name, str(error)  # with its place, which the other form gives a line of its own
    text = "".join(traceback.format_exception_only(error)).strip()
    message = text.removeprefix(f"{kind.__module__}.{kind.__qualname__}").removeprefix(name)
    message = message.removeprefix(":").strip()
    return name, message if len(message) <= LONGEST_MESSAGE else message[:LONGEST_MESSAGE] + " …"


def failing(error: BaseException) -> Frame | None:
    """The innermost frame of the application's own code; of any code if it has none there."""
    frames = [frame for each in causes(error) for frame in reversed(list(frames_of(each.__traceback__)))]
    return next((frame for frame in frames if not frame.is_library), frames[0] if frames else None)


def chain(error: BaseException) -> Iterator[tuple[str, BaseException]]:
    """The exception and those that led to it, the last one first."""
    heading = "Traceback, the failing call first"
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield heading, cause
        if isinstance(cause, BaseExceptionGroup):
            for number, inner in enumerate(cause.exceptions, 1):
                yield f"{INSIDE}, {number} of {len(cause.exceptions)}: {escape(shown(inner))}", inner
        previous = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
        if previous is not None:
            how = "caused by" if cause.__cause__ is not None else "raised while handling"
            heading = f"{how} {escape(shown(previous))}"
        cause = previous


# ---- frames


def frames_html(error: BaseException) -> str:
    """The application's own frames, open; what stands between them of libraries, folded."""
    frames = list(frames_of(error.__traceback__))[::-1]
    left_out = max(0, len(frames) - MOST_FRAMES)
    if left_out:
        frames = frames[: MOST_FRAMES // 2] + frames[-MOST_FRAMES // 2 :]
    html = []
    for is_library, group in groupby(frames, key=lambda frame: frame.is_library):
        if not is_library:
            html += [own_frame(frame) for frame in group]
        else:
            html.append(library_frames(list(group)))
    if left_out:
        html.insert(MOST_FRAMES // 2, f'<p class="where">… {left_out} more calls are left out here …</p>')
    return "".join(html) or '<p class="where">It has no traceback.</p>'


def own_frame(frame: Frame) -> str:
    variables = local_variables(frame.frame.f_locals)
    rows = "".join(f"<tr><td>{escape(name)}</td><td>{quiet(value)}</td></tr>" for name, value in variables)
    table = f'<table class="facts mono locals">{rows}</table>' if rows else ""
    return f'<div class="card"><div class="head">{heading_of(frame)}</div>{source_html(frame)}{table}</div>'


def library_frames(frames: list[Frame]) -> str:
    names = list(dict.fromkeys(frame.file.replace("\\", "/").split("/")[0].removesuffix(".py") for frame in frames))
    names = ["generated code" if name.startswith("<") else name for name in names]
    calls = "1 call" if len(frames) == 1 else f"{len(frames)} calls"
    inner = "".join(
        f"<details><summary>{heading_of(one)}</summary>{source_html(one, plain=True)}</details>" for one in frames
    )
    listed = ", ".join(dict.fromkeys(names))
    return f'<details class="folded"><summary>{calls} in {escape(listed)}</summary>{inner}</details>'


def heading_of(frame: Frame) -> str:
    return f"<b>{escape(frame.code.co_qualname)}</b> <span>{escape(frame.file)}, line {frame.line}</span>"


def source_html(frame: Frame, plain: bool = False) -> str:
    """The source around the line; without colours if ``plain``, because libraries' files are long."""
    source = frame.source()
    if not source:
        return "<pre><div>(the source is not available)</div></pre>"
    spans = {} if plain else spans_of(source)
    html = ""
    for line in frame.context(source):
        is_now = line.number == frame.line
        mark = characters(line.text, frame.columns) if is_now else None
        code = line_html(masked_source(line.text), spans.get(line.number, []), mark)
        opening = '<div class="now">' if is_now else "<div>"
        html += f"{opening}<i>{line.number:>5}  </i>{code}</div>"
    return f"<pre>{html}</pre>"


def function_html(code: CodeType) -> str:
    """The beginning of a function."""
    try:
        lines, first = inspect.getsourcelines(code)
    except (OSError, TypeError):
        return ""
    spans = spans_of(lines)
    html = "".join(
        f"<div><i>{first + index:>5}  </i>{line_html(masked_source(text.rstrip()), spans.get(index + 1, []))}</div>"
        for index, text in enumerate(lines[:LONGEST_FUNCTION])
    )
    heading = f"<b>{escape(code.co_qualname)}</b> <span>{escape(short_path(code.co_filename))}, line {first}</span>"
    return f'<div class="card"><div class="head">{heading}</div><pre>{html}</pre></div>'


# ---- beside them


def validation_table(error: BaseException) -> str:
    """The faults of a result that was not what its endpoint had declared."""
    if type(error).__name__ != "ResponseValidationError":
        return ""
    rows = [
        (
            " → ".join(map(str, one.get("loc", ()))),
            f"{one.get('msg')}; it is {shown(one.get('input'), str(one.get('loc', ' ')[-1]))}",
        )
        for one in error.errors()[:20]  # type: ignore[attr-defined]
        if isinstance(one, dict)
    ]
    return f'<h2>What is wrong with the result</h2><div class="card">{facts(rows)}</div>'


def route_html(request: Request, route: Any, error: BaseException) -> str:
    if route is None:
        return ""
    endpoint = getattr(route, "endpoint", None)
    rows = list(route_rows(route, endpoint))
    overrides = getattr(request.scope.get("app"), "dependency_overrides", None) or {}
    tree = dependency_tree(route, failed_call(route, error, overrides), overrides)
    if tree:
        tree = f'<div class="card"><div class="head"><span>What it depends on</span></div>{tree}</div>'
    return f'<h2>Route</h2><div class="card">{facts(rows)}</div>{tree}' if rows else ""


def failed_call(route: Any, error: BaseException, overrides: dict[Any, Any]) -> Any:
    """The code of that function, of the endpoint and its dependencies, which was running when it failed."""
    codes = codes_in(getattr(route, "dependant", None), overrides)
    for frame in reversed(list(frames_of(error.__traceback__))):
        if frame.code in codes:
            return frame.code
    return None


def text_lines(error: BaseException) -> str:
    text = "".join(traceback.format_exception(error))
    return "".join(f"<div>{escape(masked_source(each))}</div>" for each in text.splitlines())
