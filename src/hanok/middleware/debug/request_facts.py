"""What a request said, without what it said in confidence."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from hanok.middleware.debug.masking import HIDDEN, header_value, is_secret
from hanok.middleware.debug.values import shown

if TYPE_CHECKING:
    from hanok.http.request import Request

LONGEST_BODY = 64 * 1024  # of which something is shown


def shown_target(request: Request) -> str:
    """Path and query."""
    pairs = [(name, HIDDEN if is_secret(name) else value) for name, value in request.query_params.multi_items()]
    return quote(request.url.path, safe="/%:@!$&'()*+,;=~") + (f"?{urlencode(pairs, safe='()')}" if pairs else "")


def request_rows(request: Request) -> Iterator[tuple[str, str]]:
    """(what, value) of its parts: parameters, body and headers."""
    for name, value in request.path_params.items():
        yield f"path parameter {name}", shown(value, name)
    for name, value in request.query_params.multi_items():
        yield f"query parameter {name}", shown(value, name)
    if (body := shown_body(request)) is not None:
        yield "body", body
    if request.client is not None:
        yield "client", f"{request.client.host}:{request.client.port}"
    for name, value in request.headers.items():
        yield name, header_value(name, value)


def shown_body(request: Request) -> str | None:
    """A JSON body that was read; of others how long they are. Nothing is read for it."""
    body = getattr(request.exchange, "body", None)
    if not body:
        return None
    kind = request.headers.get("content-type", "").partition(";")[0].strip() or "unknown type"
    if (kind == "application/json" or kind.endswith("+json")) and len(body) <= LONGEST_BODY:
        try:
            return shown(json.loads(body))
        except (ValueError, RecursionError):
            return f"{len(body)} bytes that are not valid JSON"
    return f"{len(body)} bytes of {kind}"
