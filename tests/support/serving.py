"""Start a service of the registry on a fresh database with the seed data, for a test."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from compare.registry.services import Service
from compare.running import databases, launch
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

    `env` adds settings, such as DJANGO_ADMIN="1". No upstream answers.
    """
    maker = tables_of or service
    url = source.create(service.name)
    launch.migrate(maker, url, **env)
    seed.fill(databases.engine(url), posts)
    nobody = f"http://{launch.HOST}:{launch.free_port()}"
    with (
        launch.running(service, database_url=url, upstreams_url=nobody, overrides=env) as running,
        httpx.Client(base_url=running.url, timeout=30, trust_env=False) as client,
    ):
        yield client
