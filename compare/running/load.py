"""The load engine behind one function: a closed loop for capacity, an open loop for latency.

The engine is k9-load. What counts as answered, as an error, as unanswered and as time is decided
here, and `tests/test_load.py` proves it against a server whose delays and errors are known.
"""

import math
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import k9
import k9.plan

from compare.errors import LoadError
from compare.running.requests import Mix, Request

GRACE_SECONDS = 15
# Short, since a service beyond its capacity would otherwise be waited for at every rate.
OPEN_GRACE_SECONDS = 3
# Each takes a connection, and so an open file on both sides: many systems allow a process 1024.
MOST_IN_FLIGHT = 900
INTERRUPTED = re.compile(r"(\d+) interrupted iterations")

Metrics = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class ClosedLoop:
    """So many kept-alive connections, each of which asks again as soon as it is answered."""

    connections: int


@dataclass(frozen=True)
class OpenLoop:
    """Requests that arrive at even intervals, however long the answers to earlier ones take."""

    rate_per_second: float


Loop = ClosedLoop | OpenLoop


@dataclass(frozen=True)
class Load:
    """What a run found; `answers` counts the good answers by path, `requests` is their sum.

    The rate is that of the good answers. Percentiles are theirs too, and nan in a run with errors,
    where good and bad could not be told apart. `unanswered` are the requests of an open loop that
    had no answer within OPEN_GRACE_SECONDS of its end, or that could not be sent because
    MOST_IN_FLIGHT were under way: neither good nor errors. `client_cpu_seconds` is what the engine
    itself used, without its start. `sent_late_ms` is how much later than intended the requests of
    an open loop were sent, on average: one or two for the engine's clock; more is an engine short
    of CPU, whose times are too short by that much. `first_error` says what went wrong, if the
    client tells.
    """

    duration_seconds: float
    requests: int
    errors: int
    requests_per_second: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    unanswered: int
    client_cpu_seconds: float
    answers: Mapping[str, int]
    sent_late_ms: float = 0.0
    first_error: str = ""


def run(url: str, mix: Mix, loop: Loop, duration_seconds: float) -> Load:
    """Ask the service at `url` for one of the mix at a time, drawn at random, as the loop says.

    `mix` is (times in a hundred, request). Another status, another body and a broken connection are
    errors, and in a closed loop so is no answer within GRACE_SECONDS of the end. An answer under
    way at the end is waited for and counted, and so is the time it took. In an open loop that time
    begins when the request should have been sent: there is always a connection free to send it.
    """
    plan = _plan(url, mix, loop, duration_seconds)
    start_seconds, before_seconds = _start_cpu_seconds(), _children_cpu_seconds()
    try:
        result = k9.run(plan, args=["--quiet"], timeout=duration_seconds + 2 * GRACE_SECONDS)
    except (k9.K9Error, OSError, subprocess.SubprocessError) as error:
        raise LoadError(f"the load engine failed: {error}") from error
    cpu_seconds = max(0.0, _children_cpu_seconds() - before_seconds - start_seconds)
    interrupted = INTERRUPTED.search(result.stdout)
    if interrupted is None:
        raise LoadError("the load engine did not say how many requests were left unanswered")
    return _read(result.metrics, mix, loop, int(interrupted[1]), cpu_seconds)


def engine() -> str:
    """Name the engine and its version."""
    return f"k9-load {k9.__version__}"


@cache
def _start_cpu_seconds() -> float:
    # Python and its imports, before the engine's first request.
    before_seconds = _children_cpu_seconds()
    subprocess.run([sys.executable, "-m", "k9", "version"], check=True, capture_output=True)
    return _children_cpu_seconds() - before_seconds


def _children_cpu_seconds() -> float:
    # Of children that have ended: while a load runs, no other child of this process does.
    times = os.times()
    return times.children_user + times.children_system


