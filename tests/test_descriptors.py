"""A service that has no file descriptor left refuses, and is itself again once it has some."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import httpx
import psutil
import pytest

from compare.registry.services import SERVICES, USUAL
from compare.running import databases, launch
from compare.running.stopping import family
from tests.contract.answers import good, problem, unavailable
from tests.contract.posts import create, new_post
from tests.support.serving import seeded

PATHS = ("/posts", "/posts/3", "/ready", "/openapi.json")
NO_SUCH_PATH = "/nowhere"


@pytest.mark.exhaustive
@pytest.mark.slow
@pytest.mark.parametrize("name", USUAL)
def test_want_of_descriptors_is_overload(sqlite: databases.Databases, name: str) -> None:
    """It answers as ever, or with a 503, or closes the connection; later all is well."""
    service = SERVICES[name]
    url = seeded(sqlite, service)
    with (
        launch.running(service, database_url=url, upstreams_url="http://127.0.0.1:9") as running,
        httpx.Client(base_url=running.url, timeout=30, trust_env=False) as client,
    ):
        for path in PATHS:  # what is loaded when it is needed first is loaded now
            good(client.get(path))
        with without_descriptors(running):
            for path in (*PATHS, NO_SUCH_PATH):
                assert status_of(client, path) in (200, 404, 503, None)
        for path in PATHS:
            good(client.get(path))
        problem(client.get(NO_SUCH_PATH), 404)
        good(create(client, new_post()), 201)


def status_of(client: httpx.Client, path: str) -> int | None:
    """Ask, and give the status; None when the connection is closed or refused."""
    try:
        answer = client.get(path)
    except httpx.TransportError:
        return None
    if answer.status_code == 503:
        unavailable(answer)
    return answer.status_code


@contextmanager
def without_descriptors(running: launch.Running) -> Iterator[None]:
    """Let the processes of a service open nothing more until the block ends."""
    members = family(running.process)
    limits = [member.rlimit(resource.RLIMIT_NOFILE) for member in members]
    for member, (_, most) in zip(members, limits, strict=True):
        member.rlimit(resource.RLIMIT_NOFILE, (lowest_free(member), most))
    yield
    for member, limit in zip(members, limits, strict=True):
        member.rlimit(resource.RLIMIT_NOFILE, limit)


def lowest_free(process: psutil.Process) -> int:
    """Give the descriptor that a process would open next."""
    used = {int(entry.name) for entry in Path(f"/proc/{process.pid}/fd").iterdir()}
    return next(number for number in count() if number not in used)
