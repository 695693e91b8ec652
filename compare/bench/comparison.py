"""The main job: run services side by side, check them, time those that pass, and tell it all."""

import shlex
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, Protocol

import psutil
from sqlalchemy import make_url

from compare.bench import schedule, verdicts
from compare.bench.block import PATIENCE, Bench, Block, blocks_of
from compare.bench.contenders import contenders
from compare.bench.scenarios import Study
from compare.contract import suite
from compare.errors import UnusableResults
from compare.registry.environment import THREAD_LIMIT, settings
from compare.registry.servers import PYTHON
from compare.registry.services import YARDSTICK, Service
from compare.report.figures import labels
from compare.results import provenance
from compare.results.model import Results, ServiceRun, TestOutcome
from compare.running import databases, launch, load, pinning
from compare.running.launch import HOST


@dataclass(frozen=True)
class Plan:
    """What to run: the first service is the baseline; `options` are those that chose its studies.

    Without `check` services are timed that may not keep the contract.
    """

    services: Sequence[Service]
    database: str
    seed: int
    profile: str
    studies: Sequence[Study]
    limits: schedule.Limits
    options: Sequence[str]
    check: bool = True

    @property
    def command(self) -> str:
        """The command that repeats this run, without a database's password."""
        names = [service.name for service in self.services]
        verb = "run" if self.check else "measure"
        command = ["compare", verb, *names, "--database", shown(self.database)]
        command += ["--seed", str(self.seed), *self.options]
        if self.limits.blocks:
            command += ["--blocks", str(self.limits.blocks)]
        else:
            command += ["--budget", f"{self.limits.budget_seconds:g}"]
            command += ["--precision", f"{self.limits.precision:g}"]
        return shlex.join(command)

    def unchecked(self) -> "Plan":
        """The same without the contract suite."""
        return replace(self, check=False)


class Audience(Protocol):
    """Who is told how far a run is, and is given what there is of it after each block."""

    def checked(self, outcome: TestOutcome, total: int) -> None:
        """Hear one outcome of `total`."""

    def measuring(self, step: schedule.Step) -> None:
        """Hear that the next timed run begins."""


def run(
    plan: Plan,
    audience: Audience,
    keep: Callable[[Results], None],
    earlier: Results | None = None,
) -> Results:
    """Check, time and compare; everything that was started is stopped again.

    `keep` is given the unfinished results after each block; one of those as `earlier` is gone on
    with, if `refuse_another` allows it. The errors of its parts pass through.
    """
    begun = earlier or _checked(plan, audience)
    figures = _figures(plan, _timed(plan, begun), _measured(plan, begun, audience, keep))
    return begun.model_copy(update={**figures, "finished_at": datetime.now(UTC)})


def refuse_another(plan: Plan, earlier: Results) -> None:
    """Raise UnusableResults unless the interrupted run is this one and can be gone on with."""
    here = provenance.machine().model_copy(
        update={"load_average_before": earlier.machine.load_average_before}
    )
    if earlier.command != plan.command:
        raise UnusableResults(f"the run that was interrupted is another: {earlier.command}")
    made_by = (earlier.machine, earlier.versions, earlier.lock_sha256, earlier.commit)
    if made_by != (here, provenance.versions(), provenance.lock_sha256(), provenance.commit()):
        raise UnusableResults(
            "the run that was interrupted is of another machine, version or commit: begin again"
        )


def _checked(plan: Plan, audience: Audience) -> Results:
    """Check the services and the yardstick, if that is planned, and note the circumstances."""
    started_at, before = datetime.now(UTC), provenance.machine()
    everyone = [*plan.services, YARDSTICK] if plan.check else []
    outcomes = suite.check_services(everyone, plan.database, audience.checked) if everyone else []
    with databases.open(plan.database) as source:
        label = source.label
    return Results(
        started_at=started_at,
        machine=before,
        database=label,
        **_circumstances(plan),
        clauses=suite.clauses(),
        contract=[each for each in outcomes if each.service != YARDSTICK.name],
        not_timed=_failed(outcomes),
        scenarios=[scenario for each in plan.studies for scenario in each.scenarios],
        **_figures(plan, [], []),
    )