def _plan(url: str, mix: Mix, loop: Loop, duration_seconds: float) -> k9.plan.Plan:
    named = _named(mix)
    # A feeder has a row at least, whether or not the path asks for it.
    feeders = {
        name: k9.plan.feeder(name, rows=[{"id": id} for id in request.ids or (0,)], mode="random")
        for name, (_, request) in named.items()
    }
    scenario = {
        **(_closed(loop) if isinstance(loop, ClosedLoop) else _open(loop)),
        "duration": f"{round(duration_seconds * 1000)}ms",
        "transactions": {name: share for name, (share, _) in named.items()},
    }
    options = {
        "scenarios": {"load": scenario},
        "maxRedirects": 0,
        # Thresholds that always hold: they make the engine report these apart.
        "thresholds": {_counted(check): ["rate>=0"] for name in named for check in _checks(name)},
    }
    flows = {
        name: [_step(url, request, feeders[name].id, _checks(name))]
        for name, (_, request) in named.items()
    }
    return k9.plan.Plan(flows=flows, options=options, feeders=list(feeders.values()))


def _step(url: str, request: Request, id: str, checks: tuple[str, str]) -> k9.plan.Step:
    conditions = k9.plan.status(request.status), k9.plan.body_contains(request.contains)
    return k9.plan.request(
        request.method,
        url + request.path.replace("{id}", id),
        json=request.json,
        name=request.path,
        checks=dict(zip(checks, conditions, strict=True)),
    )


def _closed(loop: ClosedLoop) -> dict[str, object]:
    return {
        "executor": "constant-vus",
        "vus": loop.connections,
        "gracefulStop": f"{GRACE_SECONDS}s",
    }


def _open(loop: OpenLoop) -> dict[str, object]:
    # The engine takes whole numbers only. It opens a connection whenever all are under way; those
    # that it opens in advance take turns, so that most requests would be the first on theirs.
    return {
        "executor": "constant-arrival-rate",
        "rate": round(loop.rate_per_second * 1000),
        "timeUnit": "1000s",
        "preAllocatedVUs": 1,
        "maxVUs": MOST_IN_FLIGHT,
        "gracefulStop": f"{OPEN_GRACE_SECONDS}s",
    }


def _read(metrics: Metrics, mix: Mix, loop: Loop, interrupted: int, cpu_seconds: float) -> Load:
    is_open = isinstance(loop, OpenLoop)
    total = metrics.get("http_reqs", {"count": 0, "rate": 1})
    duration_seconds = total["count"] / total["rate"]
    answers = _answers(metrics, mix)
    good = sum(answers.values())
    errors = int(total["count"]) - good + (0 if is_open else interrupted)
    dropped = int(metrics.get("dropped_iterations", {"count": 0})["count"])
    # In an open loop with the opening of a connection, which is a wait like any other.
    times = metrics.get("iteration_duration" if is_open else "http_req_duration", {})
    known = {} if errors else times
    p50_ms, p95_ms, p99_ms = (known.get(name, math.nan) for name in ("med", "p(95)", "p(99)"))
    return Load(
        duration_seconds=duration_seconds,
        requests=good,
        errors=errors,
        requests_per_second=good / duration_seconds if good else 0.0,
        p50_ms=p50_ms,
        p95_ms=p95_ms,
        p99_ms=p99_ms,
        unanswered=interrupted + dropped if is_open else 0,
        client_cpu_seconds=cpu_seconds,
        answers=answers,
        sent_late_ms=_sent_late_ms(metrics),
    )


def _answers(metrics: Metrics, mix: Mix) -> Counter[str]:
    answers: Counter[str] = Counter()
    for name, (_, request) in _named(mix).items():
        checks = [metrics.get(_counted(check), {"passes": 0}) for check in _checks(name)]
        answers[request.path] += min(int(check["passes"]) for check in checks)
    return answers


def _sent_late_ms(metrics: Metrics) -> float:
    # "Corrected" is from the intended start; where requests were dropped, it is made up for them.
    intended = metrics.get("iteration_duration_corrected")
    if intended is None or "dropped_iterations" in metrics:
        return 0.0
    late_ms: float = intended["avg"] - metrics["iteration_duration"]["avg"]
    return late_ms


def _named(mix: Mix) -> dict[str, tuple[int, Request]]:
    return {f"request_{index}": share_and_request for index, share_and_request in enumerate(mix)}


def _checks(name: str) -> tuple[str, str]:
    return f"{name}_status", f"{name}_contains"


def _counted(check: str) -> str:
    return f"checks{{check:{check}}}"
