"""An SQLite file that is damaged, empty or has no room: 503, and good again without a restart."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from sqlalchemy import make_url

from compare.registry.environment import settings
from compare.registry.services import SERVICES, USUAL
from compare.running import databases, launch
from compare.running.addresses import HOST
from compare.running.stopping import family
from tests.contract.answers import good, unavailable
from tests.contract.posts import create, new_post
from tests.support.serving import seeded

PAGE_BYTES = 4096


@contextmanager
def begun_without_file(name: str, url: str) -> Iterator[tuple[launch.Running, httpx.Client]]:
    """Run a service whatever its database is, and give a client of it."""
    service = SERVICES[name]
    chosen = settings(service, url, f"http://{HOST}:9")
    with (
        launch.launched(name, service.command, "/health", chosen) as running,
        httpx.Client(base_url=running.url, timeout=30, trust_env=False) as client,
    ):
        yield running, client


def put(content: bytes, path: Path) -> None:
    """Put a new file in the place of a database, as whoever restores a backup."""
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    new = path.with_suffix(".new")
    new.write_bytes(content)
    new.replace(path)


def assert_unavailable(client: httpx.Client) -> None:
    """Assert that whatever needs the database is a 503."""
    for path in ("/ready", "/posts", "/posts/3"):
        unavailable(client.get(path))
    unavailable(create(client, new_post()))


def assert_good(client: httpx.Client) -> None:
    """Assert that whatever needs the database works."""
    for path in ("/ready", "/posts", "/posts/3"):
        good(client.get(path))
    good(create(client, new_post(tags=["a"])), 201)


@contextmanager
def without_room(running: launch.Running) -> Iterator[None]:
    """Let the processes of a service write to no file until the block ends, as on a full disk."""
    members = family(running.process)
    _, most = members[0].rlimit(resource.RLIMIT_FSIZE)
    for member in members:
        member.rlimit(resource.RLIMIT_FSIZE, (0, most))
    yield
    for member in members:
        member.rlimit(resource.RLIMIT_FSIZE, (most, most))


@pytest.mark.slow
@pytest.mark.parametrize("name", USUAL)
def test_unfit_file_is_told_and_forgotten(sqlite: databases.Databases, name: str) -> None:
    """No database, no tables, damaged pages: each is a 503, until a good file is there.

    Then a disk without room refuses creates, until there is room.
    """
    url = seeded(sqlite, SERVICES[name])
    path = Path(make_url(url).database or "")
    whole = path.read_bytes()
    damaged = whole[:PAGE_BYTES] + b"damaged." * (len(whole[PAGE_BYTES:]) // 8)
    path.write_bytes(b"no database" * 1000)
    with begun_without_file(name, url) as (running, client):
        assert_unavailable(client)
        for content in (b"", damaged):
            put(content, path)
            assert_unavailable(client)
        put(whole, path)
        assert_good(client)
        with without_room(running):
            unavailable(create(client, new_post()))
        assert_good(client)
