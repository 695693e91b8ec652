"""Survey every service and server: the tables that one run of two services does not fill."""

import shlex
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from typing import Literal, Protocol, get_args

from compare.contract import suite
from compare.contract.outcomes import clause_number
from compare.registry.servers import SERVERS
from compare.registry.services import Service
from compare.results import provenance
from compare.results.model import TestOutcome
from compare.results.surveys import CheckedService, Made, PoolUse, Survey
from compare.running import databases
from compare.survey import faults, growth, observed, pools

Topic = Literal["contract", "servers", "pools", "growth", "faults"]
TOPICS: tuple[Topic, ...] = get_args(Topic)

# What speaks the protocols to the servers; the extra `servers` brings it.
CLIENTS = ("cryptography", "h2", "trustme", "websockets")


class SurveyProgress(Protocol):
    """Who is told how far a survey is."""

    def checked(self, outcome: TestOutcome, total: int) -> None:
        """Hear one outcome of `total`."""

    def working(self, text: str, done: int, total: int) -> None:
        """Hear what is being done, as the part `done` of `total`."""

    def counting(self, total: int) -> Callable[[str], None]:
        """Give what is called with the name of each of so many parts when that part begins."""


@dataclass(frozen=True)
class SurveyPlan:
    """What to survey; `sizes`, in posts, and `seed` are for growth, `faults` for that topic."""

    topic: Topic
    services: Sequence[Service]
    database: str
    sizes: Sequence[int]
    seed: int
    faults: faults.FaultPlan

    @property
    def command(self) -> str:
        """The command that repeats it, without a database's password."""
        names = [service.name for service in self.services]
        database = databases.without_password(self.database)
        command = ["compare", "survey", self.topic, *names, "--database", database]
        if self.topic == "growth":
            command += [f"--posts={posts}" for posts in self.sizes] + [f"--seed={self.seed}"]
        if self.topic == "faults":
            command += [f"--kills={self.faults.kills}"]
            command += [f"--soak-seconds={self.faults.soak_seconds:.0f}"]
            if len(self.faults.names) < len(faults.FAULTS):
                command += [f"--fault={name}" for name in self.faults.names]
        return shlex.join(command)


def survey(plan: SurveyPlan, progress: SurveyProgress) -> Survey:
    """Fill the tables of one topic; the errors of its parts pass through."""
    tables = _tables(plan, progress)
    now = datetime.now(UTC)
    made = Made(command=plan.command, commit=provenance.commit(), finished_at=now)
    return tables.model_copy(update={"made": [made]})


def _tables(plan: SurveyPlan, progress: SurveyProgress) -> Survey:
    services, database = plan.services, plan.database
    match plan.topic:
        case "contract":
            return Survey(contract=_checked(services, database, progress))
        case "servers":
            from compare.survey import protocols

            say = progress.counting(len(services) + len(SERVERS))
            return Survey(
                protocols=protocols.observe_protocols(say),
                observations=observed.observe_servers(services, say),
            )
        case "pools":
            say = progress.counting(len(services))
            with databases.open(database) as source:
                return Survey(pools=[_pool_use(service, source, say) for service in services])
        case "faults":
            with databases.open(database) as source:
                seen = faults.survey_faults(services, source, plan.faults, progress.working)
            return Survey(faults=seen)
        case "growth":
            say_growth = _growing(progress)
            table = growth.grow(services, database, plan.seed, say_growth, plan.sizes)
            return Survey(growth=[table])


def missing_modules() -> list[str]:
    """Name what a survey of the servers needs and is not installed here."""
    return [module for module in CLIENTS if find_spec(module) is None]


def _checked(
    services: Sequence[Service], database: str, progress: SurveyProgress
) -> list[CheckedService]:
    with databases.open(database) as source:
        label = source.label
        outcomes = suite.check_services(services, source, progress.checked)
    return [
        _row(service, label, [outcome for outcome in outcomes if outcome.service == service.name])
        for service in services
    ]


def _row(service: Service, label: str, outcomes: Sequence[TestOutcome]) -> CheckedService:
    failed = {test.clause: test.reason for test in outcomes if test.outcome == "failed"}
    passed = {test.clause for test in outcomes if test.outcome == "passed"} - set(failed)
    skipped = {test.clause: test.reason for test in outcomes if test.outcome == "skipped"}
    tested = {*passed, *failed}
    return CheckedService(
        service=service.name,
        framework=service.framework,
        async_model=service.async_model,
        server=service.server,
        database=label,
        tests=dict(Counter(test.outcome for test in outcomes)),
        passed=sorted(passed, key=clause_number),
        failed=failed,
        untested={clause: why for clause, why in skipped.items() if clause not in tested},
    )


def _pool_use(service: Service, source: databases.Databases, say: Callable[[str], None]) -> PoolUse:
    say(service.name)
    return pools.pool_use(service, source)


def _growing(progress: SurveyProgress) -> growth.OnProgress:
    return lambda step: progress.working(
        f"{step.posts:,} posts: {step.text}", step.done, step.total
    )
