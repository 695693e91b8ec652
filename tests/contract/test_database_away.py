"""The database away, locked or exhausted: what the service answers, and that it recovers."""

import socket
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import httpx
import pytest

from compare.running.launch import HOST
from tests.contract.answers import elapsed_ms, good, unavailable
from tests.contract.posts import create, new_post
from tests.contract.subject import SHORT_TIMEOUT_SECONDS, StartInstance
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


def test_silent_database_is_told(start: StartInstance, tables: Tables) -> None:
    """C35: A database server that takes the connection and says nothing is a 503 too."""
    if not tables.is_postgres:
        pytest.skip("SQLite has no server that could fall silent")
    with socket.create_server((HOST, 0)) as silent:
        url = f"postgresql://nobody:nothing@{HOST}:{silent.getsockname()[1]}/nowhere"
        haste = {"DATABASE_TIMEOUT_SECONDS": str(SHORT_TIMEOUT_SECONDS)}
        answer = start(database_url=url, ready_path="/health", **haste).client.get("/ready")
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


def test_exhausted_pool_is_told(frugal: httpx.Client, tables: Tables) -> None:
    """C36: With every connection in use, a request is a 503 after the timeout."""
    if not tables.is_postgres:
        pytest.skip("SQLite's readers never wait and its connections are not limited")
    with tables.locked(), ThreadPoolExecutor(AT_ONCE) as pool:
        tasks = [pool.submit(frugal.get, "/posts") for _ in range(AT_ONCE)]
        assert most_waiting(tasks, tables) == 1
    for task in tasks:
        unavailable(task.result())
        assert elapsed_ms(task.result()) < AT_ONCE * TIMEOUT_MS / 2
    good(frugal.get("/posts"))


def most_waiting(tasks: list[Future[httpx.Response]], tables: Tables) -> int:
    """Give the most connections that were waiting for the lock at once until all tasks ended."""
    most = 0
    while not all(task.done() for task in tasks):
        most = max(most, tables.waiting_for_lock())
    return most
