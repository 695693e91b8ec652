"""Measure services side by side in blocks, and keep no figure that a gate refuses.

A block starts every service afresh on fresh seed data, the first one twice (the A/A pair,
"NAME-again": its difference from itself is this machine's noise), warms each up, and runs each
scenario on all of them in random order. Only one is loaded at a time.
"""

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import httpx

from compare import databases, launch, load
from compare.results import Sample, Scenario
from compare.scenarios import REQUESTS, SCENARIOS
from compare.services import Service
from compare.statistics import AGAIN, FEWEST_BLOCKS

RUN_SECONDS = 0.6
WARM_UP_SECONDS = 0.2
WARM_UP_CONNECTIONS = 16
# Where throughput is the question; an A/A pair in every scenario would make a block much longer.
NOISE_CONCURRENCY = 16
UPSTREAMS = ("weather", "news", "stocks")


class GateError(Exception):
    """A run that cannot be kept: it had errors, or its figures cannot be true."""


@dataclass(frozen=True)
class Progress:
    """How far the measuring is: `done` of the `total` runs of a block (counted from 0)."""

    block: int
    done: int
    total: int
    text: str


@dataclass(frozen=True)
class Contender:
    """A service with a migrated database of its own."""

    name: str
    service: Service
    database_url: str


def contenders(services: Sequence[Service], source: databases.Databases) -> list[Contender]:
    """Make each service a contender, and the first one, the baseline, once more."""
    named = {service.name: service for service in services}
    named[services[0].name + AGAIN] = services[0]
    found = [Contender(name, each, source.create(name)) for name, each in named.items()]
    for contender in found:
        launch.migrate(contender.service, contender.database_url)
    return found


class Bench:
    """Times contenders in every scenario; `chance` decides the order of everything."""

    def __init__(
        self,
        of: Sequence[Contender],
        upstreams_url: str,
        chance: random.Random,
        on_progress: Callable[[Progress], None],
        scenarios: Sequence[Scenario] = SCENARIOS,
    ) -> None:
        self._contenders = of
        self._upstreams_url = upstreams_url
        self._chance = chance
        self._on_progress = on_progress
        self._scenarios = scenarios

    def run(self, budget_seconds: float, blocks: int | None = None) -> list[Sample]:
        """Run the blocks that fit the budget, FEWEST_BLOCKS at least, or exactly `blocks`.

        GateError, LaunchError or LoadError when a run cannot be kept.
        """
        samples: list[Sample] = []
        started_at_seconds = time.monotonic()
        block = 0
        while block < (blocks or FEWEST_BLOCKS) or (
            # Another one will take as long as those before it did.
            blocks is None
            and (time.monotonic() - started_at_seconds) * (block + 1) / block <= budget_seconds
        ):
            samples += self._run_block(block)
            block += 1
        return samples

    def _run_block(self, block: int) -> list[Sample]:
        runs = self._runs()
        running = {}
        with ExitStack() as stack:
            for contender in self._shuffled():
                self._on_progress(Progress(block, 0, len(runs), f"starting {contender.name}"))
                running[contender.name] = stack.enter_context(self._started(contender))
            samples = []
            for order, (scenario, name) in enumerate(runs):
                self._on_progress(Progress(block, order, len(runs), f"{scenario.name} on {name}"))
                figures = self._run(scenario, running[name])
                samples.append(Sample(contender=name, block=block, order=order, **figures))
        self._on_progress(Progress(block, len(runs), len(runs), "done"))
        return samples

    def _runs(self) -> list[tuple[Scenario, str]]:
        return [
            (scenario, contender.name)
            for scenario in self._scenarios
            for contender in self._shuffled()
            if scenario.concurrency == NOISE_CONCURRENCY or not contender.name.endswith(AGAIN)
        ]

    def _shuffled(self) -> list[Contender]:
        return self._chance.sample(self._contenders, k=len(self._contenders))

    @contextmanager
    def _started(self, contender: Contender) -> Iterator[launch.Running]:
        databases.fill(contender.database_url)
        _delay_upstreams(self._upstreams_url, 0)
        with launch.running(
            contender.service,
            database_url=contender.database_url,
            upstreams_url=self._upstreams_url,
        ) as running:
            for endpoint, request in REQUESTS.items():
                found = load.run(running.url, request, WARM_UP_CONNECTIONS, WARM_UP_SECONDS)
                if found.errors:
                    raise GateError(
                        f"{contender.name}: {found.errors} errors while warming {endpoint} up"
                    )
            yield running

    def _run(self, scenario: Scenario, running: launch.Running) -> dict[str, object]:
        _delay_upstreams(self._upstreams_url, scenario.upstream_delay_ms or 0)
        hits, cpu_seconds = _hits(self._upstreams_url), running.cpu_seconds()
        request = REQUESTS[scenario.endpoint]
        found = load.run(running.url, request, scenario.concurrency, RUN_SECONDS)
        cpu_seconds = running.cpu_seconds() - cpu_seconds
        running.check_alive()
        if refusal := refusal_of(scenario, found, _hits(self._upstreams_url) - hits):
            raise GateError(f"{scenario.name} on {running.name} is not kept: {refusal}")
        return {
            "scenario": scenario.name,
            "duration_seconds": found.duration_seconds,
            "requests": found.requests,
            "requests_per_second": found.requests_per_second,
            "p50_ms": found.p50_ms,
            "p95_ms": found.p95_ms,
            "p99_ms": found.p99_ms,
            "cpu_ms_per_request": cpu_seconds * 1000 / found.requests,
        }


def refusal_of(scenario: Scenario, found: load.Load, upstream_hits: int) -> str:
    """Say why a run cannot be kept; the empty text when it can.

    `upstream_hits` counts all three upstreams. What the ceiling allows is one round more than the
    time of the run: clocks are read before the first request and after the last.
    """
    if found.errors or not found.requests:
        return f"{found.errors} errors beside {found.requests} answers"
    if scenario.ceiling_per_second is None:
        return ""
    calls = found.requests * len(UPSTREAMS)
    if upstream_hits < calls:
        return f"{upstream_hits} calls of the upstreams, where the answers took {calls}"
    most = scenario.ceiling_per_second * found.duration_seconds + scenario.concurrency
    if found.requests > most:
        return f"{found.requests} answers, where the upstreams' delay allows {most:.0f}"
    return ""


def _delay_upstreams(url: str, delay_ms: float) -> None:
    with httpx.Client(base_url=url, trust_env=False) as client:
        for name in UPSTREAMS:
            behaviour = {"delay_seconds": delay_ms / 1000}
            client.put(f"/control/{name}", json=behaviour).raise_for_status()


def _hits(url: str) -> int:
    answer: Mapping[str, int] = httpx.get(f"{url}/hits", trust_env=False).json()
    return sum(answer.values())
