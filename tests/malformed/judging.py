"""One service: each check on it, and what must hold after every check."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from compare.registry.services import Service
from compare.running import databases, launch
from compare.running.launch import Running
from tests.malformed.exchange import Endings
from tests.malformed.levels import levels_back_at, levels_without_clients
from tests.support.serving import seeded

# Tracebacks of a server that no service can help, by what their last line says, and why.
KNOWN = {
    "the handler is closed": "uvicorn answers the second of two pipelined requests, though its"
    " client left after the first answer",
}


@contextmanager
def running(service: Service, source: databases.Databases) -> Iterator[Running]:
    """Run a service on the seed data, with upstreams that answer."""
    url = seeded(source, service)
    with (
        launch.upstreams_running() as upstreams,
        launch.running(service, database_url=url, upstreams_url=upstreams.url) as started,
    ):
        yield started


def complaint(started: Running, check: Callable[[Running], str]) -> str:
    """Say what a check found, and what it left behind; empty when all is well."""
    before, told = levels_without_clients(started), len(started.log.read_bytes())
    found = check(started)
    if started.process.poll() is not None:
        return f"{found}; the process has ended"
    now = levels_back_at(started, before)
    left = "" if now.is_back_at(before) else f"{now} are left of {before}"
    return "; ".join(filter(None, [found, traceback_in(started.log.read_bytes()[told:]), left]))


def complaint_of(endings: Endings) -> str:
    """Say how requests ended that ended as none may, and show the first of each kind."""
    return "; ".join(
        f"{kind}: {len(requests)}, the first is {requests[0][:300]!r}"
        for kind, requests in endings.faults.items()
    )


def traceback_in(log: bytes) -> str:
    """Say how many tracebacks a log has, and what the first says at its end."""
    lines = iter(log.decode(errors="replace").splitlines())
    told = [
        next((line for line in lines if line[:1].strip()), "")
        for line in lines
        if line.startswith("Traceback ")
    ]
    unknown = [last for last in told if not any(phrase in last for phrase in KNOWN)]
    return f"{len(unknown)} tracebacks in the log, the first: {unknown[0][:200]}" if unknown else ""
