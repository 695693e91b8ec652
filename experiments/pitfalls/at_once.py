"""Pitfalls: what requests do to each other when they come at the same time."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from itertools import pairwise
from threading import Event
from typing import Any

from asgiref.sync import sync_to_async
from django.db.models import DateTimeField, F, Func, TextField, Value
from django.db.models.functions import Concat
from django.http import HttpRequest, HttpResponse
from django.urls import path
from fastapi import FastAPI
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from django_app.models import Author, Post
from experiments.apparatus import site
from experiments.apparatus.alchemy import async_engine
from experiments.apparatus.serving import ask, serving
from experiments.apparatus.stored import open_connections
from experiments.claim import Claim, Seen
from fastapi_app.models import Post as AlchemyPost

Wait = Callable[[Event], Awaitable[bool]]
Nap = Callable[..., Awaitable[Any]]
Add = Callable[[asyncio.Barrier], Awaitable[object]]

AT_ONCE = 5
PATIENCE_SECONDS = 1.0
NAP_SECONDS = 0.3

CLOCK = Func(function="clock_timestamp", output_field=DateTimeField())
SLEEP = Func(Value(NAP_SECONDS), function="pg_sleep", output_field=TextField())
# When PostgreSQL began and ended a query that takes a while.
NAPS = Author.objects.annotate(began=CLOCK, slept=SLEEP, ended=CLOCK).values_list(
    "began", "slept", "ended"
)


async def in_the_loop(event: Event) -> bool:
    """Wait for an event in a blocking call; say whether it came."""
    return event.wait(PATIENCE_SECONDS)


async def on_a_thread(event: Event) -> bool:
    """Wait for an event in the same call, on a thread."""
    return await asyncio.to_thread(event.wait, PATIENCE_SECONDS)


@Claim(
    "blocking-call-holds-up-all",
    "While an `async def` view waits in a blocking call, no other request gets on.",
    about="Django 3.1 and later under ASGI",
    instead="Await something that is made for it, or put the call into `sync_to_async`.",
    shows=(in_the_loop,),
)
def blocking_call_holds_up_all(wait: Wait = in_the_loop) -> Seen:
    """Let a view wait for what another view does meanwhile; it gives up after a second."""
    waiting, done = asyncio.Event(), Event()
    came: list[bool] = []

    async def waits(request: HttpRequest) -> HttpResponse:
        waiting.set()
        came.append(await wait(done))
        return HttpResponse()

    async def does(request: HttpRequest) -> HttpResponse:
        await waiting.wait()
        done.set()
        return HttpResponse()

    with serving(site.asgi(path("waits", waits), path("does", does))) as client:
        ask(client, ["/waits", "/does"])
    return Seen(held=came == [False], evidence={"the other view ran meanwhile": came[0]})


blocking_call_holds_up_all.falls_when("the call runs on a thread", wait=on_a_thread)


@blocking_call_holds_up_all.beside(
    "FastAPI", "An `async def` endpoint that waits in a blocking call holds up all others as well."
)
def blocking_call_holds_up_all_endpoints() -> Seen:
    """Let an endpoint wait for what another endpoint does meanwhile."""
    app, waiting, done = FastAPI(), asyncio.Event(), Event()
    came: list[bool] = []

    @app.get("/waits")
    async def waits() -> None:
        waiting.set()
        came.append(await in_the_loop(done))

    @app.get("/does")
    async def does() -> None:
        await waiting.wait()
        done.set()

    with serving(app) as client:
        ask(client, ["/waits", "/does"])
    return Seen(held=came == [False], evidence={"the other endpoint ran meanwhile": came[0]})


def overlaps(spans: Iterable[tuple[datetime, datetime]]) -> str:
    """Count the spans that began before the one before them ended."""
    pairs = list(pairwise(sorted(spans)))
    return f"{sum(began < ended for (_, ended), (began, _) in pairs)} of {len(pairs)}"


# On a thread of its own, and so by a connection of its own.
nap_on_any_thread = sync_to_async(NAPS.get, thread_sensitive=False)


@Claim(
    "gathered-queries-run-in-turn",
    "Queries that a view awaits with `asyncio.gather` run one after another.",
    about="Django 4.1 and later under ASGI",
    instead="Gather calls to other services, and ask the database for everything in one query; "
    "`sync_to_async(…, thread_sensitive=False)` opens connections that no signal checks or closes.",
    database="postgresql",
    shows=(overlaps,),
)
def gathered_queries_run_in_turn(nap: Nap = NAPS.aget) -> Seen:
    """Gather three queries in a view; PostgreSQL says when each began and when it ended."""
    naps: list[tuple[datetime, str, datetime]] = []

    async def view(request: HttpRequest) -> HttpResponse:
        naps.extend(await asyncio.gather(nap(id=1), nap(id=1), nap(id=1)))
        return HttpResponse()

    with serving(site.asgi(path("", view))) as client:
        client.get("/")
    overlapped = overlaps((began, ended) for began, _, ended in naps)
    return Seen(held=overlapped == "0 of 2", evidence={"queries that overlapped": overlapped})


gathered_queries_run_in_turn.falls_when(
    "each query gets a thread of its own, and so a connection", nap=nap_on_any_thread
)


@gathered_queries_run_in_turn.beside(
    "FastAPI", "With an `AsyncSession` for each, three queries run at the same time."
)
async def gathered_sessions_run_at_once() -> Seen:
    """Gather three queries in sessions of their own."""
    engine = async_engine()
    query = select(func.clock_timestamp(), func.pg_sleep(NAP_SECONDS), func.clock_timestamp())

    async def nap() -> tuple[datetime, datetime]:
        async with AsyncSession(engine) as session:
            began, _, ended = (await session.execute(query)).one()
            return began, ended

    overlapped = overlaps(await asyncio.gather(nap(), nap(), nap()))
    await engine.dispose()
    return Seen(held=overlapped == "2 of 2", evidence={"queries that overlapped": overlapped})


@Claim(
    "unsensitive-queries-leak-connections",
    "Queries that a view gathers by `sync_to_async(…, thread_sensitive=False)` leave connections "
    "open when the request has ended, one for each thread.",
    about="Django 4.1 and later under ASGI",
    instead="Ask for everything in one query, or one after another; or let each function close "
    "its thread's connection: `connection.close()`.",
    why="The signals that check and close connections come on the thread of the request. These "
    "threads are the event loop's, at most `min(32, cores + 4)`, and later requests reuse them: "
    "a connection that the database has ended then fails every query on its thread.",
    database="postgresql",
)
def unsensitive_queries_leak_connections(nap: Nap = nap_on_any_thread) -> Seen:
    """Gather three queries in a view; count the open connections after each of two requests."""

    async def view(request: HttpRequest) -> HttpResponse:
        await asyncio.gather(nap(id=1), nap(id=1), nap(id=1))
        return HttpResponse()

    left = []
    with serving(site.asgi(path("", view))) as client:
        for _ in range(2):
            client.get("/")
            left.append(open_connections())
    return Seen(held=left == [3, 3], evidence={"connections left open": left})


unsensitive_queries_leak_connections.falls_when(
    "the queries run on the thread of the request", nap=NAPS.aget
)


async def add_in_python(all_have_read: asyncio.Barrier) -> None:
    """Read a post, add a character to it, and save it once all others have read it too."""
    post = await Post.objects.aget(id=1)
    await all_have_read.wait()
    post.body += "+"
    await post.asave()


async def add_in_database(all_have_read: asyncio.Barrier) -> None:
    """Let the database add the character."""
    await all_have_read.wait()
    await Post.objects.filter(id=1).aupdate(body=Concat(F("body"), Value("+", TextField())))


@Claim(
    "concurrent-asave-loses-updates",
    "`aget()`, a change in Python and `asave()` lose changes when several requests come at once.",
    about="Django 4.2 and later",
    instead="Let the database compute it: `aupdate()` with an expression; or lock the row with "
    "`select_for_update()` in a `def` function with `atomic`.",
    shows=(add_in_python,),
)
def concurrent_asave_loses_updates(add: Add = add_in_python) -> Seen:
    """Let five requests add a character each to one post."""
    all_have_read = asyncio.Barrier(AT_ONCE)

    async def view(request: HttpRequest) -> HttpResponse:
        await add(all_have_read)
        return HttpResponse()

    with serving(site.asgi(path("", view))) as client:
        ask(client, ["/"] * AT_ONCE)
    kept = Post.objects.get(id=1).body.count("+")
    return Seen(held=kept < AT_ONCE, evidence={"changes kept": f"{kept} of {AT_ONCE}"})


concurrent_asave_loses_updates.falls_when("the database adds to what is there", add=add_in_database)


@concurrent_asave_loses_updates.beside(
    "FastAPI", "A session of SQLAlchemy's loses them as well, with the same three steps."
)
async def concurrent_commits_lose_updates() -> Seen:
    """Let five sessions add a character each to one post."""
    engine, all_have_read = async_engine(), asyncio.Barrier(AT_ONCE)

    async def add() -> None:
        async with AsyncSession(engine) as session:
            post = await session.get_one(AlchemyPost, 1)
            await all_have_read.wait()
            post.body += "+"
            await session.commit()

    await asyncio.gather(*[add() for _ in range(AT_ONCE)])
    await engine.dispose()
    kept = (await Post.objects.aget(id=1)).body.count("+")
    return Seen(held=kept < AT_ONCE, evidence={"changes kept": f"{kept} of {AT_ONCE}"})
