"""The yardsticks answer what the services answer, so that their speeds can be compared."""

import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import httpx
import pytest

from compare.contract import suite
from compare.registry.project import PROJECT_ROOT
from compare.registry.services import SERVICES, USUAL, YARDSTICK, Service
from compare.results.model import TestOutcome as Outcome
from compare.running import databases
from tests.contract.answers import good, statements
from tests.contract.posts import create, new_post, published_ids, read, summary
from tests.support.serving import serving

STATEMENTS = {"nothing": 0, "select-1": 1, "rows": 2, "objects": 2, "n-plus-1": 41}
WAITS = ("await", "blocking-call", "thread", "gathered-queries")
WAIT_SECONDS = 0.05
AT_ONCE, THREADS = 6, 2
# How many waits, one after another, the waits of that many requests at once take at least.
TURNS: dict[str, dict[str, float]] = {
    "django": {"blocking-call": AT_ONCE},
    "fastapi": {"blocking-call": AT_ONCE, "thread": AT_ONCE / THREADS},
    "django-blocking": {"thread": 1},  # its threads are those of gunicorn
    "fastapi-blocking": {"thread": AT_ONCE / THREADS},
}
rungs = pytest.mark.parametrize("rung", STATEMENTS)


@pytest.fixture(scope="module", params=USUAL)
def service(request: pytest.FixtureRequest) -> Service:
    """A service whose ladder is asked."""
    return SERVICES[request.param]


@pytest.fixture(scope="module")
def ladder(service: Service, sqlite: databases.Databases) -> Iterator[httpx.Client]:
    """A client of the service's ladder, on the seed data, with few threads."""
    with serving(laddered(service), sqlite, THREAD_LIMIT=str(THREADS)) as client:
        yield client


@pytest.fixture(scope="module")
def bare(sqlite: databases.Databases) -> Iterator[httpx.Client]:
    """A client of the bare application, on the seed data."""
    with serving(YARDSTICK, sqlite, API_TOKEN="secret") as client:
        client.headers["Authorization"] = "Bearer secret"
        yield client


def laddered(service: Service) -> Service:
    """Give the service with its ladder in the place of itself."""
    return replace(service, command=service.ladder)


def collected(name: str) -> str:
    """Say how many tests of the contract suite a service is asked."""
    command = [sys.executable, "-m", "pytest", "tests/contract", "--collect-only", "--quiet"]
    command.append(f"--service={name}")
    answer = subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, text=True, check=True)
    return answer.stdout.splitlines()[-1]


def seconds_for_all(client: httpx.Client, path: str) -> float:
    """Ask for a path several times at once, and give the seconds until all are answered."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        started_at_seconds = time.monotonic()
        answers = list(pool.map(lambda _: client.get(path), range(AT_ONCE)))
    assert [answer.status_code for answer in answers] == [200] * AT_ONCE
    return time.monotonic() - started_at_seconds


@pytest.mark.slow
@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_bare_application_passes_the_happy_paths(database: str) -> None:
    """It does what the services do, as far as they are measured."""
    heard: list[tuple[Outcome, int]] = []
    with databases.open(database) as source:
        outcomes = suite.check_services(
            [YARDSTICK], source, lambda outcome, total: heard.append((outcome, total))
        )
    assert [outcome for outcome in outcomes if outcome.outcome != "passed"] == []
    assert {"C1", "C9", "C11", "C19", "C26"} <= {outcome.clause for outcome in outcomes}
    assert heard[-1] == (outcomes[-1], len(outcomes))


@pytest.mark.slow
def test_only_a_yardstick_is_spared_the_unhappy_paths() -> None:
    """A service is asked every test of the suite."""
    assert "deselected" in collected(YARDSTICK.name)
    assert "deselected" not in collected("django")


def test_bare_application_refuses_in_a_word(bare: httpx.Client) -> None:
    """What is not on a happy path has a status of its own, and leaves nothing."""
    before = good(bare.get("/posts"))
    assert bare.get("/nothing").status_code == 404
    assert bare.get("/posts/10").status_code == 404
    assert bare.get("/posts?limit=0").status_code == 400
    assert create(bare, {}).status_code == 400
    assert create(bare, new_post(author_id=99)).status_code == 422
    assert create(bare, new_post(tags=["a", "a"])).status_code == 409
    assert create(bare, new_post(), Authorization="Bearer other").status_code == 401
    assert bare.get("/dashboard").status_code == 502  # nobody listens there
    assert good(bare.get("/posts")) == before


@rungs
def test_every_rung_answers_as_the_service_does(ladder: httpx.Client, rung: str) -> None:
    """A rung gives the newest 20 posts, byte by byte as the service's list has them."""
    answer = ladder.get(f"/ladder/{rung}")
    assert [read(post) for post in good(answer)["posts"]] == [
        summary(id) for id in published_ids()[:20]
    ]
    assert answer.content == ladder.get("/posts?limit=20").content


@rungs
def test_every_rung_runs_its_statements(ladder: httpx.Client, rung: str) -> None:
    """A rung is known by its number of statements, which is the same in both frameworks."""
    assert statements(ladder.get(f"/ladder/{rung}")) == STATEMENTS[rung]


@pytest.mark.parametrize("wait", WAITS)
def test_every_wait_says_how_it_waited(ladder: httpx.Client, service: Service, wait: str) -> None:
    """A view waits in its own way; a blocking service has nothing but its threads to wait in."""
    answer = ladder.get(f"/wait/{wait}")
    if service.async_model == "blocking" and wait != "thread":
        assert answer.status_code == 404
    else:
        assert good(answer) == {"waited": wait}


def test_waits_at_once_take_their_turns(ladder: httpx.Client, service: Service) -> None:
    """Views that block the loop wait one after another, those in threads as many as threads are."""
    for wait, turns in TURNS[service.name].items():
        assert seconds_for_all(ladder, f"/wait/{wait}") >= turns * WAIT_SECONDS
