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

from typing import TYPE_CHECKING

from hanok.lazy import lazy_names

if TYPE_CHECKING:
    from hanok.params.oauth2_form import OAuth2PasswordRequestForm, OAuth2PasswordRequestFormStrict
    from hanok.security.api_key import APIKeyCookie, APIKeyHeader, APIKeyQuery
    from hanok.security.base import SecurityBase
    from hanok.security.http import (
        HTTPAuthorizationCredentials,
        HTTPBasic,
        HTTPBasicCredentials,
        HTTPBearer,
        HTTPDigest,
    )
    from hanok.security.oauth2 import OAuth2, OAuth2AuthorizationCodeBearer, OAuth2PasswordBearer
    from hanok.security.open_id_connect import OpenIdConnect
    from hanok.security.scopes import SecurityScopes

# Loaded when first named.
__getattr__ = lazy_names(
    __name__,
    {
        "APIKeyCookie": ".api_key",
        "APIKeyHeader": ".api_key",
        "APIKeyQuery": ".api_key",
        "HTTPAuthorizationCredentials": ".http",
        "HTTPBasic": ".http",
        "HTTPBasicCredentials": ".http",
        "HTTPBearer": ".http",
        "HTTPDigest": ".http",
        "OAuth2": ".oauth2",
        "OAuth2AuthorizationCodeBearer": ".oauth2",
        "OAuth2PasswordBearer": ".oauth2",
        # These two declare form parameters, so they live with the parameters.
        "OAuth2PasswordRequestForm": "hanok.params.oauth2_form",
        "OAuth2PasswordRequestFormStrict": "hanok.params.oauth2_form",
        "OpenIdConnect": ".open_id_connect",
        "SecurityBase": ".base",
        "SecurityScopes": ".scopes",
    },
)

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
