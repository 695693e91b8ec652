"""The instrument measures in blocks, and refuses figures that cannot be true."""

import random

import httpx
import pytest

from compare import databases, launch, load, measure, scenarios
from compare.results import Scenario
from compare.services import SERVICES

LIST, DASHBOARD = (
    next(each for each in scenarios.SCENARIOS if each.name == name)
    for name in ("list-16", "dashboard-16")
)


def found(requests: int, errors: int = 0) -> load.Load:
    """What a run of one second found."""
    return load.Load(1.0, requests, errors, float(requests), 1.0, 1.0, 1.0)


def test_every_scenario_has_a_request_and_an_honest_ceiling() -> None:
    """Where upstreams wait, so many in flight can do no more than in flight divided by the wait."""
    ceilings = {each.name: each.ceiling_per_second for each in scenarios.SCENARIOS}
    assert ceilings["dashboard-1"] == 10
    assert ceilings["dashboard-64"] == 640
    assert ceilings["list-16"] is None
    assert {each.endpoint for each in scenarios.SCENARIOS} == set(scenarios.REQUESTS)


@pytest.mark.parametrize(
    ("scenario", "load", "hits", "refusal"),
    [
        (LIST, found(100), 0, ""),
        (LIST, found(100, errors=1), 0, "1 errors beside 100 answers"),
        (LIST, found(0), 0, "0 errors beside 0 answers"),
        (DASHBOARD, found(160), 480, ""),
        (DASHBOARD, found(160), 479, "479 calls of the upstreams, where the answers took 480"),
        (DASHBOARD, found(177), 531, "177 answers, where the upstreams' delay allows 176"),
    ],
)
def test_gates(scenario: Scenario, load: load.Load, hits: int, refusal: str) -> None:
    """Errors, calls that were not made and impossible speed are each refused."""
    assert measure.refusal_of(scenario, load, hits) == refusal


def test_a_block_times_every_contender(monkeypatch: pytest.MonkeyPatch) -> None:
    """A block has one sample of each contender in each scenario, and of the A/A pair at 16."""
    monkeypatch.setattr(measure, "RUN_SECONDS", 0.2)
    progress: list[measure.Progress] = []
    alone = next(each for each in scenarios.SCENARIOS if each.name == "detail-1")
    with databases.open("sqlite") as source, launch.upstreams_running() as upstreams:
        contenders = measure.contenders([SERVICES["fastapi"]], source)
        bench = measure.Bench(
            contenders, upstreams.url, random.Random(1), progress.append, [alone, DASHBOARD]
        )
        samples = bench.run(budget_seconds=1, blocks=1)
        hits = httpx.get(f"{upstreams.url}/hits", trust_env=False).json()
    assert sorted((sample.scenario, sample.contender) for sample in samples) == [
        ("dashboard-16", "fastapi"),
        ("dashboard-16", "fastapi-again"),
        ("detail-1", "fastapi"),
    ]
    assert all(sample.cpu_ms_per_request > 0 for sample in samples)
    dashboards = [sample for sample in samples if sample.scenario == "dashboard-16"]
    assert all(sample.p50_ms >= scenarios.UPSTREAM_DELAY_MS for sample in dashboards)
    assert min(hits.values()) >= sum(sample.requests for sample in dashboards)
    assert progress[-1].done == progress[-1].total == len(samples)


def test_a_failing_service_is_not_timed() -> None:
    """Answers without all upstreams are errors, and errors end the run."""
    late = DASHBOARD.model_copy(update={"upstream_delay_ms": 1500.0})
    with databases.open("sqlite") as source, launch.upstreams_running() as upstreams:
        contenders = measure.contenders([SERVICES["fastapi"]], source)
        bench = measure.Bench(
            contenders, upstreams.url, random.Random(1), lambda progress: None, [late]
        )
        with pytest.raises(measure.GateError, match="dashboard-16 on fastapi.* is not kept: "):
            bench.run(budget_seconds=1, blocks=1)
