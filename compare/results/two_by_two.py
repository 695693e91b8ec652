"""The two by two of a run: each framework in each async model, and what the comparisons say."""

from collections.abc import Sequence
from dataclasses import dataclass

from compare.results.model import Results, medians
from compare.results.pairs import Pair, is_compared_two_by_two, pairs_of
from compare.results.speed import Comparison, Scenario

MODELS = ("async", "blocking")


@dataclass(frozen=True)
class Answer:
    """What a run says to the question of a pair, of speed and of CPU time; None where it cannot."""

    pair: Pair
    speed: Comparison | None
    cpu: Comparison | None


@dataclass(frozen=True)
class TwoByTwo:
    """One scenario: the service of each framework and model, and the answers beside and below.

    `services` is framework -> model -> name, `rates` name -> median of its answers a second;
    `across` is framework -> async or blocking?, `down` is model -> which framework?
    """

    scenario: Scenario
    services: dict[str, dict[str, str]]
    rates: dict[str, float]
    across: dict[str, Answer]
    down: dict[str, Answer]


def two_by_twos(results: Results) -> list[TwoByTwo]:
    """Give one for each closed loop; none when the services are others than two by two."""
    if not is_compared_two_by_two(results):
        return []
    return [
        _two_by_two(results, scenario)
        for scenario in results.scenarios
        if scenario.study == "closed-loop"
    ]


def _two_by_two(results: Results, scenario: Scenario) -> TwoByTwo:
    services: dict[str, dict[str, str]] = {}
    for service in results.services:
        services.setdefault(service.framework, {})[service.async_model] = service.name
    answers = [_answer(results, scenario, pair) for pair in pairs_of(results.services)]
    return TwoByTwo(
        scenario=scenario,
        services=services,
        rates=medians(results, scenario),
        down=dict(zip(MODELS, answers[:2], strict=True)),
        across=dict(zip(services, answers[2:], strict=True)),
    )


def _answer(results: Results, scenario: Scenario, pair: Pair) -> Answer:
    def among(comparisons: Sequence[Comparison]) -> Comparison | None:
        asked = scenario.name, (pair.baseline, pair.other)
        answers = {(answer.scenario, answer.pair): answer for answer in comparisons}
        return answers.get(asked)

    return Answer(pair, among(results.comparisons), among(results.cpu_comparisons))
