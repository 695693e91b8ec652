"""The seed data: the same authors, posts and tags for every service, made without chance."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    Boolean,
    Connection,
    DateTime,
    Engine,
    TableClause,
    column,
    delete,
    insert,
    table,
    text,
)

AUTHORS = ("Ada Lovelace", "Grace Hopper", "Edsger Dijkstra", "Barbara Liskov", "Zoë Ångström")
TAGS = ("async", "databases", "django", "fastapi", "http", "python", "testing", "unicode-é")
POSTS = 1_000
DRAFT_EVERY = 10
FIRST_PUBLISHED_AT = datetime(2026, 1, 1, tzinfo=UTC)
BATCH_ROWS = 10_000

Row = dict[str, Any]

author = table("author", column("id"), column("name"))
post = table(
    "post",
    column("id"),
    column("author_id"),
    column("title"),
    column("body"),
    column("published", Boolean),
    column("published_at", DateTime(timezone=True)),
)
tag = table("tag", column("post_id"), column("name"))


def author_rows() -> list[Row]:
    """Give the authors, with ids from 1."""
    return [{"id": id, "name": name} for id, name in enumerate(AUTHORS, start=1)]


def post_row(id: int) -> Row:
    """Give one post: about a kilobyte of text; every tenth is a draft."""
    return {
        "id": id,
        "author_id": 1 + id % len(AUTHORS),
        "title": f"Post {id}: what waits, and for whom?",
        "body": f"Paragraph of post {id}, naïve and plain. " * 25,
        "published": id % DRAFT_EVERY != 0,
        "published_at": FIRST_PUBLISHED_AT + timedelta(minutes=id),
    }


def tag_rows(post_id: int) -> list[Row]:
    """Give the tags of one post: none to three, not in sorted order."""
    names = [TAGS[(post_id // 4 + step * 3) % len(TAGS)] for step in range(post_id % 4)]
    return [{"post_id": post_id, "name": name} for name in names]


def fill(engine: Engine, posts: int = POSTS) -> None:
    """Empty the three tables and fill them with the seed data, in one transaction."""
    with engine.begin() as connection:
        for each in (tag, post, author):
            connection.execute(delete(each))
        _insert(connection, author, author_rows())
        for ids in _batches(posts):
            _insert(connection, post, [post_row(id) for id in ids])
            _insert(connection, tag, [row for id in ids for row in tag_rows(id)])
        if engine.dialect.name == "postgresql":
            _set_sequences(connection, {"author": len(AUTHORS), "post": posts})


def forget_newer(engine: Engine, posts: int = POSTS) -> None:
    """Delete every post that came after the seed data."""
    with engine.begin() as connection:
        connection.execute(delete(tag).where(tag.c.post_id > posts))
        connection.execute(delete(post).where(post.c.id > posts))


def _insert(connection: Connection, into: TableClause, rows: list[Row]) -> None:
    if rows:
        connection.execute(insert(into), rows)


def _batches(posts: int) -> Iterator[range]:
    for start in range(1, posts + 1, BATCH_ROWS):
        yield range(start, min(start + BATCH_ROWS, posts + 1))


def _set_sequences(connection: Connection, last_ids: dict[str, int]) -> None:
    # Rows inserted with ids of their own leave PostgreSQL's sequences behind.
    setval = text("SELECT setval(pg_get_serial_sequence(:name, 'id'), :last)")
    for name, last in last_ids.items():
        connection.execute(setval, {"name": name, "last": last})
