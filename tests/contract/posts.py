"""Posts as the tests expect them on the wire, and new posts for them to create."""

import json
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx

from shared import seed
from tests.contract.answers import good

Post = dict[str, Any]
JSON = {"Content-Type": "application/json"}
BEYOND_SEED = seed.POSTS + 1  # before this id there is seed data only, whatever was created since


def summary(id: int) -> Post:
    """Give a post of the seed data as a list has it, its time as `read` gives it."""
    row = seed.post_row(id)
    return {
        "id": id,
        "title": row["title"],
        "author": {"id": row["author_id"], "name": seed.AUTHORS[row["author_id"] - 1]},
        "tags": sorted(tag["name"] for tag in seed.tag_rows(id)),
        "published_at": row["published_at"],
    }


def detail(id: int) -> Post:
    """Give a post of the seed data with its body."""
    return summary(id) | {"body": seed.post_row(id)["body"]}


def published_ids(tag: str | None = None) -> list[int]:
    """Give the ids of the seed's published posts, newest first, those with one tag if given."""
    return [
        id
        for id in range(seed.POSTS, 0, -1)
        if seed.post_row(id)["published"] and (tag is None or tag in summary(id)["tags"])
    ]


def read(post: Post) -> Post:
    """Read the time of a post from the wire; it must be in UTC."""
    published_at = datetime.fromisoformat(post["published_at"])
    assert published_at.utcoffset() == timedelta(0), post["published_at"]
    return post | {"published_at": published_at}


def ids(page: dict[str, Any]) -> list[int]:
    """Give the ids of a page's posts."""
    return [post["id"] for post in page["posts"]]


def pages(client: httpx.Client, path: str) -> Iterator[dict[str, Any]]:
    """Walk a list from a path on, page by page, until `next` is null."""
    following: str | None = path
    followed = set()
    while following is not None:
        assert following not in followed, "the walk goes in a circle"
        followed.add(following)
        page = good(client.get(following))
        yield page
        following = page["next"]


async def pages_async(client: httpx.AsyncClient, path: str) -> AsyncIterator[dict[str, Any]]:
    """Walk a list in the same way, among other requests."""
    following: str | None = path
    followed = set()
    while following is not None:
        assert following not in followed, "the walk goes in a circle"
        followed.add(following)
        page = good(await client.get(following))
        yield page
        following = page["next"]


def new_post(**changes: Any) -> Post:
    """Give a post that can be created, with these fields changed."""
    return {"title": "A new post", "body": "Its text.", "author_id": 1, "tags": ["new"]} | changes


def create(client: httpx.Client, body: Any, **headers: str) -> httpx.Response:
    """Send a create with this JSON value; lone surrogates and NaN go out as Python writes them."""
    return client.post("/posts", content=json.dumps(body), headers=JSON | headers)


async def create_async(client: httpx.AsyncClient, body: Any, **headers: str) -> httpx.Response:
    """Send such a create among other requests."""
    return await client.post("/posts", content=json.dumps(body), headers=JSON | headers)
