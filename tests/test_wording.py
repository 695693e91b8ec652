"""Every problem that a request can bring about has the same words in both services."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from compare.registry.environment import settings
from compare.registry.services import SERVICES, USUAL
from compare.running import databases, launch
from compare.running.addresses import HOST, free_port
from tests.support.serving import serving

TOKEN = "a-token"
POST = {"title": "a", "body": "b", "author_id": 1}
JSON = {"Content-Type": "application/json"}
PROBLEMS: dict[str, tuple[int, str, str, dict[str, Any]]] = {
    "not-json": (400, "POST", "/posts", {"content": b"{", "headers": JSON}),
    "no-token": (401, "POST", "/posts", {"json": POST, "headers": {"Authorization": ""}}),
    "no-such-post": (404, "GET", "/posts/10000", {}),
    "no-such-path": (404, "GET", "/nothing", {}),
    "line-break": (404, "GET", "/posts%0A", {}),
    "method": (405, "DELETE", "/posts", {}),
    "tag-twice": (409, "POST", "/posts", {"json": POST | {"tags": ["a", "a"]}}),
    "too-large": (413, "POST", "/posts", {"content": b" " * (1024 * 1024 + 1), "headers": JSON}),
    "not-called-json": (415, "POST", "/posts", {"content": b"{}"}),
    "query": (422, "GET", "/posts?limit=0", {}),
    "shape": (422, "POST", "/posts", {"json": {}}),
    "author": (422, "POST", "/posts", {"json": POST | {"author_id": 10000}}),
    "no-upstream": (502, "GET", "/dashboard", {}),
}


pytestmark = pytest.mark.slow

# One of each framework; the blocking model takes its words from the same module.
PAIR = [SERVICES[name] for name in USUAL if SERVICES[name].async_model == "async"]


@pytest.fixture(scope="module")
def clients(sqlite: databases.Databases) -> Iterator[list[httpx.Client]]:
    """A client of each service, which sends its token; none of them reaches an upstream."""
    with ExitStack() as stack:
        started = [serving(service, sqlite, API_TOKEN=TOKEN) for service in PAIR]
        clients = [stack.enter_context(service) for service in started]
        for client in clients:
            client.headers["Authorization"] = f"Bearer {TOKEN}"
        yield clients


@pytest.mark.parametrize(
    ("status", "method", "path", "more"), PROBLEMS.values(), ids=list(PROBLEMS)
)
def test_problem_is_worded_alike(
    clients: list[httpx.Client], status: int, method: str, path: str, more: dict[str, Any]
) -> None:
    """The bodies of a problem are the same, byte for byte."""
    answers = [client.request(method, path, **more) for client in clients]
    assert [answer.status_code for answer in answers] == [status] * len(clients)
    assert len({answer.content for answer in answers}) == 1


def test_failing_database_is_worded_alike(sqlite: databases.Databases) -> None:
    """So are those of a database without tables."""
    bodies = set()
    for service in PAIR:
        nobody = f"http://{HOST}:{free_port()}"
        chosen = settings(service, sqlite.create(service.name), nobody)
        with launch.launched(service.name, service.command, "/health", chosen) as running:
            answer = httpx.get(f"{running.url}/posts", trust_env=False)
        assert answer.status_code == 503
        bodies.add(answer.content)
    assert len(bodies) == 1
