"""The bench times contenders in blocks, on real services, and keeps nothing that a gate refuses."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import httpx
import pytest

from compare.bench import scenarios, starting
from compare.bench.bench import Bench
from compare.bench.block import Block, BlockProgress
from compare.bench.contenders import Contender, contenders
from compare.bench.rig import Rig
from compare.bench.scenarios import FULL, Study, only
from compare.bench.upstreams import Upstreams, upstreams_running
from compare.errors import GateError
from compare.registry.services import SERVICES, YARDSTICK, Service
from compare.running import databases, pinning, requests
from compare.running.turns import client_running

DETAIL, DASHBOARD = "detail-16", "dashboard-16"
TURNS, TURN_SECONDS = 2, 0.1

pytestmark = pytest.mark.timeout(360)  # two blocks, each of which starts three services


@dataclass(frozen=True)
class Twice:
    """A block that was run twice, what it asked of the upstreams the first time, and its words."""

    blocks: tuple[Block, Block]
    hits: dict[str, int]
    progress: list[BlockProgress]


@pytest.fixture(scope="module", autouse=True)
def _short_beginnings() -> Iterator[None]:
    """What warms up, and the client's own limit, take a moment here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(starting, "WARM_UP_SECONDS", 0.1)
        patch.setattr(starting, "NULL_SECONDS", 0.1)
        yield


def study_of(*names: str) -> Study:
    """One study of these scenarios, with two short turns."""
    (study,) = only(FULL, names)
    return replace(study, turns=TURNS, turn_seconds=TURN_SECONDS, yardstick_turns=1)


@contextmanager
def bench_of(
    services: Sequence[Service], yardstick: Service | None = None
) -> Iterator[tuple[Bench, Upstreams, list[BlockProgress]]]:
    """A bench on SQLite with its upstreams, and what it tells of its progress."""
    progress: list[BlockProgress] = []
    with (
        databases.open("sqlite") as source,
        upstreams_running() as upstreams,
        client_running() as client,
    ):
        rig = Rig(upstreams, client, pinning.split())
        timed = contenders(services, yardstick, source)
        yield Bench(timed, rig, 1, progress.append), upstreams, progress


@pytest.fixture(scope="module")
def twice() -> Twice:
    """The third block of a study, and the same once more."""
    with bench_of([SERVICES["fastapi"]], YARDSTICK) as (bench, upstreams, progress):
        study = study_of(DETAIL, DASHBOARD)
        first = bench.run(study, 2)
        hits = httpx.get(f"{upstreams.url}/hits", trust_env=False).json()
        return Twice((first, bench.run(study, 2)), hits, progress)


def test_every_scenario_has_a_request_and_an_honest_ceiling() -> None:
    """Where something is waited for, no more than in flight divided by the wait can be done."""
    scenario_of = {scenario.name: scenario for study in FULL for scenario in study.scenarios}
    assert scenario_of["dashboard-1"].ceiling_per_second == 10
    assert scenario_of["dashboard-64"].ceiling_per_second == 640
    assert scenario_of["fan-out-500ms-256"].ceiling_per_second == 512
    assert scenario_of["wait-thread-16"].ceiling_per_second == 320
    assert scenario_of["list-16"].ceiling_per_second is None
    assert {scenario.endpoint for scenario in scenario_of.values()} == {
        *requests.REQUESTS,
        "mixed",
    } - {requests.GATHERED}
    assert sum(requests.MIXED.values()) == 100
    for study in (*scenarios.QUICK, *FULL):
        assert {scenario.study for scenario in study.scenarios} == {study.name}


def test_block_times_every_contender(twice: Twice) -> None:
    """A block has one sample of each contender in each scenario, the second of the pair too."""
    block, _ = twice.blocks
    assert block.refusals == []
    assert sorted((sample.scenario, sample.contender) for sample in block.samples) == [
        (scenario, contender)
        for scenario in (DASHBOARD, DETAIL)
        for contender in ("bare", "fastapi", "fastapi-again")
    ]
    assert {start.contender for start in block.starts} == {"bare", "fastapi", "fastapi-again"}
    assert [null.requests_per_second > 0 for null in block.nulls] == [True]
    for sample in block.samples:
        assert sample.bodies_compared > 0
        assert sample.cost.service_cpu_ms_per_request > 0
        assert sample.cost.peak_threads > 0
    dashboards = [sample for sample in block.samples if sample.scenario == DASHBOARD]
    assert all(sample.p50_ms >= scenarios.UPSTREAM_DELAY_MS for sample in dashboards)
    assert min(twice.hits.values()) >= sum(sample.requests for sample in dashboards)
    turns = sum(len(sample.turn_rates) for sample in block.samples)
    assert twice.progress[-1].done == twice.progress[-1].total == turns


