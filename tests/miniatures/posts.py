"""The posts in SQLite: the tables, what reads them and the one transaction that writes them."""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlsplit

from tests.miniatures.shapes import Refused

PATH = urlsplit(os.environ.get("DATABASE_URL", "sqlite:///miniature.sqlite3")).path[1:]
TIMEOUT_SECONDS = float(os.environ.get("DATABASE_TIMEOUT_SECONDS", "5"))
# The journal mode stays with the file: in WAL, readers and the writer do not wait for each other.
TABLES = """
PRAGMA journal_mode = WAL;
CREATE TABLE author (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE post (
    id INTEGER PRIMARY KEY AUTOINCREMENT, title TEXT NOT NULL, body TEXT NOT NULL,
    published BOOLEAN NOT NULL, published_at TEXT NOT NULL,
    author_id INTEGER NOT NULL REFERENCES author (id)
);
CREATE TABLE tag (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL,
    post_id INTEGER NOT NULL REFERENCES post (id), UNIQUE (post_id, name)
);
CREATE INDEX tag_name ON tag (name, post_id);
"""
POSTS = """
SELECT post.id, post.title, post.published_at, author.id, author.name, post.body
FROM post JOIN author ON author.id = post.author_id
"""

Row = tuple[Any, ...]
Post = dict[str, Any]


class Session:
    """The connection of one request, opened when it is needed, which counts its statements."""

    def __init__(self) -> None:
        self.statements = 0
        self._connection: sqlite3.Connection | None = None

    @property
    def connection(self) -> sqlite3.Connection:
        """The connection; sqlite3.OperationalError when the file is not there."""
        if self._connection is None:
            path = f"file:{quote(PATH)}?mode=rw"
            self._connection = sqlite3.connect(
                path, TIMEOUT_SECONDS, isolation_level=None, check_same_thread=False, uri=True
            )
            for pragma in ("foreign_keys = ON", "synchronous = NORMAL"):
                self._connection.execute(f"PRAGMA {pragma}")
        return self._connection

    def fetch(self, sql: str, *values: Any) -> list[Row]:
        """Run a statement and give its rows."""
        self.statements += 1
        return self.connection.execute(sql, values).fetchall()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what the block does, or nothing of it."""
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")

    def close(self) -> None:
        """Close the connection if it was opened."""
        if self._connection is not None:
            self._connection.close()


def page(session: Session, limit: int, before: int, tag: str | None) -> dict[str, Any]:
    """Give one page of published posts, in two statements."""
    sql, values = f"{POSTS} WHERE post.published AND post.id < ?", list[Any]([before])
    if tag is not None:
        sql += " AND post.id IN (SELECT post_id FROM tag WHERE name = ?)"
        values.append(tag)
    rows = session.fetch(f"{sql} ORDER BY post.id DESC LIMIT ?", *values, limit + 1)
    shown = rows[:limit]
    tags = tags_of(session, [row[0] for row in shown])
    return {
        "posts": [summary(row, tags[row[0]]) for row in shown],
        "next": next_path(limit, shown[-1][0], tag) if len(rows) > limit else None,
    }


def next_path(limit: int, before: int, tag: str | None) -> str:
    """Give the path of the page after this one."""
    path = f"/posts?limit={limit}&before={before}"
    return path if tag is None else f"{path}&tag={quote(tag, safe='')}"


def detail(session: Session, id: int) -> Post:
    """Give one published post; Refused with 404 when there is none."""
    rows = session.fetch(f"{POSTS} WHERE post.published AND post.id = ?", id)
    if not rows:
        raise Refused(404, "There is no such post.")
    return summary(rows[0], tags_of(session, [id])[id]) | {"body": rows[0][5]}


def create(session: Session, new: dict[str, Any]) -> Post:
    """Store a post and its tags, or nothing; Refused with 422 or 409."""
    published_at = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    with session.transaction():
        if not session.fetch("SELECT 1 FROM author WHERE id = ?", new["author_id"]):
            errors = [("/body/author_id", "There is no such author")]
            raise Refused(422, "The request is not valid.", errors)
        [[id]] = session.fetch(
            "INSERT INTO post (title, body, published, published_at, author_id)"
            " VALUES (?, ?, TRUE, ?, ?) RETURNING id",
            *[new["title"], new["body"], published_at, new["author_id"]],
        )
        add_tags(session, id, new["tags"])
        return detail(session, id)


def add_tags(session: Session, id: int, tags: Sequence[str]) -> None:
    """Store the tags of a post; Refused with 409 when the database has one of them already."""
    try:
        for tag in tags:
            session.fetch("INSERT INTO tag (post_id, name) VALUES (?, ?)", id, tag)
    except sqlite3.IntegrityError as error:
        raise Refused(409, "A tag is given twice; nothing was created.") from error


def tags_of(session: Session, ids: Sequence[int]) -> dict[int, list[str]]:
    """Give the tags of each of these posts, in the order in which they were stored."""
    tags: dict[int, list[str]] = {id: [] for id in ids}
    marks = ", ".join("?" * len(ids))
    sql = f"SELECT post_id, name FROM tag WHERE post_id IN ({marks}) ORDER BY id"
    for post_id, name in session.fetch(sql, *ids):
        tags[post_id].append(name)
    return tags


def summary(row: Row, tags: Sequence[str]) -> Post:
    """Give a post as a list has it."""
    return {
        "id": row[0],
        "title": row[1],
        "author": {"id": row[3], "name": row[4]},
        "tags": sorted(tags),
        "published_at": row[2].replace(" ", "T") + "Z",
    }


def migrate() -> None:
    """Make the tables."""
    with closing(sqlite3.connect(PATH)) as connection:
        connection.executescript(TABLES)


if __name__ == "__main__":
    migrate()
