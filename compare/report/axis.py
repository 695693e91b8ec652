"""The axis of ratios: logarithmic, with 1 in the middle, so that ×2 and ÷2 are equally far."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from compare.intervals import Interval
from compare.results.speed import Comparison

NARROWEST = 2.5
MARGIN = 1.15
TICKS = ((4.0, (1.5, 2.0, 3.0)), (12.0, (2.0, 4.0, 8.0)), (math.inf, (3.0, 10.0, 30.0, 100.0)))


@dataclass(frozen=True)
class Axis:
    """An axis from 1/limit to limit; places on it are percentages from the left."""

    limit: float

    def place(self, ratio: float) -> float:
        """Where a ratio is, in percent; what is beyond the axis is at its end."""
        inside = min(max(ratio, 1 / self.limit), self.limit)
        return round(50 + 50 * math.log(inside) / math.log(self.limit), 2)

    def span(self, interval: Interval) -> float:
        """How wide an interval is, in percent."""
        return round(self.place(interval.high) - self.place(interval.low), 2)

    @property
    def ticks(self) -> list[float]:
        """The ratios to label, from left to right, 1 among them."""
        above = next(ticks for limit, ticks in TICKS if self.limit <= limit)
        shown = [tick for tick in above if tick < self.limit * 0.95]
        return [*(1 / tick for tick in reversed(shown)), 1.0, *shown]


def around(comparisons: Iterable[Comparison]) -> Axis:
    """Give an axis that holds every interval of the comparisons, noise too."""
    intervals = [comparison.throughput for comparison in comparisons]
    intervals += [comparison.noise for comparison in comparisons if comparison.noise is not None]
    furthest = [max(interval.high, 1 / interval.low) for interval in intervals if interval.low > 0]
    return Axis(limit=max([NARROWEST, *(MARGIN * ratio for ratio in furthest)]))
