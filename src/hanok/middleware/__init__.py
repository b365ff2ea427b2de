"""Middleware: layers around an application, as native hooks.

What enters: the application, an exchange on its way down, its answer on its way up. What leaves: the same, checked, changed or
answered. Read ``base`` first (what a middleware is), then ``cors`` as an example; ``http_function`` and ``capture`` are how
``@app.middleware("http")`` runs without a task of its own, ``errors`` is where exceptions become answers.

Every class here is an ASGI middleware as well: ``CORSMiddleware(any_asgi_app, ...)`` works in any framework.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hanok.lazy import lazy_names

if TYPE_CHECKING:
    from hanok.gateways.wsgi import WSGIMiddleware
    from hanok.middleware.authentication import AuthenticationMiddleware
    from hanok.middleware.base import NativeMiddleware
    from hanok.middleware.body_limit import RequestBodyLimitMiddleware
    from hanok.middleware.cors import CORSMiddleware
    from hanok.middleware.declaration import Middleware
    from hanok.middleware.errors import ExceptionMiddleware, ServerErrorMiddleware
    from hanok.middleware.gzip import GZipMiddleware
    from hanok.middleware.http_function import BaseHTTPMiddleware
    from hanok.middleware.https_redirect import HTTPSRedirectMiddleware
    from hanok.middleware.sessions import SessionMiddleware
    from hanok.middleware.trusted_host import TrustedHostMiddleware

# Loaded when first named.
__getattr__ = lazy_names(
    __name__,
    {
        "AuthenticationMiddleware": ".authentication",
        "BaseHTTPMiddleware": ".http_function",
        "CORSMiddleware": ".cors",
        "ExceptionMiddleware": ".errors",
        "GZipMiddleware": ".gzip",
        "HTTPSRedirectMiddleware": ".https_redirect",
        "Middleware": ".declaration",
        "NativeMiddleware": ".base",
        "RequestBodyLimitMiddleware": ".body_limit",
        "ServerErrorMiddleware": ".errors",
        "SessionMiddleware": ".sessions",
        "TrustedHostMiddleware": ".trusted_host",
        "WSGIMiddleware": "hanok.gateways.wsgi",
    },
)

__all__ = [
    "AuthenticationMiddleware",
    "BaseHTTPMiddleware",
    "CORSMiddleware",
    "ExceptionMiddleware",
    "GZipMiddleware",
    "HTTPSRedirectMiddleware",
    "Middleware",
    "NativeMiddleware",
    "RequestBodyLimitMiddleware",
    "ServerErrorMiddleware",
    "SessionMiddleware",
    "TrustedHostMiddleware",
    "WSGIMiddleware",
]
