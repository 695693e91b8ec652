"""The circumstances of a run: how its results begin, and when another run may resume them."""

from collections.abc import Sequence
from datetime import UTC, datetime

from compare.bench.plan import Plan
from compare.bench.starting import PATIENCE
from compare.contract.outcomes import clause_number, clauses
from compare.errors import UnusableResults
from compare.registry.environment import THREAD_LIMIT, settings
from compare.registry.servers import PYTHON
from compare.registry.services import YARDSTICK, Service
from compare.results import provenance
from compare.results.model import Figures, Machine, Results, ServiceRun, TestOutcome
from compare.running import load, turns
from compare.running.addresses import HOST


def begin(
    plan: Plan,
    database: str,
    started_at: datetime,
    machine: Machine,
    outcomes: Sequence[TestOutcome],
) -> Results:
    """Give the results of a run whose services were checked; nothing of it is timed yet."""
    return Results(
        started_at=started_at,
        command=plan.command,
        commit=provenance.commit(),
        database=database,
        seed=plan.seed,
        profile=plan.profile,
        precision=plan.limits.precision,
        pinned="",
        lock_sha256=provenance.lock_sha256(),
        load_engine=f"closed loops: {turns.client()}; open loops: {load.engine()}",
        machine=machine,
        versions=provenance.versions(),
        services=[service_run(service) for service in plan.services],
        clauses=clauses(),
        contract=[outcome for outcome in outcomes if outcome.service != YARDSTICK.name],
        scenarios=plan.scenarios,
        yardstick=service_run(YARDSTICK),
        not_timed=_failed(outcomes),
        **vars(Figures()),  # none yet
    )


def now() -> tuple[datetime, Machine]:
    """Give the time, and the machine as busy as it is at this moment."""
    return datetime.now(UTC), provenance.machine()


def refuse_another(plan: Plan, earlier: Results) -> None:
    """Raise UnusableResults unless the interrupted run is this one and can be resumed."""
    if earlier.command != plan.command:
        raise UnusableResults(f"the run that was interrupted is another: {earlier.command}")
    made_by = (earlier.versions, earlier.lock_sha256, earlier.commit)
    now = (provenance.versions(), provenance.lock_sha256(), provenance.commit())
    if made_by != now or not earlier.machine.is_like(provenance.machine()):
        raise UnusableResults(
            "the run that was interrupted is of another machine, version or commit: begin again"
        )


def service_run(service: Service) -> ServiceRun:
    """Describe a service as it is run: its row of the registry, its command and its settings."""
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


def _failed(outcomes: Sequence[TestOutcome]) -> dict[str, str]:
    failures: dict[str, set[str]] = {}
    for outcome in outcomes:
        if outcome.outcome == "failed":
            failures.setdefault(outcome.service, set()).add(outcome.clause)
    return {
        service: f"failed the contract: {', '.join(sorted(failed, key=clause_number))}"
        for service, failed in failures.items()
    }
