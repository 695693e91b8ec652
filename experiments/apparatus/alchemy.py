"""SQLAlchemy on the experiment's tables: an engine with the defaults, for the event loop."""

from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from experiments.apparatus.site import DATABASE_URL

DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+psycopg"}


def async_engine(**options: object) -> AsyncEngine:
    """Give an engine on the experiment's database; options are those of `create_async_engine`."""
    url = make_url(DATABASE_URL)
    return create_async_engine(url.set(drivername=DRIVERS[url.get_backend_name()]), **options)
