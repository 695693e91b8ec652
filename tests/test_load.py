"""The load engine tells the truth about a server whose delays and errors are known."""

import json
import math
import re
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import k9.plan
import psutil
import pytest

from compare.running import addresses, load
from compare.running.load import ClosedLoop, Load, Loop, OpenLoop
from compare.running.requests import Request
from tests.support.scripted_app import (
    DELAY_SECONDS,
    FAILING_EVERY,
    QUICK_SECONDS,
    SLOW_EVERY,
    SLOW_SECONDS,
    STALL_SECONDS,
)
from tests.support.scripted_server import forget, seen

CONNECTIONS = 4
CLOSED = ClosedLoop(CONNECTIONS)
RATE_PER_SECOND = 100
OPEN = OpenLoop(RATE_PER_SECOND)
DURATION_SECONDS = 0.5
MIX = (
    (50, Request("GET", "/fast")),
    (30, Request("GET", "/posts/{id}", ids=(3, 5, 7))),
    (20, Request("POST", "/echo", 201)),
)
BOTH_LOOPS = pytest.mark.parametrize("loop", [CLOSED, OPEN], ids=["closed", "open"])

pytestmark = pytest.mark.alone


@pytest.fixture
def server(scripted_server: str) -> str:
    """The scripted server, whose counts start at nothing."""
    forget(scripted_server)
    return scripted_server


def loaded(
    server: str, request: Request, loop: Loop = CLOSED, duration_seconds: float = DURATION_SECONDS
) -> Load:
    """What the engine found when it asked for nothing else."""
    return load.run(server, [(100, request)], loop, duration_seconds)


def offered(duration_seconds: float) -> list[int]:
    """How many requests an open loop sends: one more or less where the last is due at the end."""
    arrivals = round(RATE_PER_SECOND * duration_seconds)
    return [arrivals - 1, arrivals, arrivals + 1]


def test_every_request_is_counted_once(server: str) -> None:
    """As many answers are counted as the server gave, over as many connections as it had."""
    result = loaded(server, Request("GET", "/fast"))
    requests = seen(server)
    assert (result.errors, result.unanswered) == (0, 0)
    assert result.requests == len(requests) > CONNECTIONS
    assert len({request["client_port"] for request in requests}) == CONNECTIONS


def test_every_arrival_is_sent(server: str) -> None:
    """An open loop sends its rate times its duration, though each answer takes five arrivals."""
    result = loaded(server, Request("GET", "/slow"), OPEN)
    assert (result.errors, result.unanswered) == (0, 0)
    assert result.requests == len(seen(server))
    assert result.requests in offered(DURATION_SECONDS)
    assert result.p50_ms >= DELAY_SECONDS * 1000


def test_rate_may_be_below_one(server: str) -> None:
    """Of two requests in five seconds, one is sent in the first."""
    result = loaded(server, Request("GET", "/fast"), OpenLoop(0.4), duration_seconds=1)
    assert result.requests == len(seen(server)) == 1


@BOTH_LOOPS
def test_percentiles_are_those_of_the_delays(server: str, loop: Loop) -> None:
    """Where one answer in ten is slow, the median is quick, and p95 and p99 are slow."""
    result = loaded(server, Request("GET", "/mixed-delays"), loop, duration_seconds=1)
    assert result.requests > 2 * SLOW_EVERY
    assert QUICK_SECONDS * 1000 <= result.p50_ms < SLOW_SECONDS * 1000
    assert SLOW_SECONDS * 1000 <= result.p95_ms <= result.p99_ms < 10 * SLOW_SECONDS * 1000


@pytest.mark.slow
def test_times_are_never_shorter_than_the_truth(server: str) -> None:
    """A server that waits 50 ms cannot look faster, nor can its throughput pass its ceiling."""
    result = loaded(server, Request("GET", "/slow"))
    assert DELAY_SECONDS * 1000 <= result.p50_ms <= result.p95_ms <= result.p99_ms
    assert result.duration_seconds >= DURATION_SECONDS
    assert result.requests_per_second <= CONNECTIONS / DELAY_SECONDS
    assert result.requests == len(seen(server)) >= CONNECTIONS


def test_open_loop_charges_a_stall_to_all_that_came_meanwhile(server: str) -> None:
    """Of the requests due in a second's stall half waited half of it, and a tenth nearly all."""
    result = loaded(server, Request("GET", "/stall"), OPEN, STALL_SECONDS)
    assert (result.errors, result.unanswered) == (0, 0)
    assert result.requests in offered(STALL_SECONDS)
    # By arithmetic 0.5 and 0.05 of it; the rest is room for a late start.
    assert result.p50_ms >= 0.4 * STALL_SECONDS * 1000
    assert result.p95_ms >= 0.8 * STALL_SECONDS * 1000


@pytest.mark.slow
def test_closed_loop_hides_a_stall(server: str) -> None:
    """The same stall holds up one request a connection, and the others were never sent."""
    result = loaded(server, Request("GET", "/stall"), CLOSED, 2 * STALL_SECONDS)
    assert result.requests > 20 * CONNECTIONS
    assert result.p95_ms < 0.4 * STALL_SECONDS * 1000


@pytest.mark.parametrize("most_in_flight", [load.MOST_IN_FLIGHT, 10])
def test_past_capacity_nothing_is_forgotten(
    server: str, monkeypatch: pytest.MonkeyPatch, most_in_flight: int
) -> None:
    """Of five times what a server can do most goes unanswered, waited for or never sent."""
    monkeypatch.setattr(load, "MOST_IN_FLIGHT", most_in_flight)
    monkeypatch.setattr(load, "OPEN_GRACE_SECONDS", 0.5)
    result = loaded(server, Request("GET", "/queue"), OPEN, duration_seconds=1)
    assert result.errors == 0
    assert 0 < result.requests <= result.duration_seconds / DELAY_SECONDS + 1
    assert result.unanswered > result.requests
    assert result.requests + result.unanswered in offered(1)


