"""The schemes of the Authorization header (RFC 9110 §11.6.2): Basic, Bearer, Digest, and any other."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from hanok.http import HTTPConnection
from hanok.security import models
from hanok.security.base import SecurityBase, get_authorization_scheme_param


class HTTPBasicCredentials(BaseModel):
    """User name and password as sent with the Basic scheme."""

    model_config = ConfigDict(defer_build=True)

    username: str
    password: str


class HTTPAuthorizationCredentials(BaseModel):
    """An Authorization value: its scheme as the client spelled it, and what follows."""

    model_config = ConfigDict(defer_build=True)

    scheme: str
    credentials: str


class HTTPBase(SecurityBase):
    """The Authorization header with whatever scheme the client sent, documented as ``scheme``."""

    accepts: str | None = None
    """The one scheme accepted, in lower case; None accepts all."""

    def __init__(
        self,
        *,
        scheme: str,
        scheme_name: str | None = None,
        description: str | None = None,
        auto_error: bool = True,
    ) -> None:
        self.describe(models.HTTPBase(scheme=scheme, description=description), scheme_name, auto_error)

    def challenge(self) -> str:
        scheme: str = self.model.scheme
        return scheme.title()

    def find(self, connection: HTTPConnection) -> Any:
        scheme, rest = get_authorization_scheme_param(connection.headers.get("authorization"))
        if not scheme or not rest or (self.accepts and scheme.lower() != self.accepts):
            return None
        return HTTPAuthorizationCredentials(scheme=scheme, credentials=rest)


class HTTPBasic(HTTPBase):
    """User name and password (RFC 7617), given as HTTPBasicCredentials.

    Credentials that cannot be decoded are refused even without ``auto_error``: they were meant for us.
    """

    def __init__(
        self,
        *,
        scheme_name: str | None = None,
        realm: str | None = None,
        description: str | None = None,
        auto_error: bool = True,
    ) -> None:
        super().__init__(scheme="basic", scheme_name=scheme_name, description=description, auto_error=auto_error)
        self.realm = realm

    def challenge(self) -> str:
        return f'Basic realm="{self.realm}"' if self.realm else "Basic"

    def find(self, connection: HTTPConnection) -> HTTPBasicCredentials | None:
        from base64 import b64decode

        scheme, rest = get_authorization_scheme_param(connection.headers.get("authorization"))
        if scheme.lower() != "basic":
            return None
        try:
            username, colon, password = b64decode(rest).decode("ascii").partition(":")
        except ValueError:  # binascii.Error and UnicodeDecodeError are both ValueErrors
            colon = ""
        if not colon:
            raise self.make_not_authenticated_error()
        return HTTPBasicCredentials(username=username, password=password)


class HTTPBearer(HTTPBase):
    """A bearer token (RFC 6750), given as HTTPAuthorizationCredentials.

    ``bearerFormat`` is for documentation only.
    """

    accepts = "bearer"

    def __init__(
        self,
        *,
        bearerFormat: str | None = None,
        scheme_name: str | None = None,
        description: str | None = None,
        auto_error: bool = True,
    ) -> None:
        model = models.HTTPBearer(bearerFormat=bearerFormat, description=description)
        self.describe(model, scheme_name, auto_error)


class HTTPDigest(HTTPBase):
    """Digest credentials (RFC 7616), undecoded, given as HTTPAuthorizationCredentials."""

    accepts = "digest"

    def __init__(
        self, *, scheme_name: str | None = None, description: str | None = None, auto_error: bool = True
    ) -> None:
        super().__init__(scheme="digest", scheme_name=scheme_name, description=description, auto_error=auto_error)
