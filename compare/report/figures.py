"""What the templates show of the samples: medians and spreads, in the page's order."""

import shlex
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import get_args

from compare.intervals import Interval
from compare.results.model import Results
from compare.results.speed import SECOND_COPY, Comparison, Refusal, Sample, Scenario, StudyName


@dataclass(frozen=True)
class ContenderFigures:
    """One contender in one scenario: medians over its blocks, and the spread of its throughput.

    Peaks are medians of the blocks' peaks; what was never counted is None. `unanswered` is a share
    of what was sent; `fell_behind` counts the blocks that left some, and `marked` those that
    something may have disturbed.
    """

    contender: str
    blocks_per_second: list[float]
    requests_per_second: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    unanswered: float
    fell_behind: int
    service_cpu_ms: float
    database_cpu_ms: float | None
    client_cores: float
    memory_mib: float | None
    threads: float
    connections: float | None
    marked: int

    @property
    def lowest_per_second(self) -> float:
        """The throughput of the slowest block."""
        return min(self.blocks_per_second)

    @property
    def highest_per_second(self) -> float:
        """The throughput of the fastest block."""
        return max(self.blocks_per_second)

    @property
    def cpu_ms(self) -> float:
        """Processor time of a request, in the service and in the database server."""
        return self.service_cpu_ms + (self.database_cpu_ms or 0)

    @property
    def service(self) -> str:
        """The service behind the contender, also when it is the second of the A/A pair."""
        return self.contender.removesuffix(SECOND_COPY)

    @property
    def is_second_copy(self) -> bool:
        """Whether this is the second of the A/A pair."""
        return self.contender.endswith(SECOND_COPY)


@dataclass(frozen=True)
class Measured:
    """A scenario with all that was found in it, by contender or by service.

    `anchor` is its HTML id and `command` repeats it. `comparisons` are by baseline and other.
    `shares` are of the bare application's throughput; `fastest_per_second` is of the services'
    fastest block, without that application.
    """

    anchor: str
    command: str
    scenario: Scenario
    figures: dict[str, ContenderFigures]
    comparisons: dict[tuple[str, str], Comparison]
    shares: dict[str, Interval]
    refusals: list[Refusal]
    fastest_per_second: float

    @property
    def load(self) -> str:
        """How hard it asks, in words."""
        if self.scenario.rate_per_second is not None:
            return f"{self.scenario.rate_per_second:g} a second"
        return f"{self.scenario.concurrency} in flight"

    @property
    def hardness(self) -> float:
        """How hard it asks, as the place on an axis: the rate, or how many are in flight."""
        return self.scenario.rate_per_second or self.scenario.concurrency or 1

    def behind(self, services: Iterable[str]) -> list[str]:
        """Those of the services that left requests unanswered in any block: none is compared."""
        shown = (name for name in services if name in self.figures)
        return [name for name in shown if self.figures[name].fell_behind]


Studies = dict[StudyName, dict[str, list[Measured]]]
DRAWN: tuple[StudyName, ...] = ("closed-loop", "mixed")


def all_scenarios(studies: Studies) -> list[Measured]:
    """Give all scenarios, one after another."""
    return [
        measured
        for by_endpoint in studies.values()
        for scenarios in by_endpoint.values()
        for measured in scenarios
    ]


def measured_studies(results: Results) -> Studies:
    """Give study -> endpoint -> its scenarios as measured, in the order of the results."""
    studies: Studies = {}
    for study in get_args(StudyName):
        for scenario in results.scenarios:
            if scenario.study == study:
                by_endpoint = studies.setdefault(study, {})
                by_endpoint.setdefault(scenario.endpoint, []).append(_measured(results, scenario))
    return studies


def drawn_comparisons(studies: Studies, pairs: Collection[tuple[str, ...]]) -> list[Comparison]:
    """Give the comparisons that are drawn on the axis of ratios: of capacity, of these pairs."""
    return [
        comparison
        for study in DRAWN
        for scenarios in studies.get(study, {}).values()
        for measured in scenarios
        for pair, comparison in measured.comparisons.items()
        if pair in pairs
    ]


def middle(values: Iterable[float | None]) -> float | None:
    """The median of what is known; None when nothing is."""
    known = [value for value in values if value is not None]
    return median(known) if known else None


def _measured(results: Results, scenario: Scenario) -> Measured:
    name = scenario.name
    samples = [sample for sample in results.samples if sample.scenario == name]
    contenders = [
        service.name + suffix for service in results.services for suffix in ("", SECOND_COPY)
    ]
    rates = [sample.requests_per_second for sample in samples if sample.contender in contenders]
    if results.yardstick:
        contenders.append(results.yardstick.name)
    taken = {sample.contender for sample in samples}
    return Measured(
        anchor=f"scenario-{name}",
        command=_repeating(results.command, name),
        scenario=scenario,
        figures={
            contender: _figures(contender, samples)
            for contender in contenders
            if contender in taken
        },
        comparisons={
            judged.pair: judged for judged in results.comparisons if judged.scenario == name
        },
        shares={share.service: share.share for share in results.shares if share.scenario == name},
        refusals=[refusal for refusal in results.refusals if refusal.scenario == name],
        fastest_per_second=max(rates, default=0.0),
    )


def _figures(contender: str, samples: Sequence[Sample]) -> ContenderFigures:
    own = [sample for sample in samples if sample.contender == contender]
    costs = [sample.cost for sample in own]
    return ContenderFigures(
        contender=contender,
        blocks_per_second=[sample.requests_per_second for sample in own],
        requests_per_second=median(sample.requests_per_second for sample in own),
        p50_ms=median(sample.p50_ms for sample in own),
        p95_ms=median(sample.p95_ms for sample in own),
        p99_ms=median(sample.p99_ms for sample in own),
        unanswered=median(_unanswered(sample) for sample in own),
        fell_behind=sum(sample.unanswered > 0 for sample in own),
        service_cpu_ms=median(cost.service_cpu_ms_per_request for cost in costs),
        database_cpu_ms=middle(cost.database_cpu_ms_per_request for cost in costs),
        client_cores=median(cost.client_cores for cost in costs),
        memory_mib=middle(cost.peak_memory_mib for cost in costs),
        threads=median(cost.peak_threads for cost in costs),
        connections=middle(cost.peak_connections for cost in costs),
        marked=sum(bool(sample.marks) for sample in own),
    )


def _unanswered(sample: Sample) -> float:
    sent = sample.requests + sample.unanswered
    return sample.unanswered / sent if sent else 0.0


def _repeating(command: str, scenario: str) -> str:
    """Give the run's command with this scenario alone."""
    parts = shlex.split(command) if command.count("'") % 2 == 0 else command.split()
    while "--scenario" in parts:
        at = parts.index("--scenario")
        del parts[at : at + 2]
    kept = [part for part in parts if not part.startswith("--scenario=")]
    return shlex.join([*kept, "--scenario", scenario])
