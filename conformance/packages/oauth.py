"""Logging in with another site: the package keeps what it needs in the session, and redirects by the names of routes."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2 as httpx
from authlib.integrations.starlette_client import OAuth, OAuthError
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from fastapi.testclient import TestClient
from starlette.middleware.sessions import SessionMiddleware


def other_site(request: httpx.Request) -> httpx.Response:
    """Gives a token for the right code, and tells a name for the right token."""
    if request.url.path == "/token":
        assert parse_qs(request.content.decode())["code"] == ["c1"]
        return httpx.Response(200, json={"access_token": "t1", "token_type": "Bearer", "expires_in": 3600})
    assert request.headers["authorization"] == "Bearer t1"
    return httpx.Response(200, json={"name": "yew"})


def main() -> None:
    app = FastAPI()
    app.add_middleware(SessionMiddleware, secret_key="s" * 32)
    oauth = OAuth()
    oauth.register(
        "site",
        client_id="id",
        client_secret="secret",
        api_base_url="https://site.example/",
        access_token_url="https://site.example/token",
        authorize_url="https://site.example/authorize",
        client_kwargs={"transport": httpx.MockTransport(other_site)},
    )

    @app.get("/login")
    async def login(request: Request) -> Any:
        return await oauth.site.authorize_redirect(request, request.url_for("back"))

    @app.get("/back")
    async def back(request: Request) -> Any:
        try:
            token = await oauth.site.authorize_access_token(request)
        except OAuthError as error:
            return JSONResponse({"error": error.error}, status_code=400)
        answer = await oauth.site.get("me", token=token)
        request.session["name"] = answer.json()["name"]
        return {"token": token["access_token"]}

    @app.get("/me")
    async def me(request: Request) -> str:
        return request.session["name"]

    with TestClient(app, follow_redirects=False) as client:
        sent = client.get("/login")
        assert sent.status_code == 302, sent.text
        query = parse_qs(urlsplit(sent.headers["location"]).query)
        assert query["redirect_uri"] == ["http://testserver/back"]
        assert client.get("/back", params={"code": "c1", "state": "another"}).json() == {"error": "mismatching_state"}
        sent = client.get("/login")
        state = parse_qs(urlsplit(sent.headers["location"]).query)["state"][0]
        assert client.get("/back", params={"code": "c1", "state": state}).json() == {"token": "t1"}
        assert client.get("/me").json() == "yew"
