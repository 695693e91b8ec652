"""Measure what the growth of the data does: list, detail and create at a thousand posts and more.

At each size every service has a database of its own. One request is under way at a time; reads run
in rounds, in random order within a round; creates come last, so that what they add is not read.
"""

import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from itertools import product
from statistics import median
from typing import get_args

from sqlalchemy import select, true

from compare.errors import GateError
from compare.intervals import FEWEST_BLOCKS, Interval, interval
from compare.registry.services import Service
from compare.results.surveys import Depth, Growth, GrowthPoint, Operation, QueryPlan
from compare.running import databases, launch, load
from compare.running.addresses import HOST
from compare.running.requests import REQUESTS, Request
from compare.survey import plans
from shared import seed as seed_data

SIZES = (1_000, 100_000, 1_000_000)
# Rounds are short, so that what disturbs the machine disturbs both pages of a round alike, and
# they go on until every verdict is settled.
FEWEST_ROUNDS, MOST_ROUNDS = 10, 60
CREATE_ROUNDS = 5
RUN_SECONDS = 0.3
WARM_UP_SECONDS = 0.5
PAGE_POSTS = 20
DEEP_PAGE = 10_000
DETAIL_IDS = 1_000
ALIKE = (1 / 1.2, 1.2)  # within 20 %, whichever of the two is the slower one
FIRST, DEEP, DETAIL, CREATE = get_args(Operation)
NOT_SETTLED = "not settled"
READS: tuple[Operation, ...] = (FIRST, DEEP, DETAIL)


@dataclass(frozen=True)
class GrowthProgress:
    """How far the measuring is at one size: `done` of `total` runs, after what takes no runs."""

    posts: int
    done: int
    total: int
    text: str


OnProgress = Callable[[GrowthProgress], None]
Times = dict[tuple[str, Operation], list[float]]


@dataclass(frozen=True)
class Subject:
    """A service on a database with so many posts, its requests, and the plans behind them."""

    service: Service
    database_url: str
    page: int
    requests: Mapping[Operation, Request]
    plans: Mapping[Operation, list[QueryPlan]]


def grow(
    services: Sequence[Service],
    database: str,
    seed: int,
    on_progress: OnProgress,
    sizes: Sequence[int] = SIZES,
    most_rounds: int = MOST_ROUNDS,
) -> Growth:
    """Measure these services at these sizes, smallest first, on this kind of database.

    GateError when a run had errors; LaunchError, LoadError, DatabaseError, StatementError.
    """
    growth = Growth(database="", seed=seed, points=[], depths=[])
    for posts in sorted(set(sizes)):
        # Opened anew, so that the disk holds the databases of one size.
        with databases.open(database) as source:
            growth.database = source.label
            bench = GrowthBench(posts, seed, most_rounds, on_progress)
            subjects = [bench.prepare(service, source) for service in services]
            times = bench.run(subjects)
        for subject in subjects:
            growth.points += [_point(subject, posts, name, times) for name in subject.requests]
            growth.depths.append(_depth(subject, posts, times, seed))
    return growth


