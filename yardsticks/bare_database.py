"""The bare application's databases: SQL by hand, with nothing between it and the driver.

The statements are those that the services' ORMs write. `%s` stands for a value, on SQLite too.
"""

import math
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

Row = tuple[Any, ...]

POST = (
    "SELECT post.id, post.title, post.published_at, author.id, author.name, post.body"
    " FROM post JOIN author ON author.id = post.author_id"
    " WHERE post.published = true AND post.id = %s"
)
SUMMARIES = (
    "SELECT post.id, post.title, post.published_at, author.id, author.name"
    " FROM post JOIN author ON author.id = post.author_id"
)
TAGS = "SELECT post_id, name FROM tag WHERE post_id IN ({})"
AUTHOR = "SELECT id, name FROM author WHERE id = %s"
INSERT_POST = (
    "INSERT INTO post (title, body, published, published_at, author_id)"
    " VALUES (%s, %s, true, %s, %s) RETURNING id"
)
INSERT_TAGS = "INSERT INTO tag (name, post_id) VALUES {} RETURNING id"


def select_page(limit: int, before: int | None, tag: str | None) -> tuple[str, list[Any]]:
    """Give the statement for one page, and one post more if there is a next page; its values."""
    sql, conditions, values = SUMMARIES, ["post.published = true"], list[Any]()
    keys, order = ["post.id"], "post.published DESC, post.id DESC"
    if tag is not None:
        keys, order = ["post.id", "tag.post_id"], "tag.post_id DESC"
        sql += " JOIN tag ON tag.post_id = post.id"
        conditions.append("tag.name = %s")
        values.append(tag)
    if before is not None:
        conditions += [f"{key} < %s" for key in keys]
        values += [before for _ in keys]
    sql += f" WHERE {' AND '.join(conditions)} ORDER BY {order} LIMIT %s"
    return sql, [*values, limit + 1]


class Connection(Protocol):
    """What runs one statement after another."""

    async def fetch(self, sql: str, values: Sequence[Any]) -> list[Row]:
        """Run a statement and give its rows."""


class SQLite:
    """One connection, asked straight on the event loop.

    A statement takes some ten microseconds, a thread and back several times that. Nothing here
    ever suspends, so that no other request comes between the statements of a transaction.
    """

    def __init__(self, path: str, timeout_seconds: float) -> None:
        self._path = path
        self._timeout_seconds = timeout_seconds

    async def open(self) -> None:
        """Connect, as the services do: readers and the writer do not wait for each other."""
        self._connection = sqlite3.connect(
            self._path, timeout=self._timeout_seconds, isolation_level=None
        )
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
            self._connection.execute(f"PRAGMA {pragma}")

    async def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Connection]:
        """Give the connection."""
        yield self

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Connection]:
        """Give the connection in a transaction, which is rolled back when the block raises."""
        self._connection.execute("BEGIN IMMEDIATE")
        with self._connection:
            yield self

    async def fetch(self, sql: str, values: Sequence[Any]) -> list[Row]:
        """Run a statement and give its rows."""
        return self._connection.execute(sql.replace("%s", "?"), values).fetchall()

    def to_stored(self, time: datetime) -> str:
        """Write a time as the ORMs do: without its zone, which is UTC."""
        return time.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")

    def to_wire(self, stored: str) -> str:
        """Write a stored time as JSON has it."""
        return stored.replace(" ", "T").removesuffix(".000000") + "Z"


class PostgreSQL:
    """A pool of connections; psycopg prepares what it runs often, as the services may not.

    They leave that out so that PgBouncer may stand between; a yardstick is as fast as can be.
    """

    def __init__(self, url: str, pool_size: int, timeout_seconds: float) -> None:
        timeout_ms = int(timeout_seconds * 1000)
        self._pool = AsyncConnectionPool(
            url,
            kwargs={
                "autocommit": True,
                "connect_timeout": max(2, math.ceil(timeout_seconds)),
                "options": f"-c timezone=UTC -c statement_timeout={timeout_ms}",
            },
            min_size=1,
            max_size=pool_size,
            timeout=timeout_seconds,
            open=False,
        )

    async def open(self) -> None:
        """Open the pool."""
        await self._pool.open()

    async def close(self) -> None:
        """Close the pool."""
        await self._pool.close()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Connection]:
        """Lend a connection."""
        async with self._pool.connection() as connection:
            yield Lent(connection)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Connection]:
        """Lend a connection in a transaction, which is rolled back when the block raises."""
        async with self._pool.connection() as connection, connection.transaction():
            yield Lent(connection)

    def to_stored(self, time: datetime) -> datetime:
        """Give a time as psycopg takes it."""
        return time

    def to_wire(self, stored: datetime) -> str:
        """Write a stored time as JSON has it."""
        return stored.isoformat().replace("+00:00", "Z")


class Lent:
    """A connection of the pool, lent to one request."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def fetch(self, sql: str, values: Sequence[Any]) -> list[Row]:
        """Run a statement and give its rows."""
        cursor = await self._connection.execute(sql, values)
        return await cursor.fetchall()


def database_at(url: str, pool_size: int, timeout_seconds: float) -> SQLite | PostgreSQL:
    """Give the database of a DATABASE_URL, which is opened later, on the event loop."""
    if url.startswith("sqlite"):
        return SQLite(unquote(urlsplit(url).path.removeprefix("/")), timeout_seconds)
    return PostgreSQL(url, pool_size, timeout_seconds)
