"""The seed data is the same however it comes into a database, and however much of it there is."""

from datetime import UTC
from typing import Any

from sqlalchemy import TableClause, select

from compare.registry.services import SERVICES
from compare.running import databases, launch
from shared import seed
from tests.support.serving import serving

FASTAPI = SERVICES["fastapi"]
POSTS = 3 * seed.WRITTEN_POSTS + 7  # copied twice, the second time in part


def rows(url: str, of: TableClause, *columns: str) -> list[dict[str, Any]]:
    """Read these columns of a table, all when none is named, in the order of the ids."""
    chosen = [of.c[name] for name in columns] or list(of.c)
    with databases.engine(url).connect() as connection:
        result = connection.execute(select(*chosen).order_by(of.c.id))
        return [dict(row) for row in result.mappings()]


def test_copied_posts_are_those_of_the_seed(source: databases.Databases) -> None:
    """Every column of every post, and the tags in their order, are as the seed has them."""
    url = source.create("fastapi")
    launch.migrate(FASTAPI, url)
    databases.fill(url, POSTS)
    ids = range(1, POSTS + 1)
    posts = rows(url, seed.post)
    if databases.engine(url).dialect.name == "sqlite":  # which keeps no zone
        posts = [row | {"published_at": row["published_at"].replace(tzinfo=UTC)} for row in posts]
    assert posts == [seed.post_row(id) for id in ids]
    assert rows(url, seed.author) == seed.author_rows()
    assert rows(url, seed.tag, "post_id", "name") == [
        row for id in ids for row in seed.tag_rows(id)
    ]


def test_create_gets_the_next_id(source: databases.Databases) -> None:
    """After a filling the newest post is the last of the seed, and a new one comes after it."""
    new = {"title": "Next", "body": "After all the others.", "author_id": 1, "tags": ["new"]}
    with serving(FASTAPI, source, posts=POSTS) as client:
        newest = client.get("/posts?limit=1").json()["posts"][0]
        assert newest["id"] == POSTS
        assert (
            newest["published_at"] == f"{seed.post_row(POSTS)['published_at']:%Y-%m-%dT%H:%M:%SZ}"
        )
        assert client.post("/posts", json=new).json()["id"] == POSTS + 1