@BOTH_LOOPS
def test_errors_are_not_throughput(server: str, loop: Loop) -> None:
    """Where every fourth answer fails, exactly those are errors; the rate leaves them out."""
    result = loaded(server, Request("GET", "/flaky"), loop)
    requests = len(seen(server))
    assert result.errors == requests // FAILING_EVERY > 0
    assert result.requests == requests - result.errors
    assert result.requests_per_second == pytest.approx(result.requests / result.duration_seconds)
    assert math.isnan(result.p50_ms)


@pytest.mark.parametrize(
    "expected",
    [Request("GET", "/fast", 201), Request("GET", "/fast", contains="missing")],
    ids=["status", "body"],
)
def test_another_answer_is_an_error(server: str, expected: Request) -> None:
    """A 200 where 201 is due, or one without the text of all good ones, is an error."""
    result = loaded(server, expected)
    assert (result.requests, result.requests_per_second) == (0, 0)
    assert result.errors == len(seen(server)) > 0


@pytest.mark.slow
def test_no_answer_is_an_error_in_a_closed_loop(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A request that is never answered is not forgotten."""
    monkeypatch.setattr(load, "GRACE_SECONDS", 1)
    result = loaded(server, Request("GET", "/hang"))
    assert (result.requests, result.errors, result.unanswered) == (0, CONNECTIONS, 0)


@BOTH_LOOPS
def test_no_server_is_an_error(loop: Loop) -> None:
    """Where nothing listens, every attempt is an error, and none is merely unanswered."""
    nowhere = addresses.url_of(addresses.HOST, addresses.free_port())
    result = loaded(nowhere, Request("GET", "/"), loop)
    assert result.errors > result.requests + result.unanswered == 0


@pytest.mark.parametrize("loop", [CLOSED, OpenLoop(5 * RATE_PER_SECOND)], ids=["closed", "open"])
def test_mix_keeps_its_shares(server: str, loop: Loop) -> None:
    """Each request of a mix is drawn as often as it should be, and its answers are counted."""
    result = load.run(server, MIX, loop, duration_seconds=1)
    requests = [re.sub(r"\d+", "{id}", request["path"]) for request in seen(server)]
    assert result.errors == 0
    assert result.answers == Counter(requests)
    assert result.requests == len(requests) > RATE_PER_SECOND
    for share, request in MIX:
        expected = len(requests) * share / 100
        # Six standard deviations: a fair draw is further away once in a thousand million times.
        assert abs(result.answers[request.path] - expected) < 6 * math.sqrt(expected)


@pytest.mark.slow
def test_errors_in_a_mix_are_errors(server: str) -> None:
    """One request of a mix that fails now and then shows, beside others that never do."""
    mix = [(50, Request("GET", "/fast")), (50, Request("GET", "/flaky"))]
    result = load.run(server, mix, CLOSED, DURATION_SECONDS)
    paths = Counter(request["path"] for request in seen(server))
    assert result.errors == paths["/flaky"] // FAILING_EVERY > 0
    assert result.answers == {"/fast": paths["/fast"], "/flaky": paths["/flaky"] - result.errors}


def test_ids_are_drawn_from_those_given(server: str) -> None:
    """A path's id is one of the given ids, and all of them come up."""
    loaded(server, Request("GET", "/posts/{id}", ids=(3, 5, 7)))
    assert {request["path"] for request in seen(server)} == {"/posts/3", "/posts/5", "/posts/7"}


def test_every_create_is_another(server: str) -> None:
    """A body with a reference in it is never sent twice."""
    post = {"title": f"Post {k9.plan.uuid()}", "author_id": 1}
    result = loaded(server, Request("POST", "/echo", 201, json=post))
    bodies = [json.loads(request["body"]) for request in seen(server)]
    assert len({body["title"] for body in bodies}) == len(bodies) == result.requests > 0
    assert {body["author_id"] for body in bodies} == {1}


@pytest.mark.slow
def test_cpu_time_is_that_of_the_sending(server: str) -> None:
    """An engine that asks without a pause takes more than one that waits; its start is left out."""
    busy = loaded(server, Request("GET", "/fast"), ClosedLoop(64), duration_seconds=1)
    idle = loaded(server, Request("GET", "/slow"), ClosedLoop(1), duration_seconds=1)
    assert busy.requests > 10 * idle.requests
    assert busy.client_cpu_seconds > idle.client_cpu_seconds >= 0


def test_engine_that_is_held_up_says_so(server: str) -> None:
    """When the engine stands still for half a second, half of a second's requests go out late."""
    with ThreadPoolExecutor() as threads:
        loading = threads.submit(loaded, server, Request("GET", "/fast"), OPEN, 1)
        while not seen(server):
            assert not loading.done()
        (engine,) = (child for child in psutil.Process().children() if "k9" in child.cmdline())
        engine.suspend()
        time.sleep(0.5)
        engine.resume()
    result = loading.result()
    assert (result.requests, result.unanswered) == (len(seen(server)), 0)
    # By arithmetic half of them were late by 250 ms on average, and a tenth by 400 ms or more.
    assert result.sent_late_ms > 60
    assert result.p95_ms < 250, "the service is not charged with it"
