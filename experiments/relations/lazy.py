"""Relations: what a coroutine may touch, and what it must have loaded before."""

from collections.abc import Callable
from typing import Any

from asgiref.sync import sync_to_async
from django.db import models
from django.db.models import QuerySet
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer, lazyload

from django_app.models import Post
from experiments.apparatus.alchemy import async_engine
from experiments.apparatus.observing import outcome
from experiments.claim import Claim, Seen
from fastapi_app.models import Post as AlchemyPost

PLAIN = Post.objects.order_by("id")
WITH_AUTHOR = PLAIN.select_related("author")
WITHOUT_BODY = PLAIN.defer("body")


def cause(call: Callable[[], object]) -> str:
    """Give what a call returned as text, or the name of the error, the driver's if there is one."""
    try:
        return str(call())
    except SQLAlchemyError as error:
        return type(getattr(error, "orig", None) or error).__name__


@Claim(
    "lazy-relation-raises",
    "In a coroutine, touching a foreign key that was not loaded raises `SynchronousOnlyOperation`.",
    numbers=(15,),
    about="Django 4.1 and later",
    instead="Name the relation in `select_related()`, or load it with `await` before.",
)
async def lazy_relation_raises(posts: QuerySet[Post] = PLAIN) -> Seen:
    """Touch the author of a post that was loaded alone."""
    post = await posts.aget(id=1)
    touched = outcome(lambda: post.author.name)
    return Seen(held=touched == "SynchronousOnlyOperation", evidence={"post.author.name": touched})


lazy_relation_raises.falls_when("`select_related` loads the author as well", posts=WITH_AUTHOR)


@lazy_relation_raises.beside(
    "FastAPI",
    "SQLAlchemy raises `MissingGreenlet`; with some drivers it comes inside a `StatementError`.",
)
async def lazy_relation_raises_in_sqlalchemy() -> Seen:
    """Touch the author of a post that was loaded alone, as `relationship()` has it by default."""
    engine = async_engine()
    async with AsyncSession(engine) as session:
        post = await session.get_one(AlchemyPost, 1, options=[lazyload(AlchemyPost.author)])
        touched = cause(lambda: post.author.name)
    await engine.dispose()
    return Seen(held=touched == "MissingGreenlet", evidence={"post.author.name": touched})


@Claim(
    "deferred-field-raises",
    "A field that `defer()` or `only()` left out is lazy, too, and raises when a coroutine touches"
    " it.",
    numbers=(15,),
    about="Django 4.1 and later",
    instead="Load the fields that the coroutine reads, or await `arefresh_from_db(fields=[…])`.",
)
async def deferred_field_raises(posts: QuerySet[Post] = WITHOUT_BODY) -> Seen:
    """Touch the body of a post that was loaded without it."""
    post = await posts.aget(id=1)
    touched = outcome(lambda: post.body)
    return Seen(held=touched == "SynchronousOnlyOperation", evidence={"post.body": touched})


deferred_field_raises.falls_when("nothing is deferred", posts=PLAIN)


@deferred_field_raises.beside("FastAPI", "SQLAlchemy raises `MissingGreenlet` for the same.")
async def deferred_column_raises() -> Seen:
    """Touch the body of a post that was loaded without it."""
    engine = async_engine()
    async with AsyncSession(engine) as session:
        post = await session.get_one(AlchemyPost, 1, options=[defer(AlchemyPost.body)])
        touched = cause(lambda: post.body)
    await engine.dispose()
    return Seen(held=touched == "MissingGreenlet", evidence={"post.body": touched})


def author_of(post: Post) -> str:
    """Touch a post's author, and say what came of it."""
    return outcome(lambda: post.author.name)


@Claim(
    "lazy-loading-can-be-refused",
    "A queryset can refuse lazy loading, so that a forgotten relation fails in sync code as it does"
    " in a coroutine.",
    numbers=(15,),
    about="Django 5.2 and 6.1",
    instead="From Django 6.1 on, put `.fetch_mode(FETCH_RAISE)` on the querysets of async code.",
    why="`QuerySet.fetch_mode()` is new in Django 6.1. Before, lazy loading fails in a coroutine"
    " only, so that a sync test of the same code does not notice.",
    shows=(author_of,),
)
async def lazy_loading_can_be_refused() -> Seen:
    """Touch the author in the coroutine, and in a thread, where lazy loading works."""
    modes: dict[str, Any] = {
        name: getattr(models, name, None) for name in ("FETCH_RAISE", "FETCH_PEERS")
    }
    if None in modes.values():
        return Seen(held=False, evidence={"fetch modes": "none"})
    evidence = {}
    for name, mode in modes.items():
        post = await PLAIN.fetch_mode(mode).aget(id=1)
        evidence[f"{name} in the coroutine"] = author_of(post)
        evidence[f"{name} in a thread"] = await sync_to_async(author_of)(post)
    return Seen(held=evidence["FETCH_RAISE in a thread"] == "FieldFetchBlocked", evidence=evidence)


@lazy_loading_can_be_refused.beside(
    "FastAPI",
    'SQLAlchemy has `relationship(lazy="raise")`, which this project\'s FastAPI service uses.',
)
async def lazy_raise_refuses() -> Seen:
    """Touch the author in the coroutine, and in `run_sync`, where lazy loading works."""
    engine = async_engine()
    async with AsyncSession(engine) as session:
        post = await session.get_one(AlchemyPost, 1)
        evidence = {
            "in the coroutine": outcome(lambda: post.author.name),
            "in `run_sync`": await session.run_sync(lambda _: outcome(lambda: post.author.name)),
        }
    await engine.dispose()
    return Seen(held=set(evidence.values()) == {"InvalidRequestError"}, evidence=evidence)
