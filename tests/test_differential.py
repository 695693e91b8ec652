"""The two services give the same answer to the same request, whatever the request."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compare.registry.services import SERVICES, USUAL
from compare.running import databases
from tests.support.raw_requests import COMPARED_HEADERS
from tests.support.serving import serving
from tests.support.strategies import (
    TOKEN,
    bodies,
    content_types,
    good_posts,
    headers,
    methods,
    paths,
    queries,
)

Clients = tuple[httpx.Client, ...]
repeatable = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(scope="module", params=["async", "blocking"])
def clients(request: pytest.FixtureRequest, client_of: Callable[[str], httpx.Client]) -> Clients:
    """A client of each framework's service with this async model, each on a database of its own."""
    first, second = (name for name in USUAL if SERVICES[name].async_model == request.param)
    return client_of(first), client_of(second)


@pytest.fixture(scope="module", params=["async", "blocking"])
def guarded(request: pytest.FixtureRequest, sqlite: databases.Databases) -> Iterator[Clients]:
    """The same, of services that want a token."""
    services = [SERVICES[name] for name in USUAL if SERVICES[name].async_model == request.param]
    with ExitStack() as stack:
        yield tuple(
            stack.enter_context(serving(service, sqlite, API_TOKEN=TOKEN.decode()))
            for service in services
        )


def essence(response: httpx.Response) -> dict[str, Any]:
    """Give what two services must agree on; a created post's time is its own."""
    headers = {name: response.headers.get(name) for name in COMPARED_HEADERS}
    body: Any = response.text
    if response.headers.get("content-type") == "application/json" and response.content:
        body = response.json()
        if response.status_code == 201:
            body["published_at"] = None
    return {"status": response.status_code, **headers, "body": body}


def assert_same_answer(clients: Clients, method: str, path: str, **request: Any) -> int:
    """Ask both services the same, compare what they answer, and give the status."""
    first, second = (essence(client.request(method, path, **request)) for client in clients)
    assert first == second
    assert first["status"] < 500 or path == "/dashboard"
    return int(first["status"])


@repeatable
@given(query=queries)
def test_lists_are_the_same(clients: Clients, query: dict[str, str]) -> None:
    """Any query of the list."""
    assert_same_answer(clients, "GET", "/posts", params=query)


@repeatable
@given(method=methods, path=paths)
def test_paths_and_methods_are_answered_the_same(clients: Clients, method: str, path: str) -> None:
    """Any method on any path, without a body."""
    assert_same_answer(clients, method, quote(path, errors="replace"))


@repeatable
@given(body=bodies | st.binary(max_size=50), content_type=content_types)
def test_creates_are_the_same(clients: Clients, body: bytes, content_type: str) -> None:
    """Any body, in any content type, from good posts to noise."""
    headers = {"Content-Type": content_type}
    assert_same_answer(clients, "POST", "/posts", content=body, headers=headers)


@repeatable
@given(post=good_posts)
def test_good_creates_are_created_the_same(clients: Clients, post: dict[str, Any]) -> None:
    """A post of the right shape is created by both, or refused by both for the same reason."""
    status = assert_same_answer(clients, "POST", "/posts", json=post)
    assert status in {201, 409, 422}


@repeatable
@given(headers=headers)
def test_headers_of_a_create_are_read_the_same(
    guarded: Clients, headers: list[tuple[bytes, bytes]]
) -> None:
    """A good post with any headers: created by both, or refused by both for the same reason."""
    body = b'{"title": "a", "body": "b", "author_id": 1}'
    status = assert_same_answer(guarded, "POST", "/posts", content=body, headers=headers)
    assert status in {201, 401, 415}


@repeatable
@given(headers=headers, path=st.sampled_from(["/posts?tag=unicode-%C3%A9&limit=1", "/health"]))
def test_headers_of_a_get_do_not_matter(
    guarded: Clients, headers: list[tuple[bytes, bytes]], path: str
) -> None:
    """A good GET with any headers is answered by both as without them."""
    assert assert_same_answer(guarded, "GET", path, headers=headers) == 200
