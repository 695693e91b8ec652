"""Databases are fresh, filled with the seed data, and gone afterwards."""

from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from compare.errors import DatabaseError
from compare.registry.services import SERVICES
from compare.running import databases, launch
from compare.running.embedded_postgres import MAX_CONNECTIONS
from shared.seed import POSTS
from tests.support.serving import seeded


def posts_in(url: str) -> int:
    """How many posts a database has."""
    with databases.engine(url).connect() as connection:
        return int(connection.scalar(text("SELECT count(*) FROM post")) or 0)


def test_sqlite_is_a_file_that_goes() -> None:
    """Each service has a file of its own until the block ends."""
    with databases.open("sqlite") as source:
        url, other = source.create("fastapi"), source.create("fastapi")
        assert url != other
        assert source.label.startswith("SQLite 3")
        launch.migrate(SERVICES["fastapi"], url)
        databases.fill(url)
        databases.fill(url)
        assert posts_in(url) == POSTS
    assert not Path(make_url(url).database or "").exists()


def test_postgres_comes_with_the_wheel(postgres: databases.Databases) -> None:
    """The embedded server serves many connections, each service in a database of its own."""
    assert postgres.label.startswith("PostgreSQL")
    url = seeded(postgres, SERVICES["django-blocking"])
    assert posts_in(url) == POSTS
    with databases.engine(url).connect() as connection:
        allowed = int(connection.scalar(text("SHOW max_connections")) or 0)
    assert allowed == MAX_CONNECTIONS


def test_database_of_the_readers_stays_as_it_is(postgres: databases.Databases) -> None:
    """New ones are made beside it, and dropped at the end."""
    url = seeded(postgres, SERVICES["django-blocking"])
    with databases.open(url) as source:
        created = make_url(source.create("django"))
        assert created.database in names_of_databases(url)
    assert created.database not in names_of_databases(url)
    assert posts_in(url) == POSTS


def names_of_databases(url: str) -> set[str]:
    """Every database of the server."""
    with databases.engine(url).connect() as connection:
        return set(connection.scalars(text("SELECT datname FROM pg_database")))


def test_file_of_the_readers_has_neighbours(tmp_path: Path) -> None:
    """With the URL of an SQLite file, new files are made beside it and removed again."""
    with databases.open(f"sqlite:///{tmp_path}/own.sqlite3") as source:
        url = source.create("django")
        launch.migrate(SERVICES["django"], url)
        assert [path.name for path in tmp_path.iterdir()] != []
        assert "own.sqlite3" not in {path.name for path in tmp_path.iterdir()}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("url", ["mysql://there/it", "nonsense", "sqlite:////nowhere/it.sqlite3"])
def test_another_kind_is_refused(url: str) -> None:
    """What is neither SQLite nor PostgreSQL is refused in one line that says what to give."""
    with pytest.raises(DatabaseError, match="give "), databases.open(url):
        pytest.fail("it cannot be opened")
