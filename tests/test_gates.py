"""The gates refuse figures that cannot be true, and mark those that may not be the service's."""

import pytest

from compare.bench import gates, scenarios
from compare.results.speed import Scenario
from compare.running import load
from tests.test_schedule import CLOSED, block_of

SCENARIOS = {scenario.name: scenario for study in scenarios.FULL for scenario in study.scenarios}
LIST, DASHBOARD, MIXED = (SCENARIOS[name] for name in ("list-16", "dashboard-16", "mixed-16"))
OPEN, WAIT = SCENARIOS["list-at-50"], SCENARIOS["wait-await-1"]


def loaded(requests: int, errors: int = 0, dashboards: int = 0) -> load.Load:
    """What a run of one second found."""
    answers = {"/dashboard": dashboards, "/posts?limit=20": requests - dashboards}
    return load.Load(1.0, requests, errors, float(requests), 1.0, 1.0, 1.0, 0, 0.1, answers)


@pytest.mark.parametrize(
    ("scenario", "load", "hits", "refusal"),
    [
        (LIST, loaded(100), 0, ""),
        (LIST, loaded(100, errors=1), 0, "1 errors beside 100 answers"),
        (LIST, loaded(0), 0, "0 errors beside 0 answers"),
        (DASHBOARD, loaded(160, 0, 160), 480, ""),
        (
            DASHBOARD,
            loaded(160, 0, 160),
            479,
            "479 calls of the upstreams, where the answers took 480",
        ),
        (DASHBOARD, loaded(170, 0, 170), 510, "170 answers, where the delay allows 162"),
        (MIXED, loaded(100, 0, 4), 12, ""),
        (MIXED, loaded(100, 0, 4), 11, "11 calls of the upstreams, where the answers took 12"),
        (WAIT, loaded(20), 0, ""),
        (WAIT, loaded(21), 0, "21 answers, where the delay allows 20"),
        (OPEN, loaded(50), 0, ""),
    ],
)
def test_what_is_refused(scenario: Scenario, load: load.Load, hits: int, refusal: str) -> None:
    """Errors, calls that were not made and impossible speed are each refused."""
    assert gates.refusal_of(scenario, load, hits) == refusal


def test_wrong_body_is_refused() -> None:
    """One answer that was not the contract's makes the whole run worthless."""
    difference = "GET /posts/3 answered with a wrong title"
    assert gates.refusal_of(LIST, loaded(100), 0, difference) == difference


@pytest.mark.parametrize(
    ("engine_cores", "upstream_cores", "database_ms", "marks"),
    [
        (0.5, 0.3, None, []),
        (
            0.95,
            0,
            None,
            ["the load client had no time left", "load, upstreams and database had no time left"],
        ),
        (0.5, 0.45, None, ["load, upstreams and database had no time left"]),
        (0.5, 0, 4.5, ["load, upstreams and database had no time left"]),
        (
            0.5,
            0.95,
            None,
            ["the upstreams had no time left", "load, upstreams and database had no time left"],
        ),
    ],
)
def test_what_has_no_time_left_is_marked(
    engine_cores: float, upstream_cores: float, database_ms: float | None, marks: list[str]
) -> None:
    """A figure may be that of the load, the upstreams or the database where they share one core."""
    sample = block_of(CLOSED, 0).samples[0]  # 100 requests a second
    sample.cost.client_cores = engine_cores
    sample.cost.database_cpu_ms_per_request = database_ms
    assert gates.marks_of(sample, 1, upstream_cores) == marks
    alone = ["the upstreams had no time left"] * (upstream_cores > 0.9)
    assert gates.marks_of(sample, 4, upstream_cores) == alone


def test_load_engine_near_its_limit_is_marked() -> None:
    """A figure may be the engine's where that does little more without any work."""
    sample = block_of(CLOSED, 0).samples[0]
    assert gates.marks_of(sample, 1, null_per_second=1000) == []
    assert gates.marks_of(sample, 1, null_per_second=120) == ["the load client was near its limit"]


def test_load_engine_that_is_late_is_marked() -> None:
    """What is sent later than intended has times that are too short by as much."""
    sample = block_of(CLOSED, 0).samples[0]
    assert gates.marks_of(sample, 1, sent_late_ms=1.5) == []
    assert gates.marks_of(sample, 1, sent_late_ms=20) == [
        "the load client sent its requests 20 ms late on average"
    ]
