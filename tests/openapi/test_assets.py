from __future__ import annotations

import asyncio
import gzip

import pytest

from hanok.exceptions import ConfigError
from hanok.openapi import assets
from hanok.openapi.assets import DocsAssets, load, text_of, versioned


def get(path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Ask DocsAssets for a path through its ASGI door."""
    sent = []
    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
        "query_string": b"",
    }

    async def receive():
        return {"type": "http.request"}

    async def send(message):
        sent.append(message)

    asyncio.run(DocsAssets()(scope, receive, send))
    pairs = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], pairs, b"".join(message.get("body", b"") for message in sent[1:])


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("swagger-ui-bundle.js", "text/javascript; charset=utf-8"),
        ("swagger-ui.css", "text/css; charset=utf-8"),
        ("redoc.standalone.js", "text/javascript; charset=utf-8"),
    ],
)
def test_a_packaged_file_is_served_to_be_kept(name, content_type):
    status, headers, body = get(f"/docs/assets/{versioned(name)}")
    assert (status, headers["content-type"]) == (200, content_type)
    assert "immutable" in headers["cache-control"]
    assert body == load(name).body


def test_it_is_sent_compressed_to_those_who_take_it():
    status, headers, body = get("/x/swagger-ui.css", accept_encoding="br, gzip")
    assert (status, headers["content-encoding"]) == (200, "gzip")
    assert gzip.decompress(body) == load("swagger-ui.css").body
    assert headers["vary"] == "accept-encoding"


def test_it_is_not_sent_to_those_who_have_it():
    etag = get("/x/swagger-ui.css")[1]["etag"]
    status, headers, body = get("/x/swagger-ui.css", if_none_match=f"W/{etag}")
    assert (status, headers["etag"], body) == (304, etag, b"")


def test_no_other_file_is_served():
    assert get("/docs/assets/url.json")[0] == 404
    assert get("/docs/assets/../swagger_bundle.js")[0] == 404


def test_the_address_names_project_and_version():
    assert versioned("swagger-ui.css").startswith("swagger-ui-dist@5")
    assert versioned("redoc.standalone.js").startswith("redoc@2")


def test_the_files_ask_no_other_host_for_anything():
    assert "cdn.redoc.ly" not in text_of("packaged:redoc.standalone.js")


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setattr(assets, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match="pip install offapi"):
        versioned.__wrapped__("swagger-ui.css")
