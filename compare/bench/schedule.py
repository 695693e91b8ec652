"""Measure until it is exact enough or the budget is spent: which block comes next, and when to end.

Every study gets FEWEST_BLOCKS first; then the one whose intervals are widest gets the next block.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from compare.bench.bench import Bench
from compare.bench.block import Block, BlockProgress
from compare.bench.scenarios import Study
from compare.bench.verdicts import SPEED, compare
from compare.intervals import FEWEST_BLOCKS, half_width
from compare.results.model import ServiceRun

# What a block takes, until one was run: each start, and what a turn takes besides its time.
START_SECONDS = 3.0
BESIDES_SECONDS = 0.1


@dataclass(frozen=True)
class Limits:
    """When to end: after so many blocks a study if `blocks` is given, or else when the typical
    (median) interval of every study reaches no further than `precision` to either side, or when
    the budget is spent.
    """

    budget_seconds: float
    precision: float
    blocks: int | None = None


@dataclass(frozen=True)
class Step:
    """How far the measuring is, for a person: what is done now, and the seconds before and after.

    `left_seconds` is an estimate, and the most that it will be unless blocks become slower.
    """

    text: str
    elapsed_seconds: float
    left_seconds: float


class Schedule:
    """Decides from the blocks that there are which study gets the next one."""

    def __init__(
        self, studies: Sequence[Study], services: Sequence[ServiceRun], seed: int, limits: Limits
    ) -> None:
        self._studies = studies
        self._services = services
        self._seed = seed
        self._limits = limits
        self._fewest = limits.blocks or FEWEST_BLOCKS

    def following(self, blocks: Sequence[Block]) -> Study | None:
        """Give the study that gets the next block; None when it is enough."""
        least = min(self._studies, key=lambda study: len(_of(study, blocks)))
        if len(_of(least, blocks)) < self._fewest:
            return least
        if self._limits.blocks:
            return None
        fitting = [
            study
            for study in self._studies
            if self._block_seconds(study, blocks) <= self._budget_left_seconds(blocks)
        ]
        widest = max(fitting, key=lambda study: self.width(study, blocks), default=None)
        if widest is None or self.width(widest, blocks) <= self._limits.precision:
            return None
        return widest

    def width(self, study: Study, blocks: Sequence[Block]) -> float:
        """How far a typical interval of the study reaches to either side: 0.06 is ±6 %."""
        samples = [sample for block in _of(study, blocks) for sample in block.samples]
        comparisons = compare(study.scenarios, samples, self._services, self._seed, SPEED)
        return half_width([comparison.throughput for comparison in comparisons])

    def step(self, progress: BlockProgress, blocks: Sequence[Block]) -> Step:
        """Say how far the measuring is while the block after these is run."""
        must_seconds = sum(
            max(0, self._fewest - len(_of(study, blocks))) * self._block_seconds(study, blocks)
            for study in self._studies
        )
        may_seconds = 0 if self._limits.blocks else self._budget_left_seconds(blocks)
        expected_seconds = self._block_seconds(progress.study, blocks)
        elapsed_seconds = expected_seconds * progress.done / progress.total
        return Step(
            text=f"{progress.study.name} {progress.block + 1}: {progress.text}",
            elapsed_seconds=sum(block.run.seconds for block in blocks) + elapsed_seconds,
            left_seconds=max(must_seconds, may_seconds) - elapsed_seconds,
        )

    def _budget_left_seconds(self, blocks: Sequence[Block]) -> float:
        return self._limits.budget_seconds - sum(block.run.seconds for block in blocks)

    def _block_seconds(self, study: Study, blocks: Sequence[Block]) -> float:
        own = [block.run.seconds for block in _of(study, blocks)]
        if own:
            return sum(own) / len(own)
        # The second copy of the A/A pair too, and the yardstick.
        contenders = len(self._services) + 2
        turns = contenders * sum(map(study.turns_of, study.scenarios))
        return contenders * START_SECONDS + turns * (study.turn_seconds + BESIDES_SECONDS)


def measure(
    schedule: Schedule,
    make_bench: Callable[[Callable[[BlockProgress], None]], Bench],
    kept: Sequence[Block],
    on_step: Callable[[Step], None],
    on_block: Callable[[Sequence[Block]], None],
) -> list[Block]:
    """Add blocks to those kept from before until it is enough; `on_block` hears after each."""
    blocks = list(kept)
    bench = make_bench(lambda progress: on_step(schedule.step(progress, blocks)))
    while study := schedule.following(blocks):
        blocks.append(bench.run(study, len(_of(study, blocks))))
        on_block(blocks)
    on_step(Step("measured", sum(block.run.seconds for block in blocks), left_seconds=0))
    return blocks


def _of(study: Study, blocks: Sequence[Block]) -> list[Block]:
    return [block for block in blocks if block.run.study == study.name]
