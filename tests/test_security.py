"""What SECURITY.md promises: nothing of a client's or of ours is shown where it should not be."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from compare.registry.environment import settings
from compare.registry.services import APPLICATIONS, SERVICES, USUAL
from compare.running import launch
from compare.running.addresses import HOST, free_port
from tests.contract.posts import create, new_post
from tests.support.source_files import ROOT, Function, parsed
from tests.support.starting import DOORS, fresh_processes, refusal

PASSWORD, TOKEN, GUESS, TEXT = "xyzzy-password", "xyzzy-token", "xyzzy-guess", "xyzzy-text"
FORGED = "ERROR: forged"
FRAMEWORKS = [*(application.framework.lower() for application in APPLICATIONS), "starlette"]
PATHS = ("/health", "/posts", "/openapi.json", "/docs", "/nowhere")
HEADERS = {"content-type", "content-length", "x-elapsed-ms", "server-timing", "retry-after"}
OF_SERVERS = {"date", "server", "connection"}


@dataclass(frozen=True)
class Stranded:
    """A service with a token whose database, behind a password, is not there."""

    client: httpx.Client
    log: Path


@pytest.fixture(scope="module", params=USUAL)
def stranded(request: pytest.FixtureRequest) -> Iterator[Stranded]:
    """A service that has secrets, and much to complain of."""
    service = SERVICES[request.param]
    url = f"postgresql://nobody:{PASSWORD}@{HOST}:{free_port()}/nowhere"
    short = {"API_TOKEN": TOKEN, "DATABASE_TIMEOUT_SECONDS": "0.5"}
    chosen = settings(service, url, f"http://{HOST}:9", **short)
    with (
        launch.launched(service.name, service.command, "/health", chosen) as running,
        httpx.Client(base_url=running.url, timeout=30, trust_env=False) as client,
    ):
        yield Stranded(client, running.log)


@pytest.mark.slow
def test_secrets_stay_out_of_answers_and_log(stranded: Stranded) -> None:
    """Neither passwords, tokens and guesses of them nor what a client writes is shown."""
    client, answers = stranded.client, []
    for token in (GUESS, TOKEN):
        client.headers["Authorization"] = f"Bearer {token}"
        answers += [create(client, new_post(title=TEXT, body=TEXT)), client.get("/dashboard")]
    answers += [client.get(path) for path in ("/ready", "/posts")]
    assert [answer.status_code for answer in answers] == [401, 502, 503, 502, 503, 503]
    shown = [answer.text + str(answer.headers) for answer in answers] + [stranded.log.read_text()]
    assert "database" in shown[-1]
    assert not any("xyzzy" in text for text in shown)


@pytest.mark.slow
def test_no_request_forges_a_line_of_the_log(stranded: Stranded) -> None:
    """A line break in a path, a query or a header begins no new line."""
    for path in (f"/posts%0A{FORGED}", f"/ready?tag=%0A{FORGED}", f"/posts/1%0D%0A{FORGED}"):
        stranded.client.get(path, headers={"X-Request-Id": f"1\t{FORGED}"})
    assert FORGED not in stranded.log.read_text()


@pytest.mark.slow
@pytest.mark.parametrize("path", PATHS)
def test_answers_say_nothing_of_who_made_them(stranded: Stranded, path: str) -> None:
    """The headers are the contract's and the server's own; none names a framework."""
    headers = stranded.client.get(path).headers
    assert set(headers) <= HEADERS | OF_SERVERS
    assert not any(name in str(headers).lower() for name in FRAMEWORKS)


@pytest.mark.slow
@pytest.mark.parametrize("path", PATHS)
def test_no_answer_depends_on_the_host(stranded: Stranded, path: str) -> None:
    """Whoever forges a Host finds it in no answer, which could be kept for others."""
    usual = stranded.client.get(path)
    forged = {"Host": "forged.example", "X-Forwarded-Host": "forged.example"}
    answer = stranded.client.get(path, headers=forged)
    assert (answer.status_code, answer.content) == (usual.status_code, usual.content)
    assert "forged" not in str(answer.headers)


def test_debug_is_a_choice() -> None:
    """Debugging is off unless DEBUG is exactly 1; what could be meant so stops the service."""
    (django,) = (door for door in DOORS if door.startswith("django"))
    with fresh_processes() as processes:
        said = processes.submit(refusal, django, {"DEBUG": "true"}).result()
    assert ": DEBUG: " in said.splitlines()[-1]


def test_promises_name_tests_that_are_there() -> None:
    """Each promise of SECURITY.md says which test keeps it, and that test exists."""
    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    promises = re.findall(r"^- \*\*.*?(?=^- |\n\n)", text, re.MULTILINE | re.DOTALL)
    assert promises
    for promise in promises:
        named = re.findall(r"`(tests/[a-z_/]+\.py)(?:::(test_[a-z_0-9]+))?`", promise)
        assert named, promise
        for file, test in named:
            assert not test or test in functions_of(ROOT / file), f"{file}::{test}"


def functions_of(path: Path) -> set[str]:
    """Give the names of a file's functions."""
    return {node.name for node in parsed(path).body if isinstance(node, Function)}
