"""What timed turns stand on: running services, the closed-loop client, the upstreams, the cores."""

import time
from collections.abc import Collection
from dataclasses import dataclass

from compare.bench.contenders import Contender
from compare.bench.upstreams import Upstreams
from compare.errors import LaunchError
from compare.running import launch, pinning, turns

# What a service without work takes of a core, and how long it may go on with work given up.
IDLE_CORES = 0.1
LOOK_SECONDS = 0.2
DRAIN_SECONDS = 30.0


@dataclass(frozen=True)
class Entrant:
    """A contender as it runs in a block."""

    contender: Contender
    running: launch.Running


@dataclass
class Ground:
    """What all contenders of a run share; `null_per_second` is the client's limit, once known."""

    upstreams: Upstreams
    client: turns.Client
    cores: pinning.Cores | None
    null_per_second: float | None = None

    @property
    def service_cores(self) -> Collection[int] | None:
        """The cores of the services; None where they have none of their own."""
        return self.cores.service if self.cores else None

    @property
    def client_cores(self) -> int:
        """How many cores there are for load, upstreams and database."""
        return len(self.cores.others) if self.cores else 1

    def drain(self, running: launch.Running) -> None:
        """Wait until a service has done with what the load gave up, so that the next is not late.

        It is done when it neither works nor calls an upstream; LaunchError when it never is.
        """
        deadline = time.monotonic() + DRAIN_SECONDS
        while time.monotonic() < deadline:
            before_seconds, hits = running.cpu_seconds(), self.upstreams.hits()
            time.sleep(LOOK_SECONDS)
            is_idle = running.cpu_seconds() - before_seconds < IDLE_CORES * LOOK_SECONDS
            if is_idle and self.upstreams.hits() == hits:
                return
        raise LaunchError(f"{running.name} is still busy, {DRAIN_SECONDS:.0f} s after its load")
