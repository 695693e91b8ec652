"""From timed turns to a sample, or to the refusal of a gate."""

from collections.abc import Sequence
from dataclasses import dataclass

from compare.bench.bodies import Bodies
from compare.bench.contenders import Contender
from compare.bench.costs import Watch
from compare.bench.gates import marks_of, refusal_of
from compare.results.speed import Refusal, Sample, Scenario
from compare.running.load import Load


@dataclass
class Beside:
    """What went on beside the turns of a contender: at the upstreams, and on the service's core.

    `upstream_hits` counts all three upstreams. `stolen_seconds` is what the hypervisor took of the
    service's core during its turns, `between_turns_seconds` how long it had to wait for them.
    """

    upstream_hits: int = 0
    upstream_cpu_seconds: float = 0.0
    stolen_seconds: float = 0.0
    between_turns_seconds: float = 0.0


@dataclass(frozen=True)
class Timed:
    """A contender that was timed in a scenario: what its load found, and what was seen beside it.

    `answered` counts whatever the service answered meanwhile, whoever asked; `marks` are those of
    the machine.
    """

    scenario: Scenario
    contender: Contender
    block: int
    order: int
    loaded: Load
    answered: int
    turn_rates: Sequence[float]
    watch: Watch
    beside: Beside
    bodies: Bodies
    marks: Sequence[str]


def outcome_of(timed: Timed, client_cores: int, null_per_second: float | None) -> Sample | Refusal:
    """Give the sample of what was timed; a refusal when a gate does not let the figure through.

    `client_cores` and `null_per_second` are as for `marks_of`.
    """
    if reason := refusal_of(
        timed.scenario,
        timed.loaded,
        timed.beside.upstream_hits,
        timed.bodies.difference,
        turns=max(1, len(timed.turn_rates)),
    ):
        return Refusal(
            scenario=timed.scenario.name,
            contender=timed.contender.name,
            block=timed.block,
            reason=reason,
        )
    sample = _sample(timed)
    upstream_cores = timed.beside.upstream_cpu_seconds / sample.duration_seconds
    null = None if timed.contender.service.is_yardstick else null_per_second
    sample.marks += marks_of(sample, client_cores, upstream_cores, null, timed.loaded.sent_late_ms)
    return sample


def _sample(timed: Timed) -> Sample:
    loaded, beside = timed.loaded, timed.beside
    between_seconds = beside.between_turns_seconds
    return Sample(
        scenario=timed.scenario.name,
        contender=timed.contender.name,
        block=timed.block,
        order=timed.order,
        duration_seconds=loaded.duration_seconds,
        turn_rates=list(timed.turn_rates),
        requests=loaded.requests,
        unanswered=loaded.unanswered,
        requests_per_second=loaded.requests_per_second,
        p50_ms=loaded.p50_ms,
        p95_ms=loaded.p95_ms,
        p99_ms=loaded.p99_ms,
        cost=timed.watch.cost(timed.answered, loaded.client_cpu_seconds, loaded.duration_seconds),
        bodies_compared=timed.bodies.compared,
        # The hypervisor takes time while there is work, which is while the load lasts.
        stolen_share=min(max(beside.stolen_seconds / loaded.duration_seconds, 0.0), 1.0),
        between_turns_cores=timed.watch.between_turns_cpu_seconds / between_seconds
        if between_seconds
        else None,
        marks=[*timed.marks, *timed.bodies.marks()],
    )