class GrowthBench:
    """Times services at one size; `seed` decides what is asked, and in which order."""

    def __init__(self, posts: int, seed: int, most_rounds: int, on_progress: OnProgress) -> None:
        self._posts = posts
        self._seed = seed
        self._chance = random.Random(seed + posts)
        self._most_rounds = most_rounds
        self._on_progress = on_progress
        self._done = self._total = 0

    def prepare(self, service: Service, source: databases.Databases) -> Subject:
        """Give the service a database with the posts, and record the plans of its reads."""
        self._say(f"filling {service.name}")
        url = source.create(service.name)
        launch.migrate(service, url)
        databases.fill(url, self._posts)
        page, before = deep_page(url)
        requests = self._requests(before)
        self._say(f"plans of {service.name}")
        with plans.recording_plans(service, url) as plans_of:
            read_plans = {read: plans_of(_example(requests[read])) for read in READS}
        return Subject(service, url, page, requests, read_plans)

    def run(self, subjects: Sequence[Subject]) -> Times:
        """Give the median milliseconds of each round, for each service and operation."""
        times: Times = defaultdict(list)
        self._total = len(subjects) * (self._most_rounds * len(READS) + CREATE_ROUNDS)
        with ExitStack() as stack:
            services = [stack.enter_context(self._started(subject)) for subject in subjects]
            running = list(zip(subjects, services, strict=True))
            for count in range(1, self._most_rounds + 1):
                self._round(running, READS, times)
                if count >= FEWEST_ROUNDS and self._settled(subjects, times):
                    break
            for _ in range(CREATE_ROUNDS):
                self._round(running, (CREATE,), times)
        self._total = self._done
        self._say("done")
        return times

    def _round(
        self,
        running: Sequence[tuple[Subject, launch.Running]],
        operations: Sequence[Operation],
        times: Times,
    ) -> None:
        runs = list(product(running, operations))
        for (subject, service), operation in self._chance.sample(runs, k=len(runs)):
            self._say(f"{operation} on {service.name}")
            median_ms = self._timed(service, subject, operation, RUN_SECONDS)
            times[service.name, operation].append(median_ms)
            self._done += 1

    def _settled(self, subjects: Sequence[Subject], times: Times) -> bool:
        depths = [_depth(subject, self._posts, times, self._seed) for subject in subjects]
        return all(depth.verdict != NOT_SETTLED for depth in depths)

    def _requests(self, before: int) -> dict[Operation, Request]:
        published = [id for id in range(1, self._posts + 1) if id % seed_data.DRAFT_EVERY]
        ids = self._chance.sample(published, k=min(DETAIL_IDS, len(published)))
        # A page that another one follows says in `next` before which post that is.
        first = replace(REQUESTS["list"], contains="before=")
        return {
            FIRST: first,
            DEEP: replace(first, path=f"{first.path}&before={before}"),
            DETAIL: replace(REQUESTS["detail"], ids=tuple(ids)),
            CREATE: REQUESTS["create"],
        }

    @contextmanager
    def _started(self, subject: Subject) -> Iterator[launch.Running]:
        with launch.running(
            subject.service,
            database_url=subject.database_url,
            upstreams_url=f"http://{HOST}",
        ) as running:
            for operation in READS:
                self._say(f"warming {subject.service.name} up")
                self._timed(running, subject, operation, WARM_UP_SECONDS)
            yield running

    def _timed(
        self, running: launch.Running, subject: Subject, operation: Operation, seconds: float
    ) -> float:
        mix = [(100, subject.requests[operation])]
        result = load.run(running.url, mix, load.ClosedLoop(1), seconds)
        running.check_alive()
        if result.errors or not result.requests:
            raise GateError(
                f"{operation} on {running.name} at {self._posts} posts is not kept: "
                f"{result.errors} errors beside {result.requests} answers"
            )
        return result.p50_ms

    def _say(self, text: str) -> None:
        self._on_progress(GrowthProgress(self._posts, self._done, self._total, text))


def deep_page(database_url: str) -> tuple[int, int]:
    """Give the number of the deep page, and the `before` that asks for it.

    It is the ten-thousandth, or the last one that another follows: then it, too, has all its work.
    There must be two such pages at least.
    """
    published = (
        select(seed_data.post.c.id)
        .where(seed_data.post.c.published == true())
        .order_by(seed_data.post.c.id.desc())
    )
    with databases.engine(database_url).connect() as connection:
        ids = connection.scalars(published.limit(DEEP_PAGE * PAGE_POSTS + 1)).all()
    page = (len(ids) - 1) // PAGE_POSTS
    return page, ids[(page - 1) * PAGE_POSTS - 1]


def verdict(deep_to_first: Interval, rounds: int) -> str:
    """Say in words whether a deep page costs as much as the first, judged by their ratio."""
    low, high = ALIKE
    if rounds < FEWEST_BLOCKS:
        return NOT_SETTLED
    if low <= deep_to_first.low and deep_to_first.high <= high:
        return "the same within 20 %"
    if deep_to_first.high < low or high < deep_to_first.low:
        return "not the same"
    return NOT_SETTLED


def _example(request: Request) -> str:
    return request.path.replace("{id}", str(next(iter(request.ids), "")))


def _point(subject: Subject, posts: int, operation: Operation, times: Times) -> GrowthPoint:
    request, rounds_ms = subject.requests[operation], times[subject.service.name, operation]
    return GrowthPoint(
        service=subject.service.name,
        posts=posts,
        operation=operation,
        request=f"{request.method} {request.path}",
        rounds_ms=rounds_ms,
        median_ms=median(rounds_ms),
        plans=subject.plans.get(operation, []),
    )


def _depth(subject: Subject, posts: int, times: Times, seed: int) -> Depth:
    name = subject.service.name
    firsts, deeps = times[name, FIRST], times[name, DEEP]
    ratio = interval([deep / first for first, deep in zip(firsts, deeps, strict=True)], seed)
    return Depth(
        service=name,
        posts=posts,
        page=subject.page,
        deep_to_first=ratio,
        verdict=verdict(ratio, len(firsts)),
    )
