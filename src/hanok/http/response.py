"""Response: an answer that is whole when it is made, and the base of those that are not."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from hanok.gateways import NativeApp, handler_of
from hanok.http.cookies import SameSite, render_cookie
from hanok.http.headers import MutableHeaders

if TYPE_CHECKING:
    from datetime import datetime

    from hanok.exchange import AnyExchange
    from hanok.http.background import BackgroundTask
    from hanok.types import RawHeaders


class Response(NativeApp):
    """An answer with a body of text or bytes.

    ``await response.send(exchange)`` answers an exchange with it; it is an ASGI application too. A subclass
    changes ``render`` (content → bytes), ``media_type``, ``charset`` or ``init_headers``.
    """

    media_type: str | None = None
    charset = "utf-8"

    status_code: int
    body: bytes | memoryview
    raw_headers: RawHeaders
    background: BackgroundTask | None

    def __init__(
        self,
        content: Any = None,
        status_code: int = 200,
        headers: Mapping[str, str] | None = None,
        media_type: str | None = None,
        background: BackgroundTask | None = None,
    ) -> None:
        self.status_code = status_code
        if media_type is not None:
            self.media_type = media_type
        self.background = background
        self.body = self.render(content)
        self.init_headers(headers)

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        # Asked once a class instead of once an answer: whether its author wants the ASGI call to be the way
        # out.
        native = cls.__call__ is NativeApp.__call__
        cls.send = cls.handle if native else Response._send_by_call

    def render(self, content: Any) -> bytes | memoryview:
        """The bytes of the body."""
        if content is None:
            return b""
        if isinstance(content, bytes | memoryview):
            return content
        encoded: bytes = content.encode(self.charset)
        return encoded

    def init_headers(self, headers: Mapping[str, str] | None = None) -> None:
        """Set ``raw_headers``: those given, then content-length and content-type unless they are among
        them."""
        raw: RawHeaders = []
        names: set[bytes] = set()
        if headers:
            raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
            names = {name for name, _ in raw}
        body = getattr(self, "body", None)
        # A subclass that sends by itself may have neither a body nor a status. RFC 9110 §8.6: no content-length with some.
        if (
            body is not None
            and b"content-length" not in names
            and self.status_code >= 200
            and self.status_code not in (204, 304)
        ):
            size = body.nbytes if isinstance(body, memoryview) else len(body)
            raw.append((b"content-length", b"%d" % size))
        if self.media_type is not None and b"content-type" not in names:
            raw.append(content_type_pair(self.media_type, self.charset))
        self.raw_headers = raw

    @property
    def headers(self) -> MutableHeaders:
        """The headers; a change here is a change of ``raw_headers``."""
        headers: MutableHeaders | None = self.__dict__.get("_headers")
        if headers is None or headers._list is not self.raw_headers:
            headers = self._headers = MutableHeaders(raw=self.raw_headers)
        return headers

    def set_cookie(
        self,
        key: str,
        value: str = "",
        max_age: int | None = None,
        expires: datetime | str | int | None = None,
        path: str | None = "/",
        domain: str | None = None,
        secure: bool = False,
        httponly: bool = False,
        samesite: SameSite | None = "lax",
        partitioned: bool = False,
    ) -> None:
        """Add a ``set-cookie`` header. ``max_age``, and ``expires`` as an int, are in seconds from now."""
        cookie = render_cookie(key, value, max_age, expires, path, domain, secure, httponly, samesite, partitioned)
        self.raw_headers.append((b"set-cookie", cookie.encode("latin-1")))

    def delete_cookie(
        self,
        key: str,
        path: str = "/",
        domain: str | None = None,
        secure: bool = False,
        httponly: bool = False,
        samesite: SameSite | None = "lax",
        partitioned: bool = False,
    ) -> None:
        """Tell the client to forget a cookie; ``path`` and ``domain`` must be those that it was set with."""
        self.set_cookie(key, "", 0, 0, path, domain, secure, httponly, samesite, partitioned)

    # ---- the way out

    async def handle(self, exchange: AnyExchange) -> None:
        """Answer the exchange, then run the background task."""
        if exchange.kind == "websocket":
            await self._deny(exchange)
            return
        body = self.body
        exchange.answer(self.status_code, self.raw_headers, body if type(body) is bytes else bytes(body))
        if self.background is not None:
            await exchange.drain()
            await self.background()

    send = handle

    async def _send_by_call(self, exchange: AnyExchange) -> None:
        await handler_of(self)(exchange)

    async def _deny(self, exchange: Any) -> None:
        from hanok.http.denial import Denial

        denial = Denial(exchange)
        await self.handle(denial)
        await denial.drain()


@lru_cache(maxsize=256)
def content_type_pair(media_type: str, charset: str) -> tuple[bytes, bytes]:
    """The content-type header of a media type: text names its charset (RFC 9110 §8.3.2)."""
    if media_type.startswith("text/") and "charset=" not in media_type.lower():
        media_type += f"; charset={charset}"
    return b"content-type", media_type.encode("latin-1")


class HTMLResponse(Response):
    """HTML as text or bytes."""

    media_type = "text/html"


class PlainTextResponse(Response):
    """Plain text."""

    media_type = "text/plain"
