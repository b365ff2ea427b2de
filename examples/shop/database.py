"""One engine for the application, one session for a request."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from sqlalchemy import create_engine
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.schema import CreateTable

from examples.shop.models import Base
from hanok import Depends, Request


class Database:
    def __init__(self, url: str) -> None:
        self.engine = create_engine(url)
        self.sessions = sessionmaker(self.engine, expire_on_commit=False)

    def create_tables(self) -> None:
        # Several workers may start at the same moment, so the database decides whether a table is there already.
        with self.engine.begin() as connection:
            for table in Base.metadata.sorted_tables:
                connection.execute(CreateTable(table, if_not_exists=True))

    def close(self) -> None:
        self.engine.dispose()


def database_session(request: Request) -> Iterator[Session]:
    """A session that is closed, and rolled back unless it was committed, when the request has ended."""
    with request.app.state.database.sessions() as session:
        yield session


DatabaseSession = Annotated[Session, Depends(database_session)]
