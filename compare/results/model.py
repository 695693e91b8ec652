"""The results file: what one run found, whole and versioned; an incomplete one is refused."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median
from typing import Annotated, Final, Literal

from pydantic import Field

from compare.results.speed import (
    BlockRun,
    Comparison,
    Null,
    Refusal,
    Sample,
    Scenario,
    Start,
    StudyName,
    YardstickShare,
)
from compare.results.surveys import Survey
from compare.strict import Strict

FORMAT_VERSION: Final = 2


class Machine(Strict):
    """Where the run took place, and how busy the machine was before it."""

    system: str
    processor: str
    cores: int
    memory_gib: float
    python: str
    load_average_before: float

    def is_like(self, other: "Machine") -> bool:
        """Whether the other is the same but for how busy it was."""
        as_busy = {"load_average_before": self.load_average_before}
        return self == other.model_copy(update=as_busy)


class ServiceRun(Strict):
    """A service as it was run: its row of the registry and its settings."""

    name: str
    framework: str
    async_model: Literal["async", "blocking"]
    server: str
    package: str
    command: str
    settings: dict[str, str]


class TestOutcome(Strict):
    """One contract test on one service; `sentence` is the test's docstring without its clause."""

    clause: str
    sentence: str
    test: str
    service: str
    outcome: Literal["passed", "failed", "skipped"]
    reason: str = ""


class Results(Strict):
    """One whole run. `finished_at` is its footer: without it the run was cut short."""

    format_version: Literal[2] = FORMAT_VERSION
    started_at: datetime
    finished_at: datetime | None = None
    command: str
    commit: str
    database: str
    seed: int
    profile: str
    block_runs: Annotated[list[BlockRun], Field(description="in the order in which they were run")]
    precision: float
    pinned: str
    lock_sha256: str
    load_engine: str
    machine: Machine
    versions: dict[str, str]
    services: list[ServiceRun]
    clauses: dict[str, str]
    contract: list[TestOutcome]
    scenarios: list[Scenario]
    samples: list[Sample]
    refusals: list[Refusal]
    starts: list[Start]
    nulls: list[Null]
    comparisons: list[Comparison]
    cpu_comparisons: Annotated[
        list[Comparison], Field(description="of the CPU time that an answer takes the service")
    ] = []
    noise: Annotated[list[Comparison], Field(description="the A/A pair, a study at a time")]
    yardstick: ServiceRun | None
    shares: list[YardstickShare]
    survey: Survey = Survey()
    not_timed: Annotated[dict[str, str], Field(description="service -> why")] = {}

    @property
    def blocks(self) -> dict[StudyName, int]:
        """How many blocks each study had, in the order in which the studies began."""
        return dict(Counter(block.study for block in self.block_runs))

    def with_figures(self, figures: "Figures", finished_at: datetime | None = None) -> "Results":
        """Give these results with other figures, whole if it is known when they were finished."""
        return self.model_copy(update=vars(figures) | {"finished_at": finished_at})


@dataclass(frozen=True)
class Figures:
    """What the blocks of a run came to: the fields of the same names in its results."""

    block_runs: list[BlockRun] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    starts: list[Start] = field(default_factory=list)
    nulls: list[Null] = field(default_factory=list)
    comparisons: list[Comparison] = field(default_factory=list)
    cpu_comparisons: list[Comparison] = field(default_factory=list)
    noise: list[Comparison] = field(default_factory=list)
    shares: list[YardstickShare] = field(default_factory=list)


def labels(services: Sequence[ServiceRun]) -> dict[str, str]:
    """Give service name -> what a reader calls it: its framework where that is enough."""
    frameworks = Counter(service.framework for service in services)
    return {
        service.name: service.framework if frameworks[service.framework] == 1 else service.name
        for service in services
    }


def medians(results: Results, scenario: Scenario) -> dict[str, float]:
    """Give contender -> its middle block: answers a second, or in an open loop the median time."""
    figures: dict[str, list[float]] = {}
    for sample in results.samples:
        if sample.scenario == scenario.name:
            figure = sample.p50_ms if scenario.rate_per_second else sample.requests_per_second
            figures.setdefault(sample.contender, []).append(figure)
    return {contender: median(of_blocks) for contender, of_blocks in figures.items()}
