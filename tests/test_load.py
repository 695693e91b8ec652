"""The load engine tells the truth about a server whose delays and errors are known."""

import json
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import k9.plan
import pytest

from compare import launch, load
from tests.scripted import DELAY_SECONDS, FAILING_EVERY

COMMAND: tuple[str, ...] = (
    sys.executable,
    "-m",
    "uvicorn",
    "tests.scripted:app",
    "--log-level",
    "warning",
)
COMMAND += ("--host", "{host}", "--port", "{port}")
CONNECTIONS = 4
DURATION_SECONDS = 0.5


@pytest.fixture
def server() -> Iterator[str]:
    """A scripted server of its own for each test, so that its counts start at nothing."""
    with launch.launched("scripted", COMMAND, "/seen") as running:
        yield running.url


def seen(server: str) -> list[dict[str, Any]]:
    """What the server was asked so far."""
    asked: list[dict[str, Any]] = httpx.get(f"{server}/seen", trust_env=False).json()
    return asked


def test_every_request_is_counted_once(server: str) -> None:
    """As many answers are counted as the server gave, over as many connections as it had."""
    found = load.run(server, load.Request("GET", "/fast"), CONNECTIONS, DURATION_SECONDS)
    asked = seen(server)
    assert found.errors == 0
    assert found.requests == len(asked) > CONNECTIONS
    assert len({request["client_port"] for request in asked}) == CONNECTIONS


def test_times_are_never_shorter_than_the_truth(server: str) -> None:
    """A server that waits 50 ms cannot look faster, nor can its throughput pass its ceiling."""
    found = load.run(server, load.Request("GET", "/slow"), CONNECTIONS, DURATION_SECONDS)
    assert DELAY_SECONDS * 1000 <= found.p50_ms <= found.p95_ms <= found.p99_ms
    assert found.duration_seconds >= DURATION_SECONDS
    assert found.requests_per_second <= CONNECTIONS / DELAY_SECONDS
    assert found.requests == len(seen(server)) >= CONNECTIONS


def test_errors_are_not_throughput(server: str) -> None:
    """Where every fourth answer fails, exactly those are errors, and the rate leaves them out."""
    found = load.run(server, load.Request("GET", "/flaky"), CONNECTIONS, DURATION_SECONDS)
    asked = len(seen(server))
    assert found.errors == asked // FAILING_EVERY > 0
    assert found.requests == asked - found.errors
    assert found.requests_per_second == pytest.approx(found.requests / found.duration_seconds)


def test_another_status_is_an_error(server: str) -> None:
    """An answer of 200 where 201 is due is an error, though it is quick and well."""
    found = load.run(server, load.Request("GET", "/fast", 201), CONNECTIONS, DURATION_SECONDS)
    assert (found.requests, found.requests_per_second) == (0, 0)
    assert found.errors == len(seen(server))


def test_another_body_is_an_error(server: str) -> None:
    """An answer without the text that all good ones hold is an error."""
    request = load.Request("GET", "/fast", contains="missing")
    found = load.run(server, request, CONNECTIONS, DURATION_SECONDS)
    assert found.requests == 0
    assert found.errors == len(seen(server))


def test_no_answer_is_an_error(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request that is never answered is not forgotten."""
    monkeypatch.setattr(load, "GRACE_SECONDS", 1)
    found = load.run(server, load.Request("GET", "/hang"), CONNECTIONS, DURATION_SECONDS)
    assert (found.requests, found.errors) == (0, CONNECTIONS)


def test_no_server_is_an_error() -> None:
    """Where nothing listens, every attempt is an error."""
    nowhere = f"http://{launch.HOST}:{launch.free_port()}"
    found = load.run(nowhere, load.Request("GET", "/"), 1, DURATION_SECONDS)
    assert found.requests == 0 < found.errors


def test_ids_are_drawn_from_those_given(server: str) -> None:
    """A path's id is one of the given ids, and all of them come up."""
    request = load.Request("GET", "/posts/{id}", ids=(3, 5, 7))
    load.run(server, request, CONNECTIONS, DURATION_SECONDS)
    assert {request["path"] for request in seen(server)} == {"/posts/3", "/posts/5", "/posts/7"}


def test_every_create_is_another(server: str) -> None:
    """A body with a reference in it is never sent twice."""
    post = {"title": f"Post {k9.plan.uuid()}", "author_id": 1}
    request = load.Request("POST", "/echo", 201, json=post)
    found = load.run(server, request, CONNECTIONS, DURATION_SECONDS)
    bodies = [json.loads(request["body"]) for request in seen(server)]
    assert len({body["title"] for body in bodies}) == len(bodies) == found.requests > 0
    assert {body["author_id"] for body in bodies} == {1}
