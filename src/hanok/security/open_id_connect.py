"""OpenID Connect, found through its discovery document."""

from __future__ import annotations

from hanok.http import HTTPConnection
from hanok.security.base import SecurityBase
from hanok.security.models import OpenIdConnect as OpenIdConnectModel


class OpenIdConnect(SecurityBase):
    """Documents the provider; gives the whole Authorization value.

    Reading the token in it is the application's.
    """

    def __init__(
        self,
        *,
        openIdConnectUrl: str,
        scheme_name: str | None = None,
        description: str | None = None,
        auto_error: bool = True,
    ) -> None:
        model = OpenIdConnectModel(openIdConnectUrl=openIdConnectUrl, description=description)
        self.describe(model, scheme_name, auto_error)

    def find(self, connection: HTTPConnection) -> str | None:
        return connection.headers.get("authorization") or None
