"""The ORM is a blocking one: queries raise in the event loop, and a-methods run in a thread."""

import inspect
import os
import threading
from collections.abc import Awaitable, Callable
from typing import Any
from unittest.mock import patch

from asgiref.sync import sync_to_async
from django.db.backends.signals import connection_created
from django.db.models import QuerySet
from sqlalchemy import create_engine, event, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from django_app.models import Author, Post
from experiments.apparatus import site
from experiments.apparatus.alchemy import async_engine
from experiments.apparatus.observing import LOOP, outcome, where
from experiments.async_orm.methods import is_async
from experiments.claim import Claim, Seen
from fastapi_app.models import Post as AlchemyPost

POSTS = Post.objects.order_by("id")
ADAPTER = "sync_to_async"


async def ask_by_a_methods() -> None:
    """Ask in four ways of the async ORM."""
    post = await POSTS.aget(id=1)
    await post.asave()
    await POSTS.acount()
    [post async for post in POSTS]


async def ask_unsafely() -> None:
    """Ask by a sync method, with the guard turned off."""
    with patch.dict(os.environ, DJANGO_ALLOW_ASYNC_UNSAFE="1"):
        POSTS.get(id=1)


@Claim(
    "a-methods-run-in-a-thread",
    "The ORM's a-methods are its sync methods behind `sync_to_async`: their SQL runs in a thread.",
    numbers=(21,),
    about="Django 5.2 and 6.1",
    instead="Expect from the async ORM that it leaves the event loop free, not that it needs no"
    " threads; put several queries into one function behind one `sync_to_async`.",
    why="`QuerySet.aiterator` is the one that does not call it; it reads its rows by"
    " `BaseIterable._async_generator`, which does.",
    database="postgresql",
    shows=(ask_by_a_methods,),
)
async def a_methods_run_in_a_thread(ask: Callable[[], Awaitable[None]] = ask_by_a_methods) -> Seen:
    """Note where each statement runs, and which a-methods do not call `sync_to_async`."""
    ran: list[str] = []

    def note(execute: Callable[..., Any], *statement: Any) -> Any:
        ran.append(where())
        return execute(*statement)

    def watch(connection: Any, **_: Any) -> None:
        connection.execute_wrappers.append(note)

    connection_created.connect(watch)
    await ask()
    a_methods = {name: method for name, method in vars(QuerySet).items() if is_async(method)}
    others = [
        name for name, method in a_methods.items() if ADAPTER not in inspect.getsource(method)
    ]
    return Seen(
        held=len(ran) > 0 and LOOP not in ran and others == ["aiterator"],
        evidence={
            "statements ran in": ", ".join(ran),
            "a-methods of `QuerySet`": len(a_methods),
            "without `sync_to_async` in their own code": ", ".join(others),
        },
    )


a_methods_run_in_a_thread.falls_when(
    "a sync method asks in the event loop, allowed by `DJANGO_ALLOW_ASYNC_UNSAFE`",
    ask=ask_unsafely,
)


@a_methods_run_in_a_thread.beside(
    "FastAPI", "SQLAlchemy with psycopg speaks to PostgreSQL from the event loop, without a thread."
)
async def sqlalchemy_needs_no_thread() -> Seen:
    """Note where a statement is sent, and which threads the query started."""
    ran: list[str] = []

    def note(*_: Any) -> None:
        ran.append(where())

    engine = async_engine()
    event.listen(engine.sync_engine, "before_cursor_execute", note)
    before = set(threading.enumerate())
    async with AsyncSession(engine) as session:
        posts = await session.scalar(select(func.count()).select_from(AlchemyPost))
        started = [thread.name for thread in threading.enumerate() if thread not in before]
    await engine.dispose()
    return Seen(
        held=posts == 3 and set(ran) == {LOOP} and started == [],
        evidence={"statements ran in": ", ".join(ran), "threads started": started or "none"},
    )


