"""What goes wrong around a service, made to happen: each fault, and what the service did then."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack

from sqlalchemy import make_url

from compare.errors import DatabaseError
from compare.registry.services import Service
from compare.results.surveys import FaultSeen
from compare.running import databases, launch
from compare.running.front_door import is_installed
from compare.survey.faults import clients, kills, outages, overload
from compare.survey.faults.ground import Fault, Ground, Seen

FAULTS: tuple[Fault, ...] = (
    *outages.FAULTS,
    *kills.FAULTS,
    *clients.FAULTS,
    *overload.FAULTS,
)
KILLS = 5


def survey_faults(
    services: Sequence[Service],
    source: databases.Databases,
    say: Callable[[str], None],
    kills: int = KILLS,
) -> list[FaultSeen]:
    """Make every fault happen to each service on a database of its own; a minute for each.

    `say` is told each service's name and the fault before it is made. DatabaseError when the
    source is not an embedded PostgreSQL, LaunchError when a service does not start.
    """
    if not source.processes:
        raise DatabaseError("faults are made on the embedded PostgreSQL: --database postgres")
    with launch.upstreams_running() as upstreams:
        return [
            _seen(service, fault, source, upstreams, say, kills)
            for service in services
            for fault in FAULTS
        ]


def name_of(fault: Fault) -> str:
    """Give the sentence that says what is done."""
    return (fault.__doc__ or "").split("\n")[0]


def _seen(
    service: Service,
    fault: Fault,
    source: databases.Databases,
    upstreams: launch.Running,
    say: Callable[[str], None],
    kills: int,
) -> FaultSeen:
    say(f"{service.name}: {fault.__name__.replace('_', ' ')}")
    url = source.create(service.name)
    launch.migrate(service, url)
    databases.fill(url)
    try:
        seen = fault(Ground(service, url, upstreams, kills))
    except TimeoutError:
        seen = Seen(False, "it is never as before")
    return FaultSeen(
        fault=name_of(fault), service=service.name, held=seen.held, said=seen.said
    )
