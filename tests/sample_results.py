"""Runs made up for the tests of the page: as real ones would be, with invented figures."""

import re
from datetime import UTC, datetime, timedelta

from compare.results import Machine, Results, Sample, Scenario, ServiceRun
from compare.results import TestOutcome as Outcome
from compare.services import PROJECT_ROOT
from compare.statistics import compare

BLOCKS = 5
SEED = 20261122
CONTRACT = PROJECT_ROOT / "shared" / "README.md"
CLAUSES = dict(re.findall(r"^- \*\*(C\d+)\*\* (.+)$", CONTRACT.read_text("utf-8"), re.MULTILINE))
REQUESTS = {
    "list": "GET /posts?limit=20",
    "detail": "GET /posts/500",
    "create": "POST /posts",
    "dashboard": "GET /dashboard",
}
SPEEDS = {  # endpoint, in flight -> requests a second of Django, and how many times that FastAPI's
    ("list", 1): (121.0, 1.78),
    ("list", 16): (161.0, 1.94),
    ("detail", 1): (214.0, 1.32),
    ("detail", 16): (259.0, 1.51),
    ("create", 1): (188.0, 1.03),
    ("create", 16): (212.0, 0.86),
    ("dashboard", 1): (8.9, 1.01),
    ("dashboard", 16): (139.0, 1.02),
}
WOBBLE = (0.0, 0.03, -0.02, 0.05, -0.04)


VERSIONS = {"Django": "6.1.3", "FastAPI": "0.165.0", "SQLAlchemy": "2.1.9", "httpx": "0.28.1"}


def sample_results() -> Results:
    """A whole run of Django and FastAPI as a real one would be; its figures are made up."""
    started_at = datetime(2026, 11, 22, 20, 15, tzinfo=UTC)
    scenarios = [_scenario(*key) for key in SPEEDS]
    samples = [sample for scenario in scenarios for sample in _samples(scenario)]
    return Results(
        started_at=started_at,
        finished_at=started_at + timedelta(seconds=134),
        command="compare run --blocks 5",
        commit="db466c5",
        database="SQLite 3.46",
        seed=SEED,
        profile="quick",
        blocks=BLOCKS,
        load_engine="k9-load 0.1.0",
        machine=_machine(),
        versions=VERSIONS,
        services=[_service("django", "Django"), _service("fastapi", "FastAPI")],
        clauses=CLAUSES,
        contract=[_outcome(id, service) for id in CLAUSES for service in ("django", "fastapi")],
        scenarios=scenarios,
        samples=samples,
        comparisons=compare(scenarios, samples, {"django": "Django", "fastapi": "FastAPI"}, SEED),
    )


def with_a_failure() -> Results:
    """The same run, where FastAPI fails C13 and so is not timed."""
    results = sample_results()
    for outcome in results.contract:
        if outcome.clause == "C13" and outcome.service == "fastapi":
            outcome.outcome, outcome.reason = "failed", "assert 500 == 409"
    results.samples = [each for each in results.samples if each.contender != "fastapi"]
    results.comparisons = []
    results.not_timed = {"fastapi": "It fails 1 test of the contract (C13)."}
    return results


def with_four_services() -> Results:
    """The same run with the blocking services too, each compared to the first service."""
    results = sample_results()
    for framework in ("Django", "FastAPI"):
        name = f"{framework.lower()}-blocking"
        blocking = {"name": name, "async_model": "blocking", "server": "gunicorn gthread"}
        results.services.append(_service(name, framework).model_copy(update=blocking))
        results.samples += [
            each.model_copy(
                update={"contender": name, "requests_per_second": 1.2 * each.requests_per_second}
            )
            for each in results.samples
            if each.contender == framework.lower()
        ]
    names = {service.name: service.name for service in results.services}
    results.comparisons = compare(results.scenarios, results.samples, names, SEED)
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


def _service(name: str, framework: str) -> ServiceRun:
    package = f"{framework.lower()}_app"
    return ServiceRun(
        name=name,
        framework=framework,
        async_model="async",
        server="uvicorn",
        package=package,
        command=f"python -m uvicorn --loop uvloop --http httptools {package}.asgi:application",
        settings={
            "ASYNC_MODEL": "async",
            "DATABASE_POOL_SIZE": "16",
            "DATABASE_URL": f"sqlite:///{name}.sqlite3",
            "UPSTREAM_TIMEOUT_SECONDS": "1.0",
        },
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


def _scenario(endpoint: str, concurrency: int) -> Scenario:
    upstreams = {"upstream_delay_ms": 100.0, "ceiling_per_second": concurrency * 10.0}
    return Scenario.model_validate(
        {
            "name": f"{endpoint}-{concurrency}",
            "endpoint": endpoint,
            "request": REQUESTS[endpoint],
            "concurrency": concurrency,
            **(upstreams if endpoint == "dashboard" else {}),
        }
    )


def _samples(scenario: Scenario) -> list[Sample]:
    speed, ratio = SPEEDS[scenario.endpoint, scenario.concurrency]
    speeds = {"django": speed, "fastapi": speed * ratio}
    if scenario.concurrency == 16:
        speeds["django-again"] = speed * 1.01
    return [
        _sample(scenario, contender, block, speeds[contender] * (1 + WOBBLE[block - order]))
        for block in range(BLOCKS)
        for order, contender in enumerate(speeds)
    ]


def _sample(scenario: Scenario, contender: str, block: int, per_second: float) -> Sample:
    p50_ms = 1000 * scenario.concurrency / per_second
    return Sample(
        scenario=scenario.name,
        contender=contender,
        block=block,
        order=0,
        duration_seconds=3.0,
        requests=int(3 * per_second),
        requests_per_second=per_second,
        p50_ms=p50_ms,
        p95_ms=p50_ms * 1.6,
        p99_ms=p50_ms * 2.3,
        cpu_ms_per_request=900 / per_second,
    )
