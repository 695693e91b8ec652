"""Timing claims: a ratio over blocks with its interval, beside the first thing against itself.

The rule is that of the comparison (`compare.statistics`): an interval that comes near 1, or a ratio
within the noise, establishes nothing.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from compare.intervals import Interval, doubt_about, interval

BLOCKS = 8
SEED = 1


@dataclass(frozen=True)
class Ratio:
    """How many times as long the second thing takes as the first, and the first against itself."""

    found: Interval
    noise: Interval
    first_ms: float
    second_ms: float
    doubt: str

    @property
    def is_longer(self) -> bool | None:
        """Whether the second takes longer; None when that is too close to call."""
        return None if self.doubt else self.found.ratio > 1

    @property
    def is_shorter(self) -> bool | None:
        """Whether the second takes less time; None when that is too close to call."""
        return None if self.doubt else self.found.ratio < 1

    def at_least(self, times: float) -> bool | None:
        """Whether the second takes at least so many times as long; None when too close to call."""
        if self.found.low < times <= self.found.high:
            return None
        if self.found.low >= times:
            return None if self.doubt else True
        return False

    def __str__(self) -> str:
        return (
            f"{self.found.ratio:.2f} ({self.found.low:.2f} to {self.found.high:.2f}): "
            f"{self.second_ms:.2f} ms beside {self.first_ms:.2f} ms; the first against itself "
            f"{self.noise.ratio:.2f} ({self.noise.low:.2f} to {self.noise.high:.2f})"
        )


def ratio(
    first: Callable[[], object], second: Callable[[], object], times: int = 1, blocks: int = BLOCKS
) -> Ratio:
    """Time both, `times` calls a turn, the first one twice, in random order in each block."""
    chance = random.Random(SEED)
    things = {"first": first, "again": first, "second": second}
    for each in things.values():
        each()  # what happens once only, such as imports and connecting
    turns: dict[str, list[float]] = {name: [] for name in things}
    for _ in range(blocks):
        for name in chance.sample(list(things), k=len(things)):
            turns[name].append(_seconds(things[name], times))
    found = interval(_quotients(turns["second"], turns["first"]), SEED)
    noise = interval(_quotients(turns["again"], turns["first"]), SEED)
    return Ratio(
        found=found,
        noise=noise,
        first_ms=1000 * median(turns["first"]),
        second_ms=1000 * median(turns["second"]),
        doubt=doubt_about(found, noise, blocks),
    )


def _seconds(call: Callable[[], object], times: int) -> float:
    began = time.perf_counter()
    for _ in range(times):
        call()
    return (time.perf_counter() - began) / times


def _quotients(seconds: list[float], others: list[float]) -> list[float]:
    return [each / other for each, other in zip(seconds, others, strict=True)]
