"""The database: engines with one pool, sessions that read and sessions that write."""

import math
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import Depends
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import sessionmaker

from .middleware import count_statement
from .outages import drop_stale_connection, name_outage
from .settings import settings


def database_url(sqlite_driver: str, postgresql_driver: str = "psycopg") -> URL:
    """Name the driver in DATABASE_URL."""
    url = make_url(settings.DATABASE_URL)
    if url.get_backend_name() == "sqlite":
        return url.set(drivername=f"sqlite+{sqlite_driver}")
    return url.set(drivername=f"postgresql+{postgresql_driver}")


def engine_options(url: URL) -> dict[str, Any]:
    """Size the pool and bound every wait, as Django's settings do."""
    seconds = settings.DATABASE_TIMEOUT_SECONDS
    pool = {"pool_size": settings.DATABASE_POOL_SIZE, "max_overflow": 0, "pool_timeout": seconds}
    pool["hide_parameters"] = True  # what a client wrote is nobody's to read in a log
    if url.get_backend_name() == "sqlite":
        return pool | {"connect_args": {"timeout": seconds}}
    timeout_ms = str(int(seconds * 1000))
    if url.get_driver_name() == "asyncpg":  # which prepares every statement
        arguments = {"timeout": seconds, "server_settings": {"statement_timeout": timeout_ms}}
    else:
        arguments = {
            "connect_timeout": max(2, math.ceil(seconds)),  # libpq takes whole seconds, from 2 on
            "options": f"-c statement_timeout={timeout_ms}",
            "prepare_threshold": None,  # as Django has it, and as PgBouncer needs it
        }
    # A server may have gone away meanwhile: Django's CONN_HEALTH_CHECKS.
    return pool | {"connect_args": arguments, "pool_pre_ping": True}


def prepare(engine: Engine) -> None:
    """Count the engine's statements, and run SQLite as production would."""
    event.listen(engine, "before_cursor_execute", count_statement)
    event.listen(engine, "handle_error", drop_stale_connection)
    event.listen(engine, "handle_error", name_outage)
    event.listen(engine, "do_connect", name_unreachable)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", set_pragmas)
        event.listen(engine, "begin", begin_immediate)


def name_unreachable(dialect: Any, _: Any, arguments: Any, named: Any) -> Any:
    """Connect; asyncpg leaves a failure as the socket's, which is operational as well."""
    try:
        return dialect.connect(*arguments, **named)
    except OSError as error:
        raise OperationalError(None, None, error) from error


def set_pragmas(connection: Any, _: Any) -> None:
    """Make readers and the writer not wait for each other, and keep foreign keys."""
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def begin_immediate(connection: Connection) -> None:
    """Take the write lock when a transaction that writes starts; sqlite3 begins none to read.

    A transaction that reads first and then writes fails at once when another wrote meanwhile,
    whatever the timeout; IMMEDIATE takes its turn at the start.
    """
    if connection.get_execution_options().get("writes"):
        connection.exec_driver_sql("BEGIN IMMEDIATE")


async_url = database_url("aiosqlite", settings.POSTGRESQL_DRIVER)
blocking_url = database_url("pysqlite")
async_engine = create_async_engine(async_url, **engine_options(async_url))
blocking_engine = create_engine(blocking_url, **engine_options(blocking_url))
prepare(async_engine.sync_engine)
prepare(blocking_engine)

# Reads need no transaction; without one they cost no BEGIN and ROLLBACK, as in Django. To sqlite3
# that need not be said: it begins none to read.
is_sqlite = async_url.get_backend_name() == "sqlite"
reading: dict[str, Any] = {} if is_sqlite else {"isolation_level": "AUTOCOMMIT"}
writing: dict[str, Any] = {"writes": True}
AsyncReadSession = async_sessionmaker(async_engine.execution_options(**reading))
BlockingReadSession = sessionmaker(blocking_engine.execution_options(**reading))
# After a commit the objects stay as they are: reading them again would be one more statement.
AsyncWriteSession = async_sessionmaker(
    async_engine.execution_options(**writing), expire_on_commit=False
)
BlockingWriteSession = sessionmaker(
    blocking_engine.execution_options(**writing), expire_on_commit=False
)


async def read_session() -> AsyncIterator[AsyncSession]:
    """Give a request a session for reading."""
    async with AsyncReadSession() as session:
        yield session


async def write_session() -> AsyncIterator[AsyncSession]:
    """Give a request a session for writing; its transaction is begun where it is needed."""
    async with AsyncWriteSession() as session:
        yield session


ReadSession = Annotated[AsyncSession, Depends(read_session)]
WriteSession = Annotated[AsyncSession, Depends(write_session)]
