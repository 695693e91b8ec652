"""From timed turns to a sample, or to the refusal of a gate."""

from collections.abc import Sequence
from dataclasses import dataclass

from compare.bench.bodies import Bodies
from compare.bench.contenders import Contender
from compare.bench.costs import Watch
from compare.bench.gates import marks_of, refusal_of
from compare.bench.rig import Rig, SideReadings
from compare.results.speed import Refusal, Sample, Scenario
from compare.running.load import Load


@dataclass(frozen=True)
class Timed:
    """A contender that was timed in a scenario: what its load found, and what was seen beside it.

    `marks` are those of the machine; `turn_rates` are as in a sample.
    """

    scenario: Scenario
    contender: Contender
    block: int
    order: int
    loaded: Load
    watch: Watch
    side: SideReadings
    bodies: Bodies
    marks: Sequence[str]
    turn_rates: Sequence[float] = ()

    @property
    def answered(self) -> int:
        """How much the service answered meanwhile, whoever asked."""
        is_sampled_beside = self.scenario.rate_per_second is not None
        return self.loaded.requests + is_sampled_beside * self.bodies.compared


def outcome_of(timed: Timed, rig: Rig) -> Sample | Refusal:
    """Give the sample of what was timed; a refusal when a gate does not let the figure through."""
    if reason := refusal_of(
        timed.scenario,
        timed.loaded,
        timed.side.upstream_hits,
        timed.bodies.difference,
    ):
        return Refusal(
            scenario=timed.scenario.name,
            contender=timed.contender.name,
            block=timed.block,
            reason=reason,
        )
    sample = _sample(timed)
    sample.marks += marks_of(
        sample,
        client_cores=rig.client_cores,
        upstream_cores=timed.side.upstream_cpu_seconds / sample.duration_seconds,
        null_per_second=None if timed.contender.service.is_yardstick else rig.null_per_second,
        sent_late_ms=timed.loaded.sent_late_ms,
    )
    return sample


def _sample(timed: Timed) -> Sample:
    loaded, side = timed.loaded, timed.side
    between_seconds = side.between_turns_seconds
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
        stolen_share=min(max(side.stolen_seconds / loaded.duration_seconds, 0.0), 1.0),
        between_turns_cores=timed.watch.between_turns_cpu_seconds / between_seconds
        if between_seconds
        else None,
        marks=[*timed.marks, *timed.bodies.marks()],
    )
