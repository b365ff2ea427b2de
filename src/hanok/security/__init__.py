"""Security schemes: where the client puts its credentials, and how that is written in the OpenAPI document.

What enters: an HTTPConnection (a request or a WebSocket handshake). What leaves: the credentials found in
it, or a 401 that names the scheme (RFC 9110 §11.6.1). A scheme is a dependency like any other:
``Depends(HTTPBearer())``. It never judges the credentials; that is the application's. Read ``base`` first,
then ``http``.

This package loads a scheme's module when one of its names is first asked for, so that an application that
uses none pays for none. ``SecurityBase`` and ``SecurityScopes``, which every application needs, are in
small modules of their own.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from hanok.security.base import SecurityBase
from hanok.security.scopes import SecurityScopes

if TYPE_CHECKING:
    from hanok.params.oauth2_form import OAuth2PasswordRequestForm, OAuth2PasswordRequestFormStrict
    from hanok.security.api_key import APIKeyCookie, APIKeyHeader, APIKeyQuery
    from hanok.security.http import (
        HTTPAuthorizationCredentials,
        HTTPBasic,
        HTTPBasicCredentials,
        HTTPBearer,
        HTTPDigest,
    )
    from hanok.security.oauth2 import OAuth2, OAuth2AuthorizationCodeBearer, OAuth2PasswordBearer
    from hanok.security.open_id_connect import OpenIdConnect

_HOME = {
    "APIKeyCookie": "hanok.security.api_key",
    "APIKeyHeader": "hanok.security.api_key",
    "APIKeyQuery": "hanok.security.api_key",
    "HTTPAuthorizationCredentials": "hanok.security.http",
    "HTTPBasic": "hanok.security.http",
    "HTTPBasicCredentials": "hanok.security.http",
    "HTTPBearer": "hanok.security.http",
    "HTTPDigest": "hanok.security.http",
    "OAuth2": "hanok.security.oauth2",
    "OAuth2AuthorizationCodeBearer": "hanok.security.oauth2",
    "OAuth2PasswordBearer": "hanok.security.oauth2",
    # These two declare form parameters, so they live with the parameters.
    "OAuth2PasswordRequestForm": "hanok.params.oauth2_form",
    "OAuth2PasswordRequestFormStrict": "hanok.params.oauth2_form",
    "OpenIdConnect": "hanok.security.open_id_connect",
}

__all__ = [
    "APIKeyCookie",
    "APIKeyHeader",
    "APIKeyQuery",
    "HTTPAuthorizationCredentials",
    "HTTPBasic",
    "HTTPBasicCredentials",
    "HTTPBearer",
    "HTTPDigest",
    "OAuth2",
    "OAuth2AuthorizationCodeBearer",
    "OAuth2PasswordBearer",
    "OAuth2PasswordRequestForm",
    "OAuth2PasswordRequestFormStrict",
    "OpenIdConnect",
    "SecurityBase",
    "SecurityScopes",
]


def __getattr__(name: str) -> Any:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(home), name)
    return value
