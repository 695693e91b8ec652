"""Pitfalls of connections to PostgreSQL: who opens them, who keeps them, who waits for one."""

import asyncio
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import cast

import httpx
from asgiref.sync import sync_to_async
from django.db import connection
from django.db.backends.postgresql.base import DatabaseWrapper
from django.http import HttpRequest, HttpResponse
from django.urls import path
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from compare.running.launch import launched
from django_app.models import Post
from experiments.apparatus import site
from experiments.apparatus.alchemy import async_engine
from experiments.apparatus.backends import BACKEND, api, backend, backend_api
from experiments.apparatus.serving import ask, serving
from experiments.apparatus.stored import open_connections
from experiments.claim import Claim, Seen

Served = Callable[[], AbstractContextManager[httpx.Client]]
Pool = Mapping[str, float]
Wait = Callable[[], Awaitable[None]]

REQUESTS = 12
WAIT_SECONDS = 1.5
POOL = {"min_size": 1, "max_size": 2, "timeout": 1.0}
GUNICORN = "-m gunicorn --worker-class gthread --threads 4 --bind {host}:{port}"
GUNICORN += " experiments.applications.kept_connections_site:application"


@contextmanager
def on_uvicorn() -> Iterator[httpx.Client]:
    """Serve the view with `CONN_MAX_AGE=None`, under ASGI."""
    connection.settings_dict["CONN_MAX_AGE"] = None
    with serving(site.asgi(BACKEND)) as client:
        yield client


@contextmanager
def on_gunicorn() -> Iterator[httpx.Client]:
    """Serve the same on four threads, under WSGI."""
    database = {"EXPERIMENT_DATABASE_URL": site.DATABASE_URL}
    command = (sys.executable, *GUNICORN.split())
    with (
        launched("gunicorn", command, "/", database) as gunicorn,
        httpx.Client(base_url=gunicorn.url, trust_env=False) as client,
    ):
        yield client


@Claim(
    "persistent-connections-are-not-reused",
    "Under ASGI, `CONN_MAX_AGE=None` saves nothing: each request opens a new connection.",
    about="Django 5.2 and 6.1",
    instead="Leave `CONN_MAX_AGE` at 0 under ASGI, and use psycopg's `pool`, or PgBouncer.",
    why="A connection belongs to its thread (`django.utils.connection.BaseConnectionHandler`), and "
    "under ASGI each request has a new thread.",
    database="postgresql",
    needs=("gunicorn",),
    shows=(backend, on_uvicorn),
)
def persistent_connections_are_not_reused(served: Served = on_uvicorn) -> Seen:
    """Ask twelve times, one after another, which backend of PostgreSQL's answers."""
    with served() as client:
        backends = {client.get("/").text for _ in range(REQUESTS)}
    return Seen(
        held=len(backends) == REQUESTS,
        evidence={"connections": f"{len(backends)} for {REQUESTS} requests"},
    )


persistent_connections_are_not_reused.falls_when(
    "gunicorn's threads serve the same view under WSGI", served=on_gunicorn
)


@persistent_connections_are_not_reused.beside(
    "FastAPI", "SQLAlchemy's engine has a pool: requests that come in turn share one connection."
)
def engine_reuses_its_connection() -> Seen:
    """Ask twelve times, one after another, which backend answers."""
    with serving(backend_api(async_engine())) as client:
        backends = {client.get("/").text for _ in range(REQUESTS)}
    return Seen(
        held=len(backends) == 1,
        evidence={"connections": f"{len(backends)} for {REQUESTS} requests"},
    )


@Claim(
    "persistent-connections-are-left-open",
    "Under ASGI, `CONN_MAX_AGE=None` leaves connections open that nothing can use any more.",
    about="Django 5.2 and 6.1",
    instead="Leave `CONN_MAX_AGE` at 0 under ASGI.",
    why="The thread that a connection belongs to has ended; it is closed when Python's garbage "
    "collector comes to it.",
    database="postgresql",
    shows=(backend,),
)
def persistent_connections_are_left_open(max_age: int | None = None) -> Seen:
    """Ask twelve times at once, stop the server, and count the connections that are open still."""
    connection.settings_dict["CONN_MAX_AGE"] = max_age
    with serving(site.asgi(BACKEND)) as client:
        ask(client, ["/"] * REQUESTS)
    left = open_connections()
    return Seen(held=left > 0, evidence={"connections left open": left})


