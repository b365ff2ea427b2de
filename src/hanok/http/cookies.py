"""Cookies: the ``cookie`` header → a dict, and a cookie → the value of ``set-cookie``."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Literal

from hanok.http.dates import http_date

if TYPE_CHECKING:
    from datetime import datetime

    from hanok.exchange import Incoming

SameSite = Literal["lax", "strict", "none"]

_ESCAPED = re.compile(r"\\(?:([0-3][0-7][0-7])|(.))")


def parse_cookies(cookie_string: str) -> dict[str, str]:
    """The pairs of a ``cookie`` header as browsers mean them: split at ``;``, the last of a name wins.

    A piece without ``=`` is a value without a name. Quoted values are unquoted.
    """
    cookies = {}
    for piece in cookie_string.split(";"):
        name, equals, value = piece.partition("=")
        if not equals:
            name, value = "", name
        name, value = name.strip(), value.strip()
        if name or value:
            cookies[name] = _unquote(value) if value[:1] == '"' else value
    return cookies


def _unquote(value: str) -> str:
    """Undo what ``http.cookies`` does to values with special characters: quotes, and octal or plain
    escapes."""
    if len(value) < 2 or value[-1] != '"':
        return value
    inner = value[1:-1]
    if "\\" not in inner:
        return inner
    return _ESCAPED.sub(lambda found: chr(int(found[1], 8)) if found[1] else found[2], inner)


def cookies_of(exchange: Incoming) -> dict[str, str]:
    """The cookies of an exchange, parsed once. HTTP/2 may split them over several headers (RFC 9113
    §8.2.3)."""
    cookies: dict[str, str] | None = exchange.cookies_cache
    if cookies is None:
        scope = exchange._scope
        headers = exchange.raw_headers if scope is None else scope["headers"]
        values = [value for name, value in headers if name == b"cookie"]
        cookies = parse_cookies(b"; ".join(values).decode("latin-1")) if values else {}
        exchange.cookies_cache = cookies
    return cookies


def render_cookie(
    key: str,
    value: str,
    max_age: int | None,
    expires: datetime | str | int | None,
    path: str | None,
    domain: str | None,
    secure: bool,
    httponly: bool,
    samesite: SameSite | None,
    partitioned: bool,
) -> str:
    """The value of a ``set-cookie`` header (RFC 6265 §4.1).

    Raises ``http.cookies.CookieError`` for an illegal name, ValueError for a datetime that is not in UTC or
    for ``partitioned`` before Python 3.14, whose ``http.cookies`` is the first to know it.
    """
    from http.cookies import SimpleCookie

    cookie: SimpleCookie = SimpleCookie()
    cookie[key] = value
    morsel = cookie[key]
    if max_age is not None:
        morsel["max-age"] = str(max_age)
    if expires is not None:
        from datetime import datetime

        morsel["expires"] = _gmt(expires) if isinstance(expires, datetime) else expires
    if path is not None:
        morsel["path"] = path
    if domain is not None:
        morsel["domain"] = domain
    if secure:
        morsel["secure"] = True
    if httponly:
        morsel["httponly"] = True
    if samesite is not None:
        if samesite.lower() not in ("strict", "lax", "none"):
            raise AssertionError("samesite must be either 'strict', 'lax' or 'none'")
        morsel["samesite"] = samesite
    if partitioned:
        if sys.version_info < (3, 14):
            raise ValueError("Partitioned cookies are only supported in Python 3.14 and above.")
        morsel["partitioned"] = True
    return morsel.OutputString()


def _gmt(moment: datetime) -> str:
    offset = moment.utcoffset()
    if offset is None or offset:
        raise ValueError("usegmt option requires a UTC datetime")
    return http_date(moment.timestamp())
