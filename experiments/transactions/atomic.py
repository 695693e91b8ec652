"""Transactions: what `atomic` does for a coroutine, and what it does not."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import django
from asgiref.sync import sync_to_async
from django.db import transaction
from sqlalchemy.ext.asyncio import AsyncSession

from django_app.models import Author
from experiments.apparatus.alchemy import async_engine
from experiments.apparatus.observing import outcome_of
from experiments.apparatus.stored import added_authors
from experiments.claim import Claim, Seen
from experiments.transactions.ways_of_atomic import (
    Decorator,
    HomeMadeAtomic,
    Undone,
    add_and_fail,
    called_on_a_thread,
    on_one_thread,
)
from fastapi_app.models import Author as AlchemyAuthor


@Claim(
    "atomic-refuses-coroutines",
    "`@transaction.atomic` is for synchronous functions only: calling a coroutine function that "
    "has it raises `SynchronousOnlyOperation`.",
    numbers=(47,),
    about="Django 5.2 and 6.1",
    instead="Write the transaction as a `def` function, and await it through `sync_to_async`.",
    database="postgresql",
    shows=(add_and_fail,),
)
async def atomic_refuses_coroutines(decorate: Decorator = transaction.atomic) -> Seen:
    """Call a coroutine function that has `atomic` as its decorator."""

    async def call() -> None:
        await decorate(add_and_fail)()

    came_to = await outcome_of(call())
    return Seen(held=came_to == "SynchronousOnlyOperation", evidence={"the call": came_to})


atomic_refuses_coroutines.falls_when(
    "`async_to_sync` makes it synchronous, and `sync_to_async` runs it on a thread",
    decorate=on_one_thread,
)


@atomic_refuses_coroutines.beside(
    "FastAPI", "SQLAlchemy's `AsyncSession.begin()` is for coroutines, and rolls back what failed."
)
async def a_session_takes_coroutines() -> Seen:
    """Add an author in a transaction of a coroutine, and fail."""
    engine = async_engine()

    async def add_and_fail() -> None:
        async with AsyncSession(engine) as session, session.begin():
            session.add(AlchemyAuthor(name="Grace"))
            await session.flush()
            raise Undone

    came_to = await outcome_of(add_and_fail())
    await engine.dispose()
    rows = await sync_to_async(added_authors)()
    return Seen(
        held=came_to == "Undone" and not rows,
        evidence={"the call": came_to, "rows that stay": rows},
    )


@Claim(
    "atomic-coroutine-commits",
    "A coroutine function with `@transaction.atomic` that is called on a thread and awaited "
    "afterwards has no transaction: what it wrote stays when it fails.",
    numbers=(47,),
    about="Django 5.2 and 6.1",
    instead="Await the coroutine inside the transaction: `atomic` around `async_to_sync` of it, "
    "and `sync_to_async` around both.",
    why="`Atomic` ends when the function has given its coroutine, before a line of it has run.",
    database="postgresql",
    shows=(add_and_fail, called_on_a_thread),
)
async def atomic_coroutine_commits(decorate: Decorator = called_on_a_thread) -> Seen:
    """Let a coroutine function with `atomic` fail after it wrote a row."""
    came_to = await outcome_of(decorate(add_and_fail)())
    rows = await sync_to_async(added_authors)()
    return Seen(
        held=came_to == "Undone" and rows == ["Grace"],
        evidence={"the call": came_to, "rows that stay": rows},
    )


atomic_coroutine_commits.falls_when(
    "the coroutine runs to its end inside of `atomic`", decorate=on_one_thread
)


@Claim(
    "atomic-on-a-thread-rolls-back",
    "A coroutine gets a transaction by `sync_to_async` of a function with `atomic`: when that "
    "fails, all that it wrote is rolled back.",
    numbers=(48,),
    about="Django 5.2 and 6.1",
    instead="It is the way to do it: one function for each transaction.",
    database="postgresql",
)
async def atomic_on_a_thread(
    begin: Callable[[], AbstractContextManager[Any]] = transaction.atomic,
) -> Seen:
    """Await a function that adds two authors in a transaction, and fails."""
    written: list[str] = []

    def add_two_and_fail() -> None:
        with begin():
            Author.objects.create(name="Grace")
            Author.objects.create(name="Edsger")
            written.extend(added_authors())
            raise Undone

    came_to = await outcome_of(sync_to_async(add_two_and_fail)())
    rows = await sync_to_async(added_authors)()
    return Seen(
        held=came_to == "Undone" and len(written) == 2 and not rows,
        evidence={"rows before the failure": written, "rows that stay": rows},
    )


atomic_on_a_thread.falls_when("`atomic` is left out", begin=nullcontext)


@atomic_on_a_thread.beside(
    "FastAPI", "SQLAlchemy needs no thread: an `AsyncSession` with `begin()` rolls back both rows."
)
async def a_session_rolls_back() -> Seen:
    """Add two authors in a transaction of a session, and fail."""
    engine = async_engine()
    written: list[int] = []

    async def add_two_and_fail() -> None:
        async with AsyncSession(engine) as session, session.begin():
            authors = [AlchemyAuthor(name="Grace"), AlchemyAuthor(name="Edsger")]
            session.add_all(authors)
            await session.flush()
            written.extend(author.id for author in authors)
            raise Undone

    came_to = await outcome_of(add_two_and_fail())
    await engine.dispose()
    rows = await sync_to_async(added_authors)()
    return Seen(
        held=came_to == "Undone" and len(written) == 2 and not rows,
        evidence={"ids before the failure": written, "rows that stay": rows},
    )


@Claim(
    "django-has-async-transactions",
    "Django has async transactions, `async with transaction.atomic()`, as the article expects "
    "of Django 6.",
    numbers=(49,),
    about="Django 5.2 and 6.1",
    instead="One `def` function with `atomic` for each transaction, awaited by `sync_to_async`.",
    why="`transaction.Atomic` has `__enter__` and `__exit__` only, in 6.1 as in 5.2; the release "
    "notes of 6.0 and 6.1 name no other, and the documentation of 6.1 says that transactions do "
    "not yet work in async mode.",
    database="postgresql",
    shows=(HomeMadeAtomic,),
)
async def async_atomic(begin: Callable[[], Any] = transaction.atomic) -> Seen:
    """Open a transaction by `async with`, write in it, and fail."""

    async def add_and_fail() -> None:
        async with begin():
            await Author.objects.acreate(name="Grace")
            raise Undone

    came_to = await outcome_of(add_and_fail())
    rows = await sync_to_async(added_authors)()
    names = [name for name in dir(transaction) if "async" in name or name == "aatomic"]
    return Seen(
        held=(came_to == "Undone" and not rows) or bool(names),
        evidence={
            "Django": django.__version__,
            "the call": came_to,
            "async names in django.db.transaction": names or "none",
        },
    )


async_atomic.falls_when(
    "it is a home-made async `atomic`, and no other transaction runs at the same time",
    begin=HomeMadeAtomic,
)


@async_atomic.beside(
    "FastAPI", "SQLAlchemy has them, with savepoints: `session.begin()`, `session.begin_nested()`."
)
async def async_savepoint() -> Seen:
    """Write in a transaction and in a savepoint of it, and let the savepoint fail."""
    engine = async_engine()
    async with AsyncSession(engine) as session, session.begin():
        session.add(AlchemyAuthor(name="Grace"))

        async def add_and_fail() -> None:
            async with session.begin_nested():
                session.add(AlchemyAuthor(name="Edsger"))
                await session.flush()
                raise Undone

        came_to = await outcome_of(add_and_fail())
    await engine.dispose()
    rows = await sync_to_async(added_authors)()
    return Seen(
        held=came_to == "Undone" and rows == ["Grace"],
        evidence={"the savepoint": came_to, "rows that stay": rows},
    )
