"""RedirectResponse: look there."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from hanok.http.background import BackgroundTask
from hanok.http.response import Response
from hanok.http.url import URL


class RedirectResponse(Response):
    """Sends the client to another URL, with the same method and body unless ``status_code`` says otherwise
    (307)."""

    def __init__(
        self,
        url: str | URL,
        status_code: int = 307,
        headers: Mapping[str, str] | None = None,
        background: BackgroundTask | None = None,
    ) -> None:
        super().__init__(b"", status_code, headers, None, background)
        # What RFC 3986 §2 reserves, and "%", stays as it is: the URL may be quoted already.
        self.headers["location"] = quote(str(url), safe=":/%#?=@[]!$&'()*+,;")
