"""The service under test: our own process or somebody's URL, and what tests may know of it."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import httpx
from sqlalchemy import Engine

from compare.registry.environment import settings as service_settings
from compare.registry.services import Service
from compare.running import databases, launch, stopping
from shared import seed

TOKEN = "a-token-of-the-contract-suite"
# Long enough for the other two upstreams to answer on a machine that stands still for a moment.
UPSTREAM_TIMEOUT_SECONDS = 0.8
# Far above every timeout of a service: an answer that takes longer is a failure of its own.
REQUEST_TIMEOUT_SECONDS = 30.0
# Below the shortest keep-alive of the servers, so that no request meets a closing connection.
KEEPALIVE_SECONDS = 1.0
SHORT_TIMEOUT_SECONDS = 0.5  # for a database that is to fail


@dataclass(frozen=True)
class Instance:
    """A process of the service that the suite itself has begun to start."""

    process: launch.Running
    token: str | None
    ready_path: str

    def wait_until_ready(self) -> None:
        """Wait until it takes requests."""
        launch.wait_until_ready(self.process, self.ready_path)

    def connect(self) -> httpx.Client:
        """Give a client of it that sends its token."""
        return connect(self.process.url, self.token)

    def connect_async(self) -> httpx.AsyncClient:
        """Give such a client for many requests at once."""
        return connect_async(self.process.url, self.token)

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()

    def stop(self) -> None:
        """Ask it to end, and wait until it has: what it was about to do is done, or never will."""
        stopping.stop(self.process.process)


# Begins to start one more process of the service under test, with settings of its own.
Begin = Callable[..., AbstractContextManager[Instance]]


@dataclass(frozen=True)
class Subject:
    """A running service; what is None is not known of it, and tests that need it are skipped."""

    name: str
    url: str
    token: str | None = None
    engine: Engine | None = None
    upstreams_url: str | None = None
    upstream_timeout_seconds: float | None = None
    overlaps: bool | None = None
    begin: Begin | None = None


def connect(url: str, token: str | None = None) -> httpx.Client:
    """Give a client that keeps its connections, sends the token and follows no redirect."""
    return httpx.Client(**_of_client(url, token))


def connect_async(url: str, token: str | None = None) -> httpx.AsyncClient:
    """Give such a client for many requests at once."""
    return httpx.AsyncClient(**_of_client(url, token))


def _of_client(url: str, token: str | None) -> dict[str, Any]:
    return {
        "base_url": url,
        "headers": {"Authorization": f"Bearer {token}"} if token else {},
        "timeout": REQUEST_TIMEOUT_SECONDS,
        "limits": httpx.Limits(keepalive_expiry=KEEPALIVE_SECONDS),
        "trust_env": False,
        "verify": _tls_context(),
    }


@cache  # since making one takes longer than many a test
def _tls_context() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)


@contextmanager
def running(
    service: Service, source: databases.Databases, upstreams: launch.Running
) -> Iterator[Subject]:
    """Run a service on a fresh database, migrated by the service itself and seeded."""
    fresh_url = source.create(service.name)
    launch.migrate(service, fresh_url)
    engine = databases.engine(fresh_url)
    seed.fill(engine)
    launch.wait_until_ready(upstreams, "/hits")
    begin = partial(_begun, service, database_url=fresh_url, upstreams_url=upstreams.url)
    with begin() as instance:
        instance.wait_until_ready()
        yield Subject(
            name=service.name,
            url=instance.process.url,
            token=TOKEN,
            engine=engine,
            upstreams_url=upstreams.url,
            upstream_timeout_seconds=UPSTREAM_TIMEOUT_SECONDS,
            overlaps=service.async_model == "async",
            begin=begin,
        )


@contextmanager
def _begun(
    service: Service,
    *,
    database_url: str,
    upstreams_url: str,
    token: str | None = TOKEN,
    ready_path: str = "/ready",
    **settings: str,
) -> Iterator[Instance]:
    settings = {"UPSTREAM_TIMEOUT_SECONDS": str(UPSTREAM_TIMEOUT_SECONDS)} | settings
    if token is not None:
        settings["API_TOKEN"] = token
    chosen = service_settings(service, database_url, upstreams_url, **settings)
    with launch.begun(service.name, service.command, chosen) as process:
        yield Instance(process, token, ready_path)


def given(
    url: str, token: str | None, upstreams_url: str | None, database_url: str | None
) -> Subject:
    """Take a service that somebody else runs; its database, when known, is seeded afresh."""
    engine = databases.engine(database_url) if database_url else None
    if engine is not None:
        seed.fill(engine)
    return Subject(name=url, url=url, token=token, engine=engine, upstreams_url=upstreams_url)


def complaint(subject: Subject) -> str | None:
    """Say in one line why a service that somebody else runs cannot be tested; None if it can."""
    try:
        with connect(subject.url, subject.token) as client:
            create = client.post("/posts", json={})  # which creates nothing: it has no field
            newest_of_seed = client.get(f"/posts?before={seed.POSTS + 1}&limit=1")
    except httpx.TransportError as error:
        return f"it does not answer ({error}): start it, or give another --url"
    if create.status_code == 401:
        return "it wants another token for a create: give its API_TOKEN as --token"
    if seed.post_row(seed.POSTS - 1)["title"] not in newest_of_seed.text:
        return "it lacks the seed data: fill its database with shared.seed.fill, or give --database"
    return None
