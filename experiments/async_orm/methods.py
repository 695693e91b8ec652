"""The async ORM: which queries have an async form, and how a queryset is read."""

import inspect
from collections.abc import Awaitable, Callable
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, QuerySet
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from django_app.models import Author, Post
from experiments.apparatus.alchemy import async_engine
from experiments.apparatus.observing import outcome
from experiments.claim import Claim, Held, Seen
from fastapi_app.models import Author as AlchemyAuthor
from fastapi_app.models import Post as AlchemyPost

Calls = dict[str, Callable[[], object]]

RAISED = "SynchronousOnlyOperation"
OF_QUERYSET = "it is a method of `QuerySet`"
POSTS = Post.objects.order_by("id")
AUTHORS = Author.objects
POST = Post(id=1, author_id=1)


class TitledPosts(QuerySet[Post]):
    """A queryset with a query method of its own."""

    def titles(self) -> list[str]:
        """Give the titles of all posts."""
        return [post.title for post in self]


QUERYSET_METHODS: Calls = {
    "aggregate": lambda: POSTS.aggregate(Count("id")),
    "bulk_create": lambda: AUTHORS.bulk_create([Author(name="Grace")]),
    "bulk_update": lambda: AUTHORS.bulk_update([Author(id=1, name="Grace")], ["name"]),
    "contains": lambda: POSTS.contains(POST),
    "count": lambda: POSTS.count(),
    "create": lambda: AUTHORS.create(name="Grace"),
    "delete": lambda: POSTS.delete(),
    "earliest": lambda: POSTS.earliest("id"),
    "exists": lambda: POSTS.exists(),
    "explain": lambda: POSTS.explain(),
    "first": lambda: POSTS.first(),
    "get": lambda: POSTS.get(id=1),
    "get_or_create": lambda: AUTHORS.get_or_create(name="Grace"),
    "in_bulk": lambda: POSTS.in_bulk(),
    "iterator": lambda: list(POSTS.iterator()),
    "last": lambda: POSTS.last(),
    "latest": lambda: POSTS.latest("id"),
    "update": lambda: POSTS.update(title="Post"),
    "update_or_create": lambda: AUTHORS.update_or_create(name="Grace"),
}
MODEL_METHODS: Calls = {
    "save": lambda: POST.save(),
    "delete": lambda: POST.delete(),
    "refresh_from_db": lambda: POST.refresh_from_db(),
}
# What makes another queryset, and asks nothing yet.
LAZY = "alias all annotate complex_filter dates datetimes defer difference distinct exclude extra"
LAZY += " fetch_mode filter intersection none only order_by prefetch_related raw resolve_expression"
LAZY += " reverse select_for_update select_related union using values values_list"
OWN_METHODS: Calls = {"titles": lambda: TitledPosts(Post).titles()}


def is_async(function: object) -> bool:
    """Say whether a function gives a coroutine or an async generator."""
    return inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)


def forgotten() -> list[str]:
    """Give the sync methods of `QuerySet` that are neither lazy nor called here."""
    known = {*LAZY.split(), *QUERYSET_METHODS}
    return [
        name
        for name, method in inspect.getmembers(QuerySet, inspect.isfunction)
        if not (name.startswith("_") or name in known or is_async(method))
    ]


@Claim(
    "every-query-has-an-a-form",
    "Every query method of the ORM has an async form, with an `a` before its name.",
    numbers=(12,),
    about="Django 5.2 and 6.1",
    instead="Put what has none into a function, and call that with `sync_to_async`.",
    why="`QuerySet`, `Model` and related managers have the forms written out, one by one;"
    " `Model.full_clean`, cursors and `transaction.atomic` have none.",
    shows=(forgotten,),
)
async def every_query_has_an_a_form(queryset_methods: Calls = QUERYSET_METHODS) -> Seen:
    """Call each method in the event loop, where a query raises, and look for its a-form."""
    kinds: dict[str, tuple[object, Calls]] = {
        OF_QUERYSET: (QuerySet, queryset_methods),
        "it saves, deletes or refreshes a model": (Post, MODEL_METHODS),
        "it validates a model": (Post, {"full_clean": POST.full_clean}),
        "it opens a cursor": (connection, {"cursor": connection.cursor}),
        "it begins a transaction": (transaction, {"atomic": transaction.atomic().__enter__}),
    }
    held: dict[str, Held] = {}
    evidence: dict[str, object] = {"methods of `QuerySet` forgotten": forgotten() or "none"}
    for kind, (owner, calls) in kinds.items():
        raised = [name for name, call in calls.items() if outcome(call) == RAISED]
        without = [name for name in raised if not hasattr(owner, f"a{name}")]
        held[kind] = raised == list(calls) and not without
        evidence[kind] = f"{len(raised)} of {len(calls)} query, without a-form: {without or 'none'}"
    held[OF_QUERYSET] = held[OF_QUERYSET] and not forgotten()
    return Seen(held=held, evidence=evidence)


