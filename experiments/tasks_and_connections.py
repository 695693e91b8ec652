"""Connections and tasks of requests: what a view leaves behind."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AbstractContextManager
from threading import Event, Semaphore
from typing import Any

from .site import asgi, wsgi

# isort: split
import httpx
from asgiref.sync import sync_to_async
from django.core.signals import request_finished
from django.db import close_old_connections, connection
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from fastapi import BackgroundTasks, FastAPI
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from django_app.models import Author
from fastapi_app.models import Author as AlchemyAuthor

from .alchemy import async_engine
from .claim import Seen, claim
from .observing import outcome_of
from .serving import serving, serving_wsgi
from .stored import open_connections

REQUESTS = 6
PATIENCE_SECONDS = 5.0


async def ask() -> None:
    """Ask the database."""
    await Author.objects.acount()


async def ask_and_close() -> None:
    """Ask the database, and close the connection as the end of a request does."""
    await ask()
    await sync_to_async(close_old_connections)()


@claim(
    "task-leaves-its-connection-open",
    "A task that an async view starts with `create_task`, and that asks the database when the "
    "request has ended, leaves its connection open.",
    about="Django 5.2 and 6.1 under ASGI",
    instead="Await it in the view, or end it with `await sync_to_async(close_old_connections)()`.",
    why="The signal that closes connections is sent at the end of a request, on its thread; the "
    "task's query comes later, on a new thread that no signal reaches.",
    database="postgresql",
    shows=(ask,),
)
def task_leaves_its_connection_open(work: Callable[[], Awaitable[None]] = ask) -> Seen:
    """Answer six requests that leave a task each, and let the tasks ask afterwards."""
    tasks: list[asyncio.Task[None]] = []
    may_ask, ended = asyncio.Event(), Semaphore(0)

    async def later() -> None:
        await may_ask.wait()
        await work()

    async def start(request: HttpRequest) -> HttpResponse:
        tasks.append(asyncio.create_task(later()))
        return HttpResponse()

    async def finish(request: HttpRequest) -> HttpResponse:
        may_ask.set()
        await asyncio.gather(*tasks)
        return HttpResponse()

    with serving(asgi(path("start", start), path("finish", finish))) as client:
        request_finished.connect(lambda **_: ended.release(), weak=False)
        for _ in range(REQUESTS):
            client.get("/start")
            ended.acquire(timeout=PATIENCE_SECONDS)
        client.get("/finish")
        left = open_connections()
    return Seen(held=left == REQUESTS, evidence={"connections left open": left})


task_leaves_its_connection_open.falls_when("the task ends as a request does", work=ask_and_close)


@task_leaves_its_connection_open.beside(
    "FastAPI",
    "A task with a session of its own gives its connection back: for six, a pool of one will do.",
)
def task_gives_its_connection_back() -> Seen:
    """Answer six requests that leave a task each, and let the tasks ask afterwards."""
    app, engine = FastAPI(), async_engine(pool_size=1, max_overflow=0)
    tasks: list[asyncio.Task[None]] = []
    may_ask = asyncio.Event()

    async def later() -> None:
        await may_ask.wait()
        async with AsyncSession(engine) as session:
            await session.scalar(select(func.count(AlchemyAuthor.id)))

    @app.get("/start")
    async def start() -> None:
        tasks.append(asyncio.create_task(later()))

    @app.get("/finish")
    async def finish() -> int:
        may_ask.set()
        return len(await asyncio.gather(*tasks))

    with serving(app) as client:
        for _ in range(REQUESTS):
            client.get("/start")
        finished = client.get("/finish").json()
        left = open_connections(1)
    return Seen(
        held=finished == REQUESTS and left == 1,
        evidence={"tasks that asked": finished, "connections left open": left},
    )


def under_wsgi(*paths: URLPattern) -> AbstractContextManager[httpx.Client]:
    """Serve Django by WSGI."""
    return serving_wsgi(wsgi(*paths))


def under_asgi(*paths: URLPattern) -> AbstractContextManager[httpx.Client]:
    """Serve Django by ASGI."""
    return serving(asgi(*paths))


@claim(
    "task-is-cancelled-under-wsgi",
    "Under WSGI, a task that an async view leaves behind is cancelled as soon as it answers.",
    about="Django 5.2 and 6.1",
    instead="Await the work in the view, or give it to a worker outside of the request.",
    why="`async_to_sync` runs the view in an event loop of its own, and `asyncio.run` cancels what "
    "is still running when the view has returned.",
    shows=(under_wsgi,),
)
def task_under_wsgi(
    serve: Callable[..., AbstractContextManager[httpx.Client]] = under_wsgi,
) -> Seen:
    """Leave a task that takes longer than its view."""
    told: list[str] = []
    tasks: list[asyncio.Task[None]] = []
    ended = Event()

    async def work() -> None:
        try:
            await asyncio.sleep(0.1)
            told.append("finished")
        except asyncio.CancelledError:
            told.append("cancelled")
        ended.set()

    async def view(request: HttpRequest) -> HttpResponse:
        tasks.append(asyncio.create_task(work()))
        await asyncio.sleep(0)  # so that it has begun
        return HttpResponse()

    with serve(path("", view)) as client:
        client.get("/")
        ended.wait(PATIENCE_SECONDS)
    return Seen(held=told == ["cancelled"], evidence={"the task": told})


task_under_wsgi.falls_when("an ASGI server serves it", serve=under_asgi)


@task_under_wsgi.beside("FastAPI", "A background task runs to its end, after the answer has gone.")
def background_task_finishes() -> Seen:
    """Leave a background task that goes on when the answer has come."""
    app = FastAPI()
    answered, ended = Event(), Event()

    async def work() -> None:
        await asyncio.to_thread(answered.wait, PATIENCE_SECONDS)
        ended.set()

    @app.get("/")
    async def endpoint(tasks: BackgroundTasks) -> None:
        tasks.add_task(work)

    with serving(app) as client:
        client.get("/")
        answered.set()
        finished = ended.wait(PATIENCE_SECONDS)
    return Seen(held=finished, evidence={"the task": "finished" if finished else "did not end"})


def closing_the_loops() -> Coroutine[Any, Any, None]:
    """Name the connection here, where the coroutine runs."""
    return sync_to_async(connection.close)()


def closing_the_threads() -> Coroutine[Any, Any, None]:
    """Name the connection on the thread that has opened it."""
    return sync_to_async(lambda: connection.close())()


@claim(
    "connection-close-is-the-loops",
    "`sync_to_async(connection.close)` raises `DatabaseError`, and closes nothing.",
    about="Django 5.2 and 6.1",
    instead="`sync_to_async(lambda: connection.close())`, or `close_old_connections`.",
    why="`connection` stands for another connection on each thread: its `close` is read in the "
    "event loop, and then called on a thread that is not its own.",
    database="postgresql",
    shows=(closing_the_loops,),
)
async def connection_close(
    close: Callable[[], Coroutine[Any, Any, None]] = closing_the_loops,
) -> Seen:
    """Open a connection by a query, and close it."""
    await Author.objects.acount()
    came_to = await outcome_of(close())
    left = await asyncio.to_thread(open_connections)
    return Seen(
        held=came_to == "DatabaseError" and left == 1,
        evidence={"the call": came_to, "connections left open": left},
    )


connection_close.falls_when(
    "a function names the connection on the thread", close=closing_the_threads
)


@connection_close.beside(
    "FastAPI", "`await engine.dispose()` closes what a session has opened, from any task."
)
async def engine_dispose() -> Seen:
    """Open a connection by a query, and close it in another task."""
    engine = async_engine()
    async with AsyncSession(engine) as session:
        await session.scalar(select(func.count(AlchemyAuthor.id)))
    before = await asyncio.to_thread(open_connections, 1)
    await asyncio.create_task(engine.dispose())
    left = await asyncio.to_thread(open_connections)
    return Seen(
        held=before == 1 and left == 0,
        evidence={"connections before": before, "connections left open": left},
    )
