"""What the contract says that a service answers on the seed data, and under the load's creates."""

import re
import uuid
from collections.abc import Sequence
from typing import Any

import k9.plan

from compare.running.requests import PUBLISHED_IDS, REQUESTS
from shared import seed, upstreams
from shared.schemas import Author, Dashboard, PostDetail, PostPage, PostSummary

LIMIT = 20
UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
REFERENCE = str(k9.plan.uuid())  # becomes another identifier in each create of the load
CREATE = dict(REQUESTS["create"].json or {})
TITLE = re.compile(UUID.join(map(re.escape, CREATE["title"].split(REFERENCE))))

DASHBOARD = Dashboard(**upstreams.ANSWERS, unavailable=[])


def new_post() -> dict[str, Any]:
    """Give a create as the load sends it."""
    return CREATE | {"title": CREATE["title"].replace(REFERENCE, str(uuid.uuid4()))}


def created(sent: dict[str, Any], answer: PostDetail) -> PostDetail:
    """Give the answer to a create; which id and time the service chose is taken from its answer."""
    made = _made(answer).model_dump() | {"title": sent["title"]}
    return PostDetail(**made, body=sent["body"])


def detail(id: int) -> PostDetail:
    """Give a post of the seed data."""
    return PostDetail(**_seeded(id).model_dump(), body=seed.post_row(id)["body"])


def page(answered: Sequence[PostSummary]) -> PostPage:
    """Give the first page of the list, newest first, where `answered` is what a service gave.

    From it come only the posts newer than the seed data: how many, and their ids and times.
    """
    made = sorted((post for post in answered if post.id > seed.POSTS), key=lambda post: -post.id)
    posts = [_made(post) for post in made]
    posts += [_seeded(id) for id in sorted(PUBLISHED_IDS, reverse=True)[: LIMIT - len(posts)]]
    return PostPage(posts=posts, next=f"/posts?limit={LIMIT}&before={posts[-1].id}")


def difference(answer: Any, expected: Any, where: str = "body") -> str:
    """Say where two JSON values first differ, as one line; the empty text when they do not."""
    if isinstance(answer, dict) and isinstance(expected, dict) and answer.keys() == expected.keys():
        inner = [(answer[key], expected[key], f"{where}.{key}") for key in expected]
    elif isinstance(answer, list) and isinstance(expected, list) and len(answer) == len(expected):
        inner = [(answer[at], expected[at], f"{where}[{at}]") for at in range(len(expected))]
    else:
        return "" if answer == expected else f"{where}: {answer!r:.80} and not {expected!r:.80}"
    return next(filter(None, (difference(*pair) for pair in inner)), "")


def _made(post: PostSummary) -> PostSummary:
    return PostSummary(
        id=post.id,
        title=post.title if TITLE.fullmatch(post.title) else CREATE["title"],
        author=_author(CREATE["author_id"]),
        tags=sorted(CREATE["tags"]),
        published_at=post.published_at,
    )


def _seeded(id: int) -> PostSummary:
    row = seed.post_row(id)
    return PostSummary(
        id=id,
        title=row["title"],
        author=_author(row["author_id"]),
        tags=sorted(tag["name"] for tag in seed.tag_rows(id)),
        published_at=row["published_at"],
    )


def _author(id: int) -> Author:
    return Author(id=id, name=seed.AUTHORS[id - 1])
