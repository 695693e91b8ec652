"""Time an open loop on one contender: a run of its own, in which whole answers are sampled."""

from collections.abc import Callable, Sequence

from compare.bench import costs, disturbance
from compare.bench.ground import Entrant, Ground
from compare.bench.outcomes import Beside, Timed, outcome_of
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
    ground: Ground,
    on_turn: Callable[[Entrant], None],
) -> list[Sample | Refusal]:
    """Offer each of them the scenario's rate, one after the other, for so long.

    Gives a sample for each entrant, or the refusal of a gate.
    """
    outcomes = []
    for order, entrant in enumerate(entrants):
        on_turn(entrant)
        outcomes.append(_timed(scenario, entrant, seconds, block, order, ground))
    return outcomes


def _timed(
    scenario: Scenario, entrant: Entrant, seconds: float, block: int, order: int, ground: Ground
) -> Sample | Refusal:
    running, upstreams, cores = entrant.running, ground.upstreams, ground.service_cores
    loop = load.OpenLoop(scenario.rate_per_second or 0.0)
    upstreams.delay(scenario.delay_ms or 0)
    hits, cpu_seconds = upstreams.hits(), upstreams.cpu_seconds()
    stolen_seconds = disturbance.stolen_seconds(cores)
    with (
        costs.watching(running, entrant.contender.database_url) as watch,
        disturbance.watching(watch.database_server, cores=cores) as disturbed,
        comparing(running.url, scenario.endpoint) as bodies,
        watch.turn(),
    ):
        loaded = load.run(running.url, mix_of(scenario.endpoint), loop, seconds)
    running.check_alive()
    beside = Beside(
        # What was sampled called the upstreams as well.
        upstream_hits=upstreams.hits() - hits - len(UPSTREAMS) * bodies.answers["dashboard"],
        upstream_cpu_seconds=upstreams.cpu_seconds() - cpu_seconds,
        stolen_seconds=disturbance.stolen_seconds(cores) - stolen_seconds if cores else 0.0,
    )
    if loaded.unanswered or loaded.errors:
        ground.drain(running)
    timed = Timed(
        scenario=scenario,
        contender=entrant.contender,
        block=block,
        order=order,
        loaded=loaded,
        answered=loaded.requests + bodies.compared,
        turn_rates=[],
        watch=watch,
        beside=beside,
        bodies=bodies,
        marks=disturbed.marks(),
    )
    return outcome_of(timed, ground.client_cores, ground.null_per_second)
