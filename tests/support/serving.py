"""Start a service of the registry on a fresh database with the seed data, for a test."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import httpx
from sqlalchemy import make_url, text

from compare.registry.services import SERVICES, Service
from compare.running import databases, launch
from compare.running.addresses import HOST, free_port
from shared import seed


@contextmanager
def serving(
    service: Service,
    source: databases.Databases,
    *,
    tables_of: Service | None = None,
    posts: int = seed.POSTS,
    **env: str,
) -> Iterator[httpx.Client]:
    """Run a service and give a client of it; `tables_of` makes the tables, itself when not given.

    `env` adds settings, such as API_TOKEN="secret". No upstream answers.
    """
    url = seeded(source, tables_of or service, posts)
    nobody = f"http://{HOST}:{free_port()}"
    with (
        launch.running(service, database_url=url, upstreams_url=nobody, overrides=env) as running,
        httpx.Client(base_url=running.url, timeout=30, trust_env=False) as client,
    ):
        yield client


def seeded(source: databases.Databases, maker: Service, posts: int = seed.POSTS) -> str:
    """Give a fresh database with the tables of a service and the seed data in them.

    It is a copy of one that was migrated and filled once for each source, which takes longer.
    """
    # Each source is one object, and so has a hash, of which its protocol says nothing.
    original = make_url(_original(source, maker.migrate, posts))  # type: ignore[arg-type]
    url = source.create(maker.name)
    copy = make_url(url)
    if original.database and copy.database and original.get_backend_name() == "sqlite":
        shutil.copyfile(original.database, copy.database)
        return url
    server = databases.engine(original.set(database="postgres").render_as_string(False))
    with server.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text(f'DROP DATABASE "{copy.database}"'))
        connection.execute(
            text(f'CREATE DATABASE "{copy.database}" TEMPLATE "{original.database}"')
        )
    return url


@cache
def _original(source: databases.Databases, migrate: tuple[str, ...], posts: int) -> str:
    maker = next(service for service in SERVICES.values() if service.migrate == migrate)
    url = source.create("original")
    launch.migrate(maker, url)
    databases.fill(url, posts)
    return url
