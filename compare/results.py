"""The results file: what one run found, whole and versioned; an incomplete one is refused."""

import json
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field, ValidationError

from compare.measured import (
    BlockRun,
    Comparison,
    Null,
    Refusal,
    Sample,
    Scenario,
    Start,
    Study,
    YardstickShare,
)
from compare.strict import Strict
from compare.surveyed import Survey

FORMAT_VERSION: Final = 2


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
    noise: Annotated[list[Comparison], Field(description="the A/A pair, a study at a time")]
    yardstick: ServiceRun | None
    shares: list[YardstickShare]
    survey: Survey = Survey()
    not_timed: Annotated[dict[str, str], Field(description="service -> why")] = {}

    @property
    def blocks(self) -> dict[Study, int]:
        """How many blocks each study had, in the order in which the studies began."""
        return dict(Counter(each.study for each in self.block_runs))


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
    results = read_unfinished(path)
    if results.finished_at is None:
        raise UnusableResults(f"{path} is of a run that was cut short")
    return results


def read_unfinished(path: Path) -> Results:
    """Read what there is of a run that may have been cut short; UnusableResults as for `read`."""
    try:
        return Results.model_validate_json(path.read_bytes())
    except OSError as error:
        raise UnusableResults(f"{path}: {(error.strerror or '').lower()}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UnusableResults(
            f"{path} is not a results file of format {FORMAT_VERSION}: {where}: {first['msg']}"
        ) from error


def schema() -> str:
    """Give the JSON Schema of the results file."""
    return json.dumps(Results.model_json_schema(), indent=1) + "\n"
