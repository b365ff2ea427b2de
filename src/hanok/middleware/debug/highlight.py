"""Python source as HTML: colours for its words, a mark on the expression that failed."""

from __future__ import annotations

import io
import keyword
import token
import tokenize
from collections import defaultdict
from html import escape
from itertools import groupby

Spans = dict[int, list[tuple[int, int, str]]]  # line → (from, to, class)

CLASSES = {token.STRING: "s", token.NUMBER: "n", tokenize.COMMENT: "c"}
for name in ("FSTRING_START", "FSTRING_MIDDLE", "FSTRING_END"):  # from Python 3.12 on: PEP 701
    if hasattr(token, name):
        CLASSES[getattr(token, name)] = "s"


def spans_of(source: list[str]) -> Spans:
    """The words of a file that have a colour, by their lines; as far as it can be read."""
    spans: Spans = defaultdict(list)
    try:
        for each in tokenize.generate_tokens(io.StringIO("".join(source)).readline):
            kind = CLASSES.get(each.type)
            if kind is None and each.type == token.NAME and keyword.iskeyword(each.string):
                kind = "k"
            if kind is None:
                continue
            (first, begin), (last, end) = each.start, each.end
            for line in range(first, last + 1):
                spans[line].append((begin if line == first else 0, end if line == last else 10**6, kind))
    except (tokenize.TokenError, SyntaxError, IndentationError):
        pass  # what came before it has its colours
    return spans


def line_html(text: str, spans: list[tuple[int, int, str]], mark: tuple[int, int] | None = None) -> str:
    """One line. ``mark`` is the part of it that was running."""
    classes = [""] * len(text)
    for begin, end, kind in spans:
        for at in range(begin, min(end, len(text))):
            classes[at] = kind
    marked = [mark is not None and mark[0] <= at < mark[1] for at in range(len(text))]
    html = ""
    for (kind, is_marked), group in groupby(range(len(text)), key=lambda at: (classes[at], marked[at])):
        piece = escape("".join(text[at] for at in group))
        piece = f'<span class="{kind}">{piece}</span>' if kind else piece
        html += f"<mark>{piece}</mark>" if is_marked else piece
    return html


def characters(text: str, columns: tuple[int, int] | None) -> tuple[int, int] | None:
    """Columns that count bytes, as Python gives them, in characters; None where they are the whole line anyway."""
    if columns is None:
        return None
    raw = text.encode("utf-8", "surrogatepass")
    begin, end = (len(raw[:column].decode("utf-8", "ignore")) for column in columns)
    return None if text[begin:end].strip() == text.strip() or begin >= end else (begin, end)
