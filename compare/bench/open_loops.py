"""Time an open loop on one contender: a run of its own, in which whole answers are sampled."""

from collections.abc import Callable, Sequence

from compare.bench import costs, disturbance
from compare.bench.outcomes import Timed, outcome_of
from compare.bench.rig import Entrant, Rig, SideReadings
from compare.bench.sampling import comparing
from compare.results.speed import Refusal, Sample, Scenario
from compare.running import load
from compare.running.requests import mix_of
from shared.upstreams import NAMES as UPSTREAMS


def offer_rate(
    scenario: Scenario,
    entrants: Sequence[Entrant],
    seconds: float,
    block: int,
    rig: Rig,
    on_turn: Callable[[Entrant], None],
) -> list[Sample | Refusal]:
    """Offer each of them the scenario's rate, one after the other, for so long.

    Gives a sample for each entrant, or the refusal of a gate.
    """
    outcomes = []
    for order, entrant in enumerate(entrants):
        on_turn(entrant)
        outcomes.append(_timed(scenario, entrant, seconds, block, order, rig))
    return outcomes


def _timed(
    scenario: Scenario, entrant: Entrant, seconds: float, block: int, order: int, rig: Rig
) -> Sample | Refusal:
    running, side = entrant.running, SideReadings()
    rig.upstreams.delay(scenario.delay_ms or 0)
    with (
        costs.watching(running, entrant.contender.database_url) as watch,
        disturbance.watching(watch.database_server, cores=rig.service_cores) as disturbed,
        rig.watching(side, scenario.calls_upstreams),
        comparing(running.url, scenario.endpoint) as bodies,
        watch.turn(),
    ):
        loop = load.OpenLoop(scenario.rate_per_second or 0.0)
        loaded = load.run(running.url, mix_of(scenario.endpoint), loop, seconds)
    running.check_alive()
    # What was sampled called the upstreams as well.
    side.upstream_hits -= len(UPSTREAMS) * bodies.answers["dashboard"]
    if loaded.unanswered or loaded.errors:
        rig.drain(running)
    marks = disturbed.marks()
    timed = Timed(scenario, entrant.contender, block, order, loaded, watch, side, bodies, marks)
    return outcome_of(timed, rig)
