"""What the post endpoints read and write, with the async ORM."""

from collections.abc import Sequence
from urllib.parse import urlencode

from asgiref.sync import sync_to_async
from django.db import IntegrityError, transaction
from django.db.models import QuerySet, Value
from django.utils import timezone

from shared import schemas
from shared.schemas import NewPost, PostDetail, PostPage, PostQuery, PostSummary

from .models import Author, Post, Tag


class PostNotFound(Exception):
    """No published post has this id."""


class UnknownAuthor(Exception):
    """No author has this id."""


class DuplicateTag(Exception):
    """A tag was given twice; the database refused it."""


async def list_posts(query: PostQuery) -> PostPage:
    """Give one page of published posts, newest first, in two SQL statements."""
    return to_page([post async for post in select_page(query)], query)


async def get_post(post_id: int) -> PostDetail:
    """Give one published post; PostNotFound when there is none."""
    post = await select_published().filter(id=post_id).afirst()
    if post is None:
        raise PostNotFound(post_id)
    return to_detail(post, [tag.name for tag in post.tags.all()])


async def create_post(new: NewPost) -> PostDetail:
    """Store a post and its tags in one transaction; UnknownAuthor, DuplicateTag leave nothing."""
    return await sync_to_async(create_post_in_transaction)(new)


def create_post_in_transaction(new: NewPost) -> PostDetail:
    """Do the work of create_post; synchronous, since a Django transaction belongs to a thread."""
    try:
        with transaction.atomic():
            author = Author.objects.filter(id=new.author_id).first()
            if author is None:
                raise UnknownAuthor(new.author_id)
            post = Post.objects.create(
                author=author,
                title=new.title,
                body=new.body,
                published=True,
                published_at=timezone.now(),
            )
            try:
                Tag.objects.bulk_create([Tag(post=post, name=name) for name in new.tags])
            except IntegrityError as error:
                raise DuplicateTag from error
    except IntegrityError as error:  # the author was deleted after the check; the commit says so
        raise UnknownAuthor(new.author_id) from error
    return to_detail(post, new.tags)


def select_published() -> QuerySet[Post]:
    """Select published posts with their authors (a join) and tags (a second statement)."""
    # Value(True) writes `published = true`, which every database answers from the index;
    # a plain True writes `published`, which SQLite answers by reading the table.
    published = Post.objects.filter(published=Value(True))
    return published.select_related("author").prefetch_related("tags")


def select_page(query: PostQuery) -> QuerySet[Post]:
    """Select one page, and one post more if there is a next page (keyset pagination)."""
    # Ordered by `published` too, the index is read from its end, however many drafts are newer.
    keys, order = ["id"], ["-published", "-id"]
    conditions: dict[str, str | int] = {}
    if query.tag is not None:
        # A tag's index has its posts in their order: a rare tag costs no more than a common one.
        # Both tables get the bound, since PostgreSQL does not carry it from one to the other.
        keys, order = ["id", "tags__post_id"], ["-tags__post_id"]
        conditions["tags__name"] = query.tag
    if query.before is not None:
        conditions |= {f"{key}__lt": query.before for key in keys}
    return select_published().filter(**conditions).order_by(*order)[: query.limit + 1]


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
        tags=sorted(tag.name for tag in post.tags.all()),
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
