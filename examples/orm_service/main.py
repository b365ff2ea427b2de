"""A library: authors and books in a database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import authors
import books
from database import check_migrations, connect
from hanok import Hanok


@asynccontextmanager
async def lifespan(app: Hanok) -> AsyncIterator[None]:
    engine = connect()
    check_migrations(engine)
    app.state.engine = engine
    yield
    engine.dispose()


app = Hanok(title="Library", lifespan=lifespan)
app.include_router(authors.router)
app.include_router(books.router)
