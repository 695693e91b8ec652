"""A failure of ours is answered (500) and logged; its connection stands, as after any answer."""

import httpx
import pytest
from sqlalchemy import text

from compare.registry.services import SERVICES, USUAL
from compare.running import databases, launch
from compare.running.stopping import stop
from tests.contract.wire import closes_silently, send
from tests.support.serving import seeded

UNREADABLE = 3


@pytest.mark.slow
@pytest.mark.parametrize("name", USUAL)
def test_connection_outlives_a_failure_of_ours(sqlite: databases.Databases, name: str) -> None:
    """A row that no service can read is a 500, after which no connection ends without a word."""
    service = SERVICES[name]
    url = seeded(sqlite, service)
    with databases.engine(url).begin() as connection:
        unreadable = text("UPDATE post SET published_at = 'the ides of March' WHERE id = :id")
        connection.execute(unreadable, {"id": UNREADABLE})
    head = f"GET /posts/{UNREADABLE} HTTP/1.1"
    with (
        launch.running(service, database_url=url, upstreams_url="http://127.0.0.1:9") as running,
        httpx.Client(base_url=running.url, trust_env=False) as client,
    ):
        failure = send(client, head)
        assert failure.status_code == 500
        assert failure.headers["content-type"] == "application/problem+json"
        assert "ides" not in failure.text
        assert not closes_silently(client, head, b"")
        stop(running.process)
        assert running.log.read_text().count("Traceback") >= 2
