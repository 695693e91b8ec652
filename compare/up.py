"""Keep services running for a person or a script to use, each on the seed data."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from compare import databases, launch
from compare.services import Service

POLL_SECONDS = 0.2


@dataclass(frozen=True)
class Up:
    """Services that are ready, by name, with the upstreams that they call."""

    services: Mapping[str, launch.Running]
    upstreams: launch.Running
    database: str

    def watch(self) -> None:
        """Wait until a process ends by itself, which is a LaunchError with its last words."""
        while True:
            for running in (*self.services.values(), self.upstreams):
                running.check_alive()
            time.sleep(POLL_SECONDS)


@contextmanager
def up(
    services: Sequence[Service],
    database: str,
    first_port: int | None = None,
    overrides: Mapping[str, str] | None = None,
) -> Iterator[Up]:
    """Run services until the block ends, on ports from the first one on, or on free ones.

    `overrides` are settings that differ from the usual: {"API_TOKEN": "…"}.
    """
    chosen = dict(overrides or {})
    ports = {service.name: first_port + at for at, service in enumerate(services) if first_port}
    last_port = first_port + len(services) if first_port else None
    with ExitStack() as stack:
        source = stack.enter_context(databases.open(database))
        upstreams = stack.enter_context(launch.upstreams_running(port=last_port))
        running = {}
        for service in services:
            url = source.create(service.name)
            launch.migrate(service, url, **chosen)
            databases.fill(url)
            running[service.name] = stack.enter_context(
                launch.running(
                    service,
                    database_url=url,
                    upstreams_url=upstreams.url,
                    port=ports.get(service.name),
                    **chosen,
                )
            )
        yield Up(running, upstreams, source.label)
