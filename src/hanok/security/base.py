"""SecurityBase: what every scheme has in common."""

from __future__ import annotations

from typing import Any

from hanok.exceptions import HTTPException
from hanok.http import HTTPConnection


class SecurityBase:
    """A security scheme: a dependency that finds credentials, and an entry in the OpenAPI document.

    A scheme of one's own gives ``model`` (a ``hanok.security.models`` description), ``scheme_name`` (the
    key of that entry) and either ``find`` or a whole ``__call__``. To answer otherwise than 401, override
    ``make_not_authenticated_error``.
    """

    model: Any
    scheme_name: str
    auto_error: bool = True

    def describe(self, model: Any, scheme_name: str | None, auto_error: bool) -> None:
        """Keep what every scheme keeps; the class's own name is the default scheme name."""
        self.model = model
        self.scheme_name = scheme_name or type(self).__name__
        self.auto_error = auto_error

    def find(self, connection: HTTPConnection) -> Any:
        """The credentials in this connection, None when there are none."""
        raise NotImplementedError

    def challenge(self) -> str:
        """The value of WWW-Authenticate in the 401 (RFC 9110 §11.6.1)."""
        return "Bearer"

    def make_authenticate_headers(self) -> dict[str, str]:
        """The headers of the 401."""
        return {"WWW-Authenticate": self.challenge()}

    def make_not_authenticated_error(self) -> HTTPException:
        """The exception to raise when the credentials are missing or of another scheme."""
        return HTTPException(401, "Not authenticated", self.make_authenticate_headers())

    async def __call__(self, request: HTTPConnection) -> Any:
        found = self.find(request)
        if found is None and self.auto_error:
            raise self.make_not_authenticated_error()
        return found


def get_authorization_scheme_param(authorization_header_value: str | None) -> tuple[str, str]:
    """Split an Authorization value into scheme and the rest; two empty strings when there is none."""
    scheme, _, rest = (authorization_header_value or "").partition(" ")
    return scheme, rest.strip()
