"""One trial: a service against its second copy, timed by the usual methods and by ours.

Every method loads each copy for the same time: LOADED_SECONDS, or in turns a little more.
"""

from collections.abc import Sequence
from dataclasses import replace
from statistics import mean

from pydantic import BaseModel

from compare.bench.bench import Bench
from compare.bench.block import Block
from compare.bench.circumstances import service_run
from compare.bench.contenders import Contender
from compare.bench.rig import Rig
from compare.bench.scenarios import FULL, Study, only
from compare.bench.starting import started
from compare.bench.verdicts import compare_a_a_pair
from compare.intervals import SMALLEST_DIFFERENCE
from compare.results.speed import BlockRun
from compare.running import load
from compare.running.requests import mix_of

SCENARIO = "list-16"
LOADED_SECONDS = 15.0
RUNS = BLOCKS = 3
TURN_SECONDS = 0.2


class Answer(BaseModel):
    """What a method says: `ratio` is the second copy's throughput over the first's."""

    method: str
    ratio: float
    is_called: bool


def study() -> Study:
    """Give the scenario, in turns that take LOADED_SECONDS over all blocks."""
    (whole,) = only(FULL, [SCENARIO])
    turns = round(LOADED_SECONDS / BLOCKS / TURN_SECONDS)
    return replace(whole, turns=turns, turn_seconds=TURN_SECONDS)


def trial(copies: Sequence[Contender], rig: Rig, number: int) -> list[Answer]:
    """Ask all methods; which copy goes first alternates by the number."""
    in_turn = copies if number % 2 else copies[::-1]
    rates = {copy.name: _rates(copy, rig, number) for copy in in_turn}
    (first, first_whole), (second, second_whole) = (rates[copy.name] for copy in copies)
    short = f"of {RUNS} runs of {LOADED_SECONDS / RUNS:g} s"
    ratios = {
        f"the best {short}": max(second) / max(first),
        f"the mean {short}": mean(second) / mean(first),
        f"one run of {LOADED_SECONDS:g} s": second_whole / first_whole,
    }
    usual = [
        Answer(method=method, ratio=ratio, is_called=max(ratio, 1 / ratio) >= SMALLEST_DIFFERENCE)
        for method, ratio in ratios.items()
    ]
    return [*usual, _ours(copies, rig, number)]


def _rates(copy: Contender, rig: Rig, number: int) -> tuple[list[float], float]:
    """Give the answers a second of the short runs, and of the long one, on one start."""
    block = Block(BlockRun(study=study().name, number=number, seconds=0))
    scenario = study().scenarios[0]
    mix, loop = mix_of(scenario.endpoint), load.ClosedLoop(scenario.concurrency or 1)
    with started(copy, study(), block, rig) as entrant:
        *short, whole = (
            load.run(entrant.running.url, mix, loop, seconds).requests_per_second
            for seconds in (*[LOADED_SECONDS / RUNS] * RUNS, LOADED_SECONDS)
        )
    return short, whole


def _ours(copies: Sequence[Contender], rig: Rig, number: int) -> Answer:
    bench = Bench(copies, rig, number, lambda progress: None)
    samples = [sample for block in range(BLOCKS) for sample in bench.run(study(), block).samples]
    services = [service_run(copies[0].service)]
    (judged,) = compare_a_a_pair(study().scenarios, samples, services, number)
    method = f"turns of {TURN_SECONDS:g} s in {BLOCKS} blocks, with the interval"
    return Answer(method=method, ratio=judged.throughput.ratio, is_called=bool(judged.winner))
