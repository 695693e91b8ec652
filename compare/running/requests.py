"""What is asked of a service under load, as data, and what makes an answer a good one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import k9.plan

from shared.seed import DRAFT_EVERY, POSTS

PUBLISHED_IDS = tuple(id for id in range(1, POSTS + 1) if id % DRAFT_EVERY)
ENDPOINTS = ("list", "detail", "create", "dashboard")
RUNGS = ("nothing", "select-1", "rows", "objects", "n-plus-1")
WAITS = ("await", "blocking-call", "thread")
GATHERED = "gathered-queries"  # is no scenario, but is traced


@dataclass(frozen=True)
class Request:
    """What is asked again and again, and what makes an answer a good one.

    `contains` is a text that all good answers hold and no other. Path and body may hold references
    of `k9.plan`, such as `k9.plan.uuid()`; {id} in the path is one of `ids`, drawn at random for
    each request.
    """

    method: str
    path: str
    status: int = 200
    contains: str = ""
    json: Mapping[str, Any] | None = None
    ids: tuple[int, ...] = field(default=(), repr=False)


Mix = Sequence[tuple[int, Request]]

REQUESTS = {
    "list": Request("GET", "/posts?limit=20", contains='"next"'),
    "detail": Request("GET", "/posts/{id}", contains='"body"', ids=PUBLISHED_IDS),
    "create": Request(
        "POST",
        "/posts",
        status=201,
        contains='"body"',
        json={
            "title": f"Load {k9.plan.uuid()}",
            "body": "A paragraph of a post made under load, naïve and plain. " * 20,
            "author_id": 1,
            "tags": ["load", "python"],
        },
    ),
    # An answer ends like this only when no upstream was unavailable.
    "dashboard": Request("GET", "/dashboard", contains="[]}"),
    **{rung: Request("GET", f"/ladder/{rung}", contains='"next"') for rung in RUNGS},
    **{wait: Request("GET", f"/wait/{wait}", contains='"waited"') for wait in (*WAITS, GATHERED)},
}

# How often each is asked, of a hundred requests; any other endpoint is asked alone.
MIXED = {"list": 80, "detail": 15, "dashboard": 4, "create": 1}


def mix_of(endpoint: str) -> list[tuple[int, Request]]:
    """Give what a scenario's load asks: (times in a hundred, request), in the order of MIXED."""
    if endpoint == "mixed":
        return [(share, REQUESTS[name]) for name, share in MIXED.items()]
    return [(100, REQUESTS[endpoint])]
