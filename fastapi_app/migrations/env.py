"""Runs the migrations on the database of DATABASE_URL."""

from alembic import context

from fastapi_app.database import blocking_engine
from fastapi_app.models import Model

with blocking_engine.connect() as connection:
    context.configure(connection=connection, target_metadata=Model.metadata)
    with context.begin_transaction():
        context.run_migrations()
