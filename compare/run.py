"""The main job: run services side by side, check them, time those that pass, and tell it all."""

import random
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from sqlalchemy import make_url

from compare import checking, databases, launch, load, machine, measure, statistics
from compare.environment import THREAD_LIMIT, settings
from compare.launch import HOST
from compare.report.figures import labels
from compare.results import Comparison, Results, Sample, ServiceRun, TestOutcome
from compare.scenarios import SCENARIOS
from compare.servers import PYTHON
from compare.services import Service


@dataclass(frozen=True)
class Plan:
    """What to run: the first service is the baseline; `blocks` overrides the budget."""

    services: Sequence[Service]
    database: str
    seed: int
    budget_seconds: float
    blocks: int | None

    @property
    def command(self) -> str:
        """The command that repeats this run, without a database's password."""
        names = [service.name for service in self.services]
        command = ["compare", "run", *names, "--database", shown(self.database)]
        command += ["--seed", str(self.seed)]
        if self.blocks:
            command += ["--blocks", str(self.blocks)]
        else:
            command += ["--budget", f"{self.budget_seconds:g}"]
        return shlex.join(command)


class Audience(Protocol):
    """Who is told how far a run is."""

    def checked(self, outcome: TestOutcome, total: int) -> None:
        """Hear one outcome of `total`."""

    def measuring(self, progress: measure.Progress) -> None:
        """Hear that the next timed run begins."""


def run(plan: Plan, audience: Audience) -> Results:
    """Check, time and compare; everything that was started is stopped again.

    The errors of its parts pass through: a run that cannot be kept leaves no results.
    """
    started_at, before = datetime.now(UTC), machine.machine()
    contract = checking.check_services(plan.services, plan.database, audience.checked)
    not_timed = _failed(contract)
    timed = [service for service in plan.services if service.name not in not_timed]
    label, samples = _measured(plan, timed, audience.measuring)
    return Results(
        started_at=started_at,
        finished_at=datetime.now(UTC),
        machine=before,
        database=label,
        blocks=len({sample.block for sample in samples}),
        contract=contract,
        samples=samples,
        comparisons=_compared(plan, timed, samples),
        not_timed=not_timed,
        **_circumstances(plan),
    )


def _measured(
    plan: Plan, timed: Sequence[Service], on_progress: Callable[[measure.Progress], None]
) -> tuple[str, list[Sample]]:
    with databases.open(plan.database) as source, launch.upstreams_running() as upstreams:
        if not timed:
            return source.label, []
        contenders = measure.contenders(timed, source)
        bench = measure.Bench(contenders, upstreams.url, random.Random(plan.seed), on_progress)
        return source.label, bench.run(plan.budget_seconds, plan.blocks)


def _circumstances(plan: Plan) -> dict[str, Any]:
    return {
        "command": plan.command,
        "commit": machine.commit(),
        "seed": plan.seed,
        "profile": f"{plan.blocks} blocks" if plan.blocks else "quick",
        "load_engine": load.engine(),
        "versions": machine.versions(),
        "services": [_service_run(service) for service in plan.services],
        "clauses": checking.clauses(),
        "scenarios": list(SCENARIOS),
    }


def _compared(plan: Plan, timed: Sequence[Service], samples: Sequence[Sample]) -> list[Comparison]:
    if not timed:
        return []
    called = labels([_service_run(service) for service in plan.services])
    names = {service.name: called[service.name] for service in timed}
    return statistics.compare(SCENARIOS, samples, names, plan.seed)


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
    chosen = settings(service, database_url="", upstreams_url="")
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
