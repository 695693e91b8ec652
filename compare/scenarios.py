"""What is measured, as data: the studies of a profile, and the scenarios of each study."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Literal

import k9.plan

from compare.load import Request
from compare.measured import Scenario, Study
from shared.seed import DRAFT_EVERY, POSTS

UPSTREAM_DELAY_MS = 100.0
WAIT_MS = 50.0
PUBLISHED_IDS = tuple(id for id in range(1, POSTS + 1) if id % DRAFT_EVERY)
ENDPOINTS = ("list", "detail", "create", "dashboard")
RUNGS = ("nothing", "select-1", "rows", "objects", "n-plus-1")
WAITS = ("await", "blocking-call", "thread")

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
    **{wait: Request("GET", f"/wait/{wait}", contains='"waited"') for wait in WAITS},
}

# How often each is asked, of a hundred requests; any other endpoint is asked alone.
MIXED = {"list": 80, "detail": 15, "dashboard": 4, "create": 1}


@dataclass(frozen=True)
class Inquiry:
    """A study as one profile does it: its scenarios, and how long each is timed.

    Through the scenario `noisy_through` the baseline is measured against itself. The yardstick,
    which answers many times as much, may be timed for less (`yardstick_seconds`).
    """

    study: Study
    scenarios: tuple[Scenario, ...]
    run_seconds: float
    noisy_through: str
    yardstick_seconds: float | None = None

    @property
    def application(self) -> Literal["service", "ladder"]:
        """What is asked in all its scenarios: the services, or their frameworks' ladders."""
        return self.scenarios[0].application

    @property
    def noisy(self) -> tuple[str, ...]:
        """Where the baseline is measured against itself: what comes first in the study.

        Without gaps, since a process carries its past along: a second copy that had answered no
        lighter dashboards before took a tenth longer for 64 at once.
        """
        names = [one.name for one in self.scenarios]
        return tuple(names[: names.index(self.noisy_through) + 1])


def only(inquiries: Iterable[Inquiry], names: Collection[str]) -> tuple[Inquiry, ...]:
    """Give the studies with nothing but the scenarios of these names."""
    return tuple(found for each in inquiries if (found := _with_only(each, names)))


def _with_only(inquiry: Inquiry, names: Collection[str]) -> Inquiry | None:
    scenarios = tuple(one for one in inquiry.scenarios if one.name in names)
    if not scenarios:
        return None
    # Every run has its noise: where the usual scenarios for it are left out, another one takes it.
    noisy = [scenarios[0].name, *(name for name in inquiry.noisy if name in names)]
    return replace(inquiry, scenarios=scenarios, noisy_through=noisy[-1])


def mix_of(endpoint: str) -> list[tuple[int, Request]]:
    """Give what a scenario's load asks: (times in a hundred, request), in the order of MIXED."""
    if endpoint == "mixed":
        return [(share, REQUESTS[each]) for each, share in MIXED.items()]
    return [(100, REQUESTS[endpoint])]


def _asked(endpoint: str) -> str:
    return (
        ", ".join(f"{share} % {each}" for each, share in MIXED.items())
        if endpoint == "mixed"
        else f"{REQUESTS[endpoint].method} {REQUESTS[endpoint].path}"
    )


def _closed(endpoint: str, concurrency: int) -> Scenario:
    waits = endpoint == "dashboard"
    return Scenario(
        name=f"{endpoint}-{concurrency}",
        study="mixed" if endpoint == "mixed" else "closed-loop",
        endpoint=endpoint,
        request=_asked(endpoint),
        concurrency=concurrency,
        delay_ms=UPSTREAM_DELAY_MS if waits or endpoint == "mixed" else None,
        ceiling_per_second=concurrency / (UPSTREAM_DELAY_MS / 1000) if waits else None,
    )


def _open(endpoint: str, rate_per_second: int) -> Scenario:
    return Scenario(
        name=f"{endpoint}-at-{rate_per_second}",
        study="open-loop",
        endpoint=endpoint,
        request=_asked(endpoint),
        rate_per_second=rate_per_second,
        delay_ms=UPSTREAM_DELAY_MS if endpoint == "dashboard" else None,
    )


def _fan_out(delay_ms: int, concurrency: int) -> Scenario:
    return Scenario(
        name=f"fan-out-{delay_ms}ms-{concurrency}",
        study="fan-out",
        endpoint="dashboard",
        request=_asked("dashboard"),
        concurrency=concurrency,
        delay_ms=delay_ms,
        ceiling_per_second=concurrency / (delay_ms / 1000),
        async_model="async",
    )


def _rung(rung: str) -> Scenario:
    return Scenario(
        name=f"ladder-{rung}",
        study="ladder",
        endpoint=rung,
        request=_asked(rung),
        concurrency=16,
        application="ladder",
    )


def _wait(wait: str, concurrency: int) -> Scenario:
    return Scenario(
        name=f"wait-{wait}-{concurrency}",
        study="waiting",
        endpoint=wait,
        request=_asked(wait),
        concurrency=concurrency,
        delay_ms=WAIT_MS,
        ceiling_per_second=concurrency / (WAIT_MS / 1000),
        # Blocking views have nothing but their threads to wait in.
        async_model=None if wait == "thread" else "async",
        application="ladder",
    )


def _every(endpoints: Iterable[str], concurrencies: Iterable[int]) -> tuple[Scenario, ...]:
    concurrencies = tuple(concurrencies)
    return tuple(_closed(endpoint, each) for endpoint in endpoints for each in concurrencies)


QUICK = (
    Inquiry(
        "closed-loop",
        (*_every(ENDPOINTS, (1, 16)), _closed("dashboard", 64)),
        # Short runs and many blocks: what is started afresh may differ more than what runs on.
        run_seconds=0.5,
        noisy_through="detail-16",
        yardstick_seconds=0.25,
    ),
)

FULL = (
    Inquiry(
        "closed-loop",
        _every(ENDPOINTS, (1, 16, 64, 256)),
        run_seconds=1,
        noisy_through="dashboard-256",
    ),
    Inquiry("mixed", _every(("mixed",), (16, 64)), run_seconds=2, noisy_through="mixed-16"),
    Inquiry(
        "open-loop",
        (
            *(_open("list", rate) for rate in (25, 50, 100, 150, 200, 300, 400)),
            *(_open("dashboard", rate) for rate in (25, 50, 100, 200, 400)),
        ),
        run_seconds=2,
        noisy_through="list-at-50",  # at higher rates a queue may grow, and no two are alike
    ),
    Inquiry(
        "fan-out",
        tuple(_fan_out(delay, each) for delay in (10, 100, 500) for each in (1, 4, 16, 64, 256)),
        run_seconds=1,
        noisy_through="fan-out-100ms-64",
    ),
    Inquiry("ladder", tuple(map(_rung, RUNGS)), run_seconds=1, noisy_through="ladder-objects"),
    Inquiry(
        "waiting",
        tuple(_wait(wait, each) for wait in WAITS for each in (1, 16, 64, 256)),
        run_seconds=1,
        noisy_through="wait-await-64",
    ),
)

PROFILES = {"quick": QUICK, "full": FULL}
