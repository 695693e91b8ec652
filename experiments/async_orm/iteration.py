"""Reading a queryset in a coroutine: loops, comprehensions, slices, and how much is loaded."""

from collections.abc import AsyncIterable, Awaitable, Callable
from typing import Any

from django.db.models import QuerySet
from django.db.models.signals import post_init
from sqlalchemy import event, select
from sqlalchemy.ext.asyncio import AsyncSession

from django_app.models import Post
from experiments.apparatus.alchemy import async_engine
from experiments.apparatus.observing import outcome_of
from experiments.claim import Claim, Seen
from fastapi_app.models import Post as AlchemyPost

POSTS = Post.objects.order_by("id")


@Claim(
    "async-for-reads-a-queryset",
    "A queryset is read with `async for`: in a loop, in a comprehension, and over a slice.",
    numbers=(14,),
    about="Django 4.1 and later",
    instead="Write `async for`; for a manager, `async for … in Post.objects.all()`.",
)
async def async_for_reads_a_queryset(posts: Any = POSTS) -> Seen:
    """Read two posts from a slice, then the three in a loop and in a comprehension."""

    async def of_a_slice() -> list[int]:
        return [post.id async for post in posts[:2]]

    async def loop() -> list[int]:
        ids = []
        async for post in posts:
            ids.append(post.id)
        return ids

    async def comprehension() -> list[int]:
        return [post.id async for post in posts]

    evidence = {
        "slice": await outcome_of(of_a_slice()),
        "loop": await outcome_of(loop()),
        "comprehension": await outcome_of(comprehension()),
    }
    held = list(evidence.values()) == ["[1, 2]", "[1, 2, 3]", "[1, 2, 3]"]
    return Seen(held=held, evidence=evidence)


async_for_reads_a_queryset.falls_when("`all()` of the manager is left out", posts=Post.objects)


@async_for_reads_a_queryset.beside(
    "FastAPI",
    "What `stream_scalars()` gives is read with `async for`; a slice is `limit()`.",
)
async def async_for_reads_a_stream() -> Seen:
    """Read the three posts in a loop, in a comprehension, and two of them."""
    ids, engine = select(AlchemyPost.id).order_by(AlchemyPost.id), async_engine()
    async with AsyncSession(engine) as session:
        in_a_loop = []
        async for id in await session.stream_scalars(ids):
            in_a_loop.append(id)
        in_a_comprehension = [id async for id in await session.stream_scalars(ids)]
        limited = [id async for id in await session.stream_scalars(ids.limit(2))]
    await engine.dispose()
    evidence = {"loop": in_a_loop, "comprehension": in_a_comprehension, "slice": limited}
    return Seen(held=list(evidence.values()) == [[1, 2, 3], [1, 2, 3], [1, 2]], evidence=evidence)


async def read_all(posts: QuerySet[Post]) -> None:
    """Read all rows into the queryset's cache."""
    [post async for post in posts]


async def read_nothing(posts: QuerySet[Post]) -> None:
    """Leave the queryset as it is."""


@Claim(
    "slice-of-a-read-queryset-is-a-list",
    "Once a queryset has been read, a slice of it is a list, and `async for` over it raises"
    " `TypeError`.",
    numbers=(14,),
    about="Django 4.1 and later",
    instead="Slice before you read, or slice `posts.all()`, which is a new queryset.",
    shows=(read_all,),
)
async def slice_of_a_read_queryset_is_a_list(
    before: Callable[[QuerySet[Post]], Awaitable[None]] = read_all,
) -> Seen:
    """Read a queryset, then loop over a slice of it."""
    posts = POSTS.all()
    await before(posts)

    async def loop() -> list[int]:
        return [post.id async for post in posts[:2]]

    looped = await outcome_of(loop())
    return Seen(
        held=looped == "TypeError",
        evidence={"the slice is a": type(posts[:2]).__name__, "the loop": looped},
    )


slice_of_a_read_queryset_is_a_list.falls_when("it was not read before", before=read_nothing)


@slice_of_a_read_queryset_is_a_list.beside(
    "FastAPI", "A SQLAlchemy statement keeps no rows: `limit()` makes another one at any time."
)
async def limit_makes_a_statement() -> Seen:
    """Run a statement, then the same with a limit."""
    ids, engine = select(AlchemyPost.id).order_by(AlchemyPost.id), async_engine()
    async with AsyncSession(engine) as session:
        read = [id async for id in await session.stream_scalars(ids)]
        limited = [id async for id in await session.stream_scalars(ids.limit(2))]
    await engine.dispose()
    return Seen(
        held=(read, limited) == ([1, 2, 3], [1, 2]),
        evidence={"read": read, "with `limit(2)`": limited},
    )


def as_it_is(posts: QuerySet[Post]) -> AsyncIterable[Post]:
    """Read the queryset itself."""
    return posts


def by_aiterator(posts: QuerySet[Post]) -> AsyncIterable[Post]:
    """Read it by `aiterator()`, one row at a time."""
    return posts.aiterator(chunk_size=1)


@Claim(
    "async-for-reads-row-by-row",
    "`async for` over a queryset fetches its rows while the loop goes on.",
    numbers=(14,),
    about="Django 4.1 and later",
    instead="Read a large table with `aiterator(chunk_size=…)`, which fetches chunk by chunk.",
    why="`QuerySet.__aiter__` calls `_fetch_all` in a thread, once, and gives what that has put"
    " into the queryset's cache.",
    shows=(as_it_is,),
)
async def async_for_reads_row_by_row(
    read: Callable[[QuerySet[Post]], AsyncIterable[Post]] = as_it_is,
) -> Seen:
    """Count the posts that were made by the time the loop sees the first one."""
    made: list[Post] = []

    def note(instance: Post, **_: Any) -> None:
        made.append(instance)

    post_init.connect(note, sender=Post)
    by_then = [len(made) async for _ in read(POSTS)]
    return Seen(held=by_then[0] < len(made), evidence={"made by each turn": by_then})


async_for_reads_row_by_row.falls_when("`aiterator()` reads the queryset", read=by_aiterator)


@async_for_reads_row_by_row.beside(
    "FastAPI", "SQLAlchemy's `stream_scalars()` fetches as the loop goes on, `scalars()` all first."
)
async def stream_reads_row_by_row() -> Seen:
    """Count the posts that were made by the time each loop sees the first one."""
    made: list[AlchemyPost] = []

    def note(post: AlchemyPost, context: Any) -> None:
        made.append(post)

    event.listen(AlchemyPost, "load", note)
    posts, engine = select(AlchemyPost).execution_options(yield_per=1), async_engine()
    async with AsyncSession(engine) as session:
        streamed = [len(made) async for _ in await session.stream_scalars(posts)]
    made.clear()
    async with AsyncSession(engine) as session:
        loaded = [len(made) for _ in await session.scalars(select(AlchemyPost))]
    await engine.dispose()
    return Seen(
        held=streamed[0] == 1 and loaded[0] == len(made),
        evidence={"stream_scalars()": streamed, "scalars()": loaded},
    )
