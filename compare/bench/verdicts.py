"""From samples to verdicts: paired ratios over blocks, their interval, and when to say nothing.

A narrow interval inside one batch of processes is false precision, since batches started afresh
may disagree; so the block, which starts every service afresh, is the unit, and its runs are paired.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from statistics import geometric_mean

from compare.intervals import Interval, doubt_about, interval
from compare.results.speed import SECOND_COPY, Comparison, Sample, Scenario, YardstickShare

FEW_BLOCKS = 5
# Where a hypervisor took more of the service's core, what it left says little of the whole.
MOST_STOLEN_SHARE = 0.5


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
        for study, ratios in _a_a_ratios(scenarios, samples, baseline).items()
    }
    comparisons = []
    for scenario in scenarios:
        for other in others:
            if ratios := paired(samples, scenario, baseline, other):
                pair = {baseline: names[baseline], other: names[other]}
                band = noise.get(scenario.study)
                comparisons.append(_judged(scenario.name, pair, ratios, band, seed))
    return comparisons


def compare_a_a_pair(
    scenarios: Sequence[Scenario], samples: Sequence[Sample], names: Mapping[str, str], seed: int
) -> list[Comparison]:
    """Judge the A/A pair, once for each study, by the rule for the others."""
    baseline, called = next(iter(names.items()))
    pair = {baseline: called, baseline + SECOND_COPY: f"{called} (second copy)"}
    ratios_by_study = _a_a_ratios(scenarios, samples, baseline)
    return [_judged(study, pair, ratios, None, seed) for study, ratios in ratios_by_study.items()]


def _a_a_ratios(
    scenarios: Iterable[Scenario], samples: Sequence[Sample], baseline: str
) -> dict[str, list[float]]:
    """Give study -> the A/A ratios of its blocks, each the geometric mean over its scenarios.

    One scenario in twenty would differ from itself by chance alone, were each judged alone.
    """
    blocks: dict[str, dict[int, list[float]]] = {}
    for scenario in scenarios:
        ratios_of_scenario = ratios_by_block(samples, scenario, baseline, baseline + SECOND_COPY)
        for block, ratio in ratios_of_scenario.items():
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
        YardstickShare(scenario=scenario.name, service=service, share=interval(of_blocks, seed))
        for scenario, service, of_blocks in ratios
        if of_blocks
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


def _praise(winner: str, ratio: float, blocks: int) -> str:
    caution = f" ({blocks} blocks only)" if blocks < FEW_BLOCKS else ""
    return f"{winner} {max(ratio, 1 / ratio):.2f}× faster{caution}"
