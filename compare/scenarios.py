"""What is measured: each endpoint under so many connections, as data."""

import k9.plan

from compare.load import Request
from compare.results import Scenario
from shared.seed import DRAFT_EVERY, POSTS

UPSTREAM_DELAY_MS = 100.0
PUBLISHED_IDS = tuple(id for id in range(1, POSTS + 1) if id % DRAFT_EVERY)

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
}


def _at(concurrency: int, endpoint: str) -> Scenario:
    upstreams = endpoint == "dashboard"
    return Scenario.model_validate(
        {
            "name": f"{endpoint}-{concurrency}",
            "endpoint": endpoint,
            "request": f"{REQUESTS[endpoint].method} {REQUESTS[endpoint].path}",
            "concurrency": concurrency,
            "upstream_delay_ms": UPSTREAM_DELAY_MS if upstreams else None,
            "ceiling_per_second": concurrency / (UPSTREAM_DELAY_MS / 1000) if upstreams else None,
        }
    )


SCENARIOS = (
    _at(1, "list"),
    _at(16, "list"),
    _at(1, "detail"),
    _at(16, "detail"),
    _at(1, "create"),
    _at(16, "create"),
    _at(1, "dashboard"),
    _at(16, "dashboard"),
    _at(64, "dashboard"),
)
