"""The main job: run services side by side, check them, time those that pass, and compare them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol

import psutil

from compare.bench import circumstances, schedule, verdicts
from compare.bench.bench import Bench
from compare.bench.block import Block, blocks_of
from compare.bench.contenders import contenders
from compare.bench.plan import Plan
from compare.bench.rig import Rig
from compare.bench.upstreams import upstreams_running
from compare.contract import suite
from compare.registry.services import YARDSTICK, Service
from compare.results.model import Figures, Results, ServiceRun, TestOutcome
from compare.results.pairs import is_two_by_two
from compare.running import databases, pinning
from compare.running.turns import client_running

Keep = Callable[[Results], None]


class Listener(Protocol):
    """Who is told how far a run is."""

    def checked(self, outcome: TestOutcome, total: int) -> None:
        """Hear one outcome of `total`."""

    def measuring(self, step: schedule.Step) -> None:
        """Hear which turn begins."""

    def compared(self, results: Results) -> None:
        """Hear what the blocks so far say."""


def run(plan: Plan, listener: Listener, keep: Keep, earlier: Results | None = None) -> Results:
    """Check, time and compare; everything that was started is stopped again.

    `keep` is given the unfinished results after each block; one of those as `earlier` is resumed,
    after `refuse_another`. The errors of its parts pass through.
    """
    with databases.open(plan.database) as source:
        results = earlier or _checked(plan, source, listener)
        blocks = _blocks(plan, results, source, listener, keep)
    figures = _figures(plan, _timed(plan, results), blocks)
    return results.with_figures(figures, finished_at=datetime.now(UTC))


def _checked(plan: Plan, source: databases.Databases, listener: Listener) -> Results:
    """Check the services and the yardstick, if that is planned, and note the circumstances."""
    started_at, machine = circumstances.now()
    outcomes: list[TestOutcome] = []
    if plan.check:
        outcomes = suite.check_services([*plan.services, YARDSTICK], source, listener.checked)
    return circumstances.begin(plan, source.label, started_at, machine, outcomes)


def _blocks(
    plan: Plan, results: Results, source: databases.Databases, listener: Listener, keep: Keep
) -> list[Block]:
    """Time what may be timed, block after block, on from the blocks that the results have."""
    timed = _timed(plan, results)
    if not timed:
        return []
    limits = schedule.Schedule(plan.studies, _compared(plan, timed), plan.seed, plan.limits)

    def on_blocks(blocks: Sequence[Block]) -> None:
        so_far = results.with_figures(_figures(plan, timed, blocks))
        keep(so_far)
        listener.compared(so_far)

    yardstick = None if YARDSTICK.name in results.not_timed else YARDSTICK
    entrants = contenders(timed, yardstick, source)
    with _rig(source, results) as rig:
        return schedule.measure(
            limits,
            lambda on_progress: Bench(entrants, rig, plan.seed, on_progress),
            blocks_of(results),
            listener.measuring,
            on_blocks,
        )


@contextmanager
def _rig(source: databases.Databases, results: Results) -> Iterator[Rig]:
    null_per_second = results.nulls[-1].requests_per_second if results.nulls else None
    with (
        upstreams_running() as upstreams,
        client_running() as client,
        _apart(source, results) as cores,
    ):
        yield Rig(upstreams, client, cores, null_per_second)


@contextmanager
def _apart(source: databases.Databases, results: Results) -> Iterator[pinning.Cores | None]:
    """Keep the instrument and the database off the service's core, and note who runs where."""
    everywhere = True
    with ExitStack() as stack:
        if cores := pinning.split():
            for process in (psutil.Process(), *source.processes):
                everywhere &= stack.enter_context(pinning.pinned(process, cores.others))
        results.pinned = pinning.sentence(cores, source.is_pinnable, everywhere)
        yield cores


def _timed(plan: Plan, results: Results) -> list[Service]:
    return [service for service in plan.services if service.name not in results.not_timed]


def _compared(plan: Plan, timed: Sequence[Service]) -> list[ServiceRun]:
    """Give the services that make pairs: two by two those that were not timed have their place."""
    planned = [circumstances.service_run(service) for service in plan.services]
    if is_two_by_two(planned):
        return planned
    return [circumstances.service_run(service) for service in timed]


def _figures(plan: Plan, timed: Sequence[Service], blocks: Sequence[Block]) -> Figures:
    """Give what the blocks have and, for services that were timed, how they compare."""
    samples = [sample for block in blocks for sample in block.samples]
    figures = Figures(
        block_runs=[block.run for block in blocks],
        samples=samples,
        refusals=[refusal for block in blocks for refusal in block.refusals],
        starts=[start for block in blocks for start in block.starts],
        nulls=[null for block in blocks for null in block.nulls],
    )
    if not timed:
        return figures
    services = _compared(plan, timed)
    known = plan.scenarios, samples, services, plan.seed
    return replace(
        figures,
        comparisons=verdicts.compare(*known, verdicts.SPEED),
        cpu_comparisons=verdicts.compare(*known, verdicts.ECONOMY),
        noise=verdicts.compare_a_a_pair(*known),
        shares=verdicts.shares(*known, YARDSTICK.name),
    )
