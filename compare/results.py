"""The results file: what one run found, whole and versioned; an incomplete one is refused."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field, ValidationError

from compare.strict import Interval, Strict
from compare.surveyed import Survey

FORMAT_VERSION: Final = 1


class Machine(Strict):
    """Where the run took place, and how busy the machine was before it."""

    system: str
    processor: str
    cores: int
    memory_gib: float
    python: str
    load_average_before: float


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


class Scenario(Strict):
    """What is asked of a service: an endpoint under a closed loop of so many connections.

    `ceiling_per_second` is what arithmetic allows (in flight divided by the upstreams' delay).
    """

    name: str
    endpoint: Literal["list", "detail", "create", "dashboard"]
    request: str
    concurrency: int
    upstream_delay_ms: float | None = None
    ceiling_per_second: float | None = None


class Sample(Strict):
    """One timed run of a scenario on one service in one block.

    `contender` is the service's name, or that name and "-again" for the A/A pair.
    """

    scenario: str
    contender: str
    block: int
    order: int
    duration_seconds: float
    requests: int
    requests_per_second: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    cpu_ms_per_request: float


class Comparison(Strict):
    """How many times the throughput of `baseline` the `other` has in a scenario.

    `noise` is the same ratio between the baseline and itself; `verdict` is a sentence.
    """

    scenario: str
    baseline: str
    other: str
    throughput: Interval
    noise: Interval | None
    winner: str | None
    verdict: str


class Results(Strict):
    """One whole run. `finished_at` is its footer: without it the run was cut short."""

    format_version: Literal[1] = FORMAT_VERSION
    started_at: datetime
    finished_at: datetime | None = None
    command: str
    commit: str
    database: str
    seed: int
    profile: str
    blocks: int
    load_engine: str
    machine: Machine
    versions: dict[str, str]
    services: list[ServiceRun]
    clauses: dict[str, str]
    contract: list[TestOutcome]
    scenarios: list[Scenario]
    samples: list[Sample]
    comparisons: list[Comparison]
    survey: Survey = Survey()
    not_timed: Annotated[dict[str, str], Field(description="service -> why")] = {}


class UnusableResults(Exception):
    """A results file that cannot be read back; the message says why."""


def write(results: Results, path: Path) -> None:
    """Write the results file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    unfinished.write_text(results.model_dump_json(indent=1) + "\n", encoding="utf-8")
    unfinished.replace(path)


def read(path: Path) -> Results:
    """Read a results file back; UnusableResults when it is missing, damaged or incomplete."""
    try:
        results = Results.model_validate_json(path.read_bytes())
    except OSError as error:
        raise UnusableResults(f"{path}: {error.strerror}") from error
    except ValidationError as error:
        raise UnusableResults(f"{path} is not a results file: {error.errors()[0]}") from error
    if results.finished_at is None:
        raise UnusableResults(f"{path} is of a run that was cut short")
    return results
