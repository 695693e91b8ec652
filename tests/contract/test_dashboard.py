"""The dashboard: `GET /dashboard`, and what it does when its upstreams do not."""

import asyncio
from itertools import product
from typing import Any

import httpx
import pytest

from tests.contract.answers import elapsed_ms, good, problem
from tests.contract.at_once import until
from tests.contract.posts import create_async, new_post
from tests.contract.simulator import NAMES, Simulator, all_overlap, most_at_once, none_overlap
from tests.contract.subject import Subject

ONCE_EACH = dict.fromkeys(NAMES, 1)
REASONS = {
    "hang": "timeout",
    "refuse": "unreachable",
    "status": "status",
    "garbage": "not-json",
    "wrong-shape": "wrong-shape",
}
DELAY_SECONDS = 0.2
DASHBOARDS_AT_ONCE = 16
# Less than any of the simulator's answers takes when it comes drop by drop.
PATIENCE_MS = 3000.0


def lacking(whole: dict[str, Any], **reasons: str) -> dict[str, Any]:
    """Give the dashboard of these upstream answers without the parts that failed."""
    missing = [{"source": name, "reason": reason} for name, reason in reasons.items()]
    return whole | dict.fromkeys(reasons) | {"unavailable": missing}


def in_order(dashboard: dict[str, Any]) -> dict[str, Any]:
    """Sort what is unavailable: the contract leaves its order open."""
    order = [part["source"] for part in dashboard["unavailable"]]
    ranked = sorted(dashboard["unavailable"], key=lambda part: NAMES.index(part["source"]))
    assert len(set(order)) == len(order)
    return dashboard | {"unavailable": ranked}


@pytest.mark.happy_path
def test_dashboard_has_the_three_answers(patient: httpx.Client, simulator: Simulator) -> None:
    """C19: A dashboard has each part exactly as its upstream gave it."""
    whole = simulator.answers()
    dashboard = good(patient.get("/dashboard"))
    assert dashboard == whole | {"unavailable": []}
    assert dashboard["weather"].keys() == {"city", "temperature_celsius", "conditions"}
    assert dashboard["news"].keys() == {"headlines"}
    assert dashboard["stocks"].keys() == {"quotes"}


@pytest.mark.parametrize(
    "mode",
    [
        pytest.param("answer", marks=pytest.mark.happy_path),
        *["status", "garbage", "wrong-shape", "refuse"],
    ],
)
def test_each_upstream_is_called_once(
    client: httpx.Client, simulator: Simulator, mode: str
) -> None:
    """C20: A dashboard calls each upstream exactly once, also when a call fails."""
    good(client.get("/dashboard"))  # so that kept connections exist, which tempt to try again
    simulator.reset()
    simulator.set("news", mode)
    good(client.get("/dashboard"))
    assert simulator.hits() == ONCE_EACH


@pytest.mark.happy_path
def test_upstream_calls_overlap_or_follow_each_other(
    subject: Subject, patient: httpx.Client, simulator: Simulator, record_property: Any
) -> None:
    """C20: The three calls overlap in the async model and follow each other in the blocking one."""
    simulator.set_all(delay_seconds=DELAY_SECONDS)
    good(patient.get("/dashboard"))
    hits = simulator.log()
    assert sorted(hit.upstream for hit in hits) == sorted(NAMES)
    record_property("overlap", all_overlap(hits))
    assert all_overlap(hits) != none_overlap(hits)
    if subject.overlaps is not None:
        assert all_overlap(hits) == subject.overlaps


@pytest.mark.parametrize(
    ("name", "mode"),
    # What stocks that hang are answered with, the test of C23 asks.
    [pair for pair in product(NAMES, REASONS) if pair != ("stocks", "hang")],
)
def test_failing_upstream_is_named_with_its_reason(
    client: httpx.Client, simulator: Simulator, name: str, mode: str
) -> None:
    """C21: A failing upstream has a null part and its reason, while the others are given."""
    whole = simulator.answers()
    simulator.set(name, mode)
    assert good(client.get("/dashboard")) == lacking(whole, **{name: REASONS[mode]})


@pytest.mark.parametrize("status", [301, 400, 404, 429, 500, 503])
def test_any_bad_status_is_one(patient: httpx.Client, simulator: Simulator, status: int) -> None:
    """C21: An upstream that answers with any other status than success has the reason `status`."""
    whole = simulator.answers()
    simulator.set("stocks", "status", status=status)
    assert good(patient.get("/dashboard")) == lacking(whole, stocks="status")


