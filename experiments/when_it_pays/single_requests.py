"""When it pays: one query, three upstreams, work for the CPU."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path
from fastapi import FastAPI
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from django_app.models import Post
from experiments.apparatus import site
from experiments.apparatus.alchemy import async_engine
from experiments.apparatus.in_process import Call, calling, calling_wsgi
from experiments.apparatus.serving import ask, serving
from experiments.apparatus.timing import Ratio, ratio
from experiments.claim import Claim, Seen
from fastapi_app.models import Post as AlchemyPost

View = Callable[..., Any]
Part = Callable[[], Awaitable[None]]

NOTICEABLE = 1.4
BLOCKS = 40
STEPS = 50_000
UPSTREAM_SECONDS = 0.001


def query(request: HttpRequest) -> HttpResponse:
    """Make one ORM call."""
    post = Post.objects.get(id=1)
    return HttpResponse(post.title)


async def query_async(request: HttpRequest) -> HttpResponse:
    """Make the same call, and await it."""
    post = await Post.objects.aget(id=1)
    return HttpResponse(post.title)


def three_upstreams(request: HttpRequest) -> HttpResponse:
    """Wait for three upstreams, one after the other."""
    for _ in range(3):
        time.sleep(UPSTREAM_SECONDS)
    return HttpResponse()


async def three_upstreams_async(request: HttpRequest) -> HttpResponse:
    """Wait for three upstreams at once."""
    await asyncio.gather(*(asyncio.sleep(UPSTREAM_SECONDS) for _ in range(3)))
    return HttpResponse()


def async_to_def(call: Call) -> Ratio:
    """Time the async view beside the sync one."""
    return ratio(lambda: call("/def"), lambda: call("/async"), times=4, blocks=BLOCKS)


@Claim(
    "one-query-is-faster-in-def",
    "For a view that makes one ORM call, `def` is simpler and faster than `async def`.",
    numbers=(9,),
    about="Django 5.2 and 6.1 with SQLite, one request at a time, without a server",
    instead="Under WSGI write `def`; under ASGI decide by what else the view has to wait for.",
    why="Under ASGI either view makes its query on the request's own thread, so the keyword "
    "changes little. “Faster” means at least 1.4 times as fast; “simpler” no experiment can "
    "decide.",
    timed=True,
    shows=(query, query_async),
)
def one_query_is_faster_in_def(views: tuple[View, View] = (query, query_async)) -> Seen:
    """Time one query in a sync and in an async view, in the handlers of both interfaces."""
    paths = [path(name, view) for name, view in zip(("def", "async"), views, strict=True)]
    under_wsgi = async_to_def(calling_wsgi(site.wsgi(*paths)))
    with calling(site.asgi(*paths)) as call:
        under_asgi = async_to_def(call)
    held = {
        "the server is a WSGI server": under_wsgi.at_least(NOTICEABLE),
        "the server is an ASGI server": under_asgi.at_least(NOTICEABLE),
    }
    return Seen(
        held=None if None in held.values() else held,
        evidence={"async to def, WSGI": under_wsgi, "async to def, ASGI": under_asgi},
    )


one_query_is_faster_in_def.falls_when(
    "the view waits for three upstreams instead, the async one for all at once",
    views=(three_upstreams, three_upstreams_async),
)


@one_query_is_faster_in_def.beside(
    "FastAPI", "With SQLAlchemy on SQLite, one query is not faster in `def`: both use a thread."
)
def one_query_in_fastapi() -> Seen:
    """Time one query in a `def` and in an `async def` endpoint, each with its kind of session."""
    app, engine, blocking_engine = FastAPI(), async_engine(), create_engine(site.DATABASE_URL)

    @app.get("/def")
    def query() -> str:
        with Session(blocking_engine) as session:
            return session.get_one(AlchemyPost, 1).title

    @app.get("/async")
    async def query_async() -> str:
        async with AsyncSession(engine) as session:
            post = await session.get_one(AlchemyPost, 1)
        return post.title

    with calling(app) as call:
        async_query_to_def = async_to_def(call)
    asyncio.run(engine.dispose())
    slower = async_query_to_def.at_least(NOTICEABLE)
    return Seen(
        held=None if slower is None else not slower,
        evidence={"async to def": async_query_to_def},
    )


class AtOnce:
    """Counts the parts of a view that are under way at once."""

    def __init__(self, part: Part) -> None:
        self.part = part
        self.now = 0
        self.most = 0

    async def do(self) -> None:
        """Do one part."""
        self.now += 1
        self.most = max(self.most, self.now)
        await self.part()
        self.now -= 1


async def compute() -> None:
    """Keep the CPU busy for some milliseconds."""
    sum(number * number for number in range(STEPS))


async def wait() -> None:
    """Wait for some milliseconds."""
    await asyncio.sleep(UPSTREAM_SECONDS)


@Claim(
    "computing-gains-nothing",
    "Work for the CPU gains nothing from being async.",
    numbers=(11,),
    about="Any version: an event loop runs one coroutine at a time, until that awaits something",
    instead="Give long computations to a process pool or to a task queue.",
    shows=(AtOnce, compute),
)
def computing_gains_nothing(part: Part = compute) -> Seen:
    """Gather three computations in each of three requests, and count how many run at once."""
    parts = AtOnce(part)

    async def view(request: HttpRequest) -> HttpResponse:
        await asyncio.gather(*(parts.do() for _ in range(3)))
        return HttpResponse()

    with serving(site.asgi(path("", view))) as client:
        ask(client, ["/"] * 3)
    return Seen(held=parts.most == 1, evidence={"parts": 9, "at once": parts.most})


computing_gains_nothing.falls_when("the parts wait instead of computing", part=wait)


@computing_gains_nothing.beside("FastAPI", "It gains nothing in FastAPI, either.")
def computing_gains_nothing_in_fastapi() -> Seen:
    """Gather three computations in each of three requests, and count how many run at once."""
    app, parts = FastAPI(), AtOnce(compute)

    @app.get("/")
    async def endpoint() -> None:
        await asyncio.gather(*(parts.do() for _ in range(3)))

    with serving(app) as client:
        ask(client, ["/"] * 3)
    return Seen(held=parts.most == 1, evidence={"parts": 9, "at once": parts.most})
