"""The statistics find a difference that is there, and none where there is none."""

import math
import random
from collections.abc import Mapping, Sequence

import pytest

from compare import statistics
from compare.results import Sample
from compare.scenarios import SCENARIOS
from compare.strict import Interval

NAMES = {"django": "Django", "fastapi": "FastAPI"}
LIST = next(scenario for scenario in SCENARIOS if scenario.name == "list-16")


def samples_of(rates: Mapping[str, Sequence[float]]) -> list[Sample]:
    """One sample a block for each contender's rate in requests per second."""
    return [
        Sample(
            scenario=LIST.name,
            contender=contender,
            block=block,
            order=0,
            duration_seconds=1,
            requests=round(rate),
            requests_per_second=rate,
            p50_ms=1,
            p95_ms=1,
            p99_ms=1,
            cpu_ms_per_request=1,
        )
        for contender, of_blocks in rates.items()
        for block, rate in enumerate(of_blocks)
    ]


def verdict_on(rates: Mapping[str, Sequence[float]]) -> tuple[str | None, str]:
    """The winner and the sentence for these rates of both services."""
    (found,) = statistics.compare([LIST], samples_of(rates), NAMES, seed=1)
    return found.winner, found.verdict


def test_a_clear_difference_is_called() -> None:
    """Twice the throughput in every block is a verdict, whichever service has it."""
    slow, fast = [100, 110, 90, 105, 95], [205, 215, 185, 208, 188]
    assert verdict_on({"django": slow, "fastapi": fast}) == ("fastapi", "FastAPI 2.00× faster")
    assert verdict_on({"django": fast, "fastapi": slow}) == ("django", "Django 2.00× faster")


def test_no_difference_is_not_called() -> None:
    """Ratios on both sides of 1 are too close to call."""
    rates = {"django": [100, 100, 100, 100], "fastapi": [104, 95, 103, 99]}
    assert verdict_on(rates) == (None, "too close to call")


def test_a_difference_within_the_noise_is_not_called() -> None:
    """5 % between two services is nothing where one differs from itself by 8 %."""
    rates = {"django": [100] * 5, "fastapi": [105, 104, 106, 105, 104]}
    assert verdict_on(rates)[0] == "fastapi"
    winner, sentence = verdict_on(rates | {"django-again": [108, 100, 93, 107, 95]})
    assert winner is None
    assert sentence == "too close to call: within the noise"


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
    (found,) = statistics.compare(
        [LIST],
        samples_of({"django": drifting, "fastapi": [rate * 1.2 for rate in drifting]}),
        NAMES,
        seed=1,
    )
    assert found.throughput.low == pytest.approx(1.2)
    assert found.throughput.high == pytest.approx(1.2)


def test_a_block_without_its_pair_is_left_out() -> None:
    """A ratio needs both services in the same block."""
    samples = samples_of({"django": [100, 100, 100], "fastapi": [200, 200]})
    assert statistics.paired(samples, LIST.name, "django", "fastapi") == [2, 2]
    assert statistics.paired(samples, "list-1", "django", "fastapi") == []


def test_the_centre_is_the_geometric_mean() -> None:
    """Twice as fast and half as fast cancel out."""
    assert statistics.interval([2, 0.5], seed=1).ratio == pytest.approx(1)


def test_the_same_seed_gives_the_same_interval() -> None:
    """The interval can be repeated from the samples and the seed."""
    ratios = [1.1, 1.2, 1.15, 1.3, 1.05]
    assert statistics.interval(ratios, seed=7) == statistics.interval(ratios, seed=7)


@pytest.mark.parametrize("blocks", [6, 10])
def test_the_interval_holds_the_truth_as_often_as_it_says(blocks: int) -> None:
    """Of 200 simulated runs with a true ratio of 1.5, about 95 % have it in their interval."""
    chance = random.Random(20261122)
    runs = [[1.5 * math.exp(chance.gauss(0, 0.1)) for _ in range(blocks)] for _ in range(200)]
    found = [statistics.interval(ratios, seed=1) for ratios in runs]
    held = sum(each.low <= 1.5 <= each.high for each in found)
    assert held >= 180


def test_noise_is_measured_from_both_sides() -> None:
    """Noise that only ever slows counts as much as noise that only ever quickens."""
    throughput = Interval(ratio=1.05, low=1.04, high=1.06)
    for noise in (Interval(ratio=0.95, low=0.9, high=1), Interval(ratio=1.05, low=1, high=1.1)):
        assert statistics.doubt_about(throughput, noise, blocks=5)
