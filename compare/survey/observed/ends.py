"""How a request ends that is cut short: its client goes away, or its server is stopped."""

import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import psutil

from compare.survey.observed.target import Question, Target, answer_of, connected, request, send
from shared import upstreams

UPSTREAM_TIMEOUT_SECONDS = 4.0  # above the 3 s that one server waits before it cancels
AT_ONCE_SECONDS = 1.0
SOON_SECONDS = 3.0
DELAY_SECONDS = 1.0
DEADLINE_SECONDS = 20.0
POLL_SECONDS = 0.05
NEWCOMER_PATIENCE_SECONDS = 0.3
HANGING = "weather"
DASHBOARD = "GET /dashboard HTTP/1.1"


def client_goes_away(target: Target) -> str:
    """What becomes of a dashboard whose client goes away while an upstream hangs?"""
    # One only: a blocking dashboard would go on to hang on the others, into the next question.
    _set_upstreams(target, HANGING, mode="hang")
    with connected(target) as connection:
        connection.sendall(request(target, DASHBOARD))
        _poll(lambda: _called(target, HANGING))
    _poll(lambda: bool(_waits_seconds(target, HANGING)))
    (waited_seconds,) = _waits_seconds(target, HANGING)
    target.upstreams.delete("/control").raise_for_status()
    if waited_seconds > UPSTREAM_TIMEOUT_SECONDS * 0.9:
        return "goes on: its call of the upstream lasts until the timeout"
    when = "at once" if waited_seconds < AT_ONCE_SECONDS else f"after {waited_seconds:.0f} s"
    return f"cancelled: its call of the upstream is broken off {when}"


def server_is_stopped(target: Target) -> str:
    """What becomes of a dashboard in flight, of newcomers and of the server after SIGTERM?"""
    _set_upstreams(target, *upstreams.NAMES, delay_seconds=DELAY_SECONDS)
    with ThreadPoolExecutor() as threads:
        in_flight = threads.submit(answer_of, lambda: _dashboard(target))
        _poll(lambda: _called(target, *upstreams.NAMES))
        target.running.process.send_signal(signal.SIGTERM)
        newcomer = list(_newcomers(target, in_flight))[-1]
    return f"in flight: {in_flight.result()}; newcomer: {newcomer}; then the server {_end(target)}"


def _set_upstreams(target: Target, *names: str, **behaviour: str | float) -> None:
    target.upstreams.delete("/log").raise_for_status()
    for name in names:
        target.upstreams.put(f"/control/{name}", json=behaviour).raise_for_status()


def _called(target: Target, *names: str) -> bool:
    hits = target.upstreams.get("/hits").json()
    return any(hits[name] for name in names)


def _waits_seconds(target: Target, name: str) -> list[float]:
    return [
        hit["ended_at_seconds"] - hit["started_at_seconds"]
        for hit in target.upstreams.get("/log").json()["log"]
        if hit["upstream"] == name
    ]


def _dashboard(target: Target) -> str:
    answer = send(target, DASHBOARD, patience_seconds=DEADLINE_SECONDS)
    whole = answer.status_code == 200 and not answer.json()["unavailable"]
    return "answered whole" if whole else f"answered {answer.status_code}"


def _newcomers(target: Target, in_flight: Future[str]) -> Iterator[str]:
    """Ask again and again on new connections, at least once, until the one in flight is done."""
    while True:
        yield _newcomer(target)
        if in_flight.done():
            return
        time.sleep(POLL_SECONDS)


def _newcomer(target: Target) -> str:
    try:
        with connected(target) as connection:
            connection.settimeout(NEWCOMER_PATIENCE_SECONDS)
            connection.sendall(request(target, "GET /health HTTP/1.1"))
            return "answered" if connection.recv(1) else "not answered"
    except ConnectionRefusedError:
        return "refused"
    except OSError:
        return "not answered"


def _end(target: Target) -> str:
    since = time.monotonic()
    try:
        code = target.running.process.wait(DEADLINE_SECONDS)
    except psutil.TimeoutExpired:
        return f"is still there after {DEADLINE_SECONDS:.0f} s"
    seconds = time.monotonic() - since
    when = f"within {SOON_SECONDS:.0f}" if seconds < SOON_SECONDS else f"after {seconds:.0f}"
    return f"ends {when} s with exit code {code}"


def _poll(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not happened():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(POLL_SECONDS)


QUESTIONS: tuple[Question, ...] = (client_goes_away, server_is_stopped)
