"""Clients that go away: who is cancelled, and what stays in the database."""

import asyncio
from collections.abc import Awaitable, Callable
from threading import Event

from asgiref.sync import sync_to_async
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import path
from fastapi import FastAPI, Request
from sqlalchemy import NullPool
from sqlalchemy.ext.asyncio import AsyncSession

from django_app.models import Author
from experiments.apparatus.alchemy import async_engine
from experiments.apparatus.leaving import leave
from experiments.apparatus.serving import PATIENCE_SECONDS
from experiments.apparatus.site import asgi
from experiments.apparatus.stored import added_authors
from experiments.claim import Claim, Seen
from experiments.transactions.ways_of_atomic import Work, on_one_thread
from fastapi_app.models import Author as AlchemyAuthor

# How long a view takes that nobody cancels.
SLOW_SECONDS = 2.0


def commit_anyway(client_left: bool) -> None:
    """Go on: nothing tells a function that the client has left."""


def give_up(client_left: bool) -> None:
    """Fail when the client has left."""
    if client_left:
        raise ConnectionError


def leave_during(work: Work, wrote: Event, cancelled: Event | None = None) -> bool:
    """Leave a view that awaits some work, once it has written; say whether it was cancelled."""
    cancelled = cancelled or Event()

    async def view(request: HttpRequest) -> HttpResponse:
        try:
            await work()
        except asyncio.CancelledError:
            cancelled.set()
            raise
        return HttpResponse()

    leave(asgi(path("", view)), wrote)
    return cancelled.is_set()


@Claim(
    "disconnect-cancels-the-view-not-its-transaction",
    "A client that goes away cancels an async view, but not the transaction that the view awaits: "
    "it goes on and commits.",
    about="Django 5.2 and 6.1",
    instead="Do not take a disconnect for a rollback: make the request safe to repeat, by an "
    "idempotency key for example. Undoing in `except CancelledError` misses a client that leaves "
    "after the view has returned.",
    why="`ASGIHandler.handle` cancels the view. `SyncToAsync` cannot stop a function on its "
    "thread; a coroutine that runs there by `async_to_sync` it does cancel, and `atomic` rolls "
    "back.",
    database="postgresql",
    shows=(on_one_thread, leave_during),
)
def disconnect_in_a_transaction(decide: Callable[[bool], None] = commit_anyway) -> Seen:
    """Leave while a transaction is open on the thread: of a function, then of a coroutine."""
    wrote, began, cancelled = Event(), Event(), Event()

    @transaction.atomic
    def write() -> None:
        Author.objects.create(name="Grace")
        wrote.set()
        decide(cancelled.wait(PATIENCE_SECONDS))

    @on_one_thread
    async def write_and_wait() -> None:
        await Author.objects.acreate(name="Edsger")
        began.set()
        await asyncio.sleep(SLOW_SECONDS)

    of_function = leave_during(sync_to_async(write), wrote, cancelled)
    of_coroutine = leave_during(write_and_wait, began)
    rows = added_authors()
    return Seen(
        held={
            "it is a `def` function": of_function and "Grace" in rows,
            "it is a coroutine inside of `atomic`": of_coroutine and "Edsger" in rows,
        },
        evidence={"the views were cancelled": [of_function, of_coroutine], "rows that stay": rows},
    )


disconnect_in_a_transaction.falls_when(
    "the view tells its thread, which then fails", decide=give_up
)


@disconnect_in_a_transaction.beside(
    "FastAPI", "An endpoint is not cancelled: it goes on, and its transaction commits as well."
)
def disconnect_in_an_endpoint() -> Seen:
    """Leave while a transaction of an endpoint is open."""
    app, engine = FastAPI(), async_engine(poolclass=NullPool)
    wrote = Event()
    events: list[str] = []

    @app.get("/")
    async def endpoint(request: Request) -> None:
        await request.body()
        async with AsyncSession(engine) as session, session.begin():
            session.add(AlchemyAuthor(name="Grace"))
            await session.flush()
            wrote.set()
            # What comes after the body: only an endpoint that asks for it hears of it.
            events.append((await request.receive())["type"])

    leave(app, wrote)
    rows = added_authors()
    return Seen(
        held=events == ["http.disconnect"] and rows == ["Grace"],
        evidence={"the endpoint heard": events, "rows that stay": rows},
    )


async def await_each(wrote: Event) -> None:
    """Write two rows, and await each."""
    await Author.objects.acreate(name="Grace")
    wrote.set()
    await asyncio.sleep(SLOW_SECONDS)
    await Author.objects.acreate(name="Edsger")


async def await_both(wrote: Event) -> None:
    """Write two rows in one function on the thread."""
    left = Event()

    @transaction.atomic
    def write() -> None:
        Author.objects.create(name="Grace")
        wrote.set()
        left.wait(PATIENCE_SECONDS)
        Author.objects.create(name="Edsger")

    try:
        await sync_to_async(write)()
    finally:
        left.set()


@Claim(
    "disconnect-leaves-half-a-view",
    "A client that goes away between two awaited writes of a view leaves the first in the "
    "database, without the second.",
    about="Django 5.2 and 6.1",
    instead="Write what belongs together in one function with `atomic`, by one `await`.",
    why="The view is cancelled where it awaits, and the first write was a transaction by itself.",
    database="postgresql",
    shows=(leave, await_each),
)
def disconnect_between_two_writes(write: Callable[[Event], Awaitable[None]] = await_each) -> Seen:
    """Leave when the first of two rows is written."""
    wrote = Event()

    async def view(request: HttpRequest) -> HttpResponse:
        await write(wrote)
        return HttpResponse()

    leave(asgi(path("", view)), wrote)
    rows = added_authors()
    return Seen(held=rows == ["Grace"], evidence={"rows that stay": rows})


disconnect_between_two_writes.falls_when("one function on the thread writes both", write=await_both)


@disconnect_between_two_writes.beside(
    "FastAPI", "An endpoint goes on, and writes the second as well."
)
def disconnect_between_two_commits() -> Seen:
    """Leave when the first of two rows is committed."""
    app, engine = FastAPI(), async_engine(poolclass=NullPool)
    wrote = Event()

    @app.get("/")
    async def endpoint(request: Request) -> None:
        await request.body()
        async with AsyncSession(engine) as session:
            session.add(AlchemyAuthor(name="Grace"))
            await session.commit()
            wrote.set()
            await request.receive()  # comes when the client has left
            session.add(AlchemyAuthor(name="Edsger"))
            await session.commit()

    leave(app, wrote)
    rows = added_authors()
    return Seen(held=rows == ["Grace", "Edsger"], evidence={"rows that stay": rows})