@pytest.mark.parametrize("well", NAMES)
def test_two_failing_upstreams_are_both_named(
    patient: httpx.Client, simulator: Simulator, well: str
) -> None:
    """C21: Two upstreams that fail in different ways are both named, and the third is given."""
    whole = simulator.answers()
    garbled, rejecting = (name for name in NAMES if name != well)
    simulator.set(garbled, "garbage")
    simulator.set(rejecting, "status")
    dashboard = in_order(good(patient.get("/dashboard")))
    assert dashboard == lacking(whole, **{garbled: "not-json", rejecting: "status"})


def test_upstream_that_is_well_again_is_given(patient: httpx.Client, simulator: Simulator) -> None:
    """C21: An upstream that failed is asked again by the next dashboard."""
    whole = simulator.answers()
    simulator.set("news", "refuse")
    assert good(patient.get("/dashboard")) == lacking(whole, news="unreachable")
    simulator.reset()
    assert good(patient.get("/dashboard")) == lacking(whole)


@pytest.mark.parametrize(
    "modes",
    [("status",) * 3, ("hang", "refuse", "status"), ("garbage", "garbage", "wrong-shape")],
    ids="-".join,
)
def test_dashboard_without_any_upstream_fails(
    client: httpx.Client, simulator: Simulator, modes: tuple[str, str, str]
) -> None:
    """C22: A dashboard is a 502 when all three upstreams fail, and is well when they are."""
    for name, mode in zip(NAMES, modes, strict=True):
        simulator.set(name, mode)
    problem(client.get("/dashboard"), 502)
    simulator.reset()
    good(client.get("/dashboard"))


def test_dashboard_fails_when_nobody_listens(stranded: httpx.Client) -> None:
    """C22: A dashboard is a 502 when nothing listens where the upstreams should be."""
    problem(stranded.get("/dashboard"), 502)


@pytest.mark.parametrize("mode", ["hang", "drip"])
def test_slow_upstream_costs_no_more_than_its_timeout(
    client: httpx.Client, simulator: Simulator, mode: str, upstream_timeout_ms: float
) -> None:
    """C23: One slow upstream costs its timeout and no more, also when its answer drips in."""
    whole = simulator.answers()
    simulator.set("stocks", mode)
    answer = client.get("/dashboard")
    assert good(answer) == lacking(whole, stocks="timeout")
    assert 0.9 * upstream_timeout_ms < elapsed_ms(answer) < PATIENCE_MS
    assert simulator.hits() == ONCE_EACH


@pytest.mark.happy_path
def test_upstream_within_its_timeout_is_given(patient: httpx.Client, simulator: Simulator) -> None:
    """C23: An upstream that answers before its timeout is over is waited for."""
    whole = simulator.answers()
    simulator.set("stocks", delay_seconds=DELAY_SECONDS)
    answer = patient.get("/dashboard")
    assert good(answer) == lacking(whole)
    assert elapsed_ms(answer) > 0.9 * DELAY_SECONDS * 1000


@pytest.mark.happy_path
@pytest.mark.asyncio
async def test_many_dashboards_are_served_at_once(
    async_patient: httpx.AsyncClient, simulator: Simulator
) -> None:
    """C24: Sixteen dashboards are served at once: their calls of a slow upstream overlap."""
    whole = simulator.answers()
    simulator.set("weather", "hold")
    async with asyncio.TaskGroup() as group:
        dashboards = [async_patient.get("/dashboard") for _ in range(DASHBOARDS_AT_ONCE)]
        tasks = [group.create_task(dashboard) for dashboard in dashboards]
        await until(lambda: simulator.hits()["weather"] >= DASHBOARDS_AT_ONCE / 2)
        await asyncio.to_thread(simulator.make_well)
    assert [good(task.result()) for task in tasks] == [lacking(whole)] * DASHBOARDS_AT_ONCE
    assert simulator.hits() == dict.fromkeys(NAMES, DASHBOARDS_AT_ONCE)
    slow = [hit for hit in simulator.log() if hit.upstream == "weather"]
    assert most_at_once(slow) >= DASHBOARDS_AT_ONCE / 2


@pytest.mark.asyncio
@pytest.mark.usefixtures("tidy")
async def test_others_are_served_while_a_dashboard_waits(
    async_patient: httpx.AsyncClient, simulator: Simulator
) -> None:
    """C24: While one dashboard waits for its upstream, others read and create."""
    whole = simulator.answers()
    simulator.set("weather", "hold")
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(async_patient.get("/dashboard"))
        await until(lambda: simulator.hits()["weather"] == 1)
        others = [await async_patient.get(path) for path in ("/posts?limit=1", "/health")]
        created = await create_async(async_patient, new_post())
        was_waiting = not waiting.done()
        await asyncio.to_thread(simulator.make_well)
    assert was_waiting
    for answer in others:
        good(answer)
    good(created, 201)
    assert good(waiting.result()) == lacking(whole)
