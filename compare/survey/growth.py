"""Measure what the growth of the data does: list, detail and create at a thousand posts and more.

At each size every service has a database of its own. One request is under way at a time; reads run
in rounds, in random order within a round; creates come last, so that what they add is not read.
"""

import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from statistics import median
from typing import get_args

from sqlalchemy import select, true

from compare.errors import GateError
from compare.intervals import FEWEST_BLOCKS, Interval, interval
from compare.registry.services import Service
from compare.results.surveys import Depth, Growth, GrowthPoint, Operation, QueryPlan
from compare.running import databases, launch, load
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
# Within 20 %, whichever of the two is the slower one.
ALIKE = (1 / 1.2, 1.2)
FIRST, DEEP, DETAIL, CREATE = get_args(Operation)
NOT_SETTLED = "not settled"
READS: tuple[Operation, ...] = (FIRST, DEEP, DETAIL)


@dataclass(frozen=True)
class Progress:
    """How far the measuring is at one size: `done` of `total` runs, after what takes no runs."""

    posts: int
    done: int
    total: int
    text: str


OnProgress = Callable[[Progress], None]
Times = dict[tuple[str, Operation], list[float]]


@dataclass(frozen=True)
class Grown:
    """A service on a database with so many posts, what is asked of it, and the plans behind it."""

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
    found = Growth(database="", seed=seed, points=[], depths=[])
    for posts in sorted(set(sizes)):
        # Opened anew, so that the disk holds the databases of one size.
        with databases.open(database) as source:
            found.database = source.label
            bench = Bench(posts, seed, most_rounds, on_progress)
            grown = [bench.grown(service, source) for service in services]
            times = bench.run(grown)
        for each in grown:
            found.points += [_point(each, posts, of, times) for of in each.requests]
            found.depths.append(_depth(each, posts, times, seed))
    return found


class Bench:
    """Times services at one size; `seed` decides what is asked, and in which order."""

    def __init__(self, posts: int, seed: int, most_rounds: int, on_progress: OnProgress) -> None:
        self._posts = posts
        self._seed = seed
        self._chance = random.Random(seed + posts)
        self._most_rounds = most_rounds
        self._on_progress = on_progress
        self._done = self._total = 0

    def grown(self, service: Service, source: databases.Databases) -> Grown:
        """Give the service a database with the posts, and record the plans of its reads."""
        self._say(f"filling {service.name}")
        url = source.create(service.name)
        launch.migrate(service, url)
        databases.fill(url, self._posts)
        page, before = deep_page(url)
        requests = self._requests(before)
        self._say(f"plans of {service.name}")
        with plans.recording_plans(service, url) as ask:
            told = {read: ask(_example(requests[read])) for read in READS}
        return Grown(service, url, page, requests, told)

    def run(self, grown: Sequence[Grown]) -> Times:
        """Give the median milliseconds of each round, for each service and operation."""
        times: Times = defaultdict(list)
        self._total = len(grown) * (self._most_rounds * len(READS) + CREATE_ROUNDS)
        with ExitStack() as stack:
            running = [(each, stack.enter_context(self._started(each))) for each in grown]
            for count in range(1, self._most_rounds + 1):
                self._round(running, READS, times)
                if count >= FEWEST_ROUNDS and self._settled(grown, times):
                    break
            for _ in range(CREATE_ROUNDS):
                self._round(running, (CREATE,), times)
        self._total = self._done
        self._say("done")
        return times

    def _round(
        self,
        running: Sequence[tuple[Grown, launch.Running]],
        operations: Sequence[Operation],
        times: Times,
    ) -> None:
        runs = [(*each, operation) for each in running for operation in operations]
        for grown, at, operation in self._chance.sample(runs, k=len(runs)):
            self._say(f"{operation} on {at.name}")
            found = self._timed(at, grown, operation, RUN_SECONDS)
            times[at.name, operation].append(found)
            self._done += 1

    def _settled(self, grown: Sequence[Grown], times: Times) -> bool:
        depths = [_depth(each, self._posts, times, self._seed) for each in grown]
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
    def _started(self, grown: Grown) -> Iterator[launch.Running]:
        with launch.running(
            grown.service,
            database_url=grown.database_url,
            upstreams_url=f"http://{launch.HOST}",
        ) as running:
            for operation in READS:
                self._say(f"warming {grown.service.name} up")
                self._timed(running, grown, operation, WARM_UP_SECONDS)
            yield running

    def _timed(
        self, running: launch.Running, grown: Grown, operation: Operation, seconds: float
    ) -> float:
        found = load.run(
            running.url, [(100, grown.requests[operation])], load.ClosedLoop(1), seconds
        )
        running.check_alive()
        if found.errors or not found.requests:
            raise GateError(
                f"{operation} on {running.name} at {self._posts} posts is not kept: "
                f"{found.errors} errors beside {found.requests} answers"
            )
        return found.p50_ms

    def _say(self, text: str) -> None:
        self._on_progress(Progress(self._posts, self._done, self._total, text))


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
    """Say in words what the ratio of a deep page's cost to the first one's allows to say."""
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


def _point(grown: Grown, posts: int, operation: Operation, times: Times) -> GrowthPoint:
    request, rounds_ms = grown.requests[operation], times[grown.service.name, operation]
    return GrowthPoint(
        service=grown.service.name,
        posts=posts,
        operation=operation,
        request=f"{request.method} {request.path}",
        rounds_ms=rounds_ms,
        median_ms=median(rounds_ms),
        plans=grown.plans.get(operation, []),
    )


def _depth(grown: Grown, posts: int, times: Times, seed: int) -> Depth:
    pairs = zip(times[grown.service.name, FIRST], times[grown.service.name, DEEP], strict=True)
    ratio = interval([deep / first for first, deep in pairs], seed)
    return Depth(
        service=grown.service.name,
        posts=posts,
        page=grown.page,
        deep_to_first=ratio,
        verdict=verdict(ratio, len(times[grown.service.name, FIRST])),
    )
