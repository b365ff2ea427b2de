"""CORS: which pages of other origins may read our answers (WHATWG Fetch, section 3.3)."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Collection
from typing import Any

from hanok.exchange import AnswerFilter, Exchange
from hanok.http.response import PlainTextResponse, Response
from hanok.middleware.base import NativeMiddleware
from hanok.middleware.vary import add_vary
from hanok.types import RawHeaders

ALL_METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY")
SAFELISTED_HEADERS = {"Accept", "Accept-Language", "Content-Language", "Content-Type"}

# What a preflight is asked about; its answer depends on each of them.
PREFLIGHT_VARY = ", ".join(
    (
        "Origin",
        "Access-Control-Request-Method",
        "Access-Control-Request-Headers",
        "Access-Control-Request-Private-Network",
    )
)


class CORSMiddleware(NativeMiddleware):
    """Answers preflights, and adds the CORS headers to the other answers.

    ``allow_origins``, ``allow_methods`` and ``allow_headers`` accept ``"*"``; ``allow_origin_regex`` has to match the whole
    origin. ``max_age`` is in seconds. Unlike in other frameworks the headers are on the answers to server errors, too: a
    page may read what went wrong.
    """

    def __init__(
        self,
        app: Any,
        allow_origins: Collection[str] = (),
        allow_methods: Collection[str] = ("GET",),
        allow_headers: Collection[str] = (),
        allow_credentials: bool = False,
        allow_origin_regex: str | None = None,
        allow_private_network: bool = False,
        expose_headers: Collection[str] = (),
        max_age: int = 600,
    ) -> None:
        super().__init__(app)
        self.allow_origins = frozenset(allow_origins)
        self.allow_methods = ALL_METHODS if "*" in allow_methods else tuple(allow_methods)
        self.allow_all_origins = "*" in allow_origins
        self.allow_all_headers = "*" in allow_headers
        self.allow_headers = frozenset(name.lower() for name in SAFELISTED_HEADERS.union(allow_headers))
        self.allow_origin_regex = re.compile(allow_origin_regex) if allow_origin_regex else None
        self.allow_private_network = allow_private_network
        # A wildcard is not allowed with credentials: then the origin is named.
        self.origin_is_named = not self.allow_all_origins or allow_credentials

        self.simple_headers: RawHeaders = []
        self.preflight_headers: dict[str, str] = {
            "Vary": PREFLIGHT_VARY,
            "Access-Control-Allow-Methods": ", ".join(self.allow_methods),
            "Access-Control-Max-Age": str(max_age),
        }
        if not self.allow_all_headers:
            listed = ", ".join(sorted(SAFELISTED_HEADERS.union(allow_headers)))
            self.preflight_headers["Access-Control-Allow-Headers"] = listed
        if allow_credentials:
            self.simple_headers.append((b"access-control-allow-credentials", b"true"))
            self.preflight_headers["Access-Control-Allow-Credentials"] = "true"
        if expose_headers:
            exposed = ", ".join(expose_headers).encode("latin-1")
            self.simple_headers.append((b"access-control-expose-headers", exposed))
        self.without_origin = CORSFilter([])
        self.for_others = CORSFilter(self.simple_headers)
        # Which origins are allowed is known unless there is an expression, or a subclass decides.
        knows_all = self.allow_origin_regex is None and type(self).is_allowed_origin is CORSMiddleware.is_allowed_origin
        self.for_origins: dict[bytes, CORSFilter] | None = None
        if knows_all and not (self.allow_all_origins and self.origin_is_named):
            # A header holds no others.
            named = [origin.encode("latin-1") for origin in self.allow_origins if max(origin, default="") < "\u0100"]
            self.for_origins = {origin: CORSFilter(self.headers_for(origin)) for origin in named}
            if self.allow_all_origins:
                self.for_origins = {}
                self.for_others = CORSFilter(self.headers_for(b"*"))

    def is_allowed_origin(self, origin: str) -> bool:
        if self.allow_all_origins or origin in self.allow_origins:
            return True
        return self.allow_origin_regex is not None and self.allow_origin_regex.fullmatch(origin) is not None

    # Returns the coroutine of the layer below: one layer less.
    def handle(self, exchange: Any) -> Awaitable[None]:  # type: ignore[override]  # one coroutine less
        if exchange.kind == "http":
            origin = exchange.header(b"origin")
            if origin is None:
                exchange.add_filter(self.without_origin)
            elif (
                exchange.method == "OPTIONS"
                and (method := exchange.header(b"access-control-request-method")) is not None
            ):
                response = self.preflight(exchange, origin.decode("latin-1"), method.decode("latin-1"))
                answered: Awaitable[None] = response.send(exchange)
                return answered
            elif self.for_origins is None:
                exchange.add_filter(CORSFilter(self.headers_for(origin)))
            else:
                exchange.add_filter(self.for_origins.get(origin, self.for_others))
        return self.inner(exchange)

    def headers_for(self, origin: bytes) -> RawHeaders:
        """The headers that an answer to this origin gets."""
        if not self.is_allowed_origin(origin.decode("latin-1")):
            return self.simple_headers
        named = origin if self.origin_is_named else b"*"
        return [(b"access-control-allow-origin", named), *self.simple_headers]

    def preflight(self, exchange: Exchange, origin: str, method: str) -> Response:
        """The answer to a preflight: 200, or 400 with what is not allowed."""
        headers = dict(self.preflight_headers)
        refused = []
        if self.is_allowed_origin(origin):
            headers["Access-Control-Allow-Origin"] = origin if self.origin_is_named else "*"
        else:
            refused.append("origin")
        if method not in self.allow_methods:
            refused.append("method")
        asked = exchange.header(b"access-control-request-headers")
        if asked is not None:
            names = asked.decode("latin-1")
            if self.allow_all_headers:
                headers["Access-Control-Allow-Headers"] = names
            elif any(name.strip().lower() not in self.allow_headers for name in names.split(",")):
                refused.append("headers")
        if exchange.header(b"access-control-request-private-network") is not None:
            if self.allow_private_network:
                headers["Access-Control-Allow-Private-Network"] = "true"
            else:
                refused.append("private-network")
        if refused:
            return PlainTextResponse(f"Disallowed CORS {', '.join(refused)}", 400, headers)
        return PlainTextResponse("OK", 200, headers)


class CORSFilter(AnswerFilter):
    """Puts headers on an answer, instead of those of the same name that it has."""

    __slots__ = ("added", "headers", "names", "touched")

    def __init__(self, headers: RawHeaders) -> None:
        self.headers = headers
        self.names = {name for name, _ in headers}
        self.touched = self.names | {b"vary"}
        self.added = [*headers, (b"vary", b"Origin")]

    def start(self, status: int, headers: RawHeaders) -> int:
        touched = self.touched
        for name, _ in headers:
            if name in touched or not name.islower():
                break
        else:  # there is none of the same name
            headers += self.added
            return status
        if self.headers:
            headers[:] = [pair for pair in headers if pair[0].lower() not in self.names]
            headers += self.headers
        add_vary(headers, "Origin")
        return status
