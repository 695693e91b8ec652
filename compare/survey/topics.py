"""Survey every service and server: the tables that one run of two services does not fill."""

import shlex
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from typing import Literal, Protocol, get_args

from compare.contract import suite
from compare.registry.servers import SERVERS
from compare.registry.services import Service
from compare.results import provenance
from compare.results.model import TestOutcome
from compare.results.surveys import CheckedService, Made, PoolUse, Survey
from compare.running import databases
from compare.survey import growth, observed, pools

Topic = Literal["contract", "servers", "pools", "growth"]
TOPICS: tuple[Topic, ...] = get_args(Topic)


# What the protocols are asked with; each comes with the servers.
CLIENTS = ("cryptography", "h2", "trustme", "websockets")


class Audience(Protocol):
    """Who is told how far a survey is."""

    def checked(self, outcome: TestOutcome, total: int) -> None:
        """Hear one outcome of `total`."""

    def surveying(self, text: str, done: int, total: int) -> None:
        """Hear what is being done, as the part `done` of `total`."""


@dataclass(frozen=True)
class Plan:
    """What to survey; `sizes`, in posts, and `seed` are for growth."""

    topic: Topic
    services: Sequence[Service]
    database: str
    sizes: Sequence[int]
    seed: int

    @property
    def command(self) -> str:
        """The command that repeats it, without a database's password."""
        names = [service.name for service in self.services]
        command = [
            "compare",
            "survey",
            self.topic,
            *names,
            "--database",
            databases.without_password(self.database),
        ]
        if self.topic == "growth":
            command += [f"--posts={posts}" for posts in self.sizes] + [f"--seed={self.seed}"]
        return shlex.join(command)


def survey(plan: Plan, audience: Audience) -> Survey:
    """Fill the tables of one topic; the errors of its parts pass through."""
    found = _found(plan, plan.services, plan.database, audience)
    now = datetime.now(UTC)
    made = Made(command=plan.command, commit=provenance.commit(), finished_at=now)
    return found.model_copy(update={"made": [made]})


def _found(plan: Plan, services: Sequence[Service], database: str, audience: Audience) -> Survey:
    match plan.topic:
        case "contract":
            return Survey(contract=_checked(services, database, audience))
        case "servers":
            from compare.survey import protocols

            say = _counting(audience, len(services) + len(SERVERS))
            return Survey(
                protocols=protocols.observe_protocols(say),
                observations=observed.observe_servers(services, say),
            )
        case "pools":
            say = _counting(audience, len(services))
            with databases.open(database) as source:
                return Survey(pools=[_pool_use(service, source, say) for service in services])
        case "growth":
            say_grown = _grown(audience)
            grown = growth.grow(services, database, plan.seed, say_grown, plan.sizes)
            return Survey(growth=[grown])


def missing_modules() -> list[str]:
    """Name what a survey of the servers needs and is not installed here."""
    return [module for module in CLIENTS if find_spec(module) is None]


def _checked(
    services: Sequence[Service], database: str, audience: Audience
) -> list[CheckedService]:
    with databases.open(database) as source:
        label = source.label
        outcomes = suite.check_services(services, source, audience.checked)
    return [
        _row(service, label, [each for each in outcomes if each.service == service.name])
        for service in services
    ]


def _row(service: Service, label: str, outcomes: Sequence[TestOutcome]) -> CheckedService:
    failed = {each.clause: each.reason for each in outcomes if each.outcome == "failed"}
    passed = {each.clause for each in outcomes if each.outcome == "passed"} - set(failed)
    skipped = {each.clause: each.reason for each in outcomes if each.outcome == "skipped"}
    tested = {*passed, *failed}
    return CheckedService(
        service=service.name,
        framework=service.framework,
        async_model=service.async_model,
        server=service.server,
        database=label,
        tests=dict(Counter(each.outcome for each in outcomes)),
        passed=sorted(passed, key=lambda clause: int(clause[1:])),
        failed=failed,
        untested={clause: why for clause, why in skipped.items() if clause not in tested},
    )


def _pool_use(service: Service, source: databases.Databases, say: Callable[[str], None]) -> PoolUse:
    say(service.name)
    return pools.pool_use(service, source)


def _counting(audience: Audience, total: int) -> Callable[[str], None]:
    told: list[str] = []

    def say(text: str) -> None:
        audience.surveying(text, len(told), total)
        told.append(text)

    return say


def _grown(audience: Audience) -> growth.OnProgress:
    return lambda progress: audience.surveying(
        f"{progress.posts:,} posts: {progress.text}", progress.done, progress.total
    )
