"""Databases for the services: SQLite files, an embedded PostgreSQL, or a server of the reader's.

Every service gets a fresh database of its own, which is gone again when the block ends; a database
that was here before is never touched.
"""

import os
import re
import secrets
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

import psutil
from sqlalchemy import URL, Engine, create_engine, make_url, text
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from compare.errors import DatabaseError
from compare.registry.environment import is_of_libpq
from compare.running.embedded_postgres import embedded_postgres
from shared import seed

EMBEDDED = ("sqlite", "postgres")
EXAMPLE = "postgresql://USER:PASSWORD@HOST:PORT/NAME"
CONNECT_TIMEOUT_SECONDS = 5
# In any text: in front of the host, where a password may hold anything, and among the parameters.
PASSWORD = re.compile(r"(?<=://)([^:@/\s]*):\S*@|(?<=password=)[^&\s]*")


class Databases(Protocol):
    """Where fresh databases come from; `label` says it to a person, such as "SQLite 3.50.4".

    `address` opens the same source in another process. `processes` are those of a server that was
    started for it; `is_pinnable` says whether its server is such a one, None when there is none.
    """

    label: str
    address: str
    processes: Sequence[psutil.Process]
    is_pinnable: bool | None

    def create(self, name: str) -> str:
        """Make a fresh, empty database for the service of that name and give its URL."""


@contextmanager
def open(kind: str) -> Iterator[Databases]:
    """Give a source of databases until the block ends: `sqlite`, `postgres` or a URL.

    Next to the database of a URL new ones are made; its own tables are left alone. DatabaseError
    when it cannot be reached or understood.
    """
    with ExitStack() as cleanup:
        for name in filter(is_of_libpq, list(os.environ)):
            cleanup.callback(os.environ.__setitem__, name, os.environ.pop(name))
        match kind:
            case "sqlite":
                folder = cleanup.enter_context(tempfile.TemporaryDirectory(prefix="compare-"))
                yield SqliteFiles(Path(folder), cleanup)
            case "postgres":
                url, processes = cleanup.enter_context(embedded_postgres())
                yield PostgresServer(url, cleanup, "embedded", processes)
            case _:
                yield _of_reader(kind, cleanup)


def kind_of(kind: str) -> str:
    """Name what `open` would give: `sqlite`, or `postgresql` for anything else that it takes."""
    return "sqlite" if kind.startswith("sqlite") else "postgresql"


def without_password(kind: str) -> str:
    """Hide the passwords in a database's URL, or in a text with one; it need not be right."""
    return PASSWORD.sub(lambda match: f"{match[1]}:***@" if match[1] is not None else "***", kind)


def reason_of(error: SQLAlchemyError) -> str:
    """Give the database's own words, or SQLAlchemy's where it said nothing, as one line."""
    return str(getattr(error, "orig", error)).strip().split("\n")[0]


def engine(url: str) -> Engine:
    """Give an engine for questions and for seeding; it keeps no connection open."""
    address = _read(url)
    if address.get_backend_name() == "postgresql":
        return create_engine(
            address.set(drivername="postgresql+psycopg"),
            poolclass=NullPool,
            connect_args={"connect_timeout": CONNECT_TIMEOUT_SECONDS},
        )
    return create_engine(address, poolclass=NullPool)


def fill(url: str, posts: int = seed.POSTS) -> None:
    """Empty a migrated database and fill it with the seed data; no service may be using it."""
    database = engine(url)
    seed.fill(database, posts)
    if database.dialect.name == "postgresql":
        # Now, and not by autovacuum in the middle of somebody's timed run.
        with database.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))


class SqliteFiles:
    """SQLite files in one folder."""

    is_pinnable: bool | None = None

    def __init__(self, folder: Path, cleanup: ExitStack, address: str = "sqlite") -> None:
        self.address = address
        self.processes: Sequence[psutil.Process] = ()
        self._folder = folder
        self._cleanup = cleanup
        with engine("sqlite://").connect() as connection:
            self.label = f"SQLite {connection.scalar(text('SELECT sqlite_version()'))}"

    def create(self, name: str) -> str:
        """Name a new file; the service's migrations make it."""
        path = self._folder / f"{_unused(name)}.sqlite3"
        self._cleanup.callback(_remove_sqlite, path)
        return f"sqlite:///{quote(str(path))}"


class PostgresServer:
    """Databases on one PostgreSQL server."""

    def __init__(
        self, url: str, cleanup: ExitStack, whose: str, processes: Sequence[psutil.Process] = ()
    ) -> None:
        self.address = url
        self.processes = processes
        self.is_pinnable: bool | None = bool(processes)
        self._address = _read(url)
        self._cleanup = cleanup
        version = self._run("SHOW server_version").split()[0]
        self.label = f"PostgreSQL {version} ({whose})"

    def create(self, name: str) -> str:
        """Make a database beside the one of the URL."""
        database = _unused(name)
        self._cleanup.callback(self._run, f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')
        self._run(f'CREATE DATABASE "{database}"')
        return _text(self._address.set(database=database))

    def _run(self, statement: str) -> str:
        # CREATE and DROP DATABASE refuse to run inside a transaction.
        autocommit = engine(_text(self._address)).execution_options(isolation_level="AUTOCOMMIT")
        try:
            with autocommit.connect() as connection:
                result = connection.execute(text(statement))
                return str(result.scalar()) if result.returns_rows else ""
        except SQLAlchemyError as error:
            where = without_password(self.address)
            raise DatabaseError(f"the database at {where} answers: {reason_of(error)}") from error


def _of_reader(url: str, cleanup: ExitStack) -> Databases:
    address = _read(url)
    match address.get_backend_name():
        case "postgresql":
            return PostgresServer(url, cleanup, f"at {address.host or 'its socket'}")
        case "sqlite" if address.database and Path(address.database).parent.is_dir():
            return SqliteFiles(Path(address.database).resolve().parent, cleanup, url)
    raise DatabaseError(
        f"{without_password(url)} cannot be used: give a PostgreSQL URL, or an SQLite file's"
    )


def _read(url: str) -> URL:
    """Read a URL as the services do, to whom postgres:// is PostgreSQL as well."""
    try:
        address = make_url(url)
        backend = address.get_backend_name()
    except (ArgumentError, NoSuchModuleError, ValueError) as error:
        # What the error says may hold a part of the password.
        why = "no database" if isinstance(error, ArgumentError) else "no URL: its port is no number"
        raise DatabaseError(
            f"{without_password(url)!r} is {why}; give sqlite, postgres or {EXAMPLE}"
        ) from error
    is_postgres = backend in ("postgres", "postgresql")
    return address.set(drivername="postgresql") if is_postgres else address


def _remove_sqlite(path: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _unused(name: str) -> str:
    # A leftover of a killed run must not be taken for ours.
    return f"compare_{name.replace('-', '_')}_{secrets.token_hex(3)}"


def _text(address: URL) -> str:
    return address.render_as_string(hide_password=False)
