"""What goes wrong around a service, made to happen: each fault, and what the service did then."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from compare.errors import DatabaseError
from compare.registry.services import Service
from compare.results.surveys import FaultSeen
from compare.running import databases, launch
from compare.survey.faults import clients, kills, outages, overload, soak
from compare.survey.faults.ground import Fault, Ground, Seen


def name_of(fault: Fault) -> str:
    """Give the name that a fault is chosen by."""
    return fault.__name__.replace("_", "-")


FAULTS: dict[str, Fault] = {
    name_of(fault): fault
    for module in (outages, kills, clients, overload, soak)
    for fault in module.FAULTS
}


@dataclass(frozen=True)
class FaultPlan:
    """The faults to make, by name; how often something is killed, and how long a load goes on."""

    names: Sequence[str] = tuple(FAULTS)
    kills: int = 5
    soak_seconds: float = 30.0


def survey_faults(
    services: Sequence[Service],
    source: databases.Databases,
    plan: FaultPlan,
    say: Callable[[str], None],
) -> list[FaultSeen]:
    """Make faults happen to each service, each on a fresh database; all take two minutes.

    `say` is told each service's name and the fault before it is made. DatabaseError when the
    source is not an embedded PostgreSQL, LaunchError when a service does not start.
    """
    if not source.processes:
        raise DatabaseError("faults are made on the embedded PostgreSQL: --database postgres")
    with launch.upstreams_running() as upstreams:
        return [
            _seen(service, name, source, upstreams, plan, say)
            for service in services
            for name in plan.names
        ]


def sentence_of(fault: Fault) -> str:
    """Give the sentence that says what is done."""
    return (fault.__doc__ or "").split("\n")[0]


def _seen(
    service: Service,
    name: str,
    source: databases.Databases,
    upstreams: launch.Running,
    plan: FaultPlan,
    say: Callable[[str], None],
) -> FaultSeen:
    say(f"{service.name}: {name}")
    url = source.create(service.name)
    launch.migrate(service, url)
    databases.fill(url)
    ground = Ground(service, url, upstreams, plan.kills, plan.soak_seconds)
    try:
        seen = FAULTS[name](ground)
    except TimeoutError:
        seen = Seen(False, "it is never again as it was before")
    return FaultSeen(
        fault=sentence_of(FAULTS[name]), service=service.name, held=seen.held, said=seen.said
    )
