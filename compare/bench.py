"""Time contenders in one block of a study.

A block starts every contender afresh on fresh seed data, the first one twice (the A/A pair,
"NAME-again": its difference from itself is this machine's noise), warms each up, and runs each
scenario on all of them in random order. Only one is loaded at a time.
"""

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace

import httpx

from compare import costs, databases, disturbance, launch, load, pinning, sampling
from compare.contenders import Contender
from compare.gates import UPSTREAMS, GateError, marks_of, refusal_of
from compare.results import BlockRun, Null, Refusal, Sample, Scenario, Start
from compare.scenarios import ENDPOINTS, REQUESTS, Inquiry, mix_of

WARM_UP_SECONDS = 0.2
WARM_UP_CONNECTIONS = 16
NULL = [(100, load.Request("GET", "/health"))]
NULL_SECONDS = 0.3
# While it is timed, a service waits as long as it takes: too much load shows as waiting, and not
# as the errors that its usual timeouts make of it.
PATIENCE = {"UPSTREAM_TIMEOUT_SECONDS": "20", "DATABASE_TIMEOUT_SECONDS": "20"}


@dataclass(frozen=True)
class Progress:
    """How far a block is: `done` of its `total` timed runs."""

    inquiry: Inquiry
    block: int
    done: int
    total: int
    text: str


@dataclass
class Block:
    """What one block found."""

    run: BlockRun
    samples: list[Sample] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    starts: list[Start] = field(default_factory=list)
    nulls: list[Null] = field(default_factory=list)


