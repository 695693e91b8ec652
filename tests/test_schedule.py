"""The schedule gives the next block to whom it is due, and ends when it is enough."""

from collections.abc import Callable

import pytest

from compare.bench.block import Block, BlockProgress
from compare.bench.circumstances import service_run
from compare.bench.scenarios import FULL, Study, only
from compare.bench.schedule import Limits, Schedule
from compare.registry.services import SERVICES
from compare.results.speed import BlockRun
from tests.support.plain_samples import plain_sample

CLOSED, MIXED = only(FULL, ["list-16", "mixed-16"])
BOTH = [service_run(SERVICES[name]) for name in ("django", "fastapi")]


def block_of(study: Study, number: int, ratio: float = 2.0, seconds: float = 10.0) -> Block:
    """A block in which the other service was `ratio` times as fast as the first."""
    rates = {"django": 100.0, "fastapi": 100.0 * ratio}
    samples = [
        plain_sample(study.scenarios[0], contender, number, rate)
        for contender, rate in rates.items()
    ]
    return Block(BlockRun(study=study.name, number=number, seconds=seconds), samples)


def schedule(
    budget_seconds: float = 1000, precision: float = 0.05, blocks: int | None = None
) -> Schedule:
    """A schedule of two studies with these limits."""
    return Schedule([CLOSED, MIXED], BOTH, 1, Limits(budget_seconds, precision, blocks))


def studies_until_the_end(limits: Schedule, make_block: Callable[[Study, int], Block]) -> list[str]:
    """The studies in the order in which they get their blocks."""
    blocks: list[Block] = []
    while study := limits.following(blocks):
        number = sum(block.run.study == study.name for block in blocks)
        blocks.append(make_block(study, number))
        assert len(blocks) < 100
    return [block.run.study for block in blocks]


def unsteady(study: Study, number: int) -> Block:
    """A block of a study whose ratio jumps if it is the mix, and stays if it is not."""
    return block_of(study, number, ratio=2 + (number % 2) * (study is MIXED))


def test_every_study_gets_its_first_blocks_in_turn() -> None:
    """Three blocks each, though the budget is spent long before."""
    order = studies_until_the_end(schedule(budget_seconds=1), block_of)
    assert order == ["closed-loop", "mixed"] * 3


def test_so_many_blocks_are_so_many() -> None:
    """A number of blocks overrides budget and precision."""
    order = studies_until_the_end(schedule(budget_seconds=1, blocks=2), unsteady)
    assert order == ["closed-loop", "mixed"] * 2


def test_widest_study_gets_the_next_block() -> None:
    """What is exact enough gets no more, and what is not goes on until the budget is spent."""
    order = studies_until_the_end(schedule(budget_seconds=100), unsteady)
    assert order[:6] == ["closed-loop", "mixed"] * 3
    assert order[6:] == ["mixed"] * 4


def test_it_ends_when_all_are_exact_enough() -> None:
    """With the precision reached, the rest of the budget is not used."""
    assert len(studies_until_the_end(schedule(), block_of)) == 6
    assert len(studies_until_the_end(schedule(300, precision=0.5), unsteady)) < 30


@pytest.mark.parametrize(("budget_seconds", "left_seconds"), [(50, 80), (200, 160)])
def test_time_left_is_said(budget_seconds: float, left_seconds: float) -> None:
    """It is the first blocks of all studies or, if that is more, the budget, less what is done."""
    blocks = [block_of(study, 0, seconds=20) for study in (CLOSED, MIXED)]
    limits = schedule(budget_seconds)
    for done in (0, 4, 8):
        step = limits.step(BlockProgress(CLOSED, 1, done, 8, "list-16 on django"), blocks)
        assert step.text == "closed-loop 2: list-16 on django"
        assert step.elapsed_seconds == 40 + done / 8 * 20
        assert step.left_seconds == left_seconds - done / 8 * 20