every_query_has_an_a_form.falls_when(
    "the queryset has a query method of your own", queryset_methods=QUERYSET_METHODS | OWN_METHODS
)


@every_query_has_an_a_form.beside(
    "FastAPI",
    "What reaches the database has the same name in SQLAlchemy's `AsyncSession` as in `Session`,"
    " and is awaited; `query()` is missing.",
)
async def session_methods_are_awaited() -> Seen:
    """Call methods of `Session` by their names on an `AsyncSession`, and look for `query()`."""
    titles, engine = select(AlchemyPost.title), async_engine()
    calls: dict[str, tuple[Any, ...]] = {
        "execute": (titles,),
        "scalar": (titles,),
        "scalars": (titles,),
        "get": (AlchemyPost, 1),
        "merge": (AlchemyAuthor(id=1, name="Ada"),),
        "flush": (),
        "commit": (),
    }
    held = hasattr(Session, "query") and not hasattr(AsyncSession, "query")
    async with AsyncSession(engine) as session:
        for name, arguments in calls.items():
            called = getattr(session, name)(*arguments)
            held &= inspect.iscoroutine(called) and hasattr(Session, name)
            await called
    await engine.dispose()
    return Seen(held=held, evidence={"awaited": ", ".join(calls)})


async def save(author: Author) -> None:
    """Save an author."""
    await author.asave()


async def forget_to_await(author: Author) -> None:
    """Call the same without `await`, which makes a coroutine and runs nothing."""
    _ = author.asave()


@Claim(
    "common-a-methods-work",
    "`acreate()`, `asave()`, `aget()`, `aupdate()` and `adelete()` do in a coroutine what their"
    " sync forms do in a function.",
    numbers=(13,),
    about="Django 4.2 and later",
    instead="Use them, and let a linter find the call that nobody awaits.",
    shows=(save,),
)
async def common_a_methods_work(save: Callable[[Author], Awaitable[None]] = save) -> Seen:
    """Create, change, read, update and delete an author."""
    created = await Author.objects.acreate(name="Grace")
    created.name = "Hopper"
    await save(created)
    read = await Author.objects.aget(id=created.id)
    updated = await Author.objects.filter(id=created.id).aupdate(name="Grace Hopper")
    deleted, _ = await read.adelete()
    left = await Author.objects.acount()
    return Seen(
        held=(read.name, updated, deleted, left) == ("Hopper", 1, 1, 1),
        evidence={"read": read.name, "updated": updated, "deleted": deleted, "left": left},
    )


common_a_methods_work.falls_when("the `await` before `asave()` is left out", save=forget_to_await)


@common_a_methods_work.beside("FastAPI", "`AsyncSession` does the same five things.")
async def session_does_the_same() -> Seen:
    """Create, change, read, update and delete an author."""
    engine = async_engine()
    async with AsyncSession(engine) as session:
        created = AlchemyAuthor(name="Grace")
        session.add(created)
        await session.flush()
        mine = AlchemyAuthor.id == created.id
        created.name = "Hopper"
        await session.commit()
        await session.refresh(created)
        read = created.name
        await session.execute(update(AlchemyAuthor).where(mine).values(name="Grace Hopper"))
        updated = await session.scalar(select(AlchemyAuthor.name).where(mine))
        await session.delete(created)
        await session.commit()
        left = await session.scalar(select(func.count()).select_from(AlchemyAuthor))
    await engine.dispose()
    return Seen(
        held=(read, updated, left) == ("Hopper", "Grace Hopper", 1),
        evidence={"read": read, "updated": updated, "left": left},
    )
