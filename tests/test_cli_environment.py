"""What stands in the reader's shell decides nothing: libpq's variables, TMPDIR, certificates."""

import os
import tempfile
from pathlib import Path

import pytest
from sqlalchemy import make_url

from compare.errors import DatabaseError
from compare.registry.environment import environment
from compare.registry.services import SERVICES
from compare.running import databases, embedded_postgres, launch
from shared.seed import POSTS
from tests.support.serving import seeded
from tests.test_databases import posts_in

LIBPQ = {
    "PGSERVICE": "nobody",
    "PGHOST": "bogus.invalid",
    "PGHOSTADDR": "192.0.2.1",
    "PGPORT": "1",
    "PGDATABASE": "nothing",
    "PGUSER": "nobody",
    "PGOPTIONS": "-c nonsense=1",
    "PGSSLMODE": "nonsense",
}
ODD_FOLDERS = ("a#b%20c?d e'f-naïve", "x" * 90)


@pytest.fixture(params=ODD_FOLDERS)
def odd_folder(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """The folder for temporary files, under a name that a URL, a shell or a socket minds."""
    folder: Path = tmp_path / request.param
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.mark.parametrize("name", ["django", "fastapi"])
def test_sqlite_file_may_lie_anywhere(odd_folder: Path, name: str) -> None:
    """Service and instrument find the same file, whatever its folder is called."""
    with databases.open("sqlite") as source:
        url = source.create(name)
        launch.migrate(SERVICES[name], url)
        databases.fill(url)
        assert posts_in(url) == POSTS
        file = Path(make_url(url).database or "")
        assert odd_folder in file.parents
        assert file.stat().st_size > 0
    assert list(odd_folder.iterdir()) == []
    assert list(odd_folder.parent.iterdir()) == [odd_folder]


def test_embedded_server_starts_from_anywhere(odd_folder: Path) -> None:
    """Its socket's path is short and plain, whatever the folder for temporary files is called."""
    with databases.open("postgres") as source:
        databases.engine(source.create("fastapi")).connect().close()


@pytest.mark.slow
def test_libpqs_variables_are_read_by_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the embedded server nor the instrument nor a service looks where they point to."""
    for name, value in LIBPQ.items():
        monkeypatch.setenv(name, value)
    with databases.open("postgres") as source:
        for name in ("django", "fastapi"):
            assert posts_in(seeded(source, SERVICES[name])) == POSTS
        assert not LIBPQ.keys() & environment({}).keys()
    assert {name: os.environ[name] for name in LIBPQ} == LIBPQ
    assert not LIBPQ.keys() & environment({}).keys()


def test_password_may_stay_out_of_the_url(monkeypatch: pytest.MonkeyPatch) -> None:
    """The password of the reader's own server reaches the services by libpq's variable."""
    monkeypatch.setenv("PGPASSWORD", "secret")
    assert environment({})["PGPASSWORD"] == "secret"


def test_missing_certificate_file_stops_no_service(
    monkeypatch: pytest.MonkeyPatch, sqlite: databases.Databases
) -> None:
    """Certificates are for TLS, which nothing here speaks."""
    monkeypatch.setenv("SSL_CERT_FILE", "/nonexistent/certificates.pem")
    url = seeded(sqlite, SERVICES["fastapi"])
    with launch.running(SERVICES["fastapi"], database_url=url, upstreams_url="http://x") as running:
        running.check_alive()


def test_embedded_server_that_does_not_start_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it complained of is said in one line, with what to do instead."""
    monkeypatch.setattr(embedded_postgres, "MAX_CONNECTIONS", "many")
    with pytest.raises(DatabaseError) as failure, databases.open("postgres"):
        pytest.fail("it cannot start")
    said = str(failure.value)
    assert said.startswith("the embedded PostgreSQL did not start: configuration file ")
    assert said.endswith("contains errors; give sqlite, or the URL of a server of yours")
