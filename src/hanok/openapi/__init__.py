"""OpenAPI: the OpenAPI 3.1 document of an application, and the pages that show it, without the network.

What enters: effective routes with the structures their endpoints declared (Parameters, Dependants, response
fields). What leaves: the document as plain data, HTML pages, and the handlers that serve both. Read
``document`` first (the whole), then ``operation`` (one route), then ``schemas`` (JSON Schema for every
Parameter at once); ``docs`` and ``routes`` are the pages.

Nothing imports this room until a document or a page is asked for.
"""

from __future__ import annotations

from hanok.openapi.docs import (
    get_redoc_html,
    get_swagger_ui_html,
    get_swagger_ui_oauth2_redirect_html,
    swagger_ui_default_parameters,
)
from hanok.openapi.document import get_openapi
from hanok.openapi.routes import docs_routes

__all__ = [
    "docs_routes",
    "get_openapi",
    "get_redoc_html",
    "get_swagger_ui_html",
    "get_swagger_ui_oauth2_redirect_html",
    "swagger_ui_default_parameters",
]
