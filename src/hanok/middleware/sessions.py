"""SessionMiddleware: a dict that comes back with the client, in a signed cookie.

The client can read it and cannot change it. The cookie has Starlette's format, so sessions survive the move.
"""

from __future__ import annotations

import binascii
import json
from base64 import b64decode, b64encode
from typing import Any, Literal

from hanok.exchange import AnswerFilter
from hanok.http.cookies import cookies_of
from hanok.middleware.base import NativeMiddleware
from hanok.middleware.vary import add_vary
from hanok.types import RawHeaders

_MISSING: Any = object()


class Session(dict[str, Any]):
    """A session. It knows whether somebody asked for it and whether somebody changed it.

    A change inside a value goes unnoticed: call ``mark_modified``.
    """

    __slots__ = ("accessed", "modified")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.accessed = False
        self.modified = False

    def mark_accessed(self) -> None:
        self.accessed = True

    def mark_modified(self) -> None:
        self.accessed = self.modified = True

    def __setitem__(self, key: str, value: Any) -> None:
        self.mark_modified()
        super().__setitem__(key, value)

    def __delitem__(self, key: str) -> None:
        self.mark_modified()
        super().__delitem__(key)

    def __ior__(self, other: Any) -> Session:  # type: ignore[override, misc]  # a narrower type than dict's
        self.update(other)
        return self

    def clear(self) -> None:
        if self:
            self.mark_modified()
        super().clear()

    def pop(self, key: str, default: Any = _MISSING) -> Any:
        if key in self:
            self.mark_modified()
        return super().pop(key) if default is _MISSING else super().pop(key, default)

    def popitem(self) -> tuple[str, Any]:
        self.mark_modified()
        return super().popitem()

    def setdefault(self, key: str, default: Any = None) -> Any:
        if key not in self:
            self.mark_modified()
        return super().setdefault(key, default)

    def update(self, *args: Any, **kwargs: Any) -> None:
        self.mark_modified()
        super().update(*args, **kwargs)


class SessionMiddleware(NativeMiddleware):
    """Gives ``request.session``. The cookie is written only when the session was changed.

    ``max_age`` is in seconds; None lets the session end with the browser. Needs itsdangerous.
    """

    def __init__(
        self,
        app: Any,
        secret_key: Any,
        session_cookie: str = "session",
        max_age: int | None = 14 * 24 * 60 * 60,
        path: str = "/",
        same_site: Literal["lax", "strict", "none"] = "lax",
        https_only: bool = False,
        domain: str | None = None,
        partitioned: bool = False,
    ) -> None:
        super().__init__(app)
        from itsdangerous import TimestampSigner

        self.signer = TimestampSigner(str(secret_key))
        self.session_cookie = session_cookie
        self.max_age = max_age
        self.path = path
        flags = f"httponly; samesite={same_site}"
        if https_only:
            flags += "; secure"
        if domain is not None:
            flags += f"; domain={domain}"
        if partitioned:
            flags += "; partitioned"
        self.security_flags = flags

    async def handle(self, exchange: Any) -> None:
        session = self.load(cookies_of(exchange).get(self.session_cookie))
        exchange.place("session", session)
        if exchange.kind != "http":
            await self.inner(exchange)
            return
        writer = SessionFilter(self, session)
        exchange.add_filter(writer)
        try:
            await self.inner(exchange)
        except BaseException:
            writer.failed = True  # who answers the error stands outside: what the request had changed is not kept
            raise

    def load(self, cookie: str | None) -> Session:
        """The session of a cookie; an empty one if there is none, or not one of ours, or one too old."""
        if cookie is None:
            return Session()
        from itsdangerous import BadSignature

        try:
            data = json.loads(b64decode(self.signer.unsign(cookie, max_age=self.max_age)))
        except (BadSignature, binascii.Error, ValueError):
            return Session()
        return Session(data) if isinstance(data, dict) else Session()

    def cookie(self, session: Session) -> str:
        """The ``set-cookie`` that keeps a session, or that ends it if it is empty."""
        if not session:
            return (
                f"{self.session_cookie}=null; path={self.path}; "
                f"expires=Thu, 01 Jan 1970 00:00:00 GMT; {self.security_flags}"
            )
        signed = self.signer.sign(b64encode(json.dumps(session).encode())).decode()
        age = "" if self.max_age is None else f"Max-Age={self.max_age}; "
        return f"{self.session_cookie}={signed}; path={self.path}; {age}{self.security_flags}"


class SessionFilter(AnswerFilter):
    """Writes the session into the answer."""

    __slots__ = ("failed", "middleware", "session", "was_empty")

    def __init__(self, middleware: SessionMiddleware, session: Session) -> None:
        self.middleware = middleware
        self.session = session
        self.was_empty = not session
        self.failed = False

    def start(self, status: int, headers: RawHeaders) -> int:
        session = self.session
        if self.failed:
            return status
        if session.accessed:
            add_vary(headers, "Cookie")
        if session.modified and (session or not self.was_empty):
            headers.append((b"set-cookie", self.middleware.cookie(session).encode("latin-1")))
        return status
