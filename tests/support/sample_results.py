"""Runs made up for the tests of the page: as real ones would be, with invented figures."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import chain
from typing import Any

from compare.bench.scenarios import FULL, QUICK, Study
from compare.bench.verdicts import ECONOMY, SPEED, compare, compare_a_a_pair, shares
from compare.registry.project import PROJECT_ROOT
from compare.results.model import Machine, Results, ServiceRun
from compare.results.model import TestOutcome as Outcome
from compare.results.speed import (
    SECOND_COPY,
    BlockRun,
    Null,
    Refusal,
    Sample,
    Scenario,
    Start,
    StudyName,
)
from tests.support.simulated_runs import sample

BLOCKS = 5
SEED = 20261122
CONTRACT = PROJECT_ROOT / "shared" / "README.md"
CLAUSES = dict(re.findall(r"^- \*\*(C\d+)\*\* (.+)$", CONTRACT.read_text("utf-8"), re.MULTILINE))
VERSIONS = {"Django": "6.1.3", "FastAPI": "0.165.0", "SQLAlchemy": "2.1.9", "httpx": "0.28.1"}
STARTED_AT = datetime(2026, 11, 22, 20, 15, tzinfo=UTC)


def sample_results() -> Results:
    """A quick run of the usual four as a real one would be; its figures are made up."""
    return _quick().model_copy(deep=True)


def pair_results() -> Results:
    """A quick run of the first two services alone."""
    return _pair().model_copy(deep=True)


def full_results() -> Results:
    """A run of every study with four services and the bare application."""
    return _full().model_copy(deep=True)


def with_a_failure() -> Results:
    """The quick run, where FastAPI fails C13 and so is not timed."""
    results = sample_results()
    for outcome in results.contract:
        if outcome.clause == "C13" and outcome.service == "fastapi":
            outcome.outcome, outcome.reason = "failed", "assert 500 == 409"
    results.samples = [timed for timed in results.samples if timed.contender != "fastapi"]
    results.comparisons = []
    results.not_timed = {"fastapi": "It fails 1 test of the contract (C13)."}
    return results


def of_older_django() -> Results:
    """The quick run on another machine with an older Django, which does a fifth less."""
    results = sample_results()
    results.versions["Django"] = "5.2.9"
    results.machine.processor, results.machine.cores = "Apple M2", 8
    for timed in results.samples:
        if timed.contender.startswith("django"):
            timed.requests_per_second *= 0.8
            timed.p50_ms /= 0.8
    return _judged(results)


def _usual() -> list[ServiceRun]:
    return [
        _service("django", "Django"),
        _service("fastapi", "FastAPI"),
        _service("django-blocking", "Django", "blocking", "gunicorn gthread"),
        _service("fastapi-blocking", "FastAPI", "blocking"),
    ]


@cache
def _quick() -> Results:
    return _run(QUICK, _usual())


@cache
def _pair() -> Results:
    return _run(QUICK, _usual()[:2])


@cache
def _full() -> Results:
    results = _run(FULL, _usual(), _service("bare", "no framework"))
    results.refusals = [
        Refusal(scenario="create-256", contender="fastapi", block=3, reason="3 answers were errors")
    ]
    for number in (7, 19, 40):
        results.samples[number].marks = [f"other programs used 0.{number} of 2 cores"]
    return results


def _run(
    studies: Sequence[Study],
    services: list[ServiceRun],
    yardstick: ServiceRun | None = None,
) -> Results:
    scenarios = list(chain.from_iterable(study.scenarios for study in studies))
    timed = [*services, yardstick] if yardstick else services
    results = Results(
        **_circumstances(services),
        profile="full" if studies is FULL else "quick",
        services=services,
        yardstick=yardstick,
        contract=[_outcome(id, service.name) for id in CLAUSES for service in services],
        scenarios=scenarios,
        samples=list(chain.from_iterable(_samples(scenario, timed) for scenario in scenarios)),
        **_of_blocks(studies, timed),
        refusals=[],
        comparisons=[],
        noise=[],
        shares=[],
    )
    return _judged(results)


def _circumstances(services: Sequence[ServiceRun]) -> dict[str, Any]:
    return dict(
        started_at=STARTED_AT,
        finished_at=STARTED_AT + timedelta(seconds=134),
        command=f"compare run {' '.join(service.name for service in services)} --database sqlite"
        f" --seed {SEED}",
        commit="db466c5",
        database="SQLite 3.46",
        seed=SEED,
        precision=0.05,
        pinned="service on core 0; load, upstreams and database on core 1",
        lock_sha256="5f0c" * 16,
        load_engine="k9-load 0.1.0",
        machine=_machine(),
        versions=dict(VERSIONS),
        clauses=dict(CLAUSES),
    )


def _of_blocks(studies: Sequence[Study], timed: Sequence[ServiceRun]) -> dict[str, Any]:
    each_block = [(study.name, block) for block in range(BLOCKS) for study in studies]
    return {
        "block_runs": [
            BlockRun(study=study, number=block, seconds=13.4) for study, block in each_block
        ],
        "starts": [
            _start(study, contender.name, block)
            for study, block in each_block
            for contender in timed
        ],
        "nulls": [
            Null(study=study, block=block, requests_per_second=48_000)
            for study, block in each_block
        ],
    }


def _judged(results: Results) -> Results:
    """Set the comparisons to what the samples say."""
    data = results.scenarios, results.samples, results.services, SEED
    results.comparisons = compare(*data, SPEED)
    results.cpu_comparisons = compare(*data, ECONOMY)
    results.noise = compare_a_a_pair(*data)
    if results.yardstick:
        results.shares = shares(*data, results.yardstick.name)
    return results


def _machine() -> Machine:
    return Machine(
        system="Linux 6.12",
        processor="AMD EPYC 7B13",
        cores=2,
        memory_gib=7.8,
        python="3.13.0",
        load_average_before=0.21,
    )


def _service(
    name: str, framework: str, async_model: str = "async", server: str = "uvicorn"
) -> ServiceRun:
    package = "yardsticks" if name == "bare" else f"{framework.lower()}_app"
    return ServiceRun.model_validate(
        {
            "name": name,
            "framework": framework,
            "async_model": async_model,
            "server": server,
            "package": package,
            "command": f"python -m uvicorn --loop uvloop {package}.asgi:application",
            "settings": {
                "ASYNC_MODEL": async_model,
                "DATABASE_POOL_SIZE": "16",
                "DATABASE_URL": f"sqlite:///{name}.sqlite3",
                "UPSTREAM_TIMEOUT_SECONDS": "1.0",
            },
        }
    )


def _outcome(clause: str, service: str) -> Outcome:
    skipped = clause == "C35" and service == "django"
    return Outcome(
        clause=clause,
        sentence=f"the clause `{clause}` is kept",
        test=f"tests/contract/test_{clause.lower()}.py::test_it[{service}]",
        service=service,
        outcome="skipped" if skipped else "passed",
        reason="needs a database server that can be stopped" if skipped else "",
    )


def _start(study: StudyName, contender: str, block: int) -> Start:
    heavy = 0.3 if contender == "bare" else 1.0
    return Start.model_validate(
        {
            "study": study,
            "contender": contender,
            "block": block,
            "ready_seconds": heavy * (0.8 + 0.02 * block),
            "memory_mib": heavy * 78.0,
            "threads": 2,
        }
    )


def _samples(scenario: Scenario, timed: Sequence[ServiceRun]) -> list[Sample]:
    contenders = [service.name for service in timed if _takes_part(scenario, service)]
    contenders.append("django" + SECOND_COPY)
    return [
        sample(scenario, contender, block, order)
        for block in range(BLOCKS)
        for order, contender in enumerate(contenders)
    ]


def _takes_part(scenario: Scenario, service: ServiceRun) -> bool:
    if scenario.application == "ladder" and service.name == "bare":
        return False
    return scenario.async_model in (None, service.async_model)
