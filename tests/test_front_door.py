"""Behind the front door no client can stop a service, and too many at once are told so at once."""

import asyncio
import select
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import cycle

import httpx
import pytest

from compare.registry.services import SERVICES, USUAL
from compare.running import databases, launch
from compare.running.front_door import front_door, is_installed
from tests.support.serving import seeded

MOST_IN_FLIGHT = 64  # of one client, as compose/limits.conf says
REFUSED = 36
SLOW_CLIENTS = 80  # of each kind more than a service has threads
LARGEST_BODY = 2 * 1024 * 1024
PATIENCE_SECONDS = 60
BEGUN = (
    b"G",
    b"POST /service/posts HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b'Content-Length: 1000\r\n\r\n{"title": "',
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not is_installed(), reason="nginx is not installed here"),
]


@contextmanager
def behind_a_door(name: str, source: databases.Databases) -> Iterator[tuple[str, httpx.Client]]:
    """Run a service behind a front door; give its URL there, and the control of its upstreams."""
    service = SERVICES[name]
    with (
        launch.upstreams_running() as upstreams,
        launch.running(
            service,
            database_url=seeded(source, service),
            upstreams_url=upstreams.url,
            overrides={"UPSTREAM_TIMEOUT_SECONDS": str(PATIENCE_SECONDS)},
        ) as running,
        front_door(running.url) as door,
        httpx.Client(base_url=upstreams.url, trust_env=False) as control,
    ):
        yield door.url, control


@pytest.mark.parametrize("name", USUAL)
def test_requests_beyond_the_limit_are_refused_at_once(
    sqlite: databases.Databases, name: str
) -> None:
    """While as many dashboards wait as may, all others are a 503; after it, all is as before."""
    with behind_a_door(name, sqlite) as (url, control):
        control.put("/control/weather", json={"mode": "hold"})
        refused, answered = asyncio.run(ask_beyond_the_limit(url, control))
        assert httpx.get(f"{url}/dashboard", trust_env=False).status_code == 200
    assert [answer.status_code for answer in refused] == [503] * REFUSED
    assert [answer.status_code for answer in answered] == [200] * MOST_IN_FLIGHT
    for answer in refused:
        assert answer.json()["status"] == 503
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["retry-after"] == "1"


async def ask_beyond_the_limit(
    url: str, control: httpx.Client
) -> tuple[list[httpx.Response], list[httpx.Response]]:
    """Ask for more dashboards than may wait; give those refused while the others do, and them."""
    limits = httpx.Limits(max_connections=None)
    client = httpx.AsyncClient(timeout=PATIENCE_SECONDS, limits=limits, trust_env=False)
    refused: list[httpx.Response] = []
    answered: list[httpx.Response] = []
    async with client:
        requests = [client.get(f"{url}/dashboard") for _ in range(MOST_IN_FLIGHT + REFUSED)]
        for done in asyncio.as_completed(requests):
            (refused if len(refused) < REFUSED else answered).append(await done)
            if len(refused) == REFUSED:
                await client.delete(f"{control.base_url}/control")
    return refused, answered


def test_slow_clients_hold_up_nobody(sqlite: databases.Databases) -> None:
    """Clients that stop in a head or a body cost a blocking service no thread, and are closed."""
    with behind_a_door("django-blocking", sqlite) as (url, _), ExitStack() as stack:
        address = httpx.URL(url)
        slow = [
            stack.enter_context(socket.create_connection((address.host, address.port or 80)))
            for _ in range(SLOW_CLIENTS)
        ]
        for connection, begun in zip(slow, cycle(BEGUN), strict=False):
            connection.sendall(begun)
        assert httpx.get(f"{url}/ready", timeout=PATIENCE_SECONDS, trust_env=False).is_success
        closed_before, _, _ = select.select(slow, [], [], 0)
        assert not closed_before
        for connection in slow:
            connection.settimeout(PATIENCE_SECONDS)
            while connection.recv(1000):
                pass


def test_larger_body_than_any_service_takes_is_refused(sqlite: databases.Databases) -> None:
    """The front door refuses by its length a body that it would otherwise have to keep."""
    with behind_a_door("fastapi", sqlite) as (url, _):
        answer = httpx.post(f"{url}/posts", content=b"0" * (LARGEST_BODY + 1), trust_env=False)
    assert answer.status_code == answer.json()["status"] == 413
    assert answer.headers["content-type"] == "application/problem+json"
