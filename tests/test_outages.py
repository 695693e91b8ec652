"""Which failures of a database are its own (503), and which are ours (500)."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest
from sqlalchemy import make_url, text

from compare.registry.environment import settings
from compare.registry.services import SERVICES, USUAL
from compare.running import databases, launch
from compare.running.addresses import HOST
from shared.outages import DAMAGED, OUTAGES, makes_stale, sqlite_code
from tests.contract.answers import good, unavailable
from tests.contract.posts import create, new_post
from tests.support.serving import seeded

ROLE = "reader_of_posts"
OURS = ("22001", "22P02", "23503", "23505", "42601", "42804", "42P18", "0A000", "21000")
THEIRS = (
    *("08006", "25006", "25P02", "25P03", "28P01", "3D000", "40P01", "42501", "42P01", "42703"),
    *("53300", "55P03", "57014", "57P01", "58030", "XX000", "XX001"),
)


def test_errors_of_statements_are_ours() -> None:
    """A condition of the server is an outage; data, constraints and syntax are not."""
    assert [code for code in (*OURS, *THEIRS) if code.startswith(OUTAGES)] == list(THEIRS)


def test_damaged_file_is_an_outage(tmp_path: Path) -> None:
    """A file that is no database has a code of its own, and its connection is not kept."""
    (tmp_path / "file").write_bytes(b"no database" * 1000)
    with (
        closing(sqlite3.connect(tmp_path / "file")) as connection,
        pytest.raises(sqlite3.DatabaseError) as raised,
    ):
        connection.execute("SELECT * FROM post")
    assert sqlite_code(raised.value) in DAMAGED
    assert makes_stale(raised.value)


def test_connection_that_was_opened_read_only_is_not_kept(tmp_path: Path) -> None:
    """Opened while its file could not be written, a connection stays read-only."""
    file = tmp_path / "file"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE post (id)")
    with (
        closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection,
        pytest.raises(sqlite3.OperationalError) as raised,
    ):
        connection.execute("INSERT INTO post VALUES (1)")
    assert makes_stale(raised.value)


@contextmanager
def reader_of(url: str) -> Iterator[str]:
    """Give the URL of a database as a role sees it that may read and not write."""
    engine = databases.engine(url).execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE ROLE {ROLE} LOGIN"))
        connection.execute(text(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {ROLE}"))
        yield make_url(url).set(username=ROLE).render_as_string(False)
        connection.execute(text(f"DROP OWNED BY {ROLE}"))
        connection.execute(text(f"DROP ROLE {ROLE}"))


@pytest.mark.exhaustive
@pytest.mark.slow
@pytest.mark.parametrize("name", [*USUAL, "fastapi-asyncpg"])
def test_missing_permission_is_told(postgres: databases.Databases, name: str) -> None:
    """Without the permission to write, a create is a 503 that says when to come back."""
    service = SERVICES[name]
    with reader_of(seeded(postgres, service)) as url:
        chosen = settings(service, url, f"http://{HOST}:9")
        with (
            launch.launched(name, service.command, "/ready", chosen) as running,
            httpx.Client(base_url=running.url, timeout=30, trust_env=False) as client,
        ):
            unavailable(create(client, new_post()))
            good(client.get("/posts"))
