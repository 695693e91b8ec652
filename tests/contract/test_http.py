"""HTTP: types, the headers of every answer, HEAD and trailing slashes."""

import time
from collections.abc import Callable

import httpx
import pytest

from tests.contract.answers import elapsed_ms, good, problem, statements
from tests.contract.posts import create, new_post
from tests.contract.simulator import Simulator
from tests.contract.wire import answer_to_head

pytestmark = pytest.mark.usefixtures("tidy")

Ask = Callable[[httpx.Client], httpx.Response]

JSON_PATHS = ["/posts", "/posts?tag=nobody-has-this", "/posts/3", "/dashboard", "/health", "/ready"]
JSON_PATHS += ["/openapi.json"]
FAILING_PATHS = ["/nothing", "/posts?limit=0", "/posts/0", "/posts/10", "/posts/"]
SLASHED_PATHS = ["/posts/", "/posts/3/", "/posts/10/", "/dashboard/", "/health/", "/ready/"]
SLASHED_PATHS += ["/openapi.json/", "/docs/", "/posts//", "/posts/?limit=1"]
TOO_LARGE = b" " * (1024 * 1024 + 1)
FAILURES: dict[int, Ask] = {
    400: lambda client: client.post("/posts", headers={"Content-Type": "application/json"}),
    404: lambda client: client.get("/nothing"),
    405: lambda client: client.delete("/posts"),
    409: lambda client: create(client, new_post(tags=["a", "a"])),
    413: lambda client: client.post("/posts", content=TOO_LARGE, headers={"Connection": "close"}),
    415: lambda client: client.post("/posts", content=b"{}"),
    422: lambda client: create(client, {}),
}
# Headers that tell of the moment or of the connection, not of what was asked for.
OF_THE_MOMENT = {"date", "x-elapsed-ms", "server-timing", "connection", "keep-alive"}


@pytest.mark.parametrize("path", JSON_PATHS)
def test_json_has_no_charset(client: httpx.Client, path: str) -> None:
    """C38: JSON comes as application/json without a charset, in UTF-8, to whoever accepts what."""
    for accept in ("*/*", "text/html", "application/xml;q=0.9", "application/json"):
        good(client.get(path, headers={"Accept": accept, "Accept-Charset": "utf-16"}))


@pytest.mark.parametrize("ask", FAILURES.values(), ids=map(str, FAILURES))
def test_every_failure_is_a_problem(client: httpx.Client, ask: Ask) -> None:
    """C38: A problem comes as application/problem+json without a charset."""
    assert ask(client).headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("path", [*JSON_PATHS, "/docs", *FAILING_PATHS])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_every_answer_says_what_it_took(client: httpx.Client, path: str, method: str) -> None:
    """C39: Every answer has its milliseconds and its SQL statements in its headers."""
    assert_timed(client, lambda client: client.request(method, path))


@pytest.mark.parametrize("ask", FAILURES.values(), ids=map(str, FAILURES))
def test_every_failure_says_what_it_took(client: httpx.Client, ask: Ask) -> None:
    """C39: Every failure has its milliseconds and its SQL statements in its headers."""
    assert_timed(client, ask)


def assert_timed(client: httpx.Client, ask: Ask) -> None:
    """Assert that both headers have their exact form, and that the time fits into our waiting."""
    asked_at_seconds = time.perf_counter()
    answer = ask(client)
    waited_ms = (time.perf_counter() - asked_at_seconds) * 1000
    assert 0 <= elapsed_ms(answer) <= waited_ms
    assert statements(answer) >= 0


def test_refusal_and_create_say_what_they_took(
    client: httpx.Client, anonymous: httpx.Client, token: str
) -> None:
    """C39: A create and its refusal have the headers, and only the create ran statements."""
    assert statements(create(client, new_post())) >= 2
    assert statements(create(anonymous, new_post())) == 0


@pytest.mark.happy_path
def test_statements_are_those_of_the_request(client: httpx.Client) -> None:
    """C39: The statements of an answer are its own: as many each time, none without need."""
    assert statements(client.get("/health")) == 0
    assert statements(client.get("/nothing")) == 0
    first = statements(client.get("/posts/3"))
    assert first >= 1
    assert [statements(client.get("/posts/3")) for _ in range(3)] == [first] * 3


@pytest.mark.happy_path
def test_elapsed_time_includes_the_upstreams(patient: httpx.Client, simulator: Simulator) -> None:
    """C39: The milliseconds of an answer include what it waited for, and its SQL is none."""
    simulator.set("news", delay_seconds=0.1)
    answer = patient.get("/dashboard")
    assert elapsed_ms(answer) > 90  # timers may be a little early
    assert statements(answer) == 0


@pytest.mark.parametrize("path", [*JSON_PATHS, "/docs", *FAILING_PATHS])
def test_head_has_the_headers_of_get(client: httpx.Client, path: str) -> None:
    """C40: HEAD has the status and the headers of GET, its Content-Length too."""
    get, head = client.get(path), client.head(path)
    assert head.status_code == get.status_code
    assert lasting_headers(head) == lasting_headers(get)
    assert int(head.headers["content-length"]) == len(get.content) > 0


def lasting_headers(answer: httpx.Response) -> list[tuple[str, str]]:
    """Give the headers of an answer that are the same each time."""
    return sorted((k, v) for k, v in answer.headers.multi_items() if k not in OF_THE_MOMENT)


@pytest.mark.parametrize("path", [*JSON_PATHS, "/docs", *FAILING_PATHS])
def test_head_has_no_body(client: httpx.Client, path: str) -> None:
    """C40: Not one byte follows the headers of the answer to HEAD."""
    answer = answer_to_head(client, path)
    assert answer.startswith(b"HTTP/1.1 ")
    assert answer.index(b"\r\n\r\n") == len(answer) - 4


@pytest.mark.parametrize("path", SLASHED_PATHS)
def test_trailing_slash_is_not_found(client: httpx.Client, path: str) -> None:
    """C41: A trailing slash is another path, unknown and not redirected."""
    problem(client.get(path), 404)


def test_trailing_slash_is_not_found_for_a_create(client: httpx.Client) -> None:
    """C41: A create with a trailing slash is not found, and not redirected."""
    headers = {"Content-Type": "application/json"}
    problem(client.post("/posts/", json=new_post(), headers=headers), 404)
