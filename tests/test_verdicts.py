"""The statistics find a difference that is there, and none where there is none."""

import math
import random
from collections.abc import Mapping, Sequence

import pytest

from compare import intervals
from compare.bench import verdicts
from compare.bench.circumstances import service_run
from compare.bench.scenarios import FULL
from compare.bench.verdicts import ECONOMY, SPEED
from compare.intervals import Interval
from compare.registry.services import SERVICES, USUAL
from compare.results.speed import Sample, Scenario
from tests.support.plain_samples import plain_sample

BOTH = [service_run(SERVICES[name]) for name in ("django", "fastapi")]
USUAL_FOUR = [service_run(SERVICES[name]) for name in USUAL]
SCENARIOS = {scenario.name: scenario for study in FULL for scenario in study.scenarios}
LIST = SCENARIOS["list-16"]


def samples_of(rates: Mapping[str, Sequence[float]], scenario: Scenario = LIST) -> list[Sample]:
    """One sample a block for each contender's rate in requests per second."""
    return [
        plain_sample(scenario, contender, block, rate)
        for contender, of_blocks in rates.items()
        for block, rate in enumerate(of_blocks)
    ]


def verdict_on(rates: Mapping[str, Sequence[float]]) -> tuple[str | None, str]:
    """The winner and the sentence for these rates of both services."""
    (comparison,) = verdicts.compare([LIST], samples_of(rates), BOTH, 1, SPEED)
    return comparison.winner, comparison.verdict


def test_clear_difference_is_called() -> None:
    """Twice the throughput in every block is a verdict, whichever service has it."""
    slow, fast = [100, 110, 90, 105, 95], [205, 215, 185, 208, 188]
    assert verdict_on({"django": slow, "fastapi": fast}) == ("fastapi", "FastAPI 2.00× faster")
    assert verdict_on({"django": fast, "fastapi": slow}) == ("django", "Django 2.00× faster")


def test_no_difference_is_not_called() -> None:
    """Ratios on both sides of 1 are too close to call."""
    rates = {"django": [100, 100, 100, 100], "fastapi": [104, 95, 103, 99]}
    assert verdict_on(rates) == (None, "too close to call")


def test_blocks_that_disagree_are_said_to() -> None:
    """Where a ratio may be half or double, it is not its nearness to 1 that decides."""
    rates = {"django": [100.0] * 4, "fastapi": [90.0, 1000.0, 100.0, 2000.0]}
    assert verdict_on(rates) == (None, "too close to call: the blocks disagree")


def test_difference_within_the_noise_is_not_called() -> None:
    """8 % between two services is nothing where one differs from itself by 10 %."""
    rates = {"django": [100] * 5, "fastapi": [108, 107, 109, 108, 107]}
    assert verdict_on(rates)[0] == "fastapi"
    winner, sentence = verdict_on(rates | {"django-again": [112, 100, 90, 109, 93]})
    assert winner is None
    assert sentence == "too close to call: within the noise"


def test_difference_that_nobody_would_notice_is_not_called() -> None:
    """4 % in every block is sharp, and still nobody's reason to choose."""
    rates = {"django": [100.0] * 6, "fastapi": [104.0] * 6}
    assert verdict_on(rates) == (None, "too close to call")
    assert verdict_on(rates | {"fastapi": [106.0] * 6})[0] == "fastapi"


def test_aa_pair_is_judged_by_the_rule_for_the_others() -> None:
    """The A/A pair has a verdict by the same rule, without noise to excuse it."""
    calm, apart = [100, 103, 98, 101, 99], [130, 131, 129, 132, 128]
    for rates, winner in ((calm, None), (apart, "django-again")):
        samples = samples_of({"django": [100] * 5, "django-again": rates, "fastapi": [300] * 5})
        (comparison,) = verdicts.compare_a_a_pair([LIST], samples, BOTH, seed=1)
        assert (comparison.scenario, comparison.winner, comparison.noise) == (
            "closed-loop",
            winner,
            None,
        )


