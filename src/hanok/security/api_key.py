"""API keys: a secret in a query parameter, a header or a cookie."""

from __future__ import annotations

from hanok.http import HTTPConnection
from hanok.security.base import SecurityBase
from hanok.security.models import APIKey, APIKeyIn


class APIKeyBase(SecurityBase):
    """A key called ``name``; the subclass says where. An empty value counts as none."""

    location: APIKeyIn
    model: APIKey

    def __init__(
        self,
        *,
        name: str,
        scheme_name: str | None = None,
        description: str | None = None,
        auto_error: bool = True,
    ) -> None:
        model = APIKey.model_validate({"in": self.location, "name": name, "description": description})
        self.describe(model, scheme_name, auto_error)

    def challenge(self) -> str:
        # No RFC registers a scheme for API keys, yet a 401 must carry a challenge (RFC 9110 §15.5.2).
        return "APIKey"


class APIKeyQuery(APIKeyBase):
    """The key is the query parameter ``name``."""

    location = APIKeyIn.query

    def find(self, connection: HTTPConnection) -> str | None:
        return connection.query_params.get(self.model.name) or None


class APIKeyHeader(APIKeyBase):
    """The key is the header ``name``."""

    location = APIKeyIn.header

    def find(self, connection: HTTPConnection) -> str | None:
        return connection.headers.get(self.model.name) or None


class APIKeyCookie(APIKeyBase):
    """The key is the cookie ``name``."""

    location = APIKeyIn.cookie

    def find(self, connection: HTTPConnection) -> str | None:
        return connection.cookies.get(self.model.name) or None
