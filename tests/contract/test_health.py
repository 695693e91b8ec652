"""Health: `GET /health` and `GET /ready`."""

import httpx
import pytest

from tests.contract.answers import good, statements, unavailable


@pytest.mark.happy_path
def test_service_is_alive(client: httpx.Client) -> None:
    """C25: A service that runs says that it is alive, without a question to the database."""
    answer = client.get("/health")
    assert good(answer) == {"status": "alive"}
    assert statements(answer) == 0


def test_service_without_its_database_is_alive(stranded: httpx.Client) -> None:
    """C25: A service whose database cannot be reached is alive."""
    assert good(stranded.get("/health")) == {"status": "alive"}


@pytest.mark.happy_path
def test_service_with_its_database_is_ready(client: httpx.Client) -> None:
    """C26: A service whose database answers says that it is ready, and has asked the database."""
    answer = client.get("/ready")
    assert good(answer) == {"status": "ready"}
    assert statements(answer) > 0


def test_service_without_its_database_is_not_ready(stranded: httpx.Client) -> None:
    """C26: A service whose database cannot be reached is not ready, and says so with a 503."""
    unavailable(stranded.get("/ready"))