def test_contenders_take_turns(twice: Twice) -> None:
    """In each round all have one turn, the yardstick in the first; between them they rest."""
    details = [sample for sample in twice.blocks[0].samples if sample.scenario == DETAIL]
    rates = {sample.contender: len(sample.turn_rates) for sample in details}
    assert rates == {"fastapi": TURNS, "fastapi-again": TURNS, "bare": 1}
    progress = [step.text for step in twice.progress if step.text.startswith(f"{DETAIL} on ")]
    rounds = [{*progress[:3]}, {*progress[3:5]}]
    assert rounds[0] == {f"{DETAIL} on {name}" for name in rates}
    assert rounds[1] == {f"{DETAIL} on {name}" for name in ("fastapi", "fastapi-again")}
    for sample in details:
        assert sample.duration_seconds >= len(sample.turn_rates) * TURN_SECONDS
        if sample.between_turns_cores is not None:
            busy_cores = sample.cost.service_cpu_ms_per_request * sample.requests_per_second / 1000
            assert sample.between_turns_cores < busy_cores / 4


def test_order_of_a_block_is_its_own(twice: Twice) -> None:
    """The same seed, study and number give the same order, whatever was run before."""
    starts = [[start.contender for start in block.starts] for block in twice.blocks]
    steps = [step.text for step in twice.progress if " on " in step.text]
    assert [block.refusals for block in twice.blocks] == [[], []]
    assert starts[0] == starts[1]
    assert steps[: len(steps) // 2] == steps[len(steps) // 2 :]


@pytest.mark.slow
def test_ladder_is_of_the_same_service() -> None:
    """A rung is asked of the framework's ladder, and counts for the service; bare has none."""
    study = study_of("ladder-select-1", "ladder-objects")
    with bench_of([SERVICES["django"]], YARDSTICK) as (running, _, _):
        block = running.run(study, 0)
    assert block.refusals == []
    assert sorted((sample.scenario, sample.contender) for sample in block.samples) == [
        ("ladder-objects", "django"),
        ("ladder-objects", "django-again"),
        ("ladder-select-1", "django"),
        ("ladder-select-1", "django-again"),
    ]


def test_what_a_blocking_service_cannot_wait_in_is_not_asked() -> None:
    """Of the waits, a blocking service has threads only."""
    study = study_of("wait-await-16", "wait-blocking-call-16", "wait-thread-16")
    blocking = Contender("fastapi-blocking", SERVICES["fastapi-blocking"], database_url="")
    taken = [
        scenario.name for scenario in study.scenarios if blocking.takes(scenario, study, block=0)
    ]
    assert taken == ["wait-thread-16"]


@pytest.mark.slow
def test_service_that_answers_wrongly_has_no_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers without all upstreams are errors: the run is refused, with the reason."""
    monkeypatch.setattr(starting, "PATIENCE", {"UPSTREAM_TIMEOUT_SECONDS": "0.4"})
    with bench_of([SERVICES["fastapi"]]) as (running, _, _):
        block = running.run(study_of("fan-out-500ms-4"), 0)
    assert block.samples == []
    assert sorted(refusal.contender for refusal in block.refusals) == ["fastapi", "fastapi-again"]
    assert all("errors beside 0 answers" in refusal.reason for refusal in block.refusals)


@pytest.mark.slow
def test_service_that_fails_while_it_warms_up_ends_the_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What answers nothing but errors cannot be timed at all."""
    monkeypatch.setattr(starting, "PATIENCE", {"API_TOKEN": "which-the-load-does-not-know"})
    with (
        bench_of([SERVICES["fastapi"]]) as (running, _, _),
        pytest.raises(GateError, match="fastapi.*: .* errors while it was warmed up"),
    ):
        running.run(study_of(DETAIL), 0)


def test_yardstick_is_in_the_first_blocks_only() -> None:
    """Of the fourth block on, the time is the services' alone."""
    study = study_of(DETAIL)
    (scenario,) = study.scenarios
    bare = Contender("bare", YARDSTICK, database_url="")
    fastapi = Contender("fastapi", SERVICES["fastapi"], database_url="")
    assert [bare.takes(scenario, study, block) for block in range(5)] == [True] * 3 + [False] * 2
    assert all(fastapi.takes(scenario, study, block) for block in range(5))


def test_yardstick_has_fewer_turns() -> None:
    """It answers many times as much; what waits for others is steadier, and has a quarter."""
    (study,) = only(FULL, (DETAIL, DASHBOARD))
    detail, dashboard = study.scenarios
    bare = Contender("bare", YARDSTICK, database_url="")
    fastapi = Contender("fastapi", SERVICES["fastapi"], database_url="")
    assert (fastapi.turns(detail, study), bare.turns(detail, study)) == (4, 2)
    assert (fastapi.turns(dashboard, study), bare.turns(dashboard, study)) == (1, 1)
