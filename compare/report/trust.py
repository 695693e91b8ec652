"""What the results say in a sentence, and the doubts that the results themselves raise."""

import math
from collections.abc import Iterable, Mapping, Sequence
from statistics import median

from compare.results import Comparison, Results
from compare.strict import Interval

WIDE_INTERVAL = 0.10
BUSY_LOAD_PER_CORE = 0.5


def headline(results: Results, labels: Mapping[str, str]) -> list[str]:
    """Say how the comparisons came out, counted: a sentence for each pair of services."""
    pairs: dict[tuple[str, str], list[str | None]] = {}
    for each in results.comparisons:
        pairs.setdefault((each.baseline, each.other), []).append(each.winner)
    return [
        f"{labels[first]} answered more requests a second in {winners.count(first)} of"
        f" {len(winners)} comparisons, {labels[second]} in {winners.count(second)};"
        f" {_close(winners.count(None))}."
        for (first, second), winners in pairs.items()
    ]


def noise(comparisons: Iterable[Comparison]) -> Interval | None:
    """The A/A ratios together: their median and how far their intervals reach; None without."""
    noises = [each.noise for each in comparisons if each.noise is not None]
    if not noises:
        return None
    return Interval(
        ratio=median(each.ratio for each in noises),
        low=min(each.low for each in noises),
        high=max(each.high for each in noises),
    )


def doubts(results: Results) -> list[str]:
    """Give the reasons to trust these results less, a sentence each."""
    return [*_busy(results), *_wide(results), *_unsteady(results)]


def half_width(comparisons: Sequence[Comparison]) -> float:
    """How far a typical interval reaches from its ratio to either side: 0.06 is ±6 %."""
    spreads = (each.throughput.high / each.throughput.low for each in comparisons)
    return median(math.sqrt(spread) for spread in spreads) - 1


def _close(count: int) -> str:
    return f"{count or 'none'} {'were' if count > 1 else 'was'} too close to call"


def _busy(results: Results) -> list[str]:
    load, cores = results.machine.load_average_before, results.machine.cores
    if load <= BUSY_LOAD_PER_CORE * cores:
        return []
    return [f"The machine was busy before the run: load average {load:.2f} on {cores} cores."]


def _wide(results: Results) -> list[str]:
    if not results.comparisons or half_width(results.comparisons) <= WIDE_INTERVAL:
        return []
    width = half_width(results.comparisons)
    return [f"Intervals are wide, typically ±{width:.0%}: more blocks make them narrower."]


def _unsteady(results: Results) -> list[str]:
    noises = {each.scenario: each.noise for each in results.comparisons if each.noise is not None}
    apart = sum(not each.low <= 1 <= each.high for each in noises.values())
    if not apart:
        return []
    return [
        f"In {apart} of {len(noises)} scenarios the service measured against itself differed"
        " from itself: differences of that size mean nothing here."
    ]
