"""One engine for the application, one session for a request."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, Select, create_engine, event
from sqlalchemy.orm import Session

from hanok import Depends, Query, Request
from schemas import Id

HERE = Path(__file__).parent
SQLITE = "sqlite:///library.db"


def connect() -> Engine:
    """The engine of DATABASE_URL: SQLite here, or for example postgresql+psycopg://user:secret@localhost/library."""
    engine = create_engine(os.environ.get("DATABASE_URL", SQLITE), pool_pre_ping=True)
    if engine.dialect.name == "sqlite":
        # SQLite looks at foreign keys only when told to, and with this journal readers do not wait for a writer.
        @event.listens_for(engine, "connect")
        def configure(connection: Any, _: Any) -> None:
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA journal_mode = WAL")

    return engine


def check_migrations(engine: Engine) -> None:
    """Raises RuntimeError if the tables are not those of the newest migration."""
    newest = ScriptDirectory.from_config(Config(HERE / "alembic.ini")).get_heads()
    with engine.connect() as connection:
        present = MigrationContext.configure(connection).get_current_heads()
    if set(present) != set(newest):
        raise RuntimeError(f"The database is at {present or 'nothing'}, not {newest}. Type: alembic upgrade head")


def session_of_request(request: Request) -> Iterator[Session]:
    """What a route has not committed is rolled back."""
    with Session(request.app.state.engine) as session:
        yield session


DatabaseSession = Annotated[Session, Depends(session_of_request)]


class Paging:
    """``limit`` and ``after`` of a list that is sorted by id."""

    def __init__(self, limit: Annotated[int, Query(ge=1, le=100)] = 20, after: Id | None = None) -> None:
        self.limit = limit
        self.after = after

    def page(self, session: Session, query: Select[Any], column: Any) -> dict[str, Any]:
        """The items of one page, and where the next begins."""
        if self.after is not None:
            query = query.where(column > self.after)
        found: Sequence[Any] = session.scalars(query.order_by(column).limit(self.limit + 1)).all()
        items = found[: self.limit]
        return {"items": items, "next": items[-1].id if len(found) > self.limit else None}


OnePage = Annotated[Paging, Depends()]
