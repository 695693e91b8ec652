"""Loading relations: before they are touched, or later with an await."""

from asgiref.sync import sync_to_async
from django.db.models import QuerySet, aprefetch_related_objects
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncAttrs, AsyncSession
from sqlalchemy.orm import joinedload, lazyload, selectinload

from django_app.models import Post
from experiments.apparatus.alchemy import async_engine
from experiments.apparatus.observing import outcome
from experiments.claim import Claim, Seen
from experiments.relations.lazy import PLAIN, WITH_AUTHOR, author_of
from fastapi_app.models import Post as AlchemyPost
from fastapi_app.models import Tag as AlchemyTag

WITH_TAGS = PLAIN.prefetch_related("tags")
TAGS = "['async', 'web']"


@Claim(
    "select-related-loads-before",
    "`select_related()` loads the author in the post's own query, and a coroutine may touch it.",
    numbers=(16,),
    about="Django 4.1 and later",
    instead="Name every foreign key that the coroutine, or its template, reads.",
)
async def select_related_loads_before(posts: QuerySet[Post] = WITH_AUTHOR) -> Seen:
    """Touch the authors of posts that were loaded with them."""
    touched = [author_of(post) async for post in posts]
    return Seen(held=touched == ["Ada"] * 3, evidence={"post.author.name": touched})


select_related_loads_before.falls_when("`select_related()` is left out", posts=PLAIN)


@select_related_loads_before.beside("FastAPI", "SQLAlchemy's `joinedload()` does the same.")
async def joinedload_loads_before() -> Seen:
    """Touch the authors of posts that were loaded with them."""
    engine = async_engine()
    async with AsyncSession(engine) as session:
        posts = await session.scalars(select(AlchemyPost).options(joinedload(AlchemyPost.author)))
        touched = [post.author.name for post in posts]
    await engine.dispose()
    return Seen(held=touched == ["Ada"] * 3, evidence={"post.author.name": touched})


@Claim(
    "prefetch-related-loads-before",
    "`prefetch_related()` loads the tags in a second query, and a coroutine may loop over them.",
    numbers=(16,),
    about="Django 4.1 and later",
    instead="Name every relation to many that the coroutine, or its template, reads.",
)
async def prefetch_related_loads_before(posts: QuerySet[Post] = WITH_TAGS) -> Seen:
    """Loop over the tags of a post that was loaded with them."""
    post = await posts.aget(id=1)
    touched = outcome(lambda: sorted(tag.name for tag in post.tags.all()))
    return Seen(held=touched == TAGS, evidence={"post.tags.all()": touched})


prefetch_related_loads_before.falls_when("`prefetch_related()` is left out", posts=PLAIN)


@prefetch_related_loads_before.beside("FastAPI", "SQLAlchemy's `selectinload()` does the same.")
async def selectinload_loads_before() -> Seen:
    """Loop over the tags of a post that was loaded with them."""
    engine = async_engine()
    async with AsyncSession(engine) as session:
        post = await session.get_one(AlchemyPost, 1, options=[selectinload(AlchemyPost.tags)])
        touched = outcome(lambda: sorted(tag.name for tag in post.tags))
    await engine.dispose()
    return Seen(held=touched == TAGS, evidence={"post.tags": touched})


@Claim(
    "relations-must-be-loaded-before",
    "In a coroutine a relation must have been loaded by `select_related()` or"
    " `prefetch_related()`.",
    numbers=(17,),
    about="Django 5.0 and later",
    instead="Load what every object needs in the query itself; for a single object, await a"
    " further query.",
    why="A relation that is awaited may be loaded later: `aprefetch_related_objects()` (new in"
    " Django 5.0) loads it for objects that are there, `async for` asks for its rows, and"
    " `sync_to_async` takes the lazy loading to a thread.",
)
async def relations_must_be_loaded_before(posts: QuerySet[Post] = PLAIN) -> Seen:
    """Touch the author of a post that was loaded alone, then await relations in three ways."""
    post, other = [post async for post in posts[:2]]
    touched = author_of(post)
    await aprefetch_related_objects([post], "author")
    awaited = {
        "aprefetch_related_objects()": author_of(post),
        "async for … in post.tags": str([tag.name async for tag in post.tags.order_by("name")]),
        "sync_to_async": await sync_to_async(author_of)(other),
    }
    raised = "SynchronousOnlyOperation"
    return Seen(
        held={
            "it is touched without `await`": touched == raised,
            "it is awaited": set(awaited.values()) == {raised},
        },
        evidence={"post.author.name": touched, **awaited},
    )


relations_must_be_loaded_before.falls_when("`select_related` has loaded it", posts=WITH_AUTHOR)


class AwaitablePost(AsyncAttrs, AlchemyPost):
    """A post with SQLAlchemy's mixin."""


@relations_must_be_loaded_before.beside(
    "FastAPI",
    "SQLAlchemy has awaited ways as well: `awaitable_attrs` of the `AsyncAttrs` mixin,"
    " `refresh()`, a query, and `run_sync()`.",
    AwaitablePost,
)
async def relations_can_be_awaited() -> Seen:
    """Await a relation of a post that was loaded alone, in four ways."""
    engine, tags = async_engine(), select(AlchemyTag.name).order_by(AlchemyTag.name)
    async with AsyncSession(engine) as session:
        post = await session.get_one(AlchemyPost, 1, options=[lazyload(AlchemyPost.author)])
        awaited = {
            "run_sync()": await session.run_sync(lambda _: outcome(lambda: post.author.name)),
            "a query": str(list(await session.scalars(tags.where(AlchemyTag.post_id == post.id)))),
        }
    async with AsyncSession(engine) as session:
        post = await session.get_one(AlchemyPost, 1)
        await session.refresh(post, ["author"])
        awaited["refresh()"] = outcome(lambda: post.author.name)
    async with AsyncSession(engine) as session:
        alone = lazyload(AwaitablePost.author)
        awaitable = await session.get_one(AwaitablePost, 1, options=[alone])
        awaited["awaitable_attrs"] = (await awaitable.awaitable_attrs.author).name
    await engine.dispose()
    return Seen(held=list(awaited.values()) == ["Ada", TAGS, "Ada", "Ada"], evidence=awaited)
