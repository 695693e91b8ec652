"""A failure of ours is answered (500) and logged; its connection stands, as after any answer."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from compare.registry.services import SERVICES, USUAL
from compare.running import databases, launch
from tests.contract.answers import unavailable
from tests.contract.posts import create, new_post
from tests.contract.wire import closes_silently, send
from tests.support.serving import seeded

UNREADABLE = 3
PRIVATE = "what nobody else should read"


@dataclass(frozen=True)
class Failing:
    """A service with a row that no service can read, and whose database can be spoiled further."""

    client: httpx.Client
    log: Path
    database_url: str

    def spoil(self, statement: str) -> None:
        """Run a statement past the service."""
        with databases.engine(self.database_url).begin() as connection:
            connection.execute(text(statement))


@pytest.fixture(scope="module", params=USUAL)
def failing(sqlite: databases.Databases, request: pytest.FixtureRequest) -> Iterator[Failing]:
    """A service that runs."""
    service = SERVICES[request.param]
    url = seeded(sqlite, service)
    with (
        launch.running(service, database_url=url, upstreams_url="http://127.0.0.1:9") as running,
        httpx.Client(base_url=running.url, trust_env=False) as client,
    ):
        yield Failing(client, running.log, url)


@pytest.mark.slow
def test_connection_outlives_a_failure_of_ours(failing: Failing) -> None:
    """A row that no service can read is a 500, after which no connection ends without a word."""
    failing.spoil(f"UPDATE post SET published_at = 'the ides of March' WHERE id = {UNREADABLE}")
    head = f"GET /posts/{UNREADABLE} HTTP/1.1"
    failure = send(failing.client, head)
    assert failure.status_code == 500
    assert failure.headers["content-type"] == "application/problem+json"
    assert "ides" not in failure.text
    assert not closes_silently(failing.client, head, b"")
    assert "Traceback" in failing.log.read_text()


@pytest.mark.slow
def test_log_does_not_quote_clients(failing: Failing) -> None:
    """A statement that fails is logged without the values that a client gave it."""
    failing.spoil("DROP TABLE post")
    unavailable(create(failing.client, new_post(title=PRIVATE, body=PRIVATE)))
    assert "no such table" in failing.log.read_text()
    assert PRIVATE not in failing.log.read_text()
