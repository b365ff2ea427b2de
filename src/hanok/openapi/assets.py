"""The scripts and styles of the docs pages, from the installed package ``offapi``: nothing is fetched.

A page names them under a path that holds their version, so a browser may keep them for ever.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from hanok.exceptions import ConfigError
from hanok.exchange import Exchange
from hanok.gateways import NativeApp
from hanok.http import run_in_threadpool

_JAVASCRIPT = "text/javascript; charset=utf-8"
_CSS = "text/css; charset=utf-8"

# The name that its project gave it → the name that ``offapi`` gives it.
_FILES = {
    "swagger-ui-bundle.js": ("swagger_bundle.js", _JAVASCRIPT),
    "swagger-ui.css": ("swagger_style.css", _CSS),
    "redoc.standalone.js": ("redoc.js", _JAVASCRIPT),
}

# Redoc shows the logo of its makers, from their host: all that these files would fetch from outside.
_REPLACED = {
    b"https://cdn.redoc.ly/redoc/logo-mini.svg": b"data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'/>",
}

PACKAGED = "packaged:"
"""Prefix of the addresses that stand for a packaged file: the page holds the file itself."""

SWAGGER_JS = PACKAGED + "swagger-ui-dist/swagger-ui-bundle.js"
SWAGGER_CSS = PACKAGED + "swagger-ui-dist/swagger-ui.css"
REDOC_JS = PACKAGED + "redoc/redoc.standalone.js"


@dataclass(frozen=True, slots=True)
class Asset:
    """One file, in both forms in which it is sent."""

    body: bytes
    gzipped: bytes
    etag: bytes
    content_type: str


def _folder() -> Path:
    # Not imported: importing it builds whole pages from nine megabytes of text.
    spec = find_spec("offapi")
    if spec is None or not spec.submodule_search_locations:
        raise ConfigError("the docs pages need the package offapi, which Hanok depends on: pip install offapi")
    return Path(spec.submodule_search_locations[0])


@cache
def versioned(name: str) -> str:
    """``name`` with its project and version in front: ``swagger-ui-dist@5.33.1/swagger-ui.css``."""
    file, _ = _FILES[name]
    origin: str = json.loads((_folder() / "url.json").read_text("utf-8"))[file]
    project = next((part for part in origin.split("/") if "@" in part), "docs")
    return f"{project}/{name}"


@cache
def load(name: str) -> Asset:
    """The file called ``name``, with or without a version in front. Raises KeyError if there is none."""
    file, content_type = _FILES[name.rpartition("/")[2]]
    body = (_folder() / file).read_bytes()
    for outside, inside in _REPLACED.items():
        body = body.replace(outside, inside)
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'.encode()
    return Asset(body, gzip.compress(body, 6, mtime=0), etag, content_type)


def text_of(address: str) -> str:
    """The text of the packaged file that ``address`` stands for."""
    return load(address.removeprefix(PACKAGED)).body.decode()


class DocsAssets(NativeApp):
    """Serves the packaged files by name, the last part of the path."""

    async def handle(self, exchange: Any) -> None:
        await serve_asset(exchange)


async def serve_asset(exchange: Exchange) -> None:
    """Answer with the packaged file that the path ends in: 404 if there is none, 304 if the peer has it."""
    try:
        # Off the loop: the first time it is read and compressed.
        asset = await run_in_threadpool(load, exchange.path.rpartition("/")[2])
    except KeyError:
        exchange.answer(404, [(b"content-type", b"text/plain; charset=utf-8")], b"Not Found")
        return
    headers = [
        (b"cache-control", b"public, max-age=31536000, immutable"),  # RFC 8246
        (b"etag", asset.etag),
        (b"vary", b"accept-encoding"),
    ]
    if asset.etag in (exchange.header(b"if-none-match") or b""):
        exchange.answer(304, headers, b"")
        return
    headers.append((b"content-type", asset.content_type.encode()))
    if b"gzip" in (exchange.header(b"accept-encoding") or b""):
        exchange.answer(200, [*headers, (b"content-encoding", b"gzip")], asset.gzipped)
    else:
        exchange.answer(200, headers, asset.body)
