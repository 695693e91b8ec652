"""The closed-loop client tells the truth about a server whose delays and errors are known."""

import json
import math
import re
from collections import Counter
from collections.abc import Iterator
from statistics import median, quantiles

import k9.plan
import psutil
import pytest

from compare.client.order import MOST_KEPT, Turn
from compare.errors import LoadError
from compare.running import addresses, load, turns
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
TURN_SECONDS = 0.2
MIX = (
    (50, Request("GET", "/fast")),
    (30, Request("GET", "/posts/{id}", ids=(3, 5, 7))),
    (20, Request("POST", "/echo", 201)),
)


@pytest.fixture
def server(scripted_server: str) -> str:
    """The scripted server, whose counts start at nothing."""
    forget(scripted_server)
    return scripted_server


@pytest.fixture(scope="module")
def client() -> Iterator[turns.Client]:
    """The client, which all tests share."""
    with turns.client_running() as running:
        yield running


def turn(
    client: turns.Client, server: str, request: Request, seconds: float = TURN_SECONDS
) -> Turn:
    """A turn in which nothing else was asked."""
    return client.turn(server, [(100, request)], CONNECTIONS, seconds)


def test_every_request_is_counted_once(client: turns.Client, server: str) -> None:
    """As many answers are counted as the server gave, over as many connections as it had."""
    result = turn(client, server, Request("GET", "/fast"))
    requests = seen(server)
    assert result.errors == {}
    assert result.answers.total() == len(result.latencies_ms) == len(requests) > CONNECTIONS
    assert len({request["client_port"] for request in requests}) == CONNECTIONS


def test_connections_stay_open_between_turns(client: turns.Client, server: str) -> None:
    """A second turn, also of fewer connections, goes over those of the first."""
    ports = []
    for concurrency in (CONNECTIONS, 2):
        forget(server)
        client.turn(server, [(100, Request("GET", "/fast"))], concurrency, TURN_SECONDS)
        ports.append({request["client_port"] for request in seen(server)})
    assert ports[1] < ports[0]
    assert [len(of_turn) for of_turn in ports] == [CONNECTIONS, 2]


def test_connection_that_the_server_closes_is_opened_again(
    client: turns.Client, server: str
) -> None:
    """Where each answer ends its connection, each request has another one."""
    result = turn(client, server, Request("GET", "/close"))
    requests = seen(server)
    assert result.errors == {}
    assert len({request["client_port"] for request in requests}) == len(requests) > CONNECTIONS


def test_no_answer_is_cut_off(client: turns.Client, server: str) -> None:
    """What is under way at the end is waited for; it counts, and so does its time."""
    result = turn(client, server, Request("GET", "/stall"))
    assert result.errors == {}
    assert result.answers.total() == len(seen(server))
    assert result.duration_seconds >= STALL_SECONDS
    assert max(result.latencies_ms) >= STALL_SECONDS * 1000


def test_each_connection_gets_a_few_answers(client: turns.Client, server: str) -> None:
    """Where an answer takes longer than the turn, the turn is as long as a few of them."""
    result = turn(client, server, Request("GET", "/slow"), seconds=DELAY_SECONDS / 2)
    ports = Counter(request["client_port"] for request in seen(server))
    assert [*ports.values()] == [turns.FEWEST_ANSWERS] * CONNECTIONS
    assert result.duration_seconds >= turns.FEWEST_ANSWERS * DELAY_SECONDS


@pytest.mark.alone
def test_times_are_those_of_the_delays(client: turns.Client, server: str) -> None:
    """Where one answer in ten is slow, the median is quick, and p95 is slow; none is too short."""
    times_ms = turn(client, server, Request("GET", "/mixed-delays"), seconds=1).latencies_ms
    assert len(times_ms) > 2 * SLOW_EVERY
    assert QUICK_SECONDS * 1000 <= min(times_ms) <= median(times_ms) < SLOW_SECONDS * 1000
    assert quantiles(times_ms, n=20)[-1] >= SLOW_SECONDS * 1000


