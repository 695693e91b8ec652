"""The database answers and is not fit: what the service answers, and that it recovers."""

import time

import httpx
import pytest

from tests.contract.answers import good, unavailable
from tests.contract.posts import create, new_post
from tests.contract.tables import Tables

pytestmark = pytest.mark.usefixtures("tidy")

BACK_SECONDS = 10.0


def test_missing_table_is_told(client: httpx.Client, tables: Tables) -> None:
    """C35: Without a table that it needs, a request is a 503, and good again once it is there."""
    with tables.without_tags():
        for path in ("/posts", "/posts?tag=python", "/posts/3"):
            unavailable(client.get(path))
        unavailable(create(client, new_post(tags=["a"])))
    good(client.get("/posts"))
    good(create(client, new_post(tags=["a"])), 201)


def test_service_without_a_table_is_not_ready(client: httpx.Client, tables: Tables) -> None:
    """C26: A service that misses a table is not ready, and is ready once the table is there."""
    with tables.without_tags():
        unavailable(client.get("/ready"))
    good(client.get("/ready"))


def test_database_that_comes_back_is_used(frugal: httpx.Client, tables: Tables) -> None:
    """C35: A database that ends all connections is a 503 until it is back, and soon good again."""
    if not tables.is_postgres:
        pytest.skip("SQLite has no connections that it could end")
    good(frugal.get("/posts"))
    with tables.away():
        for path in ("/posts", "/posts/3", "/ready"):
            unavailable(frugal.get(path))
        unavailable(create(frugal, new_post()))
    deadline = time.monotonic() + BACK_SECONDS
    while frugal.get("/ready").status_code != 200:
        assert time.monotonic() < deadline
    good(create(frugal, new_post(tags=["a"])), 201)


def test_read_only_database_is_told(frugal: httpx.Client, tables: Tables) -> None:
    """C35: While the database takes no writes, reads are served and a create is a 503."""
    if not tables.is_postgres:
        pytest.skip("SQLite has no setting that makes a database read-only")
    before = tables.counts()
    with tables.read_only():
        good(frugal.get("/posts"))
        unavailable(create(frugal, new_post(tags=["a"])))
        good(frugal.get("/ready"))
    assert tables.counts() == before
    create(frugal, new_post())  # may meet the one session, which began read-only and stays so
    good(create(frugal, new_post(tags=["a"])), 201)
