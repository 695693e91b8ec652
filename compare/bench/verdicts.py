"""From samples to verdicts: paired ratios over blocks, their interval, and when to say nothing.

A narrow interval inside one batch of processes is false precision, since batches started afresh
may disagree; so the block, which starts every service afresh, is the unit, and its runs are paired.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import geometric_mean

from compare.intervals import Interval, doubt_about, interval
from compare.results.model import ServiceRun, labels
from compare.results.pairs import Pair, pairs_of
from compare.results.speed import SECOND_COPY, Comparison, Sample, Scenario, YardstickShare

FEW_BLOCKS = 5
# Where a hypervisor took more of the service's core, what it left says little of the whole.
MOST_STOLEN_SHARE = 0.5
# The system counts CPU time in ticks of 10 ms.
LEAST_CPU_MS = 200


@dataclass(frozen=True)
class Measure:
    """What is compared of a sample, the more the better, and what that makes the better one."""

    figure: Callable[[Sample, Scenario], float | None]
    winner_is: str


def compare(
    scenarios: Sequence[Scenario],
    samples: Sequence[Sample],
    services: Sequence[ServiceRun],
    seed: int,
    measure: Measure,
) -> list[Comparison]:
    """Compare the pairs of services in every scenario that both were timed in.

    Of those that were not timed, nothing is said.
    """
    noise = {
        study: interval(ratios, seed)
        for study, ratios in _a_a_ratios(scenarios, samples, measure).items()
    }
    comparisons = []
    for scenario in scenarios:
        for pair in pairs_of(services):
            ratios = paired(samples, scenario, pair.baseline, pair.other, measure)
            if ratios:
                band = noise.get(scenario.study)
                comparisons.append(_judged(scenario.name, pair, ratios, band, seed, measure))
    return comparisons


def compare_a_a_pair(
    scenarios: Sequence[Scenario],
    samples: Sequence[Sample],
    services: Sequence[ServiceRun],
    seed: int,
) -> list[Comparison]:
    """Judge the A/A pair, once for each study, by the rule for the others."""
    first, called = _twice(samples), labels(services)
    second = first + SECOND_COPY
    pair = Pair("", first, second, called | {second: f"{called.get(first)} (second copy)"})
    ratios_by_study = _a_a_ratios(scenarios, samples, SPEED)
    return [
        _judged(study, pair, ratios, None, seed, SPEED) for study, ratios in ratios_by_study.items()
    ]


def _a_a_ratios(
    scenarios: Iterable[Scenario],
    samples: Sequence[Sample],
    measure: Measure,
) -> dict[str, list[float]]:
    """Give study -> the A/A ratios of its blocks, each the geometric mean over its scenarios.

    One scenario in twenty would differ from itself by chance alone, were each judged alone.
    """
    first = _twice(samples)
    blocks: dict[str, dict[int, list[float]]] = {}
    for scenario in scenarios:
        pair = first, first + SECOND_COPY
        ratios_of_scenario = ratios_by_block(samples, scenario, *pair, measure)
        for block, ratio in ratios_of_scenario.items():
            blocks.setdefault(scenario.study, {}).setdefault(block, []).append(ratio)
    return {
        study: [geometric_mean(ratios) for ratios in of_blocks.values()]
        for study, of_blocks in blocks.items()
    }


def _twice(samples: Iterable[Sample]) -> str:
    """Name the service that was timed twice; the empty text when none was."""
    contenders = (sample.contender for sample in samples)
    copies = (contender for contender in contenders if contender.endswith(SECOND_COPY))
    return next(copies, "").removesuffix(SECOND_COPY)


def shares(
    scenarios: Iterable[Scenario],
    samples: Sequence[Sample],
    services: Iterable[ServiceRun],
    seed: int,
    yardstick: str,
) -> list[YardstickShare]:
    """Give each service's part of the yardstick's throughput, where both were timed closed-loop."""
    pairs = [(scenario, service.name) for scenario in scenarios for service in services]
    ratios = [
        (scenario, service, paired(samples, scenario, yardstick, service, SPEED))
        for scenario, service in pairs
        if scenario.concurrency
    ]
    return [
        YardstickShare(scenario=scenario.name, service=service, share=interval(of_blocks, seed))
        for scenario, service, of_blocks in ratios
        if of_blocks
    ]


def _judged(
    what: str,
    pair: Pair,
    ratios: Sequence[float],
    noise: Interval | None,
    seed: int,
    measure: Measure,
) -> Comparison:
    judged = interval(ratios, seed)
    doubt = doubt_about(judged, noise, len(ratios))
    winner = pair.other if judged.ratio > 1 else pair.baseline
    praise = _praise(pair.called[winner], judged.ratio, len(ratios), measure)
    return Comparison(
        scenario=what,
        baseline=pair.baseline,
        other=pair.other,
        throughput=judged,
        noise=noise,
        winner=None if doubt else winner,
        verdict=doubt or praise,
    )


def paired(
    samples: Iterable[Sample], scenario: Scenario, baseline: str, other: str, measure: Measure
) -> list[float]:
    """Give, for each block that has both, how many times as good the other was."""
    return list(ratios_by_block(samples, scenario, baseline, other, measure).values())


def ratios_by_block(
    samples: Iterable[Sample], scenario: Scenario, baseline: str, other: str, measure: Measure
) -> dict[int, float]:
    """Give block -> how many times as good the other was, where both were timed.

    That is its figure divided by the baseline's. Where one of them left requests unanswered in any
    block, its figures are of the lucky ones, and nothing is compared. Nor are turns of which a
    hypervisor took more than MOST_STOLEN_SHARE.
    """
    own = [
        sample
        for sample in samples
        if sample.scenario == scenario.name and sample.contender in (baseline, other)
    ]
    if any(sample.unanswered for sample in own):
        return {}
    figures = {
        (sample.contender, sample.block): figure
        for sample in own
        if sample.stolen_share <= MOST_STOLEN_SHARE
        and (figure := measure.figure(sample, scenario)) is not None
    }
    blocks = sorted({block for _, block in figures})
    return {
        block: figures[other, block] / figures[baseline, block]
        for block in blocks
        if (other, block) in figures and (baseline, block) in figures
    }


def _speed(sample: Sample, scenario: Scenario) -> float:
    # An open loop offers all the same rate: there it is who answers sooner.
    if scenario.rate_per_second is not None:
        return 1 / sample.p50_ms
    # In the time that a hypervisor left to the service's core. Where it had time to spare, what was
    # taken was not missed: more than the ceiling allows would not have been answered with it.
    seen = sample.requests_per_second
    most = max(seen, scenario.ceiling_per_second or math.inf)
    return min(seen / (1 - sample.stolen_share), most)


def _economy(sample: Sample, scenario: Scenario) -> float | None:
    cpu_ms = sample.cost.service_cpu_ms_per_request
    return 1 / cpu_ms if cpu_ms * sample.requests >= LEAST_CPU_MS else None


def _praise(winner: str, ratio: float, blocks: int, measure: Measure) -> str:
    caution = f" ({blocks} blocks only)" if blocks < FEW_BLOCKS else ""
    return f"{winner} {max(ratio, 1 / ratio):.2f}× {measure.winner_is}{caution}"


# Answers a second, or in an open loop the median time to answer; and answers for the CPU time.
SPEED = Measure(_speed, "faster")
ECONOMY = Measure(_economy, "cheaper")
