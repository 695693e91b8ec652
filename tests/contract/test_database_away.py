"""The database away, locked or exhausted: what the service answers, and that it recovers."""

import asyncio
from collections.abc import Callable

import httpx
import pytest

from tests.contract.answers import elapsed_ms, good, unavailable
from tests.contract.at_once import until
from tests.contract.posts import create, create_async, new_post
from tests.contract.subject import SHORT_TIMEOUT_SECONDS
from tests.contract.tables import Tables

pytestmark = pytest.mark.usefixtures("tidy")

TIMEOUT_MS = SHORT_TIMEOUT_SECONDS * 1000
PATIENCE_MS = 8 * TIMEOUT_MS
AT_ONCE = 16
REQUESTS: dict[str, Callable[[httpx.Client], httpx.Response]] = {
    "ready": lambda client: client.get("/ready"),
    "list": lambda client: client.get("/posts"),
    "list-of-tag": lambda client: client.get("/posts?tag=python"),
    "detail": lambda client: client.get("/posts/3"),
    "create": lambda client: create(client, new_post()),
}


@pytest.mark.parametrize("ask", REQUESTS.values(), ids=REQUESTS.keys())
def test_unreachable_database_is_told(
    stranded: httpx.Client, ask: Callable[[httpx.Client], httpx.Response]
) -> None:
    """C35: While the database cannot be reached, what needs it is a 503 with Retry-After."""
    answer = ask(stranded)
    unavailable(answer)
    assert elapsed_ms(answer) < PATIENCE_MS


def test_silent_database_is_told(unheard: httpx.Client) -> None:
    """C35: A database server that takes the connection and says nothing is a 503 too."""
    answer = unheard.get("/ready")
    unavailable(answer)
    assert elapsed_ms(answer) < PATIENCE_MS


def test_locked_database_is_told(frugal: httpx.Client, tables: Tables) -> None:
    """C35: A create is a 503 when a lock outlasts the timeout, leaves nothing, and works after."""
    before = tables.counts()
    with tables.locked():
        answer = create(frugal, new_post())
    unavailable(answer)
    assert 0.9 * TIMEOUT_MS < elapsed_ms(answer) < PATIENCE_MS
    assert tables.counts() == before
    good(create(frugal, new_post(tags=["a"])), 201)
    assert tables.counts() == (before[0] + 1, before[1] + 1)


def test_readers_of_a_locked_database(client: httpx.Client, tables: Tables) -> None:
    """C35: A lock that keeps writers out keeps no reader out, where the database can tell them."""
    if tables.is_postgres:
        pytest.skip("the lock that this suite takes on PostgreSQL keeps readers out as well")
    with tables.locked():
        good(client.get("/posts"))
        good(client.get("/posts/3"))
        good(client.get("/ready"))


@pytest.mark.asyncio
async def test_create_waits_for_a_lock_and_others_are_served(
    async_client: httpx.AsyncClient, tables: Tables
) -> None:
    """C35: A create waits for a lock that ends in time and is kept; meanwhile others are served."""
    async with asyncio.TaskGroup() as group:
        with tables.tags_locked():
            waiting = group.create_task(create_async(async_client, new_post(tags=["a"])))
            if tables.is_postgres:
                await until(lambda: tables.waiting_for_lock() == 1)
            others = [await async_client.get(path) for path in ("/health", "/ready", "/posts") * 5]
            was_waiting = not waiting.done()
    assert was_waiting
    for answer in others:
        good(answer)
    good(waiting.result(), 201)


@pytest.mark.asyncio
async def test_exhausted_pool_is_told(async_frugal: httpx.AsyncClient, tables: Tables) -> None:
    """C36: With every connection in use, a request is a 503 after the timeout."""
    if not tables.is_postgres:
        pytest.skip("SQLite's readers never wait and its connections are not limited")
    most_waiting = 0
    with tables.locked():
        async with asyncio.TaskGroup() as group:
            lists = [group.create_task(async_frugal.get("/posts")) for _ in range(AT_ONCE)]
            while not all(task.done() for task in lists):
                waiting = await asyncio.to_thread(tables.waiting_for_lock)
                most_waiting = max(most_waiting, waiting)
    assert most_waiting == 1
    for task in lists:
        unavailable(task.result())
        assert elapsed_ms(task.result()) < AT_ONCE * TIMEOUT_MS / 2
    good(await async_frugal.get("/posts"))
