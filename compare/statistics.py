"""From samples to verdicts: paired ratios over blocks, their interval, and when to say nothing.

A narrow interval inside one batch of processes is false precision, since batches started afresh
may disagree; so the block, which starts every service afresh, is the unit, and its runs are paired.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from statistics import geometric_mean, median

import numpy as np

from compare.measured import Comparison, Sample, Scenario, YardstickShare
from compare.strict import Interval

CONFIDENCE = 0.95
FEWEST_BLOCKS = 3
FEW_BLOCKS = 5
# Differences as small as this are nobody's reason to choose, and come from less than a framework:
# where a process's code lies in memory moves figures as much (Mytkowicz and others, 2009).
SMALLEST_DIFFERENCE = 1.05
DISAGREEMENT = 1.0  # an interval that reaches twofold to either side: the blocks do not agree
# Where a hypervisor took more of the service's core, what it left says little of the whole.
MOST_STOLEN_SHARE = 0.5
AGAIN = "-again"


def compare(
    scenarios: Sequence[Scenario],
    samples: Sequence[Sample],
    names: Mapping[str, str],
    seed: int,
) -> list[Comparison]:
    """Compare the first service with each other one, in every scenario that both were timed in.

    `names` gives the services in order, each with what a sentence calls it: {"django": "Django"}.
    """
    baseline, *others = names
    noise = {
        study: interval(ratios, seed)
        for study, ratios in _against_itself(scenarios, samples, baseline).items()
    }
    found = []
    for scenario in scenarios:
        for other in others:
            if ratios := paired(samples, scenario, baseline, other):
                pair = {baseline: names[baseline], other: names[other]}
                band = noise.get(scenario.study)
                found.append(_judged(scenario.name, pair, ratios, band, seed))
    return found


def again(
    scenarios: Sequence[Scenario], samples: Sequence[Sample], names: Mapping[str, str], seed: int
) -> list[Comparison]:
    """Compare the first service with itself, once for each study, by the rule for the others."""
    baseline, called = next(iter(names.items()))
    pair = {baseline: called, baseline + AGAIN: f"{called} again"}
    found = _against_itself(scenarios, samples, baseline)
    return [_judged(study, pair, ratios, None, seed) for study, ratios in found.items()]


def _against_itself(
    scenarios: Iterable[Scenario], samples: Sequence[Sample], baseline: str
) -> dict[str, list[float]]:
    """Give study -> the A/A ratios of its blocks, each the geometric mean over its scenarios.

    One scenario in twenty would differ from itself by chance alone, were each judged alone.
    """
    blocks: dict[str, dict[int, list[float]]] = {}
    for scenario in scenarios:
        found = ratios_by_block(samples, scenario, baseline, baseline + AGAIN)
        for block, ratio in found.items():
            blocks.setdefault(scenario.study, {}).setdefault(block, []).append(ratio)
    return {
        study: [geometric_mean(ratios) for ratios in of_blocks.values()]
        for study, of_blocks in blocks.items()
    }


def shares(
    scenarios: Iterable[Scenario],
    samples: Sequence[Sample],
    services: Iterable[str],
    yardstick: str,
    seed: int,
) -> list[YardstickShare]:
    """Give each service's part of the yardstick's throughput, where both were timed closed-loop."""
    pairs = [(scenario, service) for scenario in scenarios for service in services]
    ratios = [
        (scenario, service, paired(samples, scenario, yardstick, service))
        for scenario, service in pairs
        if scenario.concurrency
    ]
    return [
        YardstickShare(scenario=scenario.name, service=service, share=interval(found, seed))
        for scenario, service, found in ratios
        if found
    ]


def _judged(
    what: str, names: Mapping[str, str], ratios: Sequence[float], noise: Interval | None, seed: int
) -> Comparison:
    baseline, other = names
    throughput = interval(ratios, seed)
    doubt = doubt_about(throughput, noise, len(ratios))
    winner = other if throughput.ratio > 1 else baseline
    return Comparison(
        scenario=what,
        baseline=baseline,
        other=other,
        throughput=throughput,
        noise=noise,
        winner=None if doubt else winner,
        verdict=doubt or _praise(names[winner], throughput.ratio, len(ratios)),
    )


def paired(samples: Iterable[Sample], scenario: Scenario, baseline: str, other: str) -> list[float]:
    """Give, for each block that has both, how many times as fast the other was."""
    return list(ratios_by_block(samples, scenario, baseline, other).values())


def ratios_by_block(
    samples: Iterable[Sample], scenario: Scenario, baseline: str, other: str
) -> dict[int, float]:
    """Give block -> how many times as fast the other was, where both were timed.

    That is its throughput divided by the baseline's. An open loop offers both the same rate: there
    it is the baseline's median time to answer, divided by the other's; but where one of them left
    requests unanswered in any block, its times are of the lucky ones, and nothing is compared.
    Nor is a run of which a hypervisor took more than MOST_STOLEN_SHARE.
    """
    own = [
        sample
        for sample in samples
        if sample.scenario == scenario.name and sample.contender in (baseline, other)
    ]
    if any(sample.unanswered for sample in own):
        return {}
    speeds = {
        (sample.contender, sample.block): _speed(sample, scenario)
        for sample in own
        if sample.stolen_share <= MOST_STOLEN_SHARE
    }
    blocks = sorted({block for _, block in speeds})
    return {
        block: speeds[other, block] / speeds[baseline, block]
        for block in blocks
        if (other, block) in speeds and (baseline, block) in speeds
    }


def _speed(sample: Sample, scenario: Scenario) -> float:
    if scenario.rate_per_second is not None:
        return 1 / sample.p50_ms
    # In the time that a hypervisor left to the service's core. Where it had time to spare, what was
    # taken was not missed: more than the ceiling allows would not have been answered with it.
    seen = sample.requests_per_second
    most = max(seen, scenario.ceiling_per_second or math.inf)
    return min(seen / (1 - sample.stolen_share), most)


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
    found = stats.bootstrap(
        (logs,),
        np.mean,
        confidence_level=_widened(len(ratios)),
        method="percentile",
        rng=np.random.default_rng(seed),
    ).confidence_interval
    reach = float(logs.std(ddof=1)) / math.sqrt(len(ratios)) * _student(len(ratios))
    low, high = min(found.low, logs.mean() - reach), max(found.high, logs.mean() + reach)
    return Interval(ratio=centre, low=math.exp(low), high=math.exp(high))


def half_width(intervals: Sequence[Interval]) -> float:
    """How far a typical interval reaches from its ratio to either side: 0.06 is ±6 %."""
    spreads = [math.sqrt(each.high / each.low) - 1 for each in intervals]
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


def _praise(winner: str, ratio: float, blocks: int) -> str:
    caution = f" ({blocks} blocks only)" if blocks < FEW_BLOCKS else ""
    return f"{winner} {max(ratio, 1 / ratio):.2f}× faster{caution}"


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