def test_aa_pair_is_judged_over_all_scenarios() -> None:
    """What is quicker here and slower there, by chance, is no difference of the whole."""
    detail = SCENARIOS["detail-16"]
    up = samples_of({"django": [100] * 5, "django-again": [130, 131, 129, 132, 128]})
    down = samples_of({"django": [100] * 5, "django-again": [77, 76, 78, 76, 78]}, detail)
    assert verdicts.compare_a_a_pair([LIST], up, BOTH, seed=1)[0].winner == "django-again"
    (comparison,) = verdicts.compare_a_a_pair([LIST, detail], up + down, BOTH, seed=1)
    assert (comparison.winner, comparison.verdict) == (None, "too close to call")


def test_time_that_the_hypervisor_took_is_left_out() -> None:
    """A service that was kept from its core half of the time is no slower for it."""
    samples = samples_of({"django": [50.0] * 5, "fastapi": [100.0] * 5})
    for sample in samples:
        sample.stolen_share = 0.5 if sample.contender == "django" else 0.0
    (comparison,) = verdicts.compare([LIST], samples, BOTH, 1, SPEED)
    assert comparison.throughput.ratio == pytest.approx(1)
    assert comparison.winner is None


def test_run_that_the_hypervisor_mostly_took_is_in_no_comparison() -> None:
    """What is left of it says too little of the whole; its block has no ratio."""
    samples = samples_of({"django": [100.0] * 5, "fastapi": [100.0] * 4 + [1.0]})
    samples[-1].stolen_share = 0.7
    assert (samples[-1].contender, samples[-1].requests_per_second) == ("fastapi", 1.0)
    assert verdicts.paired(samples, LIST, "django", "fastapi", SPEED) == [1.0] * 4


def test_open_loop_is_compared_by_its_times() -> None:
    """Where both are offered the same rate, the one that answers sooner is the better."""
    offered = SCENARIOS["list-at-50"]
    samples = samples_of({"django": [50.0] * 5, "fastapi": [100.0] * 5}, offered)
    level = [sample.model_copy(update={"requests_per_second": 50.0}) for sample in samples]
    (comparison,) = verdicts.compare([offered], level, BOTH, 1, SPEED)
    assert comparison.throughput.ratio == pytest.approx(2)


def test_two_frameworks_in_both_models_are_compared_two_by_two() -> None:
    """Framework and model are each asked for alone: nothing that differs in both is compared."""
    rates = {"django": 100, "fastapi": 150, "django-blocking": 200, "fastapi-blocking": 300}
    samples = samples_of({name: [rate] * 5 for name, rate in rates.items()})
    comparisons = verdicts.compare([LIST], samples, USUAL_FOUR, 1, SPEED)
    assert [(judged.baseline, judged.other, judged.verdict) for judged in comparisons] == [
        ("django", "fastapi", "FastAPI 1.50× faster"),
        ("django-blocking", "fastapi-blocking", "FastAPI 1.50× faster"),
        ("django", "django-blocking", "blocking 2.00× faster"),
        ("fastapi", "fastapi-blocking", "blocking 2.00× faster"),
    ]


def test_cpu_of_an_answer_has_a_verdict_of_its_own() -> None:
    """Whose answers take half the CPU time is twice as cheap, as fast as it may be."""
    samples = samples_of({"django": [100.0] * 5, "fastapi": [50.0] * 5})
    for sample in samples:
        sample.cost.service_cpu_ms_per_request = 8 if sample.contender == "django" else 4
    (comparison,) = verdicts.compare([LIST], samples, BOTH, 1, ECONOMY)
    assert (comparison.winner, comparison.verdict) == ("fastapi", "FastAPI 2.00× cheaper")


def test_cpu_of_a_few_ticks_is_not_compared() -> None:
    """The system counts in hundredths of a second: what took none, or two, says nothing."""
    samples = samples_of({"django": [5.0] * 5, "fastapi": [5.0] * 5})
    for sample in samples:
        sample.cost.service_cpu_ms_per_request = 4 if sample.contender == "django" else 0
    assert verdicts.compare([LIST], samples, BOTH, 1, ECONOMY) == []


