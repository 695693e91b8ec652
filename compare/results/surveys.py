"""What surveys found: the part of the results file that is about every service and server."""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from compare.intervals import Interval
from compare.results.claims import Claim
from compare.results.timelines import Timeline
from compare.strict import Strict

Protocol = Literal["HTTP/1.1", "HTTP/2 over TLS", "HTTP/2 cleartext", "WebSocket"]
Operation = Literal["first page", "deep page", "detail", "create"]


class CheckedService(Strict):
    """How a service kept the contract on a database.

    `tests` counts outcomes; `passed` are clauses; `failed` and `untested` are clauses with reasons.
    """

    service: str
    framework: str
    async_model: Literal["async", "blocking"]
    server: str
    database: str
    tests: dict[str, int]
    passed: list[str]
    failed: dict[str, str]
    untested: dict[str, str]


class ProtocolCell(Strict):
    """Whether a server speaks a protocol, as it was seen.

    `flags` are those added to the registry's command, for a certificate or for the protocol;
    `by_default` when the certificate's sufficed; `said` is what happened, with them and without.
    """

    server: str
    protocol: Protocol
    works: bool
    by_default: bool
    said: str
    flags: str


class Observation(Strict):
    """What one service on its server did when it was asked one question, in few words."""

    question: str
    service: str
    server: str
    said: str


def by_answer(observations: Iterable[Observation]) -> dict[str, dict[str, list[str]]]:
    """Group them: question -> answer -> the services that gave it, each in the order asked."""
    grouped: dict[str, dict[str, list[str]]] = {}
    for observation in observations:
        grouped.setdefault(observation.question, {}).setdefault(observation.said, []).append(
            observation.service
        )
    return grouped


class PoolUse(Strict):
    """A service's connections while `in_flight` requests asked, as its database counted them.

    `pool_size` is the setting; the peaks are the most that one of the `asked` questions found;
    `opened` counts every connection seen, also one that replaced another; `idle_after` is what was
    kept when the last request was answered. `verdict` is a sentence.
    """

    name: str
    pool_size: int
    in_flight: int
    requests: int
    errors: int
    asked: int
    peak_connections: int
    peak_active: int
    opened: int
    idle_after: int
    verdict: str


class FaultSeen(Strict):
    """What a service did in one fault: `said` in few words, `held` if that is what is asked."""

    fault: str
    service: str
    held: bool
    said: str


class QueryPlan(Strict):
    """A SQL statement as a service sent it, and the database's plan for it, one line a step."""

    statement: str
    lines: list[str]


class GrowthPoint(Strict):
    """What a request takes, alone on the service, when there are so many posts.

    `rounds_ms` has the median of each round, `median_ms` is theirs; a create has no plans.
    """

    service: str
    posts: int
    operation: Operation
    request: str
    rounds_ms: list[float]
    median_ms: float
    plans: list[QueryPlan]


class Depth(Strict):
    """How many times as long as the first page a deep one takes; `verdict` is in words.

    `page` counts from 1: the ten-thousandth, or the last that is followed by another.
    """

    service: str
    posts: int
    page: int
    deep_to_first: Interval
    verdict: str


class Growth(Strict):
    """List, detail and create at several sizes of the same data on one kind of database."""

    database: str
    seed: int
    points: list[GrowthPoint]
    depths: list[Depth]

    def with_newer(self, newer: "Growth") -> "Growth":
        """Give both, the newer figures in the place of older ones of the same service and size."""
        measured = {(depth.service, depth.posts) for depth in newer.depths}
        points = [point for point in self.points if (point.service, point.posts) not in measured]
        depths = [depth for depth in self.depths if (depth.service, depth.posts) not in measured]
        return Growth(
            database=self.database,
            seed=newer.seed,
            points=sorted(points + newer.points, key=lambda point: (point.service, point.posts)),
            depths=sorted(depths + newer.depths, key=lambda depth: (depth.service, depth.posts)),
        )


class Made(Strict):
    """A survey that was made: the command that repeats it, and of what it was."""

    command: str
    commit: str
    finished_at: datetime


class Survey(Strict):
    """The tables of all surveys; one that was never made is empty."""

    contract: list[CheckedService] = []
    protocols: list[ProtocolCell] = []
    observations: list[Observation] = []
    pools: list[PoolUse] = []
    growth: list[Growth] = []
    faults: list[FaultSeen] = []
    claims: list[Claim] = []
    timelines: list[Timeline] = []
    made: list[Made] = []

    def with_newer(self, newer: "Survey") -> "Survey":
        """Give both, the newer rows in the place of older ones about the same."""
        checked = {(row.service, row.database) for row in newer.contract}
        observed = {observation.service for observation in newer.observations}
        counted = {pool.name for pool in newer.pools}
        made_anew = {(seen.fault, seen.service) for seen in newer.faults}
        grown = {growth.database: growth for growth in self.growth}
        for growth in newer.growth:
            before = grown.get(growth.database)
            grown[growth.database] = before.with_newer(growth) if before else growth
        repeated = {made.command for made in newer.made}
        kept = [row for row in self.contract if (row.service, row.database) not in checked]
        return Survey(
            contract=kept + newer.contract,
            protocols=newer.protocols or self.protocols,
            observations=[row for row in self.observations if row.service not in observed]
            + newer.observations,
            pools=[row for row in self.pools if row.name not in counted] + newer.pools,
            growth=list(grown.values()),
            faults=[seen for seen in self.faults if (seen.fault, seen.service) not in made_anew]
            + newer.faults,
            claims=list(({claim.id: claim for claim in self.claims + newer.claims}).values()),
            timelines=newer.timelines or self.timelines,
            made=[made for made in self.made if made.command not in repeated] + newer.made,
        )
