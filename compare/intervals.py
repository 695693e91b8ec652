"""Ratios over blocks, their interval, and when they decide nothing: one rule for all comparisons.

Speed, growth and the timed experiments are judged by it alike.
"""

import math
from collections.abc import Sequence
from statistics import median

import numpy as np

from compare.strict import Strict

CONFIDENCE = 0.95
FEWEST_BLOCKS = 3
# Differences as small as this are nobody's reason to choose, and come from less than a framework:
# where a process's code lies in memory moves figures as much (Mytkowicz and others, 2009).
SMALLEST_DIFFERENCE = 1.05
DISAGREEMENT = 1.0  # an interval that reaches twofold to either side: the blocks do not agree


class Interval(Strict):
    """A ratio, geometric mean over blocks or rounds, with its 95 % bootstrap interval over them."""

    ratio: float
    low: float
    high: float


def interval(ratios: Sequence[float], seed: int) -> Interval:
    """Give the geometric mean of the blocks' ratios and its 95 % bootstrap interval over blocks.

    It is never narrower than Student's: a few blocks cannot be resampled beyond themselves. One
    block says nothing about its spread: its interval is its ratio, and no verdict rests on it.
    """
    from scipy import stats  # takes seconds to import, which no other command should wait for

    logs = np.log(ratios)
    centre = math.exp(logs.mean())
    if len(ratios) < 2:
        return Interval(ratio=centre, low=centre, high=centre)
    bootstrapped = stats.bootstrap(
        (logs,),
        np.mean,
        confidence_level=_widened(len(ratios)),
        method="percentile",
        rng=np.random.default_rng(seed),
    ).confidence_interval
    reach = float(logs.std(ddof=1)) / math.sqrt(len(ratios)) * _student(len(ratios))
    low, high = (
        min(bootstrapped.low, logs.mean() - reach),
        max(bootstrapped.high, logs.mean() + reach),
    )
    return Interval(ratio=centre, low=math.exp(low), high=math.exp(high))


def half_width(intervals: Sequence[Interval]) -> float:
    """How far a typical interval reaches from its ratio to either side: 0.06 is ±6 %."""
    spreads = [math.sqrt(interval.high / interval.low) - 1 for interval in intervals]
    return median(spreads) if spreads else 0.0


def doubt_about(throughput: Interval, noise: Interval | None, blocks: int) -> str:
    """Say why a ratio decides nothing; the empty text when it does decide."""
    if blocks < FEWEST_BLOCKS:
        return f"too close to call: {blocks} of at least {FEWEST_BLOCKS} blocks"
    if throughput.low < SMALLEST_DIFFERENCE and throughput.high > 1 / SMALLEST_DIFFERENCE:
        disagree = half_width([throughput]) > DISAGREEMENT
        return "too close to call" + (": the blocks disagree" if disagree else "")
    if noise and _extent(noise) >= abs(math.log(throughput.ratio)):
        return "too close to call: within the noise"
    return ""


def _widened(blocks: int) -> float:
    from scipy import stats

    # The percentile bootstrap is too narrow for few values; this is Hesterberg's correction (2015,
    # "expanded percentile interval"), which gives it the reach of Student's interval.
    reach = math.sqrt(blocks / (blocks - 1)) * _student(blocks)
    return float(1 - 2 * stats.norm.sf(reach))


def _student(blocks: int) -> float:
    from scipy import stats

    return float(stats.t.ppf((1 + CONFIDENCE) / 2, blocks - 1))


def _extent(noise: Interval) -> float:
    return max(abs(math.log(noise.low)), abs(math.log(noise.high)))
