"""What runs when ``alembic`` is typed: the migrations, on the database of the service."""

from alembic import context

from database import connect
from models import Base

if context.is_offline_mode():
    # alembic upgrade head --sql: print what would be done.
    context.configure(url=connect().url, target_metadata=Base.metadata, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
else:
    engine = connect()
    with engine.connect() as connection:
        # SQLite changes tables by copying them.
        context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True)
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()
