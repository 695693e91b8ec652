"""Survey every service and server: the tables that one run of two services does not fill."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal, Protocol, get_args

from compare import checking, databases, growth, machine, observed, pools
from compare.results import Machine, Results, TestOutcome, UnusableResults, read
from compare.servers import SERVERS
from compare.services import Service
from compare.surveyed import CheckedService, PoolUse, Survey

Topic = Literal["contract", "servers", "pools", "growth"]
TOPICS: tuple[Topic, ...] = get_args(Topic)


class Audience(Protocol):
    """Who is told how far a survey is."""

    def checked(self, outcome: TestOutcome, total: int) -> None:
        """Hear one outcome of `total`."""

    def surveying(self, text: str, done: int, total: int) -> None:
        """Hear what is being done, as the part `done` of `total`."""


def survey(
    topic: Topic,
    services: Sequence[Service],
    database: str,
    sizes: Sequence[int],
    seed: int,
    audience: Audience,
) -> Survey:
    """Fill the tables of one topic for these services; `sizes` and `seed` are for growth.

    The errors of its parts pass through.
    """
    match topic:
        case "contract":
            return Survey(contract=_checked(services, database, audience))
        case "servers":
            from compare import protocols  # what it asks with comes with the servers only

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
            return Survey(growth=[growth.grow(services, database, seed, _grown(audience), sizes)])


def add(results: Results, found: Survey) -> Results:
    """Put the tables into a results file, in the place of what it had of the same services.

    UnusableResults when it is of another machine or of other versions.
    """
    if not _alike(results, machine.machine(), machine.versions()):
        raise UnusableResults("the results are of another machine or version: run them again first")
    return results.model_copy(update={"survey": results.survey.with_newer(found)})


def keep(found: Results, file: Path) -> Results:
    """Keep the tables of the file that a run replaces, if machine and versions are the same."""
    try:
        replaced = read(file)
    except UnusableResults:
        return found
    if not _alike(replaced, found.machine, found.versions):
        return found
    return found.model_copy(update={"survey": replaced.survey})


def _alike(results: Results, here: Machine, versions: Mapping[str, str]) -> bool:
    as_busy = {"load_average_before": results.machine.load_average_before}
    return (results.machine, results.versions) == (here.model_copy(update=as_busy), versions)


def _checked(
    services: Sequence[Service], database: str, audience: Audience
) -> list[CheckedService]:
    with databases.open(database) as source:
        label = source.label
    outcomes = checking.check_services(services, database, audience.checked)
    return [
        _row(service, label, [each for each in outcomes if each.service == service.name])
        for service in services
    ]


def _row(service: Service, label: str, outcomes: Sequence[TestOutcome]) -> CheckedService:
    failed = {each.clause: each.reason for each in outcomes if each.outcome == "failed"}
    passed = {each.clause for each in outcomes if each.outcome == "passed"} - set(failed)
    skipped = {each.clause: each.reason for each in outcomes if each.outcome == "skipped"}
    return CheckedService(
        service=service.name,
        framework=service.framework,
        async_model=service.async_model,
        server=service.server,
        database=label,
        tests=dict(Counter(each.outcome for each in outcomes)),
        passed=sorted(passed, key=lambda clause: int(clause[1:])),
        failed=failed,
        untested={clause: why for clause, why in skipped.items() if clause not in passed},
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
