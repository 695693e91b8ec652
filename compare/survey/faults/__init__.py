"""What goes wrong around a service, made to happen: each fault, and what the service did then."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

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
    working: Callable[[str, int, int], None],
) -> list[FaultSeen]:
    """Make faults happen to each service, each on a fresh database; all take three minutes.

    `working` is told what is done, as which part of how many. DatabaseError when the source is not
    an embedded PostgreSQL, LaunchError when a service does not start.
    """
    if not source.processes:
        raise DatabaseError("faults are made on the embedded PostgreSQL: --database postgres")
    parts = [(service, name) for service in services for name in plan.names]
    seen = []
    with launch.upstreams_running() as upstreams:
        for number, (service, name) in enumerate(parts):
            text = f"{service.name}: {name}"
            working(text, number, len(parts))
            say = partial(_say, working, text, number, len(parts))
            url = _database(service, source)
            ground = Ground(service, url, upstreams, plan.kills, plan.soak_seconds, say)
            seen.append(_seen(ground, FAULTS[name]))
    return seen


def sentence_of(fault: Fault) -> str:
    """Give the sentence that says what is done."""
    return (fault.__doc__ or "").split("\n")[0]


def _say(
    working: Callable[[str, int, int], None], text: str, number: int, parts: int, how_far: str
) -> None:
    working(f"{text}, {how_far}", number, parts)


def _database(service: Service, source: databases.Databases) -> str:
    url = source.create(service.name)
    launch.migrate(service, url)
    databases.fill(url)
    return url


def _seen(ground: Ground, fault: Fault) -> FaultSeen:
    try:
        seen = fault(ground)
    except TimeoutError:
        seen = Seen(False, "it is never again as it was before")
    return FaultSeen(
        fault=sentence_of(fault), service=ground.service.name, held=seen.held, said=seen.said
    )
