"""The query component: bytes → pairs of decoded text (the WHATWG URL standard's urlencoded form)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote, unquote_to_bytes

if TYPE_CHECKING:
    from hanok.exchange import Incoming
    from hanok.http.multidict import QueryParams


def parse_query(query: bytes) -> list[tuple[str, str]]:
    """All pairs in the order they came, as ``urllib.parse.parse_qsl(..., keep_blank_values=True)`` gives
    them.

    ``dict(pairs)`` holds the last value of each name. Bytes above ASCII are read as Latin-1, and ``%xx`` as
    UTF-8 where what is not UTF-8 becomes U+FFFD.
    """
    return parse_pairs(query.decode("latin-1")) if query else []


def query_values(query: bytes) -> dict[str, str]:
    """The last value of each name: ``dict(parse_query(query))``."""
    return dict(parse_query(query)) if query else {}


def parse_pairs(text: str) -> list[tuple[str, str]]:
    """As ``parse_query``, for text."""
    pairs = []
    # Most queries have nothing to decode: then a pair is two slices.
    plain = "%" not in text and "+" not in text
    for piece in text.split("&"):
        if piece:
            at = piece.find("=")
            if at < 0:
                name, value = piece, ""
            else:
                name, value = piece[:at], piece[at + 1 :]
            if not plain:
                name, value = decoded(name), decoded(value)
            pairs.append((name, value))
    return pairs


def decoded(text: str) -> str:
    """A name or value without its escapes: ``urllib.parse.unquote_plus``."""
    if "+" in text:
        text = text.replace("+", " ")
    if "%" not in text:
        return text
    if text.isascii():
        # What unquote does in the end, without the search for other characters that takes most of its time.
        return unquote_to_bytes(text).decode("utf-8", "replace")
    return unquote(text)


def query_params_of(exchange: Incoming) -> QueryParams:
    """The query parameters of an exchange, parsed once."""
    params: QueryParams | None = exchange.query_cache
    if params is None:
        from hanok.http.multidict import QueryParams

        scope = exchange._scope
        query = exchange.query if scope is None else scope.get("query_string", b"")
        params = exchange.query_cache = QueryParams(query)
    return params
