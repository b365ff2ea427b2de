"""What an application serves of itself: its OpenAPI document and the docs pages, as plain handlers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from pydantic_core import to_json

from hanok.exchange import Exchange, FixedHeaders
from hanok.openapi import docs
from hanok.openapi.assets import serve_asset, versioned

_JSON = FixedHeaders([(b"content-type", b"application/json")])


@dataclass(frozen=True, slots=True)
class DocsRoute:
    """A path template, the name of the route, and the handler of its GET and HEAD requests."""

    path: str
    name: str
    handler: Callable[[Exchange], Awaitable[None]]


def docs_routes(app: Any) -> list[DocsRoute]:
    """The routes that ``app`` asks for with its ``openapi_url``, ``docs_url`` and ``redoc_url``.

    Without the first there are none. With a page comes a route ``docs_assets`` for its scripts, below the
    path of the first page.
    """
    if not app.openapi_url:
        return []
    found = [DocsRoute(app.openapi_url, "openapi", partial(_document, app))]
    assets = f"{(app.docs_url or app.redoc_url or '').rstrip('/')}/assets"
    redirect_url = app.swagger_ui_oauth2_redirect_url
    if app.docs_url:
        found.append(DocsRoute(app.docs_url, "swagger_ui_html", partial(_swagger_ui, app, assets)))
        if redirect_url:
            found.append(DocsRoute(redirect_url, "swagger_ui_redirect", _oauth2_redirect))
    if app.redoc_url:
        found.append(DocsRoute(app.redoc_url, "redoc_html", partial(_redoc, app, assets)))
    if app.docs_url or app.redoc_url:
        found.append(DocsRoute(assets + "/{file:path}", "docs_assets", serve_asset))
    return found


def _root(exchange: Exchange) -> str:
    return exchange.root_path.rstrip("/")


async def _document(app: Any, exchange: Exchange) -> None:
    """The document, seen from where the application is mounted; written anew each time, so changes show."""
    document = app.openapi()
    root = _root(exchange)
    if root and app.root_path_in_servers:
        servers = document.get("servers") or []
        if all(server.get("url") != root for server in servers):
            head = {key: document[key] for key in ("openapi", "info") if key in document}
            document = {**head, "servers": [{"url": root}, *servers]} | {
                key: value for key, value in document.items() if key != "servers"
            }
    exchange.answer(200, _JSON, to_json(document))


async def _swagger_ui(app: Any, assets: str, exchange: Exchange) -> None:
    root = _root(exchange)
    redirect_url = app.swagger_ui_oauth2_redirect_url
    page = docs.get_swagger_ui_html(
        openapi_url=root + app.openapi_url,
        title=f"{app.title} - Swagger UI",
        swagger_js_url=f"{root}{assets}/{versioned('swagger-ui-bundle.js')}",
        swagger_css_url=f"{root}{assets}/{versioned('swagger-ui.css')}",
        oauth2_redirect_url=root + redirect_url if redirect_url else None,
        init_oauth=app.swagger_ui_init_oauth,
        swagger_ui_parameters=app.swagger_ui_parameters,
    )
    await page.send(exchange)


async def _oauth2_redirect(exchange: Exchange) -> None:
    await docs.get_swagger_ui_oauth2_redirect_html().send(exchange)


async def _redoc(app: Any, assets: str, exchange: Exchange) -> None:
    root = _root(exchange)
    page = docs.get_redoc_html(
        openapi_url=root + app.openapi_url,
        title=f"{app.title} - ReDoc",
        redoc_js_url=f"{root}{assets}/{versioned('redoc.standalone.js')}",
    )
    await page.send(exchange)
