"""Timing claims: a ratio over blocks with its interval, and that of an A/A pair as the noise.

The rule is that of the comparison (`compare.intervals`): an interval that comes near 1, or a ratio
within the noise, establishes nothing.
"""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from compare.intervals import Interval, doubt_about, interval

BLOCKS = 8
FIRST, SECOND = "first", "second"
SEED = 1
SECOND_COPY = " (second copy)"  # of the A/A pair: the same call, timed as if it were another


@dataclass(frozen=True)
class Ratio:
    """How many times as long the second takes as the first; `noise` is that of the A/A pair."""

    interval: Interval
    noise: Interval
    first_ms: float
    second_ms: float
    doubt: str

    @property
    def is_longer(self) -> bool | None:
        """Whether the second takes longer; None when that is too close to call."""
        return None if self.doubt else self.interval.ratio > 1

    def at_least(self, times: float) -> bool | None:
        """Whether the second takes at least so many times as long; None when too close to call."""
        if self.interval.low < times <= self.interval.high:
            return None
        if self.interval.low >= times:
            return None if self.doubt else True
        return False

    def __str__(self) -> str:
        return (
            f"{self.interval.ratio:.2f} ({self.interval.low:.2f} to {self.interval.high:.2f}): "
            f"{self.second_ms:.2f} ms beside {self.first_ms:.2f} ms; A/A "
            f"{self.noise.ratio:.2f} ({self.noise.low:.2f} to {self.noise.high:.2f})"
        )


def ratio(
    first: Callable[[], object], second: Callable[[], object], times: int = 1, blocks: int = BLOCKS
) -> Ratio:
    """Time both and an A/A copy of the first, `times` calls a turn, in random order in a block."""
    chance = random.Random(SEED)
    contenders = {FIRST: first, FIRST + SECOND_COPY: first, SECOND: second}
    for call in contenders.values():
        call()  # what happens once only, such as imports and connecting
    turns: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(blocks):
        for name in chance.sample(list(contenders), k=len(contenders)):
            turns[name].append(_milliseconds(contenders[name], times))
    return ratio_of_turns(turns[FIRST], turns[FIRST + SECOND_COPY], turns[SECOND])


def ratio_of_turns(
    first_ms: Sequence[float], a_a_copy_ms: Sequence[float], second_ms: Sequence[float]
) -> Ratio:
    """Judge what was measured, once a block, by the rule of the comparison."""
    times_as_long = interval([b / a for a, b in zip(first_ms, second_ms, strict=True)], SEED)
    noise = interval([b / a for a, b in zip(first_ms, a_a_copy_ms, strict=True)], SEED)
    return Ratio(
        interval=times_as_long,
        noise=noise,
        first_ms=median(first_ms),
        second_ms=median(second_ms),
        doubt=doubt_about(times_as_long, noise, blocks=len(first_ms)),
    )


def _milliseconds(call: Callable[[], object], times: int) -> float:
    began = time.perf_counter()
    for _ in range(times):
        call()
    return 1000 * (time.perf_counter() - began) / times
