"""A block of a study: what it found, and how far it is."""

from collections.abc import Callable
from dataclasses import dataclass, field

from compare.bench.scenarios import Study
from compare.results.model import Results
from compare.results.speed import BlockRun, Null, Refusal, Sample, Start


@dataclass(frozen=True)
class BlockProgress:
    """How far a block is: `done` of its `total` turns."""

    study: Study
    block: int
    done: int
    total: int
    text: str


class Steps:
    """Tells how far a block is, turn by turn."""

    def __init__(
        self, on_progress: Callable[[BlockProgress], None], study: Study, block: int, total: int
    ) -> None:
        self._on_progress = on_progress
        self._study = study
        self._block = block
        self._total = total
        self._done = 0

    def say(self, text: str) -> None:
        """Say what is done now."""
        progress = BlockProgress(self._study, self._block, self._done, self._total, text)
        self._on_progress(progress)

    def turn(self, text: str) -> None:
        """Say which turn begins."""
        self.say(text)
        self._done += 1


@dataclass
class Block:
    """What one block found."""

    run: BlockRun
    samples: list[Sample] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    starts: list[Start] = field(default_factory=list)
    nulls: list[Null] = field(default_factory=list)

    def add(self, outcome: Sample | Refusal) -> None:
        """Take what the turns of a contender in a scenario came to."""
        if isinstance(outcome, Sample):
            self.samples.append(outcome)
        else:
            self.refusals.append(outcome)


def blocks_of(results: Results) -> list[Block]:
    """Give the blocks of results apart, in the order in which they were run."""
    studies = {scenario.name: scenario.study for scenario in results.scenarios}

    def is_in(part: Sample | Refusal | Start | Null, run: BlockRun) -> bool:
        study = part.study if isinstance(part, Start | Null) else studies[part.scenario]
        return (study, part.block) == (run.study, run.number)

    return [
        Block(
            run=run,
            samples=[sample for sample in results.samples if is_in(sample, run)],
            refusals=[refusal for refusal in results.refusals if is_in(refusal, run)],
            starts=[start for start in results.starts if is_in(start, run)],
            nulls=[null for null in results.nulls if is_in(null, run)],
        )
        for run in results.block_runs
    ]
