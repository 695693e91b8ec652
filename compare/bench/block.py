"""Time contenders in one block of a study.

A block starts every contender afresh on fresh seed data, the first one twice (the A/A pair,
"NAME-again": its difference from itself is this machine's noise), warms each up, and runs each
scenario on all of them in random order. Only one is loaded at a time.
"""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace

from compare.bench import costs
from compare.bench.contenders import Contender
from compare.bench.scenarios import Study
from compare.bench.timed_run import Turn, Upstreams, timed
from compare.errors import GateError
from compare.results.model import Results
from compare.results.speed import BlockRun, Null, Refusal, Sample, Scenario, Start
from compare.running import databases, launch, load, pinning, requests
from compare.running.requests import ENDPOINTS, REQUESTS

WARM_UP_SECONDS = 0.5
WARM_UP_CONNECTIONS = 16
NULL = [(100, requests.Request("GET", "/health"))]
NULL_SECONDS = 0.3
# While it is timed, a service waits as long as it takes: too much load shows as waiting, and not
# as the errors that its usual timeouts make of it.
PATIENCE = {"UPSTREAM_TIMEOUT_SECONDS": "20", "DATABASE_TIMEOUT_SECONDS": "20"}


@dataclass(frozen=True)
class BlockProgress:
    """How far a block is: `done` of its `total` timed runs."""

    study: Study
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

    def add(self, outcome: Sample | Refusal) -> None:
        """Take what a timed run came to."""
        if isinstance(outcome, Sample):
            self.samples.append(outcome)
        else:
            self.refusals.append(outcome)


def blocks_of(results: Results) -> list[Block]:
    """Give the blocks of results apart, in the order in which they were run."""
    studies = {scenario.name: scenario.study for scenario in results.scenarios}

    def is_in(part: Sample | Refusal | Start | Null, run: BlockRun) -> bool:
        study = part.study if isinstance(part, Start | Null) else studies[part.scenario]
        return (study, part.block) == (run.study, run.number)

    return [
        Block(
            run=run,
            samples=[sample for sample in results.samples if is_in(sample, run)],
            refusals=[refusal for refusal in results.refusals if is_in(refusal, run)],
            starts=[start for start in results.starts if is_in(start, run)],
            nulls=[null for null in results.nulls if is_in(null, run)],
        )
        for run in results.block_runs
    ]


class Bench:
    """Times contenders; `seed` decides the order of everything, in each block by itself.

    `null_per_second` is the engine's limit if earlier blocks have found it.
    """

    def __init__(
        self,
        contenders: Sequence[Contender],
        upstreams: launch.Running,
        seed: int,
        cores: pinning.Cores | None,
        null_per_second: float | None,
        on_progress: Callable[[BlockProgress], None],
    ) -> None:
        self._contenders = contenders
        self._upstreams = Upstreams(upstreams)
        self._seed = seed
        self._service_cores = cores.service if cores else None
        self._client_cores = len(cores.others) if cores else 1
        self._null_per_second = null_per_second
        self._on_progress = on_progress

    def run(self, study: Study, number: int) -> Block:
        """Run a block; LaunchError, LoadError or GateError when it cannot be run to its end."""
        began_at_seconds = time.monotonic()
        chance = random.Random(f"{self._seed} {study.name} {number}")
        runs = self._order(study, number, chance)
        block = Block(BlockRun(study=study.name, number=number, seconds=0))

        def say(done: int, text: str) -> None:
            self._on_progress(BlockProgress(study, number, done, len(runs), text))

        with ExitStack() as stack:
            running = {}
            for contender in self._taking(runs, chance):
                say(0, f"starting {contender.name}")
                started = self._started(contender, study, block)
                running[contender.name] = stack.enter_context(started)
            if block.nulls:
                self._null_per_second = block.nulls[0].requests_per_second
            for order, (scenario, contender) in enumerate(runs):
                say(order, f"{scenario.name} on {contender.name}")
                process = running[contender.name]
                block.add(self._timed(study, scenario, contender, process, number, order))
        block.run.seconds = time.monotonic() - began_at_seconds
        say(len(runs), "done")
        return block

    def _timed(
        self,
        study: Study,
        scenario: Scenario,
        contender: Contender,
        running: launch.Running,
        block: int,
        order: int,
    ) -> Sample | Refusal:
        turn = Turn(
            scenario=scenario,
            contender=contender,
            running=running,
            block=block,
            order=order,
            seconds=contender.run_seconds(study),
            cores=self._service_cores,
        )
        return timed(turn, self._upstreams, self._client_cores, self._null_per_second)

    def _order(
        self, study: Study, number: int, chance: random.Random
    ) -> list[tuple[Scenario, Contender]]:
        return [
            (scenario, contender)
            for scenario in study.scenarios
            for contender in chance.sample(self._contenders, k=len(self._contenders))
            if contender.takes(scenario, study, number)
        ]

    def _taking(
        self, runs: Sequence[tuple[Scenario, Contender]], chance: random.Random
    ) -> list[Contender]:
        names = {contender.name for _, contender in runs}
        taking = [contender for contender in self._contenders if contender.name in names]
        return chance.sample(taking, k=len(taking))

    @contextmanager
    def _started(
        self, contender: Contender, study: Study, block: Block
    ) -> Iterator[launch.Running]:
        databases.fill(contender.database_url)
        self._upstreams.delay(0)
        began_at_seconds = time.monotonic()
        with launch.running(
            replace(contender.service, command=contender.command(study)),
            database_url=contender.database_url,
            upstreams_url=self._upstreams.url,
            cores=self._service_cores,
            overrides=PATIENCE,
        ) as running:
            block.starts.append(
                _start(contender, block.run, running, time.monotonic() - began_at_seconds)
            )
            _warm_up(running, contender, study)
            if contender.service.is_yardstick:
                block.nulls.append(_null(block.run, running))
            yield running


def _start(
    contender: Contender, block: BlockRun, running: launch.Running, ready_seconds: float
) -> Start:
    memory_mib, threads = costs.idle(running)
    return Start(
        study=block.study,
        contender=contender.name,
        block=block.number,
        ready_seconds=ready_seconds,
        memory_mib=memory_mib,
        threads=threads,
    )


def _null(block: BlockRun, running: launch.Running) -> Null:
    limit = load.run(running.url, NULL, load.ClosedLoop(WARM_UP_CONNECTIONS), NULL_SECONDS)
    return Null(
        study=block.study, block=block.number, requests_per_second=limit.requests_per_second
    )


def _warm_up(running: launch.Running, contender: Contender, study: Study) -> None:
    taken = {
        scenario.endpoint
        for scenario in study.scenarios
        if contender.takes(scenario, study, block=0)
    }
    endpoints = ENDPOINTS if study.application == "service" else sorted(taken)
    mix = [(100 // len(endpoints), REQUESTS[endpoint]) for endpoint in endpoints]
    warm_up = load.run(running.url, mix, load.ClosedLoop(WARM_UP_CONNECTIONS), WARM_UP_SECONDS)
    if warm_up.errors:
        raise GateError(f"{contender.name}: {warm_up.errors} errors while it was warmed up")
