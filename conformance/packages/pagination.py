"""Pages of a list and of a database table; the package adds a dependency to routes that are declared already."""

from __future__ import annotations

from fastapi import APIRouter, Depends, FastAPI
from fastapi.testclient import TestClient
from fastapi_pagination import LimitOffsetPage, Page, add_pagination, paginate
from fastapi_pagination.ext.sqlalchemy import paginate as paginate_rows
from pydantic import BaseModel
from sqlalchemy import create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.pool import StaticPool


class Base(DeclarativeBase):
    pass


class Tree(Base):
    __tablename__ = "trees"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class TreeOut(BaseModel):
    model_config = {"from_attributes": True}

    id: int
    name: str


engine = create_engine("sqlite://", connect_args={"check_same_thread": False}, poolclass=StaticPool)
asked: list[str] = []


def note() -> None:
    asked.append("forest")


def main() -> None:
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(Tree(name=f"tree {number}") for number in range(1, 26))
        session.commit()

    app = FastAPI()
    forest = APIRouter()

    @app.get("/numbers")
    def numbers() -> Page[int]:
        return paginate(list(range(100)))

    @forest.get("/trees", response_model=LimitOffsetPage[TreeOut])
    def trees():
        with Session(engine) as session:
            return paginate_rows(session, select(Tree).order_by(Tree.id))

    app.include_router(forest, prefix="/forest", dependencies=[Depends(note)])
    add_pagination(app)

    with TestClient(app) as client:
        page = client.get("/numbers", params={"page": 3, "size": 10}).json()
        assert page == {"items": list(range(20, 30)), "total": 100, "page": 3, "size": 10, "pages": 10}, page
        assert client.get("/numbers").json()["size"] == 50
        answer = client.get("/numbers", params={"size": 1000})
        assert answer.status_code == 422
        assert answer.json()["detail"][0]["loc"] == ["query", "size"], answer.json()

        rows = client.get("/forest/trees", params={"limit": 2, "offset": 23}).json()
        assert rows["total"] == 25
        assert rows["items"] == [{"id": 24, "name": "tree 24"}, {"id": 25, "name": "tree 25"}], rows
        assert asked == ["forest"]

        paths = client.get("/openapi.json").json()["paths"]
        assert [each["name"] for each in paths["/numbers"]["get"]["parameters"]] == ["page", "size"]
        assert [each["name"] for each in paths["/forest/trees"]["get"]["parameters"]] == ["limit", "offset"]
