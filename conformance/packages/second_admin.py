"""Another admin area on plain Starlette: its own router, middleware, templates, JSON for its tables, and forms."""

from __future__ import annotations

import re

from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.pool import StaticPool
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette_admin.contrib.sqla import Admin, ModelView


class Base(DeclarativeBase):
    pass


class Tree(Base):
    __tablename__ = "trees"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


def main() -> None:
    engine = create_engine("sqlite://", connect_args={"check_same_thread": False}, poolclass=StaticPool)
    Base.metadata.create_all(engine)
    app = Starlette(routes=[Route("/", lambda request: PlainTextResponse("home"))])
    admin = Admin(engine, title="The forest", secret_key="a secret that is long enough")
    admin.add_view(ModelView(Tree))
    admin.mount_to(app)

    with TestClient(app) as client:
        assert client.get("/").text == "home"
        assert "The forest" in client.get("/admin/").text
        form = client.get("/admin/tree/create")
        assert 'name="name"' in form.text
        assert client.post("/admin/tree/create", data={"name": "yew"}).status_code == 403
        token = re.search(r'name="_?csrf_?token" value="([^"]+)"', form.text)
        assert token is not None, form.text
        fields = {"name": "yew", re.search(r'name="(_?csrf_?token)"', form.text)[1]: token[1]}
        made = client.post("/admin/tree/create", data=fields, follow_redirects=False)
        assert made.status_code == 303, made.text
        assert client.get(made.headers["location"]).status_code == 200
        assert client.get("/admin/tree/detail", params={"pk": "1"}).status_code == 200
        assert "yew" in client.get("/admin/tree/detail", params={"pk": "1"}).text
        assert client.get("/admin/tree/detail", params={"pk": "2"}).status_code == 404
