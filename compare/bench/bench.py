"""Time contenders in blocks.

A block starts every contender afresh on fresh seed data, the first one twice (the A/A pair,
"NAME-again": its difference from itself is this machine's noise), and warms each up. They stay up
until its end, and take turns in each scenario, in rounds whose order is drawn: one is loaded at a
time, and the others wait.
"""

import random
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack

from compare.bench.block import Block, BlockProgress, Steps
from compare.bench.closed_loops import take_turns
from compare.bench.contenders import Contender
from compare.bench.open_loops import offer_rate
from compare.bench.rig import Entrant, Rig
from compare.bench.scenarios import Study
from compare.bench.starting import started
from compare.results.speed import BlockRun, Scenario

Rounds = Sequence[Sequence[Contender]]


class Bench:
    """Times contenders; `seed` decides the order of everything, in each block by itself."""

    def __init__(
        self,
        contenders: Sequence[Contender],
        rig: Rig,
        seed: int,
        on_progress: Callable[[BlockProgress], None],
    ) -> None:
        self._contenders = contenders
        self._rig = rig
        self._seed = seed
        self._on_progress = on_progress

    def run(self, study: Study, number: int) -> Block:
        """Run a block; LaunchError, LoadError or GateError when it cannot be run to its end."""
        began_at_seconds = time.monotonic()
        chance = random.Random(f"{self._seed} {study.name} {number}")
        plan = self._plan(study, number, chance)
        total = sum(len(turns) for _, rounds in plan for turns in rounds)
        steps = Steps(self._on_progress, study, number, total)
        block = Block(BlockRun(study=study.name, number=number, seconds=0))
        with ExitStack() as stack:
            entrants = {}
            for contender in self._starting(plan, chance):
                steps.say(f"starting {contender.name}")
                start = started(contender, study, block, self._rig)
                entrants[contender.name] = stack.enter_context(start)
            for scenario, rounds in plan:
                taking = [[entrants[contender.name] for contender in round] for round in rounds]
                self._time(scenario, taking, study.turn_seconds, block, steps)
        block.run.seconds = time.monotonic() - began_at_seconds
        steps.say("done")
        return block

    def _plan(
        self, study: Study, number: int, chance: random.Random
    ) -> Sequence[tuple[Scenario, Rounds]]:
        """Give the scenarios in their order, and who has a turn in which round of them."""
        plan = []
        for scenario in study.scenarios:
            taking = [
                contender
                for contender in self._contenders
                if contender.takes(scenario, study, number)
            ]
            rounds = [
                [
                    contender
                    for contender in chance.sample(taking, len(taking))
                    if contender.turns(scenario, study) > round_number
                ]
                for round_number in range(study.turns_of(scenario))
            ]
            plan.append((scenario, rounds))
        return plan

    def _starting(
        self, plan: Sequence[tuple[Scenario, Rounds]], chance: random.Random
    ) -> list[Contender]:
        names = {contender.name for _, (first, *_) in plan for contender in first}
        starting = [contender for contender in self._contenders if contender.name in names]
        return chance.sample(starting, k=len(starting))

    def _time(
        self,
        scenario: Scenario,
        rounds: Sequence[Sequence[Entrant]],
        seconds: float,
        block: Block,
        steps: Steps,
    ) -> None:
        def on_turn(entrant: Entrant) -> None:
            steps.turn(f"{scenario.name} on {entrant.contender.name}")

        number = block.run.number
        if scenario.rate_per_second is None:
            outcomes = take_turns(scenario, rounds, seconds, number, self._rig, on_turn)
        else:
            outcomes = offer_rate(scenario, rounds[0], seconds, number, self._rig, on_turn)
        for outcome in outcomes:
            block.add(outcome)