class Bench:
    """Times contenders; `seed` decides the order of everything, in each block by itself."""

    def __init__(
        self,
        contenders: Sequence[Contender],
        upstreams: launch.Running,
        seed: int,
        cores: pinning.Cores | None,
        on_progress: Callable[[Progress], None],
    ) -> None:
        self._contenders = contenders
        self._upstreams = upstreams
        self._seed = seed
        self._cores = cores
        self._on_progress = on_progress

    def run(self, inquiry: Inquiry, number: int) -> Block:
        """Run a block; LaunchError, LoadError or GateError when it cannot be run to its end."""
        began_at_seconds = time.monotonic()
        chance = random.Random(f"{self._seed} {inquiry.study} {number}")
        runs = self._order(inquiry, chance)
        names = {contender.name for _, contender in runs}
        taking = [contender for contender in self._contenders if contender.name in names]
        block = Block(BlockRun(study=inquiry.study, number=number, seconds=0))
        with ExitStack() as stack:
            running = {}
            for each in chance.sample(taking, k=len(taking)):
                self._on_progress(Progress(inquiry, number, 0, len(runs), f"starting {each.name}"))
                running[each.name] = stack.enter_context(self._started(each, inquiry, block))
            for order, (scenario, each) in enumerate(runs):
                text = f"{scenario.name} on {each.name}"
                self._on_progress(Progress(inquiry, number, order, len(runs), text))
                self._time(inquiry, scenario, each, running[each.name], block, order)
        block.run.seconds = time.monotonic() - began_at_seconds
        self._on_progress(Progress(inquiry, number, len(runs), len(runs), "done"))
        return block

    def _order(self, inquiry: Inquiry, chance: random.Random) -> list[tuple[Scenario, Contender]]:
        return [
            (scenario, each)
            for scenario in inquiry.scenarios
            for each in chance.sample(self._contenders, k=len(self._contenders))
            if each.takes(scenario, inquiry)
        ]

    @contextmanager
    def _started(self, each: Contender, inquiry: Inquiry, block: Block) -> Iterator[launch.Running]:
        databases.fill(each.database_url)
        self._delay_upstreams(0)
        began_at_seconds = time.monotonic()
        with launch.running(
            replace(each.service, command=each.command(inquiry)),
            database_url=each.database_url,
            upstreams_url=self._upstreams.url,
            cores=self._cores.service if self._cores else None,
            overrides=PATIENCE,
        ) as running:
            ready_seconds = time.monotonic() - began_at_seconds
            memory_mib, threads = costs.idle(running)
            study, number = inquiry.study, block.run.number
            block.starts.append(
                Start(
                    study=study,
                    contender=each.name,
                    block=number,
                    ready_seconds=ready_seconds,
                    memory_mib=memory_mib,
                    threads=threads,
                )
            )
            _warm_up(running, each, inquiry)
            if each.service.is_yardstick:
                null = load.run(running.url, NULL, load.ClosedLoop(16), NULL_SECONDS)
                rate = null.requests_per_second
                block.nulls.append(Null(study=study, block=number, requests_per_second=rate))
            yield running

    def _time(
        self,
        inquiry: Inquiry,
        scenario: Scenario,
        each: Contender,
        running: launch.Running,
        block: Block,
        order: int,
    ) -> None:
        """Time one run, and add it to the block as a sample or, if a gate says so, as a refusal."""
        self._delay_upstreams(scenario.delay_ms or 0 if scenario.application == "service" else 0)
        hits = self._hits()
        loop = _loop(scenario)
        with (
            costs.watching(running, each.database_url) as watch,
            disturbance.watching() as disturbed,
            sampling.comparing(running.url, scenario.endpoint) as bodies,
        ):
            found = load.run(running.url, mix_of(scenario.endpoint), loop, inquiry.run_seconds)
        running.check_alive()
        circumstances = {"scenario": scenario.name, "contender": each.name}
        number = block.run.number
        refusal = refusal_of(scenario, found, self._hits() - hits, bodies.difference)
        if refusal:
            block.refusals.append(Refusal(**circumstances, block=number, reason=refusal))
            return
        sample = Sample(
            **circumstances,
            block=number,
            order=order,
            duration_seconds=found.duration_seconds,
            requests=found.requests,
            unanswered=found.unanswered,
            requests_per_second=found.requests_per_second,
            p50_ms=found.p50_ms,
            p95_ms=found.p95_ms,
            p99_ms=found.p99_ms,
            cost=watch.cost(found.requests, found.client_cpu_seconds, found.duration_seconds),
            bodies_compared=bodies.compared,
            marks=disturbed.marks(),
        )
        null = block.nulls[0].requests_per_second if block.nulls else None
        sample.marks += marks_of(sample, self._client_cores, null)
        block.samples.append(sample)

    @property
    def _client_cores(self) -> int:
        return len(self._cores.others) if self._cores else 1

    def _delay_upstreams(self, delay_ms: float) -> None:
        with httpx.Client(base_url=self._upstreams.url, trust_env=False) as client:
            for name in UPSTREAMS:
                behaviour = {"delay_seconds": delay_ms / 1000}
                client.put(f"/control/{name}", json=behaviour).raise_for_status()

    def _hits(self) -> int:
        answer: Mapping[str, int] = httpx.get(f"{self._upstreams.url}/hits", trust_env=False).json()
        return sum(answer.values())


def _loop(scenario: Scenario) -> load.ClosedLoop | load.OpenLoop:
    if scenario.rate_per_second is not None:
        return load.OpenLoop(scenario.rate_per_second)
    return load.ClosedLoop(scenario.concurrency or 1)


def _warm_up(running: launch.Running, each: Contender, inquiry: Inquiry) -> None:
    taken = {scenario.endpoint for scenario in inquiry.scenarios if each.takes(scenario, inquiry)}
    for endpoint in ENDPOINTS if inquiry.application == "service" else sorted(taken):
        loop = load.ClosedLoop(WARM_UP_CONNECTIONS)
        found = load.run(running.url, [(100, REQUESTS[endpoint])], loop, WARM_UP_SECONDS)
        if found.errors:
            raise GateError(f"{each.name}: {found.errors} errors while warming {endpoint} up")
