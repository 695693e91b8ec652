"""Time a closed loop on contenders that stay up and take turns, a fraction of a second each.

The speed of a core changes within seconds, on shared machines more than most services differ: only
what is timed in the same moment can be compared.
"""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack

import numpy as np

from compare.bench import costs, disturbance
from compare.bench.outcomes import Timed, outcome_of
from compare.bench.rig import Entrant, Rig, SideReadings
from compare.bench.sampling import compare_kept
from compare.client.order import Kept, Turn
from compare.results.speed import Refusal, Sample, Scenario
from compare.running.load import Load
from compare.running.requests import mix_of


class Tally:
    """What the turns of one contender in one scenario came to so far."""

    def __init__(self, entrant: Entrant, order: int, watch: costs.Watch) -> None:
        self.entrant = entrant
        self.order = order
        self.watch = watch
        self.turns: list[Turn] = []
        self.side = SideReadings()
        self._ended_at_seconds: float | None = None

    @property
    def has_failed(self) -> bool:
        """Whether a turn had errors: such a contender takes no more."""
        return any(turn.errors for turn in self.turns)

    @property
    def kept(self) -> list[Kept]:
        """The answers that were kept whole."""
        return [answer for turn in self.turns for answer in turn.kept]

    def take(self, scenario: Scenario, seconds: float, rig: Rig) -> None:
        """Take a turn."""
        if self._ended_at_seconds is not None:
            self.side.between_turns_seconds += time.monotonic() - self._ended_at_seconds
        mix, concurrency = mix_of(scenario.endpoint), scenario.concurrency or 1
        with self.watch.turn(), rig.watching(self.side, scenario.calls_upstreams):
            turn = rig.client.turn(self.entrant.running.url, mix, concurrency, seconds)
        self.entrant.running.check_alive()
        self.turns.append(turn)
        if turn.errors:
            rig.drain(self.entrant.running)
        self._ended_at_seconds = time.monotonic()

    def loaded(self) -> Load:
        """Give what all turns found together."""
        latencies_ms = [ms for turn in self.turns for ms in turn.latencies_ms]
        p50_ms, p95_ms, p99_ms = np.percentile(latencies_ms or [np.nan], (50, 95, 99)).tolist()
        duration_seconds = sum(turn.duration_seconds for turn in self.turns)
        answers = sum((turn.answers for turn in self.turns), start=Counter[str]())
        errors = sum((turn.errors for turn in self.turns), start=Counter[str]())
        return Load(
            duration_seconds=duration_seconds,
            requests=answers.total(),
            errors=errors.total(),
            requests_per_second=answers.total() / duration_seconds,
            p50_ms=p50_ms,
            p95_ms=p95_ms,
            p99_ms=p99_ms,
            unanswered=0,
            client_cpu_seconds=sum(turn.client_cpu_seconds for turn in self.turns),
            answers=answers,
            first_error=next(iter(errors), ""),
        )


def take_turns(
    scenario: Scenario,
    rounds: Sequence[Sequence[Entrant]],
    seconds: float,
    block: int,
    rig: Rig,
    on_turn: Callable[[Entrant], None],
) -> list[Sample | Refusal]:
    """Time a scenario, in each round one turn of each of its entrants, one after the other.

    Gives a sample for each entrant, or the refusal of a gate.
    """
    rig.upstreams.delay(scenario.delay_ms or 0)
    with ExitStack() as stack:
        tallies = {}
        for order, entrant in enumerate(rounds[0]):
            url = entrant.contender.database_url
            watch = stack.enter_context(costs.watching(entrant.running, url))
            tallies[entrant.contender.name] = Tally(entrant, order, watch)
        servers = [tally.watch.database_server for tally in tallies.values()]
        disturbed = stack.enter_context(disturbance.watching(*servers, cores=rig.service_cores))
        for taking in rounds:
            for entrant in taking:
                tally = tallies[entrant.contender.name]
                on_turn(entrant)
                if not tally.has_failed:
                    tally.take(scenario, seconds, rig)
    return [_outcome(scenario, tally, block, rig, disturbed) for tally in tallies.values()]


def _outcome(
    scenario: Scenario,
    tally: Tally,
    block: int,
    rig: Rig,
    disturbed: disturbance.Disturbance,
) -> Sample | Refusal:
    loaded = tally.loaded()
    timed = Timed(
        scenario=scenario,
        contender=tally.entrant.contender,
        block=block,
        order=tally.order,
        loaded=loaded,
        watch=tally.watch,
        side=tally.side,
        bodies=compare_kept(tally.entrant.running.url, tally.kept),
        marks=disturbed.marks(),
        turn_rates=[turn.answers.total() / turn.duration_seconds for turn in tally.turns],
    )
    return outcome_of(timed, rig)
