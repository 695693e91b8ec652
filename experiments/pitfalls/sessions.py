"""Pitfalls of SQLAlchemy's sessions in FastAPI, each beside what Django does."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from itertools import count
from threading import Barrier
from typing import Annotated

from django.http import HttpRequest, HttpResponse
from django.urls import path
from fastapi import Depends, FastAPI
from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from django_app.models import Author as DjangoAuthor
from django_app.models import Post as DjangoPost
from experiments.apparatus import site
from experiments.apparatus.alchemy import async_engine
from experiments.apparatus.serving import ask, serving
from experiments.claim import Claim, Seen
from fastapi_app.models import Author, Post

AddEndpoint = Callable[[FastAPI, Engine, object], None]

AT_ONCE = 80
CONNECTIONS = 15  # of SQLAlchemy's default pool
POOL_SECONDS = 2.0
PATIENCE_SECONDS = 20.0


def session_of_dependency(
    app: FastAPI, engine: Engine, response_model: object, limit: int | None = None
) -> None:
    """Add an endpoint that gets its session from a dependency."""

    def open_session() -> Iterator[Session]:
        with Session(engine) as session:
            yield session

    SessionDep = Annotated[Session, Depends(open_session, max_concurrency=limit)]

    @app.get("/", response_model=response_model)
    def endpoint(session: SessionDep) -> dict[str, str]:
        return {"title": session.get_one(Post, 1).title}


def session_of_endpoint(app: FastAPI, engine: Engine, response_model: object) -> None:
    """Add an endpoint that opens its session and closes it itself."""

    @app.get("/", response_model=response_model)
    def endpoint() -> dict[str, str]:
        with Session(engine) as session:
            return {"title": session.get_one(Post, 1).title}


def waiting_for_all() -> Callable[[], Awaitable[None]]:
    """Make a dependency that lets requests go on once all are here."""
    numbers, all_are_here = count(1), asyncio.Event()

    async def wait() -> None:
        if next(numbers) == AT_ONCE:
            all_are_here.set()
        await all_are_here.wait()

    return wait


def failed(add_endpoint: AddEndpoint, response_model: object) -> int:
    """Count the requests that fail of 80 at once, with 15 connections and 40 threads."""
    engine = create_engine(site.DATABASE_URL, pool_timeout=POOL_SECONDS)
    app = FastAPI(dependencies=[Depends(waiting_for_all())])
    add_endpoint(app, engine, response_model)
    with serving(app) as client:
        statuses = [answer.status_code for answer in ask(client, ["/"] * AT_ONCE)]
    engine.dispose()
    return statuses.count(500)


@Claim(
    "session-dependencies-lock-up",
    "`def` endpoints whose `Depends` yields a session deadlock once more requests come than there "
    "are connections and threads.",
    framework="FastAPI",
    about="FastAPI 0.165 with SQLAlchemy's default pool",
    instead="Let no more requests have a session than the pool has connections, by one alias for "
    "all endpoints: `SessionDep = Annotated[Session, Depends(open_session, max_concurrency=15)]` "
    "(FastAPI 0.163 and later; each `Depends()` that is written anew has a limit of its own). Or "
    "open the session in the endpoint: `with Session(engine) as session`.",
    why="A request gives its connection back only after its answer is made, and "
    "`serialize_response` checks the answer on a thread of the pool; all of those wait for a "
    "connection. Without a response model no thread is needed for that, nor for closing the "
    "session: `contextmanager_in_threadpool` has a limiter of its own.",
    shows=(session_of_dependency, failed),
)
def session_dependencies_lock_up(add_endpoint: AddEndpoint = session_of_dependency) -> Seen:
    """Send 80 requests at once, with a response model, without, and with a limit of sessions."""
    with_model = failed(add_endpoint, dict[str, str])
    without = failed(add_endpoint, None)
    limited = failed(partial(session_of_dependency, limit=CONNECTIONS), dict[str, str])
    return Seen(
        held={
            "the endpoint has a response model": with_model > 0,
            "it has none": without > 0,
            "`max_concurrency` is the size of the pool": limited > 0,
        },
        evidence={
            "failed with a response model": f"{with_model} of {AT_ONCE}",
            "failed without": f"{without} of {AT_ONCE}",
            "failed with both, a model and a limit": f"{limited} of {AT_ONCE}",
        },
    )


session_dependencies_lock_up.falls_when(
    "the endpoint opens its session and closes it", add_endpoint=session_of_endpoint
)


@session_dependencies_lock_up.beside(
    "Django", "Sync views do not wait for each other: each has a thread and a connection."
)
def sync_views_do_not_lock_up() -> Seen:
    """Send 80 requests at once to a view that asks the database and then waits for all others."""
    all_have_asked = Barrier(AT_ONCE)

    def view(request: HttpRequest) -> HttpResponse:
        title = DjangoPost.objects.get(id=1).title
        all_have_asked.wait(PATIENCE_SECONDS)
        return HttpResponse(title)

    with serving(site.asgi(path("", view))) as client:
        statuses = [answer.status_code for answer in ask(client, ["/"] * AT_ONCE)]
    answered = statuses.count(200)
    return Seen(held=answered == AT_ONCE, evidence={"answered 200": f"{answered} of {AT_ONCE}"})


@Claim(
    "expired-object-raises-after-commit",
    "With SQLAlchemy's default `expire_on_commit=True`, reading an object that was just created "
    "fails with `MissingGreenlet` in a coroutine.",
    framework="FastAPI",
    about="SQLAlchemy 2.1",
    instead="Make sessions by `async_sessionmaker(engine, expire_on_commit=False)`.",
)
async def expired_object_raises_after_commit(expire_on_commit: bool = True) -> Seen:
    """Add an author, commit, and read the new id."""
    engine = async_engine()
    async with AsyncSession(engine, expire_on_commit=expire_on_commit) as session:
        author = Author(name="Grace")
        session.add(author)
        await session.commit()
        try:
            read = str(author.id)
        except SQLAlchemyError as error:
            read = repr(error)
    await engine.dispose()
    return Seen(held="MissingGreenlet" in read, evidence={"author.id": read})


expired_object_raises_after_commit.falls_when("`expire_on_commit` is False", expire_on_commit=False)


@expired_object_raises_after_commit.beside(
    "Django", "Django leaves the object as it is, with its new id."
)
async def created_object_stays() -> Seen:
    """Add an author, and read the new id."""
    author = await DjangoAuthor.objects.acreate(name="Grace")
    return Seen(held=author.id == 2, evidence={"author.id": author.id})
