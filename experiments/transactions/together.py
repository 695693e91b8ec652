"""Transactions and several coroutines at once: who is in whose."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from asgiref.sync import sync_to_async
from django.http import HttpRequest, JsonResponse
from django.urls import path
from sqlalchemy import NullPool, insert
from sqlalchemy.ext.asyncio import AsyncSession

from django_app.models import Author
from experiments.apparatus.alchemy import async_engine
from experiments.apparatus.observing import outcome_of
from experiments.apparatus.serving import ask, serving
from experiments.apparatus.site import asgi
from experiments.apparatus.stored import added_authors
from experiments.claim import Claim, Seen
from experiments.transactions.ways_of_atomic import (
    Decorator,
    HomeMadeAtomic,
    Undone,
    Work,
    home_made,
    on_one_thread,
)
from fastapi_app.models import Author as AlchemyAuthor

View = Callable[[HttpRequest], Coroutine[Any, Any, JsonResponse]]
NAMES = ("Grace", "Edsger", "Barbara")


async def add_grace() -> str:
    """Add an author, and say so."""
    await Author.objects.acreate(name="Grace")
    return "added"


async def add_edsger_and_fail() -> None:
    """Add another one, and fail."""
    await Author.objects.acreate(name="Edsger")
    raise Undone


@Claim(
    "home-made-async-atomic-loses-a-row",
    "Of two transactions at once that use a home-made async `atomic`, one can lose the row that "
    "it said it had added.",
    about="Django 5.2 and 6.1",
    instead="Run each transaction as one function on the thread, so that no other comes between.",
    why="A request has one thread, and so one connection, on which the second `atomic` is a "
    "savepoint of the first; the first to end releases it, and the other rolls all of it back.",
    database="postgresql",
    shows=(HomeMadeAtomic,),
)
def home_made_atomic_loses_a_row(decorate: Decorator = home_made) -> Seen:
    """Run a transaction beside one that fails, in one request and in two."""

    def answering(*works: Work) -> View:
        async def view(request: HttpRequest) -> JsonResponse:
            outcomes = [outcome_of(decorate(work)()) for work in works]
            return JsonResponse(await asyncio.gather(*outcomes), safe=False)

        return view

    both = path("both", answering(add_grace, add_edsger_and_fail))
    add = path("add", answering(add_grace))
    fail = path("fail", answering(add_edsger_and_fail))
    with serving(asgi(both, add, fail)) as client:
        answers = client.get("/both").json()
        after_one = added_authors()
        ask(client, ["/add", "/fail"])
        after_two = added_authors()[len(after_one) :]
    return Seen(
        held={
            "both run in one request": answers[0] == "added" and after_one == [],
            "each has a request of its own": after_two == [],
        },
        evidence={"answers": answers, "rows of one request": after_one, "rows of two": after_two},
    )


home_made_atomic_loses_a_row.falls_when(
    "each transaction is one function on the thread", decorate=on_one_thread
)


@home_made_atomic_loses_a_row.beside(
    "FastAPI", "With a session for each, SQLAlchemy keeps the one and rolls back the other."
)
async def two_sessions_at_once() -> Seen:
    """Run a transaction beside one that fails, both open at the same time."""
    engine = async_engine()
    both_wrote = asyncio.Barrier(2)

    async def add(name: str, error: Exception | None = None) -> str:
        async with AsyncSession(engine) as session, session.begin():
            session.add(AlchemyAuthor(name=name))
            await session.flush()
            await both_wrote.wait()
            if error:
                raise error
        return "added"

    works = (add("Grace"), add("Edsger", Undone()))
    answers = await asyncio.gather(*map(outcome_of, works))
    await engine.dispose()
    rows = await sync_to_async(added_authors)()
    return Seen(
        held=answers == ["added", "Undone"] and rows == ["Grace"],
        evidence={"answers": answers, "rows that stay": rows},
    )


@Claim(
    "coroutine-inside-atomic-rolls-back",
    "A coroutine that runs by `async_to_sync` inside of `atomic`, with `sync_to_async` around "
    "both, is in the transaction with all that it awaits, also by `gather`.",
    about="Django 5.2 and 6.1",
    instead="It is the way to have awaits in a transaction; keep them short, since the thread, the "
    "connection and its locks are held while they wait. A client that leaves cancels the "
    "coroutine, and all is rolled back.",
    database="postgresql",
    shows=(on_one_thread,),
)
async def coroutine_inside_atomic(
    create: Callable[..., Awaitable[Author]] = Author.objects.acreate,
) -> Seen:
    """Add three authors at once in a transaction, and fail."""
    written: list[str] = []

    async def add_three_and_fail() -> None:
        await asyncio.gather(*(create(name=name) for name in NAMES))
        written.extend(await sync_to_async(added_authors)())
        raise Undone

    came_to = await outcome_of(on_one_thread(add_three_and_fail)())
    rows = await sync_to_async(added_authors)()
    return Seen(
        held=came_to == "Undone" and len(written) == len(NAMES) and not rows,
        evidence={"rows before the failure": len(written), "rows that stay": len(rows)},
    )


coroutine_inside_atomic.falls_when(
    "the rows are added on other threads (`thread_sensitive=False`)",
    create=sync_to_async(Author.objects.create, thread_sensitive=False),
)


@coroutine_inside_atomic.beside(
    "FastAPI",
    "A session is for one task: of three statements that begin its transaction at once, two raise "
    "`InvalidRequestError`; in turn all are in it, and are rolled back, without a thread.",
)
async def statements_of_a_session() -> Seen:
    """Add three authors in a transaction of one session, at once and in turn, and fail."""
    engine = async_engine(poolclass=NullPool)
    in_turn: list[str] = []

    async def add(session: AsyncSession, name: str) -> str:
        await session.execute(insert(AlchemyAuthor).values(name=name))
        return "added"

    async def add_three_and_fail() -> None:
        async with AsyncSession(engine) as session, session.begin():
            in_turn.extend([await add(session, name) for name in NAMES])
            raise Undone

    async with AsyncSession(engine) as session:
        at_once = await asyncio.gather(*(outcome_of(add(session, name)) for name in NAMES))
    came_to = await outcome_of(add_three_and_fail())
    rows = await sync_to_async(added_authors)()
    return Seen(
        held=at_once.count("InvalidRequestError") == 2 and came_to == "Undone" and not rows,
        evidence={"at once": at_once, "in turn": in_turn, "rows that stay": len(rows)},
    )
