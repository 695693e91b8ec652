"""Time one scenario on one service, and judge whether the figure can be kept."""

import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from compare.bench import costs, disturbance
from compare.bench.bodies import Bodies, comparing
from compare.bench.contenders import Contender
from compare.bench.gates import marks_of, refusal_of
from compare.errors import LaunchError
from compare.results.speed import Refusal, Sample, Scenario
from compare.running import launch, load
from compare.running.requests import mix_of
from shared.upstreams import NAMES as UPSTREAMS

# What a service without work takes of a core, and how long it may go on with work given up.
IDLE_CORES = 0.1
LOOK_SECONDS = 0.2
DRAIN_SECONDS = 30.0
PATIENCE_SECONDS = 30.0


@dataclass(frozen=True)
class Turn:
    """One timed run: of a scenario, on a running contender, as the `order`-th of its block."""

    scenario: Scenario
    contender: Contender
    running: launch.Running
    block: int
    order: int
    seconds: float
    cores: Collection[int] | None


class Upstreams:
    """The simulator as the instrument sees it: how long it waits, and how often it was called."""

    def __init__(self, running: launch.Running) -> None:
        self.url = running.url
        self.cpu_seconds = running.cpu_seconds

    def delay(self, delay_ms: float) -> None:
        """Make all three wait so long before they answer."""
        with self._client() as client:
            for name in UPSTREAMS:
                behaviour = {"delay_seconds": delay_ms / 1000}
                client.put(f"/control/{name}", json=behaviour).raise_for_status()

    def hits(self) -> int:
        """Give how often they were called, all three together."""
        with self._client() as client:
            answer: Mapping[str, int] = client.get("/hits").json()
        return sum(answer.values())

    @contextmanager
    def _client(self) -> Iterator[httpx.Client]:
        # Without certificates, which would take longer to load than all that is asked.
        client = httpx.Client(
            base_url=self.url, timeout=PATIENCE_SECONDS, trust_env=False, verify=False
        )
        try:
            with client:
                yield client
        except httpx.HTTPError as error:
            raise LaunchError(f"the upstreams do not answer: {error}") from error


def timed(
    turn: Turn, upstreams: Upstreams, client_cores: int, null_per_second: float | None
) -> Sample | Refusal:
    """Time one run; a refusal when a gate does not let the figure through."""
    scenario, running = turn.scenario, turn.running
    upstreams.delay(scenario.delay_ms or 0)
    hits_before, cpu_seconds_before = upstreams.hits(), upstreams.cpu_seconds()
    with (
        costs.watching(running, turn.contender.database_url) as watch,
        disturbance.watching(watch.database_server, cores=turn.cores) as disturbed,
        comparing(running.url, scenario.endpoint) as bodies,
    ):
        loaded = load.run(running.url, mix_of(scenario.endpoint), _loop(scenario), turn.seconds)
    running.check_alive()
    upstream_cores = (upstreams.cpu_seconds() - cpu_seconds_before) / loaded.duration_seconds
    # What was sampled called the upstreams as well.
    sampled = len(UPSTREAMS) * bodies.answers["dashboard"]
    hits = upstreams.hits() - hits_before - sampled
    if loaded.unanswered or loaded.errors:
        _drain(running, upstreams)
    if refusal := refusal_of(scenario, loaded, hits, bodies.difference):
        return Refusal(
            scenario=scenario.name, contender=turn.contender.name, block=turn.block, reason=refusal
        )
    sample = _sample(turn, loaded, bodies, watch, disturbed)
    null = None if turn.contender.service.is_yardstick else null_per_second
    sample.marks += marks_of(sample, client_cores, upstream_cores, null, loaded.sent_late_ms)
    return sample


def _sample(
    turn: Turn,
    loaded: load.Load,
    bodies: Bodies,
    watch: costs.Watch,
    disturbed: disturbance.Disturbance,
) -> Sample:
    # The hypervisor takes time while there is work, which is while the load lasts.
    stolen_share = disturbed.core_stolen_seconds / loaded.duration_seconds if turn.cores else 0.0
    answered = loaded.requests + bodies.compared
    return Sample(
        scenario=turn.scenario.name,
        contender=turn.contender.name,
        block=turn.block,
        order=turn.order,
        duration_seconds=loaded.duration_seconds,
        requests=loaded.requests,
        unanswered=loaded.unanswered,
        requests_per_second=loaded.requests_per_second,
        p50_ms=loaded.p50_ms,
        p95_ms=loaded.p95_ms,
        p99_ms=loaded.p99_ms,
        cost=watch.cost(answered, loaded.client_cpu_seconds, loaded.duration_seconds),
        bodies_compared=bodies.compared,
        stolen_share=min(max(stolen_share, 0.0), 1.0),
        marks=[*disturbed.marks(), *bodies.marks()],
    )


def _loop(scenario: Scenario) -> load.ClosedLoop | load.OpenLoop:
    if scenario.rate_per_second is not None:
        return load.OpenLoop(scenario.rate_per_second)
    return load.ClosedLoop(scenario.concurrency or 1)


def _drain(running: launch.Running, upstreams: Upstreams) -> None:
    """Wait until a service has done with what the load gave up, so that the next run is not late.

    It is done when it neither works nor calls an upstream; LaunchError when it never is.
    """
    deadline = time.monotonic() + DRAIN_SECONDS
    while time.monotonic() < deadline:
        before_seconds, hits = running.cpu_seconds(), upstreams.hits()
        time.sleep(LOOK_SECONDS)
        is_idle = running.cpu_seconds() - before_seconds < IDLE_CORES * LOOK_SECONDS
        if is_idle and upstreams.hits() == hits:
            return
    raise LaunchError(f"{running.name} is still busy, {DRAIN_SECONDS:.0f} s after its load")
