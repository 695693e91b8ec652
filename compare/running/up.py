"""Keep services running for a person or a script to use, each on the seed data."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count, repeat

from compare.registry.services import Service
from compare.running import databases, launch
from compare.running.addresses import HOST

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
    host: str = HOST,
) -> Iterator[Up]:
    """Run services until the block ends, on ports from the first one on, or on free ones.

    `overrides` are settings that differ from the usual: {"API_TOKEN": "…"}. `host` is the address
    that the services listen on; the upstreams stay on the loopback one.
    """
    ports: Iterator[int | None] = count(first_port) if first_port else repeat(None)
    with ExitStack() as stack:
        source = stack.enter_context(databases.open(database))
        # The services' ports come first, in their order.
        at = {service.name: next(ports) for service in services}
        upstreams = stack.enter_context(launch.upstreams_running(port=next(ports)))
        running = {
            service.name: stack.enter_context(
                _serving(service, source, upstreams.url, at[service.name], host, overrides or {})
            )
            for service in services
        }
        yield Up(running, upstreams, source.label)


@contextmanager
def _serving(
    service: Service,
    source: databases.Databases,
    upstreams_url: str,
    port: int | None,
    host: str,
    overrides: Mapping[str, str],
) -> Iterator[launch.Running]:
    url = source.create(service.name)
    launch.migrate(service, url, **overrides)
    databases.fill(url)
    with launch.running(
        service,
        database_url=url,
        upstreams_url=upstreams_url,
        host=host,
        port=port,
        overrides=overrides,
    ) as running:
        yield running