async def in_the_event_loop(query: Callable[[], object]) -> str:
    """Ask as a coroutine that calls the sync ORM does."""
    return outcome(query)


async def in_a_thread(query: Callable[[], object]) -> str:
    """Ask on another thread."""
    return await sync_to_async(outcome)(query)


@Claim(
    "sync-query-raises",
    "A sync query in a coroutine raises `SynchronousOnlyOperation`.",
    numbers=(46,),
    about="Django 3.0 and later",
    instead="Await the a-method, or put the code into a function for `sync_to_async`.",
    shows=(in_the_event_loop,),
)
async def sync_query_raises(
    ask: Callable[[Callable[[], object]], Awaitable[str]] = in_the_event_loop,
) -> Seen:
    """Read, count, create and delete by the ORM's sync methods."""
    evidence = {
        "get()": await ask(lambda: POSTS.get(id=1)),
        "a loop": await ask(lambda: [post.id for post in POSTS]),
        "create()": await ask(lambda: Author.objects.create(name="Grace").name),
        "delete()": await ask(lambda: Post.objects.filter(id=1).delete()[0]),
    }
    return Seen(held=set(evidence.values()) == {"SynchronousOnlyOperation"}, evidence=evidence)


sync_query_raises.falls_when("the same runs in a thread, by `sync_to_async`", ask=in_a_thread)


@sync_query_raises.beside(
    "FastAPI", "SQLAlchemy's sync `Session` does not notice: it answers, and blocks the event loop."
)
async def sync_session_blocks_the_loop() -> Seen:
    """Ask by a sync `Session` in a coroutine."""
    ran: list[str] = []

    def note(*_: Any) -> None:
        ran.append(where())

    engine = create_engine(site.DATABASE_URL)
    event.listen(engine, "before_cursor_execute", note)
    with Session(engine) as session:
        titles = outcome(lambda: list(session.scalars(select(AlchemyPost.title))))
    engine.dispose()
    return Seen(
        held=titles == "['Post 1', 'Post 2', 'Post 3']" and ran == [LOOP],
        evidence={"titles": titles, "statements ran in": ", ".join(ran)},
    )


async def load(posts: QuerySet[Post]) -> None:
    """Read all rows into the queryset's cache."""
    [post async for post in posts]


async def load_nothing(posts: QuerySet[Post]) -> None:
    """Leave the queryset as it is."""


@Claim(
    "truth-length-and-index-raise",
    "`if posts`, `len(posts)` and `posts[0]` are queries, too, and raise in a coroutine.",
    numbers=(12, 46),
    about="Django 4.1 and later",
    instead="Await `aexists()`, `acount()` and `afirst()`, or read the queryset into a list once.",
)
async def truth_length_and_index_raise(
    before: Callable[[QuerySet[Post]], Awaitable[None]] = load_nothing,
) -> Seen:
    """Use a queryset as if it were a list."""
    posts = POSTS.all()
    await before(posts)
    evidence = {
        "bool(posts)": outcome(lambda: bool(posts)),
        "len(posts)": outcome(lambda: len(posts)),
        "posts[0]": outcome(lambda: posts[0]),
    }
    return Seen(held=set(evidence.values()) == {"SynchronousOnlyOperation"}, evidence=evidence)


truth_length_and_index_raise.falls_when("`async for` has read the queryset before", before=load)


@truth_length_and_index_raise.beside(
    "FastAPI", "A SQLAlchemy statement is no collection: all three raise `TypeError`."
)
def statement_is_no_collection() -> Seen:
    """Use a statement as if it were a list."""
    posts: Any = select(AlchemyPost)
    evidence = {
        "bool(posts)": outcome(lambda: bool(posts)),
        "len(posts)": outcome(lambda: len(posts)),
        "posts[0]": outcome(lambda: posts[0]),
    }
    return Seen(held=set(evidence.values()) == {"TypeError"}, evidence=evidence)
