"""The Forwarded field (RFC 7239): what each proxy saw, as name=value pairs."""

from __future__ import annotations

import re
from collections.abc import Iterable

# RFC 7239 §4. Addresses with colons must be quoted, and are often sent bare; both are read.
PAIR = re.compile(
    r"""[ \t]*+(?:([!#$%&'*+.^_`|~0-9A-Za-z-]++)=(?:"((?:[^"\\]|\\.)*+)"|([^\s;,"]++)))?+[ \t]*+(;|,|$)""", re.ASCII
)
ESCAPED = re.compile(r"\\(.)")

# Stands for what cannot be read: it is no proxy of ours, so the chain is followed no further than to it.
UNREADABLE = {"for": "unknown"}


def parse_forwarded(values: Iterable[str]) -> list[dict[str, str]] | None:
    """The hops of all fields in their order, names in lower case; None if there are none.

    A field that is malformed counts as one unknown hop: to pass over it would make the proxy after it the client.
    """
    hops: list[dict[str, str]] = []
    for value in values:
        hops += parse_field(value)
    return hops or None


def parse_field(value: str) -> list[dict[str, str]]:
    hops: list[dict[str, str]] = []
    hop: dict[str, str] = {}
    at = 0
    while True:
        match = PAIR.match(value, at)
        if match is None:
            return [UNREADABLE]
        name, quoted, bare, end = match.groups()
        if name is not None:
            if name.lower() in hop:
                return [UNREADABLE]  # RFC 7239 §4: each parameter at most once
            hop[name.lower()] = bare if quoted is None else ESCAPED.sub(r"\1", quoted)
        if end != ";":
            if hop:
                hops.append(hop)
            hop = {}
        if not end:
            return hops
        at = match.end()
