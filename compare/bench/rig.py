"""What timed turns stand on: running services, the closed-loop client, the upstreams, the cores."""

import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from compare.bench import disturbance
from compare.bench.contenders import Contender
from compare.bench.upstreams import Upstreams
from compare.errors import LaunchError
from compare.running import launch, pinning, turns

# What a service with work takes of a core at least, and how long it may go on with work given up.
WORKING_CORES = 0.1
LOOK_SECONDS = 0.2
DRAIN_SECONDS = 30.0


@dataclass(frozen=True)
class Entrant:
    """A contender as it runs in a block."""

    contender: Contender
    running: launch.Running


@dataclass
class SideReadings:
    """What went on beside the turns of a contender: at the upstreams, and on the service's core.

    `upstream_hits` counts all three upstreams. `stolen_seconds` is what the hypervisor took of the
    service's core during its turns, `between_turns_seconds` how long it had to wait for them.
    """

    upstream_hits: int = 0
    upstream_cpu_seconds: float = 0.0
    stolen_seconds: float = 0.0
    between_turns_seconds: float = 0.0


@dataclass
class Rig:
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

    @contextmanager
    def watching(self, side: SideReadings, calls_upstreams: bool) -> Iterator[None]:
        """Add what goes on beside a turn until the block ends; hits only where there may be any."""
        upstreams, cores = self.upstreams, self.service_cores
        hits = upstreams.hits() if calls_upstreams else 0
        cpu_seconds, stolen_seconds = upstreams.cpu_seconds(), disturbance.stolen_seconds(cores)
        yield
        if cores:  # a core of its own
            side.stolen_seconds += disturbance.stolen_seconds(cores) - stolen_seconds
        side.upstream_cpu_seconds += upstreams.cpu_seconds() - cpu_seconds
        side.upstream_hits += upstreams.hits() - hits if calls_upstreams else 0

    def drain(self, running: launch.Running) -> None:
        """Wait until a service has done with what the load gave up, so that the next is not late.

        It is done when it neither works nor calls an upstream; LaunchError when it never is.
        """
        deadline = time.monotonic() + DRAIN_SECONDS
        while time.monotonic() < deadline:
            before_seconds, hits = running.cpu_seconds(), self.upstreams.hits()
            time.sleep(LOOK_SECONDS)
            is_idle = running.cpu_seconds() - before_seconds < WORKING_CORES * LOOK_SECONDS
            if is_idle and self.upstreams.hits() == hits:
                return
        raise LaunchError(f"{running.name} is still busy, {DRAIN_SECONDS:.0f} s after its load")