def test_errors_are_not_answers(client: turns.Client, server: str) -> None:
    """Where every fourth answer fails, exactly those are errors, and say what they were."""
    result = turn(client, server, Request("GET", "/flaky"))
    requests = len(seen(server))
    assert result.errors == {"/flaky answered 500": requests // FAILING_EVERY}
    assert result.answers.total() == requests - result.errors.total() == len(result.latencies_ms)


@pytest.mark.parametrize(
    ("expected", "error"),
    [
        (Request("GET", "/fast", 201), "/fast answered 200"),
        (Request("GET", "/fast", contains="missing"), "/fast answered without missing"),
    ],
    ids=["status", "body"],
)
def test_another_answer_is_an_error(
    client: turns.Client, server: str, expected: Request, error: str
) -> None:
    """A 200 where 201 is due, or one without the text of all good ones, is an error."""
    result = turn(client, server, expected)
    assert result.answers.total() == 0
    assert result.errors == {error: len(seen(server))}


def test_no_answer_is_an_error(
    client: turns.Client, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A request that is never answered is not forgotten, and nothing of it reaches a later turn."""
    monkeypatch.setattr(turns, "PATIENCE_SECONDS", 0.5)
    result = turn(client, server, Request("GET", "/hang"))
    assert result.errors == {"no answer within 0.5 s": CONNECTIONS}
    assert turn(client, server, Request("GET", "/fast")).errors == {}


def test_no_server_is_an_error(client: turns.Client) -> None:
    """Where nothing listens, every connection is an error."""
    nowhere = addresses.url_of(addresses.HOST, addresses.free_port())
    result = turn(client, nowhere, Request("GET", "/"))
    assert (result.answers.total(), result.errors.total()) == (0, CONNECTIONS)


def test_mix_keeps_its_shares(client: turns.Client, server: str) -> None:
    """Each request of a mix is drawn as often as it should be, and its answers are counted."""
    result = client.turn(server, MIX, CONNECTIONS, 1)
    requests = [re.sub(r"\d+", "{id}", request["path"]) for request in seen(server)]
    assert result.errors == {}
    assert result.answers == Counter(requests)
    for share, request in MIX:
        expected = len(requests) * share / 100
        # Six standard deviations: a fair draw is further away once in a thousand million times.
        assert abs(result.answers[request.path] - expected) < 6 * math.sqrt(expected)


def test_ids_are_drawn_from_those_given(client: turns.Client, server: str) -> None:
    """A path's id is one of the given ids, and all of them come up."""
    turn(client, server, Request("GET", "/posts/{id}", ids=(3, 5, 7)))
    assert {request["path"] for request in seen(server)} == {"/posts/3", "/posts/5", "/posts/7"}


def test_every_create_is_another(client: turns.Client, server: str) -> None:
    """A body with a reference in it is never sent twice; the answers kept are of some of them."""
    post = {"title": f"Post {k9.plan.uuid()}", "author_id": 1}
    result = turn(client, server, Request("POST", "/echo", 201, json=post))
    bodies = [request["body"] for request in seen(server)]
    assert len({json.loads(body)["title"] for body in bodies}) == len(bodies) > MOST_KEPT
    assert len(result.kept) == MOST_KEPT
    assert {(kept.path, kept.status, kept.received) for kept in result.kept} == {
        ("/echo", 201, "{}")
    }
    assert {kept.sent for kept in result.kept} <= {*bodies}


def test_client_that_is_gone_is_a_load_error() -> None:
    """Its death is said in one line."""
    others = {*psutil.Process().children()}
    with turns.client_running() as client, pytest.raises(LoadError, match="client is gone"):
        (process,) = {*psutil.Process().children()} - others
        process.kill()
        turn(client, "http://127.0.0.1:1", Request("GET", "/"))


@pytest.mark.alone
def test_load_engine_finds_the_same(client: turns.Client, server: str) -> None:
    """Where the server sets the pace, k9 counts as many answers a second, and the same times."""
    ours = turn(client, server, Request("GET", "/slow"), seconds=1)
    theirs = load.run(server, [(100, Request("GET", "/slow"))], load.ClosedLoop(CONNECTIONS), 1)
    rate = ours.answers.total() / ours.duration_seconds
    assert rate == pytest.approx(theirs.requests_per_second, rel=0.15)
    assert median(ours.latencies_ms) == pytest.approx(theirs.p50_ms, rel=0.15)
