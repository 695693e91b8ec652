"""FastAPI's ladder of costs: the list of 20 posts, with one layer more of the service on each rung.

It is the service with some paths more, so settings, middleware and threads are the service's own.
Beside the rungs stand views that wait: as they should, by mistake, on a thread, and for queries
that are gathered.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from fastapi import APIRouter
from sqlalchemy import Row, Select, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from fastapi_app import routes
from fastapi_app.asgi import create_app
from fastapi_app.blocking import routes as blocking_routes
from fastapi_app.body import JSONRoute
from fastapi_app.database import AsyncReadSession, BlockingReadSession, ReadSession
from fastapi_app.middleware import Timing
from fastapi_app.models import Author, Post, Tag
from fastapi_app.settings import settings
from shared.schemas import PostPage, PostSummary

from .prepared import GATHERED_QUERIES, LIMIT, PAGE, WAIT_SECONDS, Waited, page_of, summary

PostRow = Row[int, str, datetime, int, str]
TagRow = Row[int, str]

async_router = APIRouter(route_class=JSONRoute)
blocking_router = APIRouter(route_class=JSONRoute)


@async_router.get("/ladder/nothing")
async def get_nothing() -> PostPage:
    """Give a page that was there before, and ask no database."""
    return PAGE


@async_router.get("/ladder/select-1")
async def get_select_1(session: ReadSession) -> PostPage:
    """Give the same page, after the smallest statement."""
    await session.execute(text("SELECT 1"))
    return PAGE


@async_router.get("/ladder/rows")
async def get_rows(session: ReadSession) -> PostPage:
    """Give a page made of plain rows, in two statements."""
    rows = (await session.execute(select_posts())).all()
    tags = await session.execute(select_tags(rows))
    return to_page(rows, tags)


async_router.get("/ladder/objects")(routes.list_posts)


@async_router.get("/ladder/n-plus-1")
async def get_n_plus_1(session: ReadSession) -> PostPage:
    """Give a page made of objects, with a statement for each post's author and for its tags."""
    objects = (await session.scalars(select_alone().limit(LIMIT + 1))).all()
    return page_of([await ask_relations(session, post) for post in objects[:LIMIT]])


async def ask_relations(session: AsyncSession, post: Post) -> PostSummary:
    """Ask for the author and the tags of one post."""
    # Not session.get, which asks for an author only once: the session remembers its objects.
    author = (await session.scalars(select(Author).where(Author.id == post.author_id))).one()
    tags = [tag.name for tag in await session.scalars(select(Tag).where(Tag.post_id == post.id))]
    return summary(post.id, post.title, post.published_at, (author.id, author.name), tags)


@async_router.get("/wait/await")
async def wait_await() -> Waited:
    """Wait as a coroutine should: the event loop goes on with others."""
    await asyncio.sleep(WAIT_SECONDS)
    return Waited(waited="await")


@async_router.get("/wait/blocking-call")
async def wait_blocking_call() -> Waited:
    """Wait by mistake in a blocking call, and all others with it."""
    time.sleep(WAIT_SECONDS)  # noqa: ASYNC251  (the mistake that is to be measured)
    return Waited(waited="blocking-call")


@async_router.get("/wait/gathered-queries")
async def gather_queries() -> Waited:
    """Ask three times in one gather."""
    await asyncio.gather(*(count_posts() for _ in range(GATHERED_QUERIES)))
    return Waited(waited="gathered-queries")


async def count_posts() -> int:
    """Count the posts, in a query of its own."""
    async with AsyncReadSession() as session:
        return (await session.scalars(select(func.count()).select_from(Post))).one()


@async_router.get("/wait/thread")
@blocking_router.get("/wait/thread")
def wait_thread() -> Waited:
    """Wait on a thread, and keep it."""
    time.sleep(WAIT_SECONDS)
    return Waited(waited="thread")


@blocking_router.get("/ladder/nothing")
def get_nothing_blocking() -> PostPage:
    """Give a page that was there before, and ask no database."""
    return PAGE


@blocking_router.get("/ladder/select-1")
def get_select_1_blocking() -> PostPage:
    """Give the same page, after the smallest statement."""
    with BlockingReadSession() as session:
        session.execute(text("SELECT 1"))
    return PAGE


@blocking_router.get("/ladder/rows")
def get_rows_blocking() -> PostPage:
    """Give a page made of plain rows, in two statements."""
    with BlockingReadSession() as session:
        rows = session.execute(select_posts()).all()
        return to_page(rows, session.execute(select_tags(rows)))


blocking_router.get("/ladder/objects")(blocking_routes.list_posts)


@blocking_router.get("/ladder/n-plus-1")
def get_n_plus_1_blocking() -> PostPage:
    """Give a page made of objects, with a statement for each post's author and for its tags."""
    with BlockingReadSession() as session:
        objects = session.scalars(select_alone().limit(LIMIT + 1)).all()
        return page_of([ask_relations_blocking(session, post) for post in objects[:LIMIT]])


def ask_relations_blocking(session: Session, post: Post) -> PostSummary:
    """Ask for the author and the tags of one post."""
    author = session.scalars(select(Author).where(Author.id == post.author_id)).one()
    tags = [tag.name for tag in session.scalars(select(Tag).where(Tag.post_id == post.id))]
    return summary(post.id, post.title, post.published_at, (author.id, author.name), tags)


def select_posts() -> Select[int, str, datetime, int, str]:
    """Select the posts of a page with their authors, and one post more, as rows."""
    author = Author.id.label("author_id"), Author.name.label("author_name")
    columns = Post.id, Post.title, Post.published_at, *author
    rows = select_alone().join(Post.author).with_only_columns(*columns)
    return rows.limit(LIMIT + 1)


def select_tags(rows: Sequence[PostRow]) -> Select[int, str]:
    """Select the tags of these posts, as rows."""
    return select(Tag.post_id, Tag.name).where(Tag.post_id.in_([post.id for post in rows]))


def select_alone() -> Select[Post]:
    """Select published posts, newest first, without authors and tags."""
    return select(Post).where(Post.published).order_by(Post.published.desc(), Post.id.desc())


def to_page(rows: Sequence[PostRow], tags: Iterable[TagRow]) -> PostPage:
    """Make the wire shape of a page from rows."""
    names = defaultdict[int, list[str]](list)
    for tag in tags:
        names[tag.post_id].append(tag.name)
    return page_of([to_summary(post, names[post.id]) for post in rows[:LIMIT]])


def to_summary(post: PostRow, tags: Iterable[str]) -> PostSummary:
    """Make the wire shape of a post in a list from a row."""
    author = post.author_id, post.author_name
    return summary(post.id, post.title, post.published_at, author, tags)


app = create_app()
app.include_router(async_router if settings.ASYNC_MODEL == "async" else blocking_router)
application = Timing(app)
