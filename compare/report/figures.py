"""What the templates show of the samples: medians and spreads, in the page's order."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from compare.results import Comparison, Results, Sample, Scenario, ServiceRun
from compare.statistics import AGAIN

ENDPOINTS = ("list", "detail", "create", "dashboard")


@dataclass(frozen=True)
class Figures:
    """One contender in one scenario: medians over its blocks, and the spread of its throughput."""

    contender: str
    blocks_per_second: list[float]
    requests_per_second: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    cpu_ms_per_request: float

    @property
    def lowest_per_second(self) -> float:
        """The throughput of the slowest block."""
        return min(self.blocks_per_second)

    @property
    def highest_per_second(self) -> float:
        """The throughput of the fastest block."""
        return max(self.blocks_per_second)

    @property
    def service(self) -> str:
        """The service behind the contender, also when it is the second of the A/A pair."""
        return self.contender.removesuffix(AGAIN)

    @property
    def is_again(self) -> bool:
        """Whether this is the second of the A/A pair."""
        return self.contender.endswith(AGAIN)


@dataclass(frozen=True)
class Measured:
    """A scenario with its figures by contender and its comparisons; `anchor` is its HTML id."""

    anchor: str
    scenario: Scenario
    figures: dict[str, Figures]
    comparisons: list[Comparison]

    @property
    def rows(self) -> int:
        """How many rows of the first table it takes: one a comparison, and one without any."""
        return max(1, len(self.comparisons))

    @property
    def fastest_per_second(self) -> float:
        """The throughput of the fastest block of all contenders."""
        return max(each.highest_per_second for each in self.figures.values())


def measured(results: Results) -> dict[str, list[Measured]]:
    """Give endpoint -> its scenarios as measured, endpoints in the page's order."""
    numbered = list(enumerate(results.scenarios, start=1))
    return {
        endpoint: [
            _measured(results, f"scenario-{number}", scenario)
            for number, scenario in numbered
            if scenario.endpoint == endpoint
        ]
        for endpoint in ENDPOINTS
        if any(scenario.endpoint == endpoint for scenario in results.scenarios)
    }


def labels(services: Sequence[ServiceRun]) -> dict[str, str]:
    """Give service name -> what the page calls it: its framework where that is enough."""
    frameworks = Counter(service.framework for service in services)
    return {
        service.name: service.framework if frameworks[service.framework] == 1 else service.name
        for service in services
    }


def _measured(results: Results, anchor: str, scenario: Scenario) -> Measured:
    samples = [sample for sample in results.samples if sample.scenario == scenario.name]
    names = [service.name for service in results.services]
    contenders = [name for service in names for name in (service, service + AGAIN)]
    taken = {sample.contender for sample in samples}
    return Measured(
        anchor=anchor,
        scenario=scenario,
        figures={name: _figures(name, samples) for name in contenders if name in taken},
        comparisons=[each for each in results.comparisons if each.scenario == scenario.name],
    )


def _figures(contender: str, samples: Sequence[Sample]) -> Figures:
    own = [sample for sample in samples if sample.contender == contender]
    throughputs = [sample.requests_per_second for sample in own]
    return Figures(
        contender=contender,
        blocks_per_second=throughputs,
        requests_per_second=median(throughputs),
        p50_ms=median(sample.p50_ms for sample in own),
        p95_ms=median(sample.p95_ms for sample in own),
        p99_ms=median(sample.p99_ms for sample in own),
        cpu_ms_per_request=median(sample.cpu_ms_per_request for sample in own),
    )