def test_service_that_was_not_timed_leaves_the_others_their_pairs() -> None:
    """Two by two nothing else is compared in its stead, and the A/A pair is who ran twice."""
    rates = {"fastapi": 150, "fastapi-again": 151, "django-blocking": 200, "fastapi-blocking": 300}
    samples = samples_of({name: [rate] * 5 for name, rate in rates.items()})
    comparisons = verdicts.compare([LIST], samples, USUAL_FOUR, 1, SPEED)
    assert [judged.pair for judged in comparisons] == [
        ("django-blocking", "fastapi-blocking"),
        ("fastapi", "fastapi-blocking"),
    ]
    (pair,) = verdicts.compare_a_a_pair([LIST], samples, USUAL_FOUR, 1)
    assert pair.pair == ("fastapi", "fastapi-again")


def test_share_is_of_the_yardstick_in_the_same_block() -> None:
    """A service with a tenth of the bare application's throughput has a share of 0.1."""
    samples = samples_of({"django": [10, 20, 30], "bare": [100, 200, 300]})
    (share,) = verdicts.shares([LIST], samples, BOTH[:1], 1, "bare")
    assert (share.service, share.scenario) == ("django", "list-16")
    assert share.share.ratio == pytest.approx(0.1)


@pytest.mark.parametrize("blocks", [1, 2])
def test_too_few_blocks_decide_nothing(blocks: int) -> None:
    """However large the difference, one or two blocks do not show whether it lasts."""
    winner, sentence = verdict_on({"django": [100] * blocks, "fastapi": [900] * blocks})
    assert winner is None
    assert sentence.startswith("too close to call")


def test_few_blocks_are_named() -> None:
    """A verdict from three or four blocks says how few they were."""
    rates = {"django": [100, 100, 100], "fastapi": [150, 151, 149]}
    assert verdict_on(rates) == ("fastapi", "FastAPI 1.50× faster (3 blocks only)")


def test_runs_are_paired_by_block() -> None:
    """A machine that slows down for a block slows both, and the ratio stays sharp."""
    drifting = [100, 50, 200, 75, 160, 90]
    (comparison,) = verdicts.compare(
        [LIST],
        samples_of({"django": drifting, "fastapi": [rate * 1.2 for rate in drifting]}),
        BOTH,
        seed=1,
        measure=SPEED,
    )
    assert comparison.throughput.low == pytest.approx(1.2)
    assert comparison.throughput.high == pytest.approx(1.2)


def test_block_without_its_pair_is_left_out() -> None:
    """A ratio needs both services in the same block."""
    samples = samples_of({"django": [100, 100, 100], "fastapi": [200, 200]})
    assert verdicts.paired(samples, LIST, "django", "fastapi", SPEED) == [2, 2]
    assert verdicts.paired(samples, SCENARIOS["list-1"], "django", "fastapi", SPEED) == []


def test_centre_is_the_geometric_mean() -> None:
    """Twice as fast and half as fast cancel out."""
    assert intervals.interval([2, 0.5], seed=1).ratio == pytest.approx(1)


def test_same_seed_gives_the_same_interval() -> None:
    """The interval can be repeated from the samples and the seed."""
    ratios = [1.1, 1.2, 1.15, 1.3, 1.05]
    assert intervals.interval(ratios, seed=7) == intervals.interval(ratios, seed=7)


@pytest.mark.parametrize("blocks", [3, 4, 6, 10])
def test_interval_holds_the_truth_as_often_as_it_says(blocks: int) -> None:
    """Of 200 simulated runs with a true ratio of 1.5, about 95 % have it in their interval."""
    chance = random.Random(20261122)
    runs = [[1.5 * math.exp(chance.gauss(0, 0.1)) for _ in range(blocks)] for _ in range(200)]
    drawn = [intervals.interval(ratios, seed=1) for ratios in runs]
    held = sum(interval.low <= 1.5 <= interval.high for interval in drawn)
    assert held >= 180


def test_noise_is_measured_from_both_sides() -> None:
    """Noise that only ever slows counts as much as noise that only ever quickens."""
    throughput = Interval(ratio=1.08, low=1.06, high=1.09)
    for noise in (Interval(ratio=0.95, low=0.9, high=1), Interval(ratio=1.05, low=1, high=1.1)):
        assert intervals.doubt_about(throughput, noise, blocks=5)
