"""Pitfalls of SQLAlchemy's sessions in FastAPI, each beside what Django does."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Annotated

from . import site

# isort: split
from django.http import HttpRequest, HttpResponse
from django.urls import path
from fastapi import Depends, FastAPI
from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from django_app.models import Author, Post
from fastapi_app.models import Author as AlchemyAuthor
from fastapi_app.models import Post as AlchemyPost

from .alchemy import async_engine
from .claim import Seen, claim
from .serving import ask, serving

AT_ONCE = 64
WORK_SECONDS = 0.2
POOL_SECONDS = 2.0


def session_of_dependency(engine: Engine, response_model: object = dict[str, str]) -> FastAPI:
    """Give an application whose endpoint gets its session from a dependency."""
    app = FastAPI()

    def open_session() -> Iterator[Session]:
        with Session(engine) as session:
            yield session

    @app.get("/", response_model=response_model)
    def endpoint(session: Annotated[Session, Depends(open_session)]) -> dict[str, str]:
        title = session.get_one(AlchemyPost, 1).title
        time.sleep(WORK_SECONDS)
        return {"title": title}

    return app


def session_of_endpoint(engine: Engine, response_model: object = dict[str, str]) -> FastAPI:
    """Give an application whose endpoint opens its session and closes it itself."""
    app = FastAPI()

    @app.get("/", response_model=response_model)
    def endpoint() -> dict[str, str]:
        with Session(engine) as session:
            title = session.get_one(AlchemyPost, 1).title
            time.sleep(WORK_SECONDS)
        return {"title": title}

    return app


def failed(api: Callable[..., FastAPI], response_model: object) -> int:
    """Count the requests that fail of 64 at once, with 15 connections and 40 threads."""
    engine = create_engine(site.DATABASE_URL, pool_timeout=POOL_SECONDS)
    with serving(api(engine, response_model)) as client:
        statuses = Counter(answer.status_code for answer in ask(client, ["/"] * AT_ONCE))
    engine.dispose()
    return statuses[500]


@claim(
    "session-dependencies-lock-up",
    "`def` endpoints whose `Depends` yields a session lock each other up once more requests come "
    "than there are connections and threads.",
    framework="FastAPI",
    about="FastAPI 0.165 with SQLAlchemy's default pool",
    instead="In a `def` endpoint open the session yourself, `with Session(engine) as session`; or "
    "make the pool as large as the thread limiter.",
    why="Who has a connection gives it back after the answer is made, and `serialize_response` "
    "checks the answer on a thread of the pool; all of those wait for a connection. Without a "
    "response model no thread is needed for that, nor for closing the session: "
    "`contextmanager_in_threadpool` has a limiter of its own.",
    shows=(session_of_dependency, failed),
)
def session_dependencies_lock_up(api: Callable[..., FastAPI] = session_of_dependency) -> Seen:
    """Send 64 requests at once, with a response model and without."""
    with_model = failed(api, dict[str, str])
    without = failed(api, None)
    return Seen(
        held={
            "the endpoint has a response model": with_model > 0,
            "it has none": without > 0,
        },
        evidence={
            "failed with a response model": f"{with_model} of {AT_ONCE}",
            "failed without": f"{without} of {AT_ONCE}",
        },
    )


session_dependencies_lock_up.falls_when(
    "the endpoint opens its session and closes it", api=session_of_endpoint
)


@session_dependencies_lock_up.beside(
    "Django", "Sync views do not wait for each other: each has a thread and a connection."
)
def sync_views_do_not_lock_up() -> Seen:
    """Send 64 requests at once to a view that takes as long."""

    def view(request: HttpRequest) -> HttpResponse:
        title = Post.objects.get(id=1).title
        time.sleep(WORK_SECONDS)
        return HttpResponse(title)

    with serving(site.asgi(path("", view))) as client:
        statuses = Counter(answer.status_code for answer in ask(client, ["/"] * AT_ONCE))
    return Seen(
        held=statuses == {200: AT_ONCE},
        evidence={"answered 200": f"{statuses[200]} of {AT_ONCE}"},
    )


@claim(
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
        author = AlchemyAuthor(name="Grace")
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
    author = await Author.objects.acreate(name="Grace")
    return Seen(held=author.id == 2, evidence={"author.id": author.id})
