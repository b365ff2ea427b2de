"""An admin area made of a mounted Starlette application with templates, static files, sessions, forms and login."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.testclient import TestClient
from sqladmin import Admin, ModelView
from sqladmin.authentication import AuthenticationBackend
from sqlalchemy import create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.pool import StaticPool


class Base(DeclarativeBase):
    pass


class Tree(Base):
    __tablename__ = "trees"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class TreeAdmin(ModelView, model=Tree):
    column_list = [Tree.id, Tree.name]
    column_searchable_list = [Tree.name]


class Login(AuthenticationBackend):
    async def login(self, request: Request) -> bool:
        form = await request.form()
        if form["password"] != "open":
            return False
        request.session["user"] = form["username"]
        return True

    async def logout(self, request: Request) -> bool:
        request.session.clear()
        return True

    async def authenticate(self, request: Request) -> bool:
        return "user" in request.session


def main() -> None:
    engine = create_engine("sqlite://", connect_args={"check_same_thread": False}, poolclass=StaticPool)
    Base.metadata.create_all(engine)
    app = FastAPI()
    admin = Admin(app, engine, authentication_backend=Login("a secret"))
    admin.add_view(TreeAdmin)

    with TestClient(app) as client:
        asked = client.get("/admin/", follow_redirects=False)
        assert asked.status_code == 302, asked
        assert asked.headers["location"].endswith("/admin/login")
        refused = client.post("/admin/login", data={"username": "ada", "password": "shut"})
        assert refused.status_code == 400
        assert "Invalid" in refused.text
        assert client.post("/admin/login", data={"username": "ada", "password": "open"}).status_code == 200

        made = client.post("/admin/tree/create", data={"name": "larch", "save": "Save"})
        assert made.status_code == 200, made.text
        with Session(engine) as session:
            assert session.scalars(select(Tree.name)).all() == ["larch"]
        assert "larch" in client.get("/admin/tree/list").text
        assert "larch" not in client.get("/admin/tree/list", params={"search": "oak"}).text
        assert "larch" in client.get("/admin/tree/details/1").text
        client.post("/admin/tree/edit/1", data={"name": "spruce", "save": "Save"})
        exported = client.get("/admin/tree/export/csv")
        assert exported.text.splitlines() == ["id,name", "1,spruce"], exported.text
        assert client.get("/admin/statics/css/main.css").status_code == 200
        assert client.delete("/admin/tree/delete", params={"pks": "1"}).status_code == 200
        with Session(engine) as session:
            assert session.scalars(select(Tree)).all() == []
        assert client.get("/admin/nothing/list").status_code == 404
        client.get("/admin/logout")
        assert client.get("/admin/tree/list", follow_redirects=False).status_code == 302