def _circumstances(plan: Plan) -> dict[str, Any]:
    return {
        "command": plan.command,
        "commit": provenance.commit(),
        "lock_sha256": provenance.lock_sha256(),
        "versions": provenance.versions(),
        "seed": plan.seed,
        "profile": plan.profile,
        "precision": plan.limits.precision,
        "pinned": pinning.sentence(pinning.split(), _can_pin(plan.database)),
        "load_engine": load.engine(),
        "services": [_service_run(service) for service in plan.services],
        "yardstick": _service_run(YARDSTICK),
    }


def _can_pin(database: str) -> bool | None:
    """Whether the database's server is ours to pin; None when there is none."""
    return None if databases.kind_of(database) == "sqlite" else database == "postgres"


def _measured(
    plan: Plan, begun: Results, audience: Audience, keep: Callable[[Results], None]
) -> list[Block]:
    timed = _timed(plan, begun)
    if not timed:
        return []
    yardstick = None if YARDSTICK.name in begun.not_timed else YARDSTICK
    plans = schedule.Schedule(
        plan.studies, [service.name for service in timed], plan.seed, plan.limits
    )
    with ExitStack() as stack:
        source = stack.enter_context(databases.open(plan.database))
        upstreams = stack.enter_context(launch.upstreams_running())
        found = contenders(timed, yardstick, source)
        null_per_second = begun.nulls[-1].requests_per_second if begun.nulls else None
        cores = stack.enter_context(_apart(source, begun))
        return schedule.measure(
            plans,
            partial(Bench, found, upstreams, plan.seed, cores, null_per_second),
            blocks_of(begun),
            audience.measuring,
            lambda blocks: keep(begun.model_copy(update=_figures(plan, [], blocks))),
        )


@contextmanager
def _apart(source: databases.Databases, begun: Results) -> Iterator[pinning.Cores | None]:
    """Keep the instrument and the database off the service's core, or say where that failed."""
    with ExitStack() as stack:
        if cores := pinning.split():
            processes = (psutil.Process(), *source.processes)
            pinned = [stack.enter_context(pinning.pinned(each, cores.others)) for each in processes]
            if not all(pinned):
                begun.pinned += ", as far as the system allows it"
        yield cores


def _timed(plan: Plan, begun: Results) -> list[Service]:
    return [service for service in plan.services if service.name not in begun.not_timed]


def _figures(plan: Plan, timed: Sequence[Service], blocks: Sequence[Block]) -> dict[str, Any]:
    """What the blocks found and, for services that were timed, how they compare."""
    samples = [sample for block in blocks for sample in block.samples]
    called = labels([_service_run(service) for service in plan.services])
    names = {service.name: called[service.name] for service in timed}
    data = ([scenario for each in plan.studies for scenario in each.scenarios], samples)
    return {
        "block_runs": [block.run for block in blocks],
        "samples": samples,
        "refusals": [refusal for block in blocks for refusal in block.refusals],
        "starts": [start for block in blocks for start in block.starts],
        "nulls": [null for block in blocks for null in block.nulls],
        "comparisons": verdicts.compare(*data, names, plan.seed) if names else [],
        "noise": verdicts.compare_a_a_pair(*data, names, plan.seed) if names else [],
        "shares": verdicts.shares(*data, names, YARDSTICK.name, plan.seed),
    }


def _failed(contract: Sequence[TestOutcome]) -> dict[str, str]:
    failures: dict[str, list[str]] = {}
    for outcome in contract:
        if outcome.outcome == "failed":
            failures.setdefault(outcome.service, []).append(outcome.clause)
    return {
        service: f"failed the contract: {', '.join(sorted(set(clauses), key=lambda c: int(c[1:])))}"
        for service, clauses in failures.items()
    }


def _service_run(service: Service) -> ServiceRun:
    # Where it listened and where its database was differ from run to run and say nothing.
    chosen = settings(service, database_url="", upstreams_url="", **PATIENCE)
    command = " ".join("python" if part == PYTHON else part for part in service.command)
    return ServiceRun(
        name=service.name,
        framework=service.framework,
        async_model=service.async_model,
        server=service.server,
        package=service.package,
        command=command.format(host=HOST, port="PORT", threads=THREAD_LIMIT),
        settings={name: value for name, value in chosen.items() if value},
    )


def shown(database: str) -> str:
    """Give a database as a command names it, without its password."""
    return str(make_url(database)) if ":" in database else database
