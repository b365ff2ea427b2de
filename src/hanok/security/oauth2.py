"""OAuth 2.0: where a client gets its token (RFC 6749), and the token in its requests (RFC 6750)."""

from __future__ import annotations

from typing import Any

from hanok.http import HTTPConnection
from hanok.security import models
from hanok.security.base import SecurityBase, get_authorization_scheme_param


class OAuth2(SecurityBase):
    """Any OAuth2 scheme, described by ``flows``. Gives the whole Authorization value."""

    def __init__(
        self,
        *,
        flows: models.OAuthFlows | dict[str, dict[str, Any]] | None = None,
        scheme_name: str | None = None,
        description: str | None = None,
        auto_error: bool = True,
    ) -> None:
        model = models.OAuth2.model_validate({"flows": flows or {}, "description": description})
        self.describe(model, scheme_name, auto_error)

    def find(self, connection: HTTPConnection) -> str | None:
        return connection.headers.get("authorization") or None


class OAuth2Bearer(OAuth2):
    """An OAuth2 scheme whose access token is a bearer token. Gives the token alone."""

    def find(self, connection: HTTPConnection) -> str | None:
        scheme, token = get_authorization_scheme_param(connection.headers.get("authorization"))
        return token if scheme.lower() == "bearer" else None


class OAuth2PasswordBearer(OAuth2Bearer):
    """The password grant (RFC 6749 §4.3): the client sends an OAuth2PasswordRequestForm to ``tokenUrl``."""

    def __init__(
        self,
        tokenUrl: str,
        scheme_name: str | None = None,
        scopes: dict[str, str] | None = None,
        description: str | None = None,
        auto_error: bool = True,
        refreshUrl: str | None = None,
    ) -> None:
        flow = {"tokenUrl": tokenUrl, "refreshUrl": refreshUrl, "scopes": scopes or {}}
        super().__init__(
            flows={"password": flow}, scheme_name=scheme_name, description=description, auto_error=auto_error
        )


class OAuth2AuthorizationCodeBearer(OAuth2Bearer):
    """The authorization code grant (RFC 6749 §4.1)."""

    def __init__(
        self,
        authorizationUrl: str,
        tokenUrl: str,
        refreshUrl: str | None = None,
        scheme_name: str | None = None,
        scopes: dict[str, str] | None = None,
        description: str | None = None,
        auto_error: bool = True,
    ) -> None:
        flow = {
            "authorizationUrl": authorizationUrl,
            "tokenUrl": tokenUrl,
            "refreshUrl": refreshUrl,
            "scopes": scopes or {},
        }
        super().__init__(
            flows={"authorizationCode": flow},
            scheme_name=scheme_name,
            description=description,
            auto_error=auto_error,
        )
