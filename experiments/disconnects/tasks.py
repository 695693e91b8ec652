"""Tasks that a view leaves behind when it has answered."""

import asyncio
import gc
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from threading import Event, Semaphore

import httpx
from asgiref.sync import sync_to_async
from django.core.signals import request_finished
from django.db import connections
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from fastapi import BackgroundTasks, FastAPI
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from django_app.models import Author
from experiments.apparatus.alchemy import async_engine
from experiments.apparatus.serving import PATIENCE_SECONDS, serving, serving_wsgi
from experiments.apparatus.site import asgi, wsgi
from experiments.apparatus.stored import open_connections
from experiments.claim import Claim, Seen
from fastapi_app.models import Author as AlchemyAuthor

REQUESTS = 6


async def ask() -> None:
    """Ask the database."""
    await Author.objects.acount()


async def ask_and_close() -> None:
    """Ask the database, and close the connection on the thread that opened it."""
    try:
        await ask()
    finally:
        await sync_to_async(connections.close_all)()


def leaving_tasks(work: Callable[[], Awaitable[None]]) -> list[URLPattern]:
    """Give a view that leaves a task behind, and a view that lets all those tasks go on."""
    tasks: set[asyncio.Task[None]] = set()
    may_work = asyncio.Event()

    async def later() -> None:
        await may_work.wait()
        await work()

    async def start(request: HttpRequest) -> HttpResponse:
        task = asyncio.create_task(later())
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        return HttpResponse()

    async def finish(request: HttpRequest) -> HttpResponse:
        may_work.set()
        await asyncio.gather(*tasks)
        return HttpResponse()

    return [path("start", start), path("finish", finish)]


@Claim(
    "task-leaves-its-connection-open",
    "A task that an async view starts with `create_task`, and that asks the database when the "
    "request has ended, leaves its connection open until Python collects its garbage.",
    about="Django 5.2 and 6.1 under ASGI",
    instead="Await it in the view; or close its connection in a `finally`: "
    "`await sync_to_async(connections.close_all)()`; or give the work to a worker, by a backend of "
    "`django.tasks` that has one (6.0 and later).",
    why="The signal that closes connections comes at the end of a request, on its thread; the "
    "task asks later and on a thread of its own, and Django's connection object is in cycles.",
    database="postgresql",
    shows=(ask, leaving_tasks),
)
def task_leaves_its_connection_open(work: Callable[[], Awaitable[None]] = ask) -> Seen:
    """Answer six requests that leave a task each, and let the tasks ask afterwards."""
    ended = Semaphore(0)
    gc.disable()  # so that it collects when it is told to
    with serving(asgi(*leaving_tasks(work))) as client:
        request_finished.connect(lambda **_: ended.release(), weak=False)
        for _ in range(REQUESTS):
            client.get("/start")
            ended.acquire(timeout=PATIENCE_SECONDS)
        client.get("/finish")
        left = open_connections()
        for _ in range(3):  # threads end first, and what they had goes the next time
            gc.collect()
            collected = open_connections()
    return Seen(
        held=left == REQUESTS and collected == 0,
        evidence={"connections left open": left, "after three times gc.collect()": collected},
    )


task_leaves_its_connection_open.falls_when("the task closes its connection", work=ask_and_close)


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
        asks = client.get("/finish").json()
        left = open_connections(1)
    return Seen(held=(asks, left) == (REQUESTS, 1), evidence={"queries": asks, "left open": left})


def under_wsgi(*paths: URLPattern) -> AbstractContextManager[httpx.Client]:
    """Serve Django by WSGI."""
    return serving_wsgi(wsgi(*paths))


def under_asgi(*paths: URLPattern) -> AbstractContextManager[httpx.Client]:
    """Serve Django by ASGI."""
    return serving(asgi(*paths))


@Claim(
    "task-is-cancelled-under-wsgi",
    "Under WSGI, a task that an async view leaves behind is cancelled as soon as the view has "
    "returned.",
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
    events: list[str] = []
    tasks: list[asyncio.Task[None]] = []
    ended = Event()

    async def work() -> None:
        try:
            await asyncio.sleep(0.1)
            events.append("finished")
        except asyncio.CancelledError:
            events.append("cancelled")
        ended.set()

    async def view(request: HttpRequest) -> HttpResponse:
        tasks.append(asyncio.create_task(work()))
        await asyncio.sleep(0)  # so that it has begun
        return HttpResponse()

    with serve(path("", view)) as client:
        client.get("/")
        ended.wait(PATIENCE_SECONDS)
    return Seen(held=events == ["cancelled"], evidence={"the task": events})


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
