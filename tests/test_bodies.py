"""Bodies are compared whole while a service works, and the first wrong one is told."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from compare.bench import expected, sampling
from compare.bench.bodies import Bodies
from compare.registry.services import SERVICES
from compare.running import databases, launch
from compare.running.addresses import HOST, free_port
from tests.support.serving import seeded

PAGE = expected.page([]).model_dump(mode="json")
POST = PAGE["posts"][0]
OUT_OF_ORDER = [PAGE["posts"][1], PAGE["posts"][0], *PAGE["posts"][2:]]
MADE = POST | {"id": 2000, "title": "Load everything", "author": {"id": 1, "name": "Ada Lovelace"}}
DASHBOARD = expected.DASHBOARD.model_dump(mode="json")


@pytest.fixture(scope="module")
def service_url(sqlite: databases.Databases) -> Iterator[str]:
    """A service on the seed data with upstreams that are well."""
    service = SERVICES["fastapi"]
    url = seeded(sqlite, service)
    with (
        launch.upstreams_running() as simulator,
        launch.running(service, database_url=url, upstreams_url=simulator.url) as running,
    ):
        yield running.url


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask as fast as it goes."""
    monkeypatch.setattr(sampling, "ASK_EVERY_SECONDS", 0.001)
    monkeypatch.setattr(sampling, "ASK_SELDOM_SECONDS", 0.001)


@contextmanager
def answering(body: Any, status: int = 200, delay_seconds: float = 0) -> Iterator[str]:
    """Run a server that answers everything with this JSON."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            released.wait(delay_seconds)
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    released = threading.Event()
    with ThreadingHTTPServer((HOST, 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://{HOST}:{server.server_port}"
        finally:
            released.set()
            server.shutdown()
            thread.join()


def compared(url: str, endpoint: str, answers: int = 8, **options: float) -> Bodies:
    """Compare until so many answers were good, one was wrong or one did not come."""
    with sampling.comparing(url, endpoint, **options) as bodies:
        while bodies.compared < answers and not bodies.difference and not bodies.unanswered:
            time.sleep(0.01)
    return bodies


@pytest.mark.parametrize(
    ("endpoint", "endpoints"),
    [
        ("list", {"list"}),
        ("detail", {"detail"}),
        ("create", {"create", "detail"}),
        ("dashboard", {"dashboard"}),
        ("mixed", {"list", "detail", "create", "dashboard"}),
    ],
)
def test_right_service_has_no_difference(
    service_url: str, endpoint: str, endpoints: set[str]
) -> None:
    """Every body of a service that keeps the contract is equal, also of posts made meanwhile."""
    bodies = compared(service_url, endpoint)
    assert bodies.difference == ""
    assert bodies.compared >= 8
    assert set(bodies.answers) == endpoints
    assert bodies.marks() == []


@pytest.mark.parametrize(
    ("endpoint", "body", "difference"),
    [
        ("list", PAGE | {"next": None}, "GET /posts answered with another body.next: None and not"),
        ("list", PAGE | {"posts": OUT_OF_ORDER}, "body.posts[0].id: 998 and not 999"),
        ("list", PAGE | {"posts": PAGE["posts"][1:]}, "body.posts: "),
        ("list", PAGE | {"extra": 1}, "body.extra: Extra inputs are not permitted"),
        ("list", PAGE | {"posts": []}, "body.posts: "),
        ("list", PAGE | {"posts": [MADE, *PAGE["posts"][:-1]]}, "body.posts[0].title: 'Load every"),
        ("rows", PAGE | {"posts": [POST | {"tags": []}]}, "GET /ladder/rows answered with another"),
        ("detail", POST | {"body": "another"}, "body.id: 999 and not "),
        ("detail", POST, "body.body: Field required"),
        ("dashboard", DASHBOARD | {"news": None}, "body.news: None and not {'headlines'"),
        ("await", {"waited": "thread"}, "GET /wait/await answered with another body.waited: 'thr"),
        ("await", [], "another body: Input should be an object"),
    ],
)
def test_wrong_body_is_told(endpoint: str, body: Any, difference: str) -> None:
    """One field that is wrong, missing or too many is told with its place."""
    with answering(body) as url:
        bodies = compared(url, endpoint)
    assert bodies.compared == 0
    assert difference in bodies.difference


@pytest.mark.parametrize("rung", ["nothing", "n-plus-1"])
def test_rung_answers_as_the_list(rung: str) -> None:
    """The ladder's rungs are compared with the first page, and waits with their names."""
    with answering(PAGE) as url:
        assert compared(url, rung).answers[rung] >= 8
    with answering({"waited": "blocking-call"}) as url:
        assert compared(url, "blocking-call").compared >= 8


def test_another_status_is_told() -> None:
    """An error is a difference, not a body."""
    with answering(PAGE, status=503) as url:
        assert compared(url, "list").difference == "GET /posts answered 503 and not 200"


def test_late_answer_is_no_difference() -> None:
    """Under too much load a service may be silent; it is told that nothing was compared."""
    with answering(PAGE, delay_seconds=30) as url:
        bodies = compared(url, "list", timeout_seconds=0.1)
    assert (bodies.difference, bodies.compared) == ("", 0)
    assert bodies.marks() == [
        f"no body was compared: {bodies.unanswered} questions were not answered in time"
    ]


def test_broken_connection_is_told() -> None:
    """A service that is away is a difference."""
    bodies = compared(f"http://{HOST}:{free_port()}", "list")
    assert bodies.difference.startswith("the connection of a list broke: ")
