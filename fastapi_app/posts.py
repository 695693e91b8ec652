"""What the post endpoints read and write, with SQLAlchemy's async session."""

from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import urlencode

from sqlalchemy import Select, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload, selectinload

from shared import schemas
from shared.schemas import NewPost, PostDetail, PostPage, PostQuery, PostSummary

from .models import Author, Post, Tag


class PostNotFound(Exception):
    """No published post has this id."""


class UnknownAuthor(Exception):
    """No author has this id."""


class DuplicateTag(Exception):
    """A tag was given twice; the database refused it."""


async def list_posts(session: AsyncSession, query: PostQuery) -> PostPage:
    """Give one page of published posts, newest first, in two SQL statements."""
    return to_page((await session.scalars(select_page(query))).all(), query)


async def get_post(session: AsyncSession, post_id: int) -> PostDetail:
    """Give one published post; PostNotFound when there is none."""
    post = await session.scalar(select_published().where(Post.id == post_id))
    if post is None:
        raise PostNotFound(post_id)
    return to_detail(post, [tag.name for tag in post.tags])


async def create_post(session: AsyncSession, new: NewPost) -> PostDetail:
    """Store a post and its tags in one transaction; UnknownAuthor, DuplicateTag leave nothing."""
    try:
        async with session.begin():
            author = await session.get(Author, new.author_id)
            if author is None:
                raise UnknownAuthor(new.author_id)
            post = Post(
                author=author,
                title=new.title,
                body=new.body,
                published=True,
                published_at=datetime.now(UTC),
            )
            session.add(post)
            await session.flush()
            session.add_all([Tag(post_id=post.id, name=name) for name in new.tags])
            try:
                await session.flush()
            except IntegrityError as error:
                raise DuplicateTag from error
    except IntegrityError as error:  # the author was deleted after the check; the commit says so
        raise UnknownAuthor(new.author_id) from error
    return to_detail(post, new.tags)


def select_published() -> Select[Post]:
    """Select published posts with their authors (a join) and tags (a second statement)."""
    relations = joinedload(Post.author, innerjoin=True), selectinload(Post.tags)
    return select(Post).where(Post.published).options(*relations)


def select_page(query: PostQuery) -> Select[Post]:
    """Select one page, and one post more if there is a next page (keyset pagination)."""
    # Ordered by `published` too, the index is read from its end, however many drafts are newer.
    posts, keys, order = select_published(), [Post.id], [Post.published, Post.id]
    if query.tag is not None:
        # A tag's index has its posts in their order: a rare tag costs no more than a common one.
        # Both tables get the bound, since PostgreSQL does not carry it from one to the other.
        posts, keys, order = posts.join(Post.tags), [Post.id, Tag.post_id], [Tag.post_id]
        posts = posts.where(Tag.name == query.tag)
    if query.before is not None:
        posts = posts.where(*(key < query.before for key in keys))
    return posts.order_by(*(key.desc() for key in order)).limit(query.limit + 1)


def to_page(posts: Sequence[Post], query: PostQuery) -> PostPage:
    """Make the wire shape of a page from the posts that select_page found."""
    page = posts[: query.limit]
    if len(posts) <= query.limit:
        return PostPage(posts=[to_summary(post) for post in page], next=None)
    following: dict[str, str | int] = {"limit": query.limit, "before": page[-1].id}
    if query.tag is not None:
        following["tag"] = query.tag
    next_path = f"/posts?{urlencode(following)}"
    return PostPage(posts=[to_summary(post) for post in page], next=next_path)


def to_summary(post: Post) -> PostSummary:
    """Make the wire shape of a post in a list."""
    return PostSummary(
        id=post.id,
        title=post.title,
        author=schemas.Author(id=post.author.id, name=post.author.name),
        tags=sorted(tag.name for tag in post.tags),
        published_at=post.published_at,
    )


def to_detail(post: Post, tags: Sequence[str]) -> PostDetail:
    """Make the wire shape of a whole post."""
    return PostDetail(
        id=post.id,
        title=post.title,
        author=schemas.Author(id=post.author.id, name=post.author.name),
        tags=sorted(tags),
        published_at=post.published_at,
        body=post.body,
    )
