"""Who is compared with whom: two by two where there are two frameworks and both async models."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from compare.results.model import Results, ServiceRun, labels


@dataclass(frozen=True)
class Pair:
    """Two services that are compared, and what a sentence calls them: {"django": "Django", …}.

    `question` is what the two differ in, such as "Django: async or blocking?".
    """

    question: str
    baseline: str
    other: str
    called: Mapping[str, str]


def pairs_of(services: Sequence[ServiceRun]) -> list[Pair]:
    """Give the pairs of the services that were run, in the order in which to tell of them.

    Of two frameworks in both async models the framework and the model are each asked for by itself,
    and nothing that differs in both is compared; of all others, each with the first.
    """
    if is_two_by_two(services):
        return _two_by_two(services)
    called = labels(services)
    first, *others = called or [""]
    return [Pair(f"{called[first]} or {called[other]}?", first, other, called) for other in others]


def is_compared_two_by_two(results: Results) -> bool:
    """Whether a run has compared its services so; older files compare each with the first."""
    pairs = {(pair.baseline, pair.other) for pair in pairs_of(results.services)}
    compared = {comparison.pair for comparison in results.comparisons}
    return is_two_by_two(results.services) and compared <= pairs


def is_two_by_two(services: Sequence[ServiceRun]) -> bool:
    """Whether they are two frameworks, each in both async models."""
    kinds = {(service.framework, service.async_model) for service in services}
    return len(services) == len(kinds) == 4 and len({framework for framework, _ in kinds}) == 2


def _two_by_two(services: Sequence[ServiceRun]) -> list[Pair]:
    frameworks = {service.name: service.framework for service in services}
    models: dict[str, str] = {service.name: service.async_model for service in services}
    framework, other_framework = dict.fromkeys(frameworks.values())

    def both(kinds: Mapping[str, str], kind: str) -> tuple[str, str]:
        baseline, other = (name for name in kinds if kinds[name] == kind)
        return baseline, other

    by_framework = [
        Pair(f"{framework} or {other_framework}, {model}?", *both(models, model), called=frameworks)
        for model in ("async", "blocking")
    ]
    by_model = [
        Pair(f"{name}: async or blocking?", *both(frameworks, name), called=models)
        for name in (framework, other_framework)
    ]
    return [*by_framework, *by_model]
