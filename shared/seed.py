"""The seed data: the same authors, posts and tags for every service, made without chance."""

import math
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    DateTime,
    Engine,
    String,
    TableClause,
    cast,
    column,
    delete,
    func,
    insert,
    select,
    table,
    text,
)

AUTHORS = ("Ada Lovelace", "Grace Hopper", "Edsger Dijkstra", "Barbara Liskov", "Zoë Ångström")
TAGS = ("async", "databases", "django", "fastapi", "http", "python", "testing", "unicode-é")
POSTS = 1_000
DRAFT_EVERY = 10
FIRST_PUBLISHED_AT = datetime(2026, 1, 1, tzinfo=UTC)
# Posts so far apart have the same author and tags, and are drafts or not; the rest tells their id.
REPEATS_AFTER = math.lcm(DRAFT_EVERY, len(AUTHORS), 4 * len(TAGS))
WRITTEN_POSTS = 10 * REPEATS_AFTER

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
tag = table("tag", column("id"), column("post_id"), column("name"))


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
    """Empty the three tables and fill them with the seed data, in one transaction.

    A million posts take about a minute: beyond the first ones the database copies its own.
    """
    with engine.begin() as connection:
        for emptied in (tag, post, author):
            connection.execute(delete(emptied))
        filled = min(posts, WRITTEN_POSTS)
        _insert(connection, author, author_rows())
        _insert(connection, post, [post_row(id) for id in range(1, filled + 1)])
        _insert(connection, tag, [row for id in range(1, filled + 1) for row in tag_rows(id)])
        while filled < posts:
            copied = min(filled, posts - filled)
            _copy(connection, copied, filled)
            filled += copied
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


def _copy(connection: Connection, posts: int, offset: int) -> None:
    """Copy the first posts, each to the id that is `offset` higher."""
    new_id = post.c.id + offset
    # A title and a body have no other number in them than the id.
    texts = [
        func.replace(text_column, cast(post.c.id, String), cast(new_id, String))
        for text_column in (post.c.title, post.c.body)
    ]
    time = _later(connection, offset)
    rows = select(new_id, post.c.author_id, *texts, post.c.published, time)
    first = rows.where(post.c.id <= posts).order_by(post.c.id)
    connection.execute(insert(post).from_select(list(post.c), first))
    names = select(tag.c.post_id + offset, tag.c.name).where(tag.c.post_id <= posts)
    into = [tag.c.post_id, tag.c.name]
    connection.execute(insert(tag).from_select(into, names.order_by(tag.c.id)))


def _later(connection: Connection, minutes: int) -> ColumnElement[Any]:
    if connection.dialect.name == "postgresql":
        return post.c.published_at + timedelta(minutes=minutes)
    # SQLite keeps times as text, in this form.
    return func.strftime("%Y-%m-%d %H:%M:%S.000000", post.c.published_at, f"+{minutes} minutes")


def _set_sequences(connection: Connection, last_ids: dict[str, int]) -> None:
    # Rows inserted with ids of their own leave PostgreSQL's sequences behind.
    setval = text("SELECT setval(pg_get_serial_sequence(:name, 'id'), :last)")
    for name, last in last_ids.items():
        connection.execute(setval, {"name": name, "last": last})