persistent_connections_are_left_open.falls_when(
    "`CONN_MAX_AGE` is 0, as it is by default", max_age=0
)


@persistent_connections_are_left_open.beside(
    "FastAPI", "SQLAlchemy's engine keeps five connections at most, and closes them when told to."
)
def engine_closes_its_connections() -> Seen:
    """Ask twelve times at once; count the open connections before and after `dispose()`."""
    with serving(backend_api(async_engine())) as client:
        ask(client, ["/"] * REQUESTS)
        kept = open_connections(expected=5)
    left = open_connections()
    return Seen(
        held=0 < kept <= 5 and left == 0,
        evidence={"connections kept": kept, "left after `dispose()`": left},
    )


@contextmanager
def pooling(pool: Pool | None) -> Iterator[None]:
    """Let Django take its connections from such a pool until the block ends."""
    connection.settings_dict["OPTIONS"]["pool"] = pool
    try:
        yield
    finally:
        cast(DatabaseWrapper, connection).close_pool()


@Claim(
    "psycopg-pool-reuses-connections",
    "psycopg's `pool` reuses connections under ASGI as well.",
    about="Django 5.1 and later with psycopg 3",
    instead='Set `"pool": {"min_size": …, "max_size": …}` in `OPTIONS`, with `CONN_MAX_AGE` at 0. '
    "Each process has a pool of its own: `max_size` times the processes must fit PostgreSQL's "
    "`max_connections`.",
    database="postgresql",
    needs=("psycopg_pool",),
    shows=(backend, pooling),
)
def psycopg_pool_reuses_connections(pool: Pool | None = POOL) -> Seen:
    """Ask twelve times, one after another, which backend answers."""
    with pooling(pool), serving(site.asgi(BACKEND)) as client:
        backends = {client.get("/").text for _ in range(REQUESTS)}
    return Seen(
        held=len(backends) <= POOL["max_size"],
        evidence={"connections": f"{len(backends)} for {REQUESTS} requests"},
    )


psycopg_pool_reuses_connections.falls_when("there is no pool", pool=None)


async def ask_then_wait() -> None:
    """Ask the database, then wait for something else."""
    await Post.objects.acount()
    await asyncio.sleep(WAIT_SECONDS)


async def ask_close_then_wait() -> None:
    """Ask the database, give the connection back, then wait."""
    await Post.objects.acount()
    await sync_to_async(lambda: connection.close())()
    await asyncio.sleep(WAIT_SECONDS)


@Claim(
    "waiting-views-empty-the-pool",
    "A view that has asked the database and then awaits something else keeps its connection, so "
    "that with a small `pool` other requests fail.",
    about="Django 5.1 and later with psycopg 3, under ASGI",
    instead="Call other services first and the database last; or give the connection back before "
    "you wait: `await sync_to_async(lambda: connection.close())()`.",
    database="postgresql",
    needs=("psycopg_pool",),
    shows=(ask_then_wait,),
)
def waiting_views_empty_the_pool(work: Wait = ask_then_wait) -> Seen:
    """Send six requests at once, with two connections for them and a second to get one."""

    async def view(request: HttpRequest) -> HttpResponse:
        await work()
        return HttpResponse()

    with pooling(POOL), serving(site.asgi(path("", view))) as client:
        statuses = Counter(answer.status_code for answer in ask(client, ["/"] * 6))
    return Seen(held=statuses[500] > 0, evidence={"answered": dict(statuses)})


waiting_views_empty_the_pool.falls_when(
    "the view gives its connection back before it waits", work=ask_close_then_wait
)


@waiting_views_empty_the_pool.beside(
    "FastAPI", "A session of SQLAlchemy's that has asked keeps its connection while you wait, too."
)
def waiting_endpoints_empty_the_pool() -> Seen:
    """Send six requests at once, with two connections for them and a second to get one."""
    engine = async_engine(pool_size=2, max_overflow=0, pool_timeout=1.0)
    app = api(engine)

    @app.get("/")
    async def endpoint() -> None:
        async with AsyncSession(engine) as session:
            await session.execute(select(func.now()))
            await asyncio.sleep(WAIT_SECONDS)

    with serving(app) as client:
        statuses = Counter(answer.status_code for answer in ask(client, ["/"] * 6))
    return Seen(held=statuses[500] > 0, evidence={"answered": dict(statuses)})
