"""Forged requests are refused: a middleware that reads cookies and headers of the scope and sets a cookie."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import BaseModel
from starlette_csrf import CSRFMiddleware


class Note(BaseModel):
    text: str


def main() -> None:
    app = FastAPI()
    app.add_middleware(CSRFMiddleware, secret="a secret", sensitive_cookies={"session"})

    @app.get("/")
    async def read() -> str:
        return "read"

    @app.post("/notes")
    async def write(note: Note) -> Note:
        return note

    with TestClient(app) as client:
        assert client.post("/notes", json={"text": "a"}).json() == {"text": "a"}  # no cookie that is worth stealing
        client.cookies.set("session", "1")
        assert client.post("/notes", json={"text": "b"}).status_code == 403
        assert client.get("/").json() == "read"
        token = client.cookies["csrftoken"]
        assert client.post("/notes", json={"text": "c"}, headers={"x-csrftoken": token}).json() == {"text": "c"}
        assert client.post("/notes", json={"text": "d"}, headers={"x-csrftoken": token[:-1]}).status_code == 403
