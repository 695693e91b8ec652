"""What the rungs of both ladders share: the page that every rung answers, made without a database.

A rung answers the newest 20 posts, as `GET /posts?limit=20` does. The seed data is taken for them.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal

from pydantic import BaseModel

from shared import seed
from shared.schemas import Author, PostPage, PostSummary

LIMIT = 20
WAIT_SECONDS = 0.05
GATHERED_QUERIES = 3


class Waited(BaseModel):
    """How a view waited."""

    waited: Literal["await", "blocking-call", "thread", "gathered-queries"]


def summary(
    id: int, title: str, published_at: datetime, author: tuple[int, str], tags: Iterable[str]
) -> PostSummary:
    """Make the wire shape of a post in a list; `author` is its id and name."""
    return PostSummary(
        id=id,
        title=title,
        author=Author(id=author[0], name=author[1]),
        tags=sorted(tags),
        published_at=published_at,
    )


def page_of(posts: Sequence[PostSummary]) -> PostPage:
    """Make the wire shape of a page that is followed by another one."""
    return PostPage(posts=list(posts), next=f"/posts?limit={LIMIT}&before={posts[-1].id}")


def seed_summary(id: int) -> PostSummary:
    """Make the wire shape of a post of the seed data."""
    row, tags = seed.post_row(id), [tag["name"] for tag in seed.tag_rows(id)]
    author_id: int = row["author_id"]
    author = author_id, seed.AUTHORS[author_id - 1]
    return summary(id, row["title"], row["published_at"], author, tags)


_NEWEST = [id for id in range(seed.POSTS, 0, -1) if id % seed.DRAFT_EVERY][:LIMIT]
PAGE = page_of([seed_summary(id) for id in _NEWEST])
