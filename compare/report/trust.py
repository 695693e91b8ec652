"""What the results say in a sentence, and the doubts that the results themselves raise."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from statistics import median

from compare.bench.verdicts import MOST_STOLEN_SHARE
from compare.intervals import Interval, half_width
from compare.report.figures import Measured, Studies, all_scenarios
from compare.results.model import Results
from compare.results.pairs import Pair, pairs_of

WIDE_INTERVAL = 0.10
BUSY_LOAD_PER_CORE = 0.5
NOTED_STOLEN_SHARE = 0.02


def headline(results: Results) -> list[str]:
    """Say how the comparisons of capacity came out, counted: a sentence for each pair."""
    closed = {scenario.name for scenario in results.scenarios if scenario.study == "closed-loop"}
    sentences = []
    for pair in pairs_of(results.services):
        winners = [
            comparison.winner
            for comparison in results.comparisons
            if comparison.scenario in closed and comparison.pair == (pair.baseline, pair.other)
        ]
        if winners:
            sentences.append(_counted(pair, winners))
    return sentences


def noise(results: Results) -> Interval | None:
    """The A/A ratios together: their median and how far their intervals reach; None without."""
    noises = [comparison.throughput for comparison in results.noise]
    if not noises:
        return None
    return Interval(
        ratio=median(interval.ratio for interval in noises),
        low=min(interval.low for interval in noises),
        high=max(interval.high for interval in noises),
    )


def a_a_verdict(results: Results) -> str:
    """Say how the rule that judges the others judged the A/A pair."""
    comparisons = results.noise
    wrong = [comparison for comparison in comparisons if comparison.winner]
    if not comparisons:
        return ""
    if not wrong:
        return "By the rule that judges the others it is too close to call, as it should be."
    told = "; ".join(f"`{comparison.scenario}`: {comparison.verdict}" for comparison in wrong)
    return (
        f"By the rule that judges the others it differs from itself in {told}."
        " Verdicts as small as that mean nothing in this run."
    )


def doubts(results: Results, studies: Studies) -> list[str]:
    """Give the reasons to trust these results less, a sentence each."""
    return [
        *_busy(results),
        *_stolen(results),
        *_wide(results),
        *_marked(results),
        *_refused(results),
        *_above(all_scenarios(studies)),
    ]


def _counted(pair: Pair, winners: Sequence[str | None]) -> str:
    first, second = (
        f"{pair.called[name]} in {winners.count(name)}" for name in (pair.baseline, pair.other)
    )
    return (
        f"{pair.question} More answers a second: {first} of {len(winners)} endpoints and loads,"
        f" {second}; {_close(winners.count(None))}."
    )


def _close(count: int) -> str:
    return f"{count or 'none'} {'were' if count > 1 else 'was'} too close to call"


def _busy(results: Results) -> list[str]:
    load, cores = results.machine.load_average_before, results.machine.cores
    if load <= BUSY_LOAD_PER_CORE * cores:
        return []
    return [f"The machine was busy before the run: load average {load:.2f} on {cores} cores."]


def _stolen(results: Results) -> list[str]:
    shares = [sample.stolen_share for sample in results.samples]
    share = median(shares) if shares else 0
    mostly = sum(share_of_run > MOST_STOLEN_SHARE for share_of_run in shares)
    said = []
    if share >= NOTED_STOLEN_SHARE:
        said.append(
            f"The hypervisor took {share:.0%} of the time of the service’s core in a typical"
            " sample: rates are as they were seen, comparisons of throughput are of the time that"
            " was left."
        )
    if mostly:
        said.append(
            f"Of {mostly} of {len(shares)} samples the hypervisor took more than half of the core:"
            " they are in no comparison."
        )
    return said


def _wide(results: Results) -> list[str]:
    width = half_width([comparison.throughput for comparison in results.comparisons])
    if width <= WIDE_INTERVAL:
        return []
    return [f"Intervals are wide, typically ±{width:.0%}: more blocks make them narrower."]


def _marked(results: Results) -> list[str]:
    """Count the marks by their kind, which is what they say but for the figures."""
    marks = [mark for sample in results.samples for mark in sample.marks]
    kinds = Counter(_kind(mark) for mark in marks)
    examples = {_kind(mark): mark for mark in reversed(marks)}
    return [
        f"Something may have disturbed {count} of {len(results.samples)} samples"
        f"{', for example' if count > 1 else ''}: {examples[kind]}."
        for kind, count in kinds.most_common()
    ]


def _kind(mark: str) -> str:
    return re.sub(r"\d+(\.\d+)?", "…", mark)


def _refused(results: Results) -> list[str]:
    if not results.refusals:
        return []
    total = len(results.refusals) + len(results.samples)
    where = Counter(f"{refusal.contender} in `{refusal.scenario}`" for refusal in results.refusals)
    told = ", ".join(f"{run} ({count})" for run, count in where.items())
    return [f"Refused, and counted nowhere: {len(results.refusals)} of {total} samples: {told}."]


def _above(scenarios: Iterable[Measured]) -> list[str]:
    """A service above what is possible at all means that something is measured wrongly."""
    doubts = []
    for measured in scenarios:
        name, ceiling = measured.scenario.name, measured.scenario.ceiling_per_second
        doubts += [
            f"{service} is above the bare application in `{name}`: no service can be."
            for service, share in measured.shares.items()
            if share.low > 1
        ]
        doubts += [
            f"{figures.contender} is above the arithmetic ceiling in `{name}`: nothing can be."
            for figures in measured.figures.values()
            if ceiling and figures.requests_per_second > ceiling
        ]
    return doubts
