"""The two services give the same answer to the same request, whatever the request."""

import json
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
from tests.support.serving import serving

# What the contract decides; the rest (Date, Server, elapsed times) is the server's affair.
COMPARED_HEADERS = ("content-type", "allow", "location", "www-authenticate", "retry-after")

Clients = tuple[httpx.Client, ...]
TOKEN = b"a-token"
repeatable = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

ids = st.one_of(st.integers(), st.sampled_from([0, 1, 11, 10, 1000, 2**63 - 1, 2**63, 10**18]))
words = st.text(max_size=60)
scalars = st.none() | st.booleans() | ids | st.floats() | words
values = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(words, inner), max_leaves=8
)
texts = st.text(max_size=210) | st.text(st.characters(codec=None), max_size=5)
new_posts = st.fixed_dictionaries(
    {
        "title": texts | values,
        "body": texts | values,
        "author_id": st.integers(1, 6) | values,
    },
    optional={"tags": st.lists(texts | scalars, max_size=11) | values, "more": values},
)
good_posts = st.fixed_dictionaries(
    {
        "title": st.text(min_size=1, max_size=200).filter(lambda text: "\0" not in text),
        "body": st.text(min_size=1, max_size=200).filter(lambda text: "\0" not in text),
        "author_id": st.integers(1, 6),
        "tags": st.lists(st.sampled_from(["a", "b", "c", "d", "é"]), max_size=5),
    }
)
bodies = st.one_of(good_posts, new_posts, values).map(lambda body: json.dumps(body).encode())
content_types = st.sampled_from(
    ["application/json", "application/json; charset=utf-8", "APPLICATION/JSON", "text/plain", ""]
)
queries = st.dictionaries(
    st.sampled_from(["limit", "before", "tag", "other"]), ids.map(str) | words, max_size=4
)
# Header lines: repeated, spaced, in raw bytes. A client sends no value with spaces around it.
schemes = st.sampled_from([b"Bearer", b"Bearer", b"bEARER", b"Basic", b"Bearer:", b"Be\xe4rer"])
gaps = st.sampled_from([b" ", b"  ", b"      ", b"\t", b" \t", b"\xa0", b" \xa0", b""])
endings = st.sampled_from([b"", b"", b"\xa0", b"\xff", b",", b" x", b"=", b"; a=b"])
credentials = st.tuples(schemes, gaps, st.just(TOKEN), endings).map(b"".join)
parameters = st.sampled_from(
    [b"", b"; charset=utf-8", b"; charset=hex", b"; charset=iso-8859-1", b"; charset=\xff", b";;"]
    + [b"; charset*=bogus'en'x", b"; charset*=us-ascii'en'%00", b"; charset*0=a; charset*=b", b","]
)
media_types = st.sampled_from([b"application/json", b"Application/JSON", b"text/plain", b"\xff/x"])
# One at most: some servers refuse a second Content-Type themselves.
content_types_in_bytes = st.just([b"application/json"]) | st.lists(
    st.tuples(media_types, parameters).map(b"".join), max_size=1
)
headers = st.tuples(st.lists(credentials, max_size=2), content_types_in_bytes).map(
    lambda values: (
        [(b"Authorization", value) for value in values[0]]
        + [(b"Content-Type", value) for value in values[1]]
    )
)
paths = st.one_of(
    st.sampled_from(["/posts", "/posts/", "/health", "/ready", "/dashboard", "/docs/", "/", "//"]),
    ids.map(lambda id: f"/posts/{id}"),
    words.map(lambda word: f"/posts/{word}"),
)
methods = st.sampled_from(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])


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
